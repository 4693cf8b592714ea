"""Real processes for tests: free ports, a clean environment, waiting for a condition."""

import ctypes
import os
import re
import signal
import socket
import sys
import time
from collections.abc import Callable

import pytest

# What would configure the console, or place it in a cloud.
_UNWANTED = re.compile(r"CONSOLE_|SERVICE_URL|REDIS_URL|STREAMLIT_|FORWARDED_|KUBERNETES_")


_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None
_PR_SET_PDEATHSIG = 1  # prctl(2)


def end_with_this_process() -> None:
    """For `preexec_fn`: a killed test run leaves nothing behind, but ends what it started in good
    order. Where the system is not Linux it does nothing."""
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def free_port() -> int:
    """A loopback port that nobody listens at."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
    return port


def clean_environment(**more: str) -> dict[str, str]:
    """The environment without anything that would configure the console, and with `more`."""
    return {n: v for n, v in os.environ.items() if not _UNWANTED.match(n)} | more


def wait_until(
    condition: Callable[[], bool], limit: float, explain: Callable[[], str] = str
) -> None:
    """Wait for something to hold, at most `limit` seconds; else fail with the explanation."""
    deadline = time.monotonic() + limit
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"not within {limit:g} s\n{explain()}")
        time.sleep(0.05)

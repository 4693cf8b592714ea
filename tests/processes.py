"""Real processes for tests: free ports, a clean environment, waiting for a condition."""

import os
import re
import socket
import time
from collections.abc import Callable

import pytest

# What would configure the console, or place it in a cloud.
_UNWANTED = re.compile(r"CONSOLE_|SERVICE_URL|REDIS_URL|STREAMLIT_|FORWARDED_|KUBERNETES_")


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

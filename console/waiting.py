"""Waiting for something to hold, with a deadline."""

import time
from collections.abc import Callable

POLL = 0.02  # seconds


def wait_until(holds: Callable[[], bool], timeout: float) -> bool:
    """Wait for something to hold; whether it did within `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while not holds():
        if time.monotonic() >= deadline:
            return False
        time.sleep(POLL)
    return True

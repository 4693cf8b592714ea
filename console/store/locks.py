"""File locks (flock), which the kernel lets go of when their last holder dies, however it dies."""

import os
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from console.errors import StoreRefused
from console.waiting import wait_until


def open_lock(path: Path) -> int:
    """The descriptor of a lock file. A child that inherits it holds what its parent held."""
    return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)


def lock(descriptor: int) -> bool:
    """Try to hold a file alone; for one that is shared already: whether nobody else shares it."""
    import fcntl  # not on Windows, where no embedded server is started

    with suppress(BlockingIOError):
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    return False


def share(descriptor: int) -> None:
    """Hold a file together with others."""
    import fcntl

    fcntl.flock(descriptor, fcntl.LOCK_SH)


def is_held(path: Path) -> bool:
    """Whether anybody holds the file."""
    descriptor = open_lock(path)
    try:
        return not lock(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def locked(path: Path, patience: float) -> Generator[None]:
    """Hold the file alone inside the block. Raises StoreRefused after `patience` seconds."""
    descriptor = open_lock(path)
    try:
        if not wait_until(lambda: lock(descriptor), patience):
            raise StoreRefused(f"Another console holds {path} for too long.")
        yield
    finally:
        os.close(descriptor)

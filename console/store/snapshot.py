"""One read for many viewers: a value that is read again only when it is older than its limit."""

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from console.errors import StoreError

T = TypeVar("T")


class Snapshot(Generic[T]):
    """The last value of one read, shared by all threads.

    While one thread reads, the others wait for its answer. A failed read is remembered for the
    same time as a good one, so that a store which is away costs one time-out and not one for each
    viewer; `last` still has the last good value.
    """

    def __init__(
        self,
        read: Callable[[T | None], T],
        ttl: Callable[[], float],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._read = read
        self._ttl = ttl  # seconds; asked each time, because the profile is known only later
        self._clock = clock
        self._lock = threading.Lock()
        self._tried_at = float("-inf")
        self._error: StoreError | None = None
        self.last: tuple[T, float] | None = None  # the value and when it was read, Unix seconds

    def get(self) -> T:
        """The value, at most `ttl` seconds old. Raises the StoreError of the read."""
        with self._lock:
            now = self._clock()
            if not 0 <= now - self._tried_at < self._ttl():
                self._refresh()
            if self._error is not None:
                raise type(self._error)(*self._error.args)
            if self.last is None:
                raise RuntimeError("a read ended without a value and without an error")
            return self.last[0]

    def forget(self) -> None:
        """Read again at the next `get`."""
        with self._lock:
            self._tried_at = float("-inf")

    def _refresh(self) -> None:
        try:
            value = self._read(self.last[0] if self.last else None)
        except StoreError as error:
            self._error = error
        else:
            self._error = None
            self.last = (value, self._clock())
        self._tried_at = self._clock()

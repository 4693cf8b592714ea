"""How pages read the store: shared by all visitors, and never waited for long.

A page that hangs while the store is away is worse than one that shows older figures and says so.
So reads happen in a few threads of their own: a page waits a moment, then goes on with the last
good value, its age, and the reason why there is none newer.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import wait as wait_for
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, cast

from console.errors import StoreError
from console.runtime import Runtime
from console.words import duration

PATIENCE = 0.3  # seconds a page waits when it has something to show; Streamlit fades after 0.5
FIRST_PATIENCE = 5.0  # seconds when it has nothing: longer than the store's own time-outs
THREADS = 4
KEPT = 128  # values; each is what one view showed for one service and window

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Fetched(Generic[T_co]):
    """What a view asked for. `value` is `None` only where it could never be read."""

    value: T_co | None
    at: float = 0.0  # when the reading began, Unix seconds
    problem: str = ""  # why it could not be read again, one sentence


class _Entry:
    """One value, and the read that is under way for it."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime  # also keeps its id from being given away while the key holds it
        self.lock = threading.Lock()
        self.value: Any = None
        self.at = 0.0
        self.problem = ""
        self.tried = float("-inf")  # monotonic seconds
        self.running: Future[Any] | None = None
        self.began = (0.0, 0.0)  # Unix and monotonic seconds of the read under way


class Fetcher:
    """Reads for all sessions of one process."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="page-read")
        self._entries: OrderedDict[Hashable, _Entry] = OrderedDict()
        self._lock = threading.Lock()

    def fetch(
        self, runtime: Runtime, key: Hashable, read: Callable[[], T], fresh_for: float = 0.0
    ) -> Fetched[T]:
        """The value of `read`, at most one snapshot old where the store allows.

        Equal keys share one value, so a key holds all that the answer depends on. A value that is
        costly to read may be kept longer, for `fresh_for` seconds; a failed read never is. `read`
        may raise StoreError; anything else is a defect and is raised here.
        """
        entry = self._entry(runtime, key)
        with entry.lock:
            limit = runtime.profile.snapshot_ttl
            limit = limit if entry.problem else max(limit, fresh_for)
            fresh = time.monotonic() - entry.tried < limit
            if entry.running is None and not fresh:
                entry.began = (time.time(), time.monotonic())
                entry.running = self._threads.submit(read)
            running = entry.running
        if running is not None:
            wait_for([running], PATIENCE if entry.at else FIRST_PATIENCE)
        with entry.lock:
            if entry.running is not None and entry.running.done():
                _finish(entry)
            return Fetched(cast("T | None", entry.value), entry.at, _problem(entry))

    def forget(self, runtime: Runtime, key: Hashable) -> None:
        """Let the next fetch of a key read, however young its value is."""
        entry = self._entry(runtime, key)
        with entry.lock:
            entry.tried = float("-inf")

    def last(self, runtime: Runtime, key: Hashable) -> Any:
        """The last value of that key, however old; `None` where there is none."""
        return self._entry(runtime, key).value

    def _entry(self, runtime: Runtime, key: Hashable) -> _Entry:
        full = (id(runtime), key)
        with self._lock:
            entry = self._entries.get(full)
            if entry is None:
                entry = self._entries[full] = _Entry(runtime)
            self._entries.move_to_end(full)
            while len(self._entries) > KEPT:
                self._entries.popitem(last=False)
            return entry


def _finish(entry: _Entry) -> None:
    running, entry.running = entry.running, None
    entry.tried = time.monotonic()
    if running is None:
        return
    try:
        entry.value = running.result()
    except StoreError as error:
        entry.problem = str(error)
    else:
        entry.at = entry.began[0]
        entry.problem = ""


def _problem(entry: _Entry) -> str:
    if entry.running is None:
        return entry.problem
    waited = time.monotonic() - entry.began[1]
    if waited < PATIENCE:
        return entry.problem
    return entry.problem or f"The store has not answered for {duration(max(1.0, waited))}."


_fetcher = Fetcher()


def fetch(
    runtime: Runtime, key: Hashable, read: Callable[[], T], fresh_for: float = 0.0
) -> Fetched[T]:
    """Read through the one fetcher of this process; see `Fetcher.fetch`."""
    return _fetcher.fetch(runtime, key, read, fresh_for)


def forget(runtime: Runtime, key: Hashable) -> None:
    """What was read for that key has just been changed by this process: read it again."""
    _fetcher.forget(runtime, key)


def last_value(runtime: Runtime, key: Hashable) -> Any:
    """The last value that this process fetched for that key; see `Fetcher.last`."""
    return _fetcher.last(runtime, key)

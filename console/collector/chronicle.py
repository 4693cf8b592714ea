"""What the timeline says of the console itself. Pure."""

from collections.abc import Iterable

from console.activity.model import Event, Kind
from console.health.model import CheckState
from console.words import duration

# Seconds without any result from which the timeline says that nobody watched. A restart or a
# deployment of the console takes less.
UNWATCHED = 300.0


def unwatched(states: Iterable[CheckState], now: float) -> Event | None:
    """Nobody probed for a while before `now`: no collector ran, or it was asleep."""
    last = max((state.last.at for state in states if state.last is not None), default=now)
    gap = now - last
    if gap < UNWATCHED:
        return None
    title = f"Nothing was watched for {duration(gap)}: no collector ran. That time is unknown."
    return _event("unwatched", now, title, "unknown")


def store_back(since: float, now: float, lost: int) -> Event:
    """The store could not be written to from `since` until `now`; `lost` results found no room."""
    away = f"The console's store was away for {duration(now - since)}"
    if not lost:
        return _event("store", now, f"{away}; no result was lost.", "warn")
    results = "1 result was" if lost == 1 else f"{lost:,} results were"
    return _event("store", now, f"{away}; {results} lost: the disk had no room.", "fail")


def _event(what: str, at: float, title: str, status: str) -> Event:
    return Event(f"console-{what}-{at:.3f}", at, Kind.CONSOLE, title, "console", status)

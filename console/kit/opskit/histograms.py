"""Duration and outcome histograms per minute, in the cells that CONTRACT.md describes.

A cell is (minute, code, count). Codes 0..1200 are logarithmic buckets of durations (relative
error at most 1 %), codes from 0xF000 count outcomes other than ok. What is published is
cumulative for one instance and minute, so that publishing it twice is harmless.
"""

import math
import threading
from dataclasses import dataclass
from enum import StrEnum

GAMMA = 1.02
SMALLEST = 1e-6  # seconds; code 0
MAX_CODE = 1200
OUTCOME_BASE = 0xF000
_LOG_GAMMA = math.log(GAMMA)

SERIES_LIMIT = 200
"""Different series of one instance in one minute; further ones are counted as `<kind>:other`."""

MINUTES_KEPT = 60
"""Minutes that wait while Redis is away; older ones are dropped and counted."""


class Outcome(StrEnum):
    """What became of a request; the order fixes the codes."""

    OK = "ok"
    CONDITION = "condition"  # answered, but with a server error, 408 or 429
    TIMEOUT = "timeout"
    RESOLVE = "resolve"
    CONNECT = "connect"
    TLS = "tls"
    PROTOCOL = "protocol"  # the answer broke off, or is not HTTP
    REDIRECT = "redirect"
    MISSED = "missed"
    OFFLINE = "offline"
    INTERNAL = "internal"  # the code that handles the request raised


TIMED = frozenset({Outcome.OK, Outcome.CONDITION, Outcome.TIMEOUT})
"""Outcomes whose duration is counted too; of the others only the outcome is."""

OUTCOME_CODES = {outcome: OUTCOME_BASE + at for at, outcome in enumerate(Outcome)}


def code_of(seconds: float) -> int:
    """The bucket of a duration; 0 for a microsecond or less, at most MAX_CODE."""
    if not seconds > SMALLEST:  # also takes what is not a number
        return 0
    if seconds == math.inf:
        return MAX_CODE
    return min(MAX_CODE, math.ceil(math.log(seconds / SMALLEST) / _LOG_GAMMA))


def series(kind: str, name: str) -> str:
    """A series' name: `route:GET /x`. A name holds no colon and no @, which have a meaning."""
    return f"{kind}:{name.replace(':', '.').replace('@', '.')[:120]}"


def value_of(code: int) -> float:
    """The duration in seconds that stands for a bucket, at most 1 % off any value in it."""
    return SMALLEST * 2 * GAMMA**code / (GAMMA + 1)


@dataclass(frozen=True, slots=True)
class Row:
    """One series of one minute: what is HSET into `hist:<minute>`."""

    minute: int  # Unix seconds // 60
    series: str
    cells: str  # "code:count,code:count", cumulative
    version: int


class Histograms:
    """Collects; thread-safe. `record` costs about a microsecond and never blocks on the network."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._minutes: dict[int, dict[str, dict[int, int]]] = {}
        self._dirty: dict[tuple[int, str], int] = {}
        self._version = 0
        self.dropped = 0

    def record(self, name: str, seconds: float, now: float, outcome: Outcome = Outcome.OK) -> None:
        """Count one request of a series (`route:GET /x`, `api:accounting`) that ended at `now`.

        A time-out is given with its limit as `seconds`, and counted there as well as an outcome.
        """
        code, minute = code_of(seconds), int(now) // 60
        with self._lock:
            of_minute = self._minutes.get(minute)
            if of_minute is None:
                of_minute = self._minutes[minute] = {}
                self._trim()
            cells = of_minute.get(name)
            if cells is None:
                if len(of_minute) >= SERIES_LIMIT:
                    name = f"{name.partition(':')[0]}:other"
                cells = of_minute.setdefault(name, {})
            if outcome in TIMED:
                cells[code] = cells.get(code, 0) + 1
            if outcome is not Outcome.OK:
                extra = OUTCOME_CODES[outcome]
                cells[extra] = cells.get(extra, 0) + 1
            self._version += 1
            self._dirty[minute, name] = self._version

    def pending(self, most: int = 500) -> list[Row]:
        """What changed and was not published, oldest minutes first."""
        with self._lock:
            chosen = sorted(self._dirty)[:most]
            return [self._row(minute, series) for minute, series in chosen]

    def published(self, rows: list[Row], now: float) -> None:
        """Forget the dirt of rows that reached Redis, and closed minutes that are clean."""
        with self._lock:
            for row in rows:
                if self._dirty.get((row.minute, row.series)) == row.version:
                    del self._dirty[row.minute, row.series]
            # A request may still be counted into the minute that just ended.
            dirty = {minute for minute, _ in self._dirty}
            for minute in [m for m in self._minutes if m < int(now) // 60 - 1 and m not in dirty]:
                del self._minutes[minute]

    def _row(self, minute: int, series: str) -> Row:
        cells = self._minutes[minute][series]
        text = ",".join(f"{code}:{count}" for code, count in sorted(cells.items()))
        return Row(minute, series, text, self._dirty[minute, series])

    def _trim(self) -> None:
        while len(self._minutes) > MINUTES_KEPT:
            oldest = min(self._minutes)
            gone = self._minutes.pop(oldest)
            for series in gone:
                if self._dirty.pop((oldest, series), None) is not None:
                    self.dropped += 1

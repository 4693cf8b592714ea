"""From counters that only grow to what happened in between, resets recognised. Pure.

History is kept in the store's cells:

- `count:cache_lookups`  hits (as outcome ok) and misses (as outcome condition)
- `count:cache_removed`  expired keys (ok) and evicted ones (condition)
- `count:cache_commands` commands, under code 0
- `command:<name>` what one command cost; see console/cache/commands.py
- `gauge:cache_memory`   GiB in use, one sample a reading, as the code of that many "seconds"
- `gauge:cache_round_trip` seconds of a PING
"""

import math
from dataclasses import dataclass

from console.cache.model import Totals
from console.health.model import Outcome
from console.store.cells import Cells
from console.store.histogram import MAX_CODE, code_of, outcome_code, value_of
from console.store.series import SeriesId

LOOKUPS = SeriesId("count", "cache_lookups")
REMOVED = SeriesId("count", "cache_removed")
COMMANDS = SeriesId("count", "cache_commands")
MEMORY = SeriesId("gauge", "cache_memory")
ROUND_TRIP = SeriesId("gauge", "cache_round_trip")
EVERY = (LOOKUPS, REMOVED, COMMANDS, MEMORY, ROUND_TRIP)

GOOD, BAD = outcome_code(Outcome.OK), outcome_code(Outcome.CONDITION)
ALL = 0
SLACK = 2.0  # seconds that a server's uptime, which is whole seconds, may be off
GIB = 1024.0**3

Counted = tuple[SeriesId, int, int]  # series, code, how often


@dataclass(frozen=True, slots=True)
class Reading:
    """The counters at one moment, and what tells a restart."""

    at: float
    run: str  # the server's run id, empty where it tells none
    uptime: float | None
    totals: Totals


def began_anew(before: Reading, after: Reading) -> bool:
    """Whether counters began anew in between: a restart, another server, CONFIG RESETSTAT."""
    if before.run and after.run and before.run != after.run:
        return True
    if before.uptime is not None and after.uptime is not None and after.uptime < before.uptime:
        return True
    names = ("hits", "misses", "commands", "expired", "evicted")
    pairs = ((getattr(before.totals, n), getattr(after.totals, n)) for n in names)
    return any(old is not None and new is not None and new < old for old, new in pairs)


def base(before: Reading | None, after: Reading) -> Reading | None:
    """The reading that increases count from: zero where counters began anew in between.

    None where it is not known: the first reading, or another server that ran before the last one.
    """
    if before is None or not began_anew(before, after):
        return before
    if before.run and before.run != after.run:
        since = math.inf if after.uptime is None else after.uptime
        if since > after.at - before.at + SLACK:
            return None
    return Reading(before.at, after.run, after.uptime, Totals(0, 0, 0, 0, 0))


def between(before: Reading | None, after: Reading) -> list[Counted]:
    """What happened between two readings."""
    start = base(before, after)
    if start is None:
        return []
    old, new = start.totals, after.totals
    found = [
        (LOOKUPS, GOOD, _more(old.hits, new.hits)),
        (LOOKUPS, BAD, _more(old.misses, new.misses)),
        (REMOVED, GOOD, _more(old.expired, new.expired)),
        (REMOVED, BAD, _more(old.evicted, new.evicted)),
        (COMMANDS, ALL, _more(old.commands, new.commands)),
    ]
    return [(series, code, count) for series, code, count in found if count]


def rate(before: Reading | None, after: Reading) -> float | None:
    """Commands a second between two readings."""
    if before is None or began_anew(before, after) or after.at <= before.at:
        return None
    old, new = before.totals.commands, after.totals.commands
    return None if old is None or new is None else (new - old) / (after.at - before.at)


def gauges(used: int | None, round_trip: float | None) -> list[Counted]:
    """One sample of each gauge that is known."""
    found: list[Counted] = []
    if used is not None:
        found.append((MEMORY, code_of(used / GIB), 1))
    if round_trip is not None:
        found.append((ROUND_TRIP, code_of(round_trip), 1))
    return found


@dataclass(frozen=True, slots=True)
class Share:
    """Good and bad ones of a window."""

    good: int
    bad: int

    @property
    def ratio(self) -> float | None:
        """The share of the good ones; None where there were none at all."""
        return self.good / (self.good + self.bad) if self.good + self.bad else None


def share_of(cells: Cells) -> Share:
    """Hits and misses, or expired and evicted, of a window."""
    return Share(
        int(cells.counts[cells.codes == GOOD].sum()), int(cells.counts[cells.codes == BAD].sum())
    )


def by_period(cells: Cells, code: int | None = None) -> list[tuple[float, int]]:
    """How many in each period, of one code or of all."""
    found: dict[int, int] = {}
    columns = (cells.periods.tolist(), cells.codes.tolist(), cells.counts.tolist())
    for period, of, count in zip(*columns, strict=True):
        if code is None or of == code:
            found[period] = found.get(period, 0) + count
    return [(float(period), count) for period, count in sorted(found.items())]


def ratio_by_period(cells: Cells) -> list[tuple[float, float | None]]:
    """The hit ratio of each period; None where nothing was looked up."""
    hits, every = dict(by_period(cells, GOOD)), by_period(cells)
    return [(at, hits.get(at, 0) / total if total else None) for at, total in every]


def highest_by_period(cells: Cells) -> list[tuple[float, float]]:
    """The greatest sample of a gauge in each period."""
    found: dict[int, int] = {}
    for period, code in zip(cells.periods.tolist(), cells.codes.tolist(), strict=True):
        if code <= MAX_CODE:
            found[period] = max(found.get(period, 0), code)
    return [(float(period), value_of(code)) for period, code in sorted(found.items())]


def _more(old: int | None, new: int | None) -> int:
    return 0 if old is None or new is None else max(0, new - old)

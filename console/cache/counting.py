"""From counters that only grow to what happened in between, resets recognised. Pure.

History is kept in the store's cells:

- `count:cache_lookups`  hits (as outcome ok) and misses (as outcome condition)
- `count:cache_removed`  expired keys (ok) and evicted ones (condition)
- `count:cache_commands` commands, under code 0
- `command:<name>` calls of one command under code 0, microseconds that they took under code 1
- `gauge:cache_memory`   GiB in use, one sample a reading, as the code of that many "seconds"
- `gauge:cache_round_trip` seconds of a PING
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

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
CALLS, MICROSECONDS = 0, 1
COMMAND_KIND = "command"
SLACK = 2.0  # seconds that a server's uptime, which is whole seconds, may be off
MOST_COUNT = 2**32 - 1  # of one cell
GIB = 1024.0**3

Counted = tuple[SeriesId, int, int]  # series, code, how often


@dataclass(frozen=True, slots=True)
class Reading:
    """The counters at one moment, and what tells a restart."""

    at: float
    run: str  # the server's run id, empty where it tells none
    uptime: float | None
    totals: Totals
    commands: Mapping[str, tuple[int, float]] = field(
        default_factory=dict[str, tuple[int, float]]
    )  # name -> calls, microseconds


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
    commands = [
        counted
        for name, (calls, spent) in after.commands.items()
        for counted in _of_command(name, start.commands.get(name, (0, 0.0)), (calls, spent))
    ]
    return [*((series, code, count) for series, code, count in found if count), *commands]


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


def command_series(name: str) -> SeriesId | None:
    """The series of one command; None where its name is none that a series may have."""
    try:
        return SeriesId(COMMAND_KIND, name.lower())
    except ValueError:
        return None


def command_times(cells: Mapping[SeriesId, Cells]) -> dict[str, tuple[int, float]]:
    """Calls and microseconds of each command in a window."""
    found: dict[str, tuple[int, float]] = {}
    for series, one in cells.items():
        calls = int(one.counts[one.codes == CALLS].sum())
        if calls:
            found[series.name] = (calls, float(one.counts[one.codes == MICROSECONDS].sum()))
    return found


def _of_command(name: str, old: tuple[int, float], new: tuple[int, float]) -> list[Counted]:
    series, calls = command_series(name), new[0] - old[0]
    if series is None or calls <= 0:
        return []
    spent = round(max(0.0, new[1] - old[1]))
    found = [(series, CALLS, min(calls, MOST_COUNT))]
    return [*found, (series, MICROSECONDS, min(spent, MOST_COUNT))] if spent else found


def _more(old: int | None, new: int | None) -> int:
    return 0 if old is None or new is None else max(0, new - old)

"""What is remembered of closings beside their ledgers: how many items arrived, hour by hour. Pure.

The ledger itself tells when an item was done, not when it came. So the collector counts, at each
reading, how many items are new: `count:closing_arrived`, code 0 the items and code 1 the readings,
so that an hour in which nothing came is told from one in which nobody looked.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta, tzinfo

import numpy as np

from console.month_end.demand import History
from console.month_end.snapshot import Snapshot
from console.store.cells import Cells
from console.store.series import SeriesId

ARRIVED = SeriesId("count", "closing_arrived")
ITEMS, READINGS = 0, 1  # codes
HOURS = 24
WATCHED = 0.5  # of its hours a day must have been looked at, to be known
HOUR = 3600

Counted = tuple[int, int]  # code, how many


def counted(before: Snapshot | None, after: Snapshot) -> list[Counted]:
    """What a reading adds to the series. The first one adds nothing: what came before is not known
    to have come now."""
    if after.problem or not after.name or before is None or not before.name:
        return []
    new = after.total - before.total if after.name == before.name else after.total
    found = [(READINGS, 1)]
    return [(ITEMS, new), *found] if new > 0 else found


def by_hour(cells: Cells) -> dict[int, tuple[int, int]]:
    """Items and readings by hour (Unix seconds of its start)."""
    found: dict[int, tuple[int, int]] = {}
    columns = (cells.periods.tolist(), cells.codes.tolist(), cells.counts.tolist())
    for period, code, count in zip(*columns, strict=True):
        hour = period - period % HOUR
        items, readings = found.get(hour, (0, 0))
        if code == ITEMS:
            found[hour] = items + count, readings
        elif code == READINGS:
            found[hour] = items, readings + count
    return found


def arrivals(hours: dict[int, tuple[int, int]], zone: tzinfo, today: date) -> History:
    """Items that arrived by local day and hour. A day that was hardly watched is not known."""
    items: dict[date, list[float]] = {}
    seen: dict[date, set[int]] = {}
    for at, (count, readings) in hours.items():
        local = datetime.fromtimestamp(at, zone)
        day = local.date()
        items.setdefault(day, [0.0] * HOURS)[local.hour] += count
        if readings:
            seen.setdefault(day, set()).add(local.hour)
    known = {day for day, found in seen.items() if len(found) >= WATCHED * HOURS and day < today}
    return _history({day: items[day] for day in known})


def done_days(ledgers: Iterable[Snapshot], zone: tzinfo, today: date) -> History:
    """Items that were done by local day and hour: what tells of demand where arrivals were not
    watched. Days between two closings are not known."""
    found: dict[date, list[float]] = {}
    for one in ledgers:
        for row, count in enumerate(one.hours):
            local = datetime.fromtimestamp(one.hours_start + row * HOUR, zone)
            if local.date() < today:
                found.setdefault(local.date(), [0.0] * HOURS)[local.hour] += count
    return _history(found)


def _history(rows: dict[date, list[float]]) -> History:
    """Rows of all days from the first to the last; a day without one is not known."""
    if not rows:
        return History((), np.empty((0, HOURS)))
    first, last = min(rows), max(rows)
    days = tuple(first + timedelta(n) for n in range((last - first).days + 1))
    unknown = [np.nan] * HOURS
    return History(days, np.array([rows.get(day, unknown) for day in days], np.float64))


def watched_share(hours: dict[int, tuple[int, int]], since: float, until: float) -> float:
    """The share of the hours of a time in which somebody looked."""
    wanted = range(int(since // HOUR) * HOUR, int(until), HOUR)
    seen = sum(hours.get(at, (0, 0))[1] > 0 for at in wanted)
    return seen / len(wanted) if wanted else 0.0


def totals(ledgers: Sequence[Snapshot]) -> list[float]:
    """The items of past closings, in their order."""
    return [float(one.total) for one in ledgers]

"""What of the work was measured: how much comes, how long it takes, what is under way. Pure.

The unit is an item where the service tells of items, else a request to one of its routes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from console.instances.history import COUNT, count_of_code
from console.instances.model import Life, Snapshot, judge
from console.instances.scaling.units import (
    HOUR,
    LEAST_UNITS,
    MINUTE,
    Counted,
    before_then,
    counted,
    error_share,
    gauge_mean,
    mean_seconds,
    only_units,
    since_then,
)
from console.store.cells import Cells
from console.store.histogram import MAX_CODE
from console.store.series import SeriesId

ITEMS = SeriesId("item", "all")
ROUTES, APIS = "route", "api"  # kinds of series
IN_FLIGHT = SeriesId("gauge", "in_flight")  # requests and items under way, a sample a reading
WAITING = SeriesId("gauge", "waiting")  # items of the closing that wait

RATE_SECONDS = 300.0  # that the present rate is of: five minutes, as the traffic of the instances
SETTLED = 150.0  # seconds until a minute is complete here: heartbeat, grace of the reader, write
STEADY_SECONDS = 3600.0  # that the time of an item and the errors are of
LATELY_SECONDS = 900.0  # that the calls and what is really done are of, where enough was done
LEAST_MINUTES = 2  # in which units were done, that the calls are of
LEAST_DONE = 120.0  # seconds that a rate of what is done is of at least
LEAST_TREND = 120.0  # seconds; what waits sways too much to tell more of less
MOST_DELAY = 600.0  # seconds since the last reading after which nothing is said of now
GAP = 1000.0  # seconds between two readings after which watching began anew


@dataclass(frozen=True, slots=True)
class Work:
    """The work of a service now. `None` is what is not known."""

    unit: str  # "item" or "request"
    at: float  # Unix seconds
    running: int | None = None  # instances that take work
    in_flight: int | None = None  # by the last heartbeats
    in_flight_mean: float | None = None  # of the last RATE_SECONDS
    waiting: int | None = None
    rate: float | None = None  # units an hour that came, tries included, over RATE_SECONDS
    peak: float | None = None  # the same, the most within the stabilisation window
    seconds: float | None = None  # one unit takes, on average
    errors: float = 0.0  # share of tries that failed
    calls: Mapping[str, float] = field(default_factory=dict[str, float])  # by API, for each unit
    done: int = 0  # units that `seconds` is of
    done_an_hour: float | None = None  # units, over LATELY_SECONDS
    lately: float | None = None  # as `rate`, over LATELY_SECONDS
    growth: float | None = None  # units an hour by which what waits grows, over RATE_SECONDS


@dataclass(frozen=True, slots=True)
class Change:
    """The last time that the number of instances changed."""

    at: float  # Unix seconds
    before: int
    after: int
    took: float | None = None  # seconds until all were heard of, where the console asked for them


def work(
    snapshot: Snapshot | None,
    recent: Mapping[SeriesId, Cells],
    now: float,
    stable: float,
    *,
    heard_before: bool = False,
) -> Work:
    """The work now. `recent`: minute cells of the last STEADY_SECONDS at least, of every series
    that the service has; one without cells had nothing to do. Without any heartbeat no instance
    runs only where some were `heard_before`; else the service may not send one."""
    items = [cells for one, cells in recent.items() if one == ITEMS]
    routes = [cells for one, cells in recent.items() if one.kind == ROUTES]
    unit, cells = ("item", items) if items else ("request", routes)
    queue = recent.get(WAITING)
    if not cells and queue is not None and len(queue.periods):
        unit = "item"  # a ledger that was read tells of them before the first is done
    running = in_flight = None
    if snapshot and not snapshot.problem and 0 <= now - snapshot.at <= MOST_DELAY:
        lives = [judge(heard, snapshot) for heard in snapshot.heard]
        alive = [one for one in lives if one.life is Life.ALIVE]
        told = [one.beat.in_flight for one in lives if one.life is not Life.SILENT]
        running = len(alive) if lives or heard_before else None
        known = [count for count in told if count is not None]
        in_flight = sum(known) if known else None
    until = (now - SETTLED) // MINUTE * MINUTE
    gauge = recent.get(IN_FLIGHT)
    seconds, done = mean_seconds([since_then(one, now - STEADY_SECONDS) for one in cells])
    rate = peak = lately = None
    if cells and running is not None:
        units, watched = counted(cells), _watched_since(recent.get(COUNT))
        ends = np.arange(until - stable, until + MINUTE, MINUTE).tolist()
        rates = [_rate(units, queue, watched, end) for end in ends]
        lately = _rate(units, queue, watched, until, LATELY_SECONDS)
        rate, peak = rates[-1], max((one for one in rates if one is not None), default=None)
    waiting = None if queue is None else gauge_mean(queue, until - RATE_SECONDS, now)
    return Work(
        unit, now, running, in_flight,
        None if gauge is None else gauge_mean(gauge, until - RATE_SECONDS, now),
        None if waiting is None else round(waiting),
        rate, peak, seconds, error_share(cells), calls_of(recent, cells, now),
        done, done_an_hour(cells, now), lately,
        _trend(queue, now // MINUTE * MINUTE, RATE_SECONDS),
    )  # fmt: skip


def _rate(
    units: Counted,
    waiting: Cells | None,
    watched: float,
    end: float,
    seconds: float = RATE_SECONDS,
) -> float | None:
    """Units an hour that came in so many seconds before `end`, or in what was watched of them.
    None where not even a minute was: then nobody knows whether anything came."""
    since = max(end - seconds, min(watched, units.first(end - seconds)))
    if end - since < MINUTE:
        return None
    return max(0.0, units.rate(since, end) + (_trend(waiting, end, seconds) or 0.0))


def _watched_since(counts: Cells | None) -> float:
    """Since when instances were read without a gap; minus infinity where that is not told."""
    if counts is None:
        return -np.inf
    periods = np.unique(counts.periods)
    if not len(periods):
        return np.inf
    gaps = np.flatnonzero(np.diff(periods) > GAP)
    return float(periods[gaps[-1] + 1] if len(gaps) else periods[0])


def _trend(waiting: Cells | None, end: float, seconds: float) -> float | None:
    """Units an hour by which more came than was begun: what waits grew so fast, over so many
    seconds or what was watched of them. None where that is less than LEAST_TREND."""
    if waiting is None:
        return None
    inside = waiting.periods[waiting.periods >= end - seconds - MINUTE]
    first = float(inside.min()) if len(inside) else end
    span = end - MINUTE - first
    now, before = gauge_mean(waiting, end - MINUTE, end), gauge_mean(waiting, first, first + MINUTE)
    if now is None or before is None or span < LEAST_TREND:
        return None
    return (now - before) / span * HOUR


def last_change(counts: Cells, now: float) -> Change | None:
    """The last minute in which the number of instances changed; None where none is known of."""
    minutes: dict[int, dict[int, int]] = {}
    for period, code, n in zip(
        counts.periods.tolist(), counts.codes.tolist(), counts.counts.tolist(), strict=True
    ):
        if code <= MAX_CODE and period <= now:
            minutes.setdefault(period, {})[count_of_code(code)] = n
    before: int | None = None
    found: Change | None = None
    for period, samples in sorted(minutes.items()):
        others = [count for count in samples if count != before]
        if before is not None and others:
            after = max(others, key=lambda count: abs(count - (before or 0)))
            found, before = Change(min(now, period + MINUTE), before, after), after
        elif before is None:
            before = max(samples, key=samples.__getitem__)
    return found


def done_an_hour(cells: Sequence[Cells], now: float) -> float | None:
    """Units an hour that were done well in the LATELY_SECONDS before the last complete minute, or
    since the first of them; None below LEAST_UNITS."""
    until = (now - SETTLED) // MINUTE * MINUTE
    lately = [since_then(before_then(one, until), until - LATELY_SECONDS) for one in cells]
    units = sum(float(only_units(one).counts.sum()) for one in lately) * (1 - error_share(lately))
    first = min((float(one.periods.min()) for one in lately if len(one.periods)), default=until)
    return None if units < LEAST_UNITS else units / max(until - first, LEAST_DONE) * HOUR


def calls_of(
    recent: Mapping[SeriesId, Cells], cells: Sequence[Cells], now: float
) -> dict[str, float]:
    """Calls of each external API for each unit, at the present mix of work: of LATELY_SECONDS, and
    of all that is `recent` where too few units were done since; of none where they were all done
    within one minute. Calls from before the first unit was done are of something else, and so may
    be those of its minute, which is rarely a whole one.
    """
    since = now - LATELY_SECONDS
    done = _count(cells, since)
    if done < LEAST_UNITS:
        since = now - STEADY_SECONDS
        done = _count(cells, since)
    minutes = counted([since_then(one, since) for one in cells]).periods.tolist()
    if done < LEAST_UNITS or len(minutes) < LEAST_MINUTES:
        return {}
    for start in minutes[:LEAST_MINUTES]:
        if (later := _count(cells, start)) >= LEAST_UNITS:
            since, done = float(start), later
    called = {one.name: _count([cells], since) for one, cells in recent.items() if one.kind == APIS}
    return {api: calls / done for api, calls in called.items() if calls}


def _count(cells: Sequence[Cells], since: float) -> float:
    return sum(float(since_then(only_units(one), since).counts.sum()) for one in cells)

"""Demand against capacity over a window of time. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np

from console.instances.history import Past
from console.instances.scaling.units import HOUR, MINUTE, Counted, gauge_mean
from console.store.cells import Cells

MOST_POINTS = 150  # of a line over the window


@dataclass(frozen=True, slots=True)
class Point:
    """One stretch of the window. Units an hour; `None` where nobody watched."""

    at: float  # Unix seconds when it begins
    demand: float | None  # units that came: done or tried, and by how much what waits grew
    capacity: float | None  # what the instances of then can do, always busy


def compare(
    units: Counted,
    past: Past | None,
    waiting: Cells | None,
    rate_of_one: float | None,
    since: float,
    until: float,
) -> tuple[Point, ...]:
    """Demand and capacity side by side. `rate_of_one`: units an hour that one instance can do."""
    if past is None or until <= since:
        return ()
    step = max(units.resolution, ceil((until - since) / MOST_POINTS / MINUTE) * MINUTE)
    begin = since // step * step
    bins = ceil((until - begin) / step)
    sums, samples = _binned(units, begin, step, bins), np.zeros(bins)
    counts = np.zeros(bins)
    for point in past.points:
        place = int((point.at - begin) // step)
        if 0 <= place < bins:
            counts[place] += point.mean * point.samples
            samples[place] += point.samples
    found: list[Point] = []
    before: float | None = None  # that waited in the stretch before
    for place in range(bins):
        at = begin + place * step
        if not samples[place]:
            found.append(Point(at, None, None))
            continue
        length = min(step, until - at)
        mean = float(counts[place] / samples[place])
        capacity = None if rate_of_one is None else mean * rate_of_one
        waits = None if waiting is None else gauge_mean(waiting, at, at + step)
        grown = 0.0 if waits is None or before is None else waits - before
        before = waits
        demand = max(0.0, float(sums[place]) + grown) / length * HOUR
        found.append(Point(at, demand, capacity))
    while found and found[-1].at + step > until:  # a stretch under way looks like less work
        found.pop()
    return tuple(found)


def share_over(points: Sequence[Point], quota: float | None = None) -> float | None:
    """The share of the known time in which more came than could be done, by the
    instances and a `quota` of units an hour; None of nothing."""
    known = [
        (one.demand, one.capacity)
        for one in points
        if one.demand is not None and one.capacity is not None
    ]
    if not known:
        return None
    most = float("inf") if quota is None else quota
    return sum(demand > min(capacity, most) for demand, capacity in known) / len(known)


def known_seconds(points: Sequence[Point]) -> float:
    """How long of it was watched."""
    if len(points) < 2:
        return 0.0
    return sum(one.demand is not None for one in points) * (points[1].at - points[0].at)


def _binned(
    units: Counted, begin: float, step: float, bins: int
) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    sums = np.zeros(bins)
    places = ((units.periods - begin) // step).astype(int)
    inside = (places >= 0) & (places < bins)
    np.add.at(sums, places[inside], units.units[inside])
    return sums

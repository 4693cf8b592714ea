"""The number of instances over time, and how long it was quiet, normal or busy. Pure.

The collector counts one sample a reading under `gauge:instances`, as a code of the store's
histogram: a number of instances n has the code of n, exact up to 54 and within 1 % above.
"""

from dataclasses import dataclass

from console.instances.model import Phase, phase_of
from console.store.cells import Cells
from console.store.histogram import MAX_CODE, code_of, value_of
from console.store.series import SeriesId

COUNT = SeriesId("gauge", "instances")
EXACT_MOST = 54  # 2 % of more than this is more than one instance


@dataclass(frozen=True, slots=True)
class Point:
    """One minute or hour. Numbers of instances."""

    at: float  # Unix seconds when it begins
    least: int
    most: int
    mean: float
    samples: int


@dataclass(frozen=True, slots=True)
class Past:
    """The number of instances over a window."""

    points: tuple[Point, ...]
    least: int
    most: int
    shares: dict[Phase, float]  # of the time that is known
    known: float  # seconds


def code_of_count(count: int) -> int:
    """The code of a number of instances; 0 has that of the smallest value."""
    return code_of(float(count)) if count else 0


def count_of_code(code: int) -> int:
    """The number of instances that a code stands for."""
    return round(value_of(code)) if code else 0


def past(cells: Cells) -> Past | None:
    """The history in the cells of COUNT; None where there is none."""
    by_period: dict[int, list[tuple[int, int]]] = {}
    columns = (cells.periods.tolist(), cells.codes.tolist(), cells.counts.tolist())
    for period, code, samples in zip(*columns, strict=True):
        if code <= MAX_CODE:
            by_period.setdefault(period, []).append((count_of_code(code), samples))
    if not by_period:
        return None
    points = tuple(_point(period, found) for period, found in sorted(by_period.items()))
    time: dict[Phase, float] = dict.fromkeys(Phase, 0.0)
    for found in by_period.values():
        total = sum(samples for _, samples in found)
        for count, samples in found:
            time[phase_of(count)] += cells.resolution * samples / total
    known = sum(time.values())
    return Past(
        points,
        min(point.least for point in points),
        max(point.most for point in points),
        {phase: seconds / known for phase, seconds in time.items()},
        known,
    )


def _point(period: int, found: list[tuple[int, int]]) -> Point:
    counts = [count for count, _ in found]
    samples = sum(n for _, n in found)
    mean = sum(count * n for count, n in found) / samples
    return Point(float(period), min(counts), max(counts), mean, samples)

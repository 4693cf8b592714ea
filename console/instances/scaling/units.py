"""Cells of the store as units of work: how many, how long, how many failed. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from console.instances.history import count_of_code
from console.store.cells import Cells
from console.store.histogram import MAX_CODE, OUTCOME_BASE, TIMED, outcome_code, value_of

MINUTE, HOUR = 60.0, 3600.0
LEAST_UNITS = 5  # from which a mean says anything
_TIMED = np.array([outcome_code(outcome) for outcome in TIMED])


@dataclass(frozen=True, slots=True)
class Counted:
    """Cells as units by period, and how long they took."""

    periods: NDArray[np.int64]  # each once, in order
    units: NDArray[np.float64]
    resolution: int

    def first(self, since: float) -> float:
        """The first period from `since` on that has any; infinite where none has."""
        later = self.periods[self.periods >= since]
        return float(later[0]) if len(later) else np.inf

    def rate(self, since: float, until: float) -> float:
        """Units an hour from `since` to `until`, both at the edge of a period."""
        inside = (self.periods >= since) & (self.periods < until)
        return float(self.units[inside].sum()) / max(until - since, MINUTE) * HOUR


def counted(cells: Sequence[Cells]) -> Counted:
    """How many units each period has; a duration or an outcome without one is a unit."""
    resolution = cells[0].resolution if cells else int(MINUTE)
    sums: dict[int, float] = {}
    for one in cells:
        known = (one.codes <= MAX_CODE) | (
            (one.codes >= OUTCOME_BASE) & ~np.isin(one.codes, _TIMED)
        )
        for period, count in zip(
            one.periods[known].tolist(), one.counts[known].tolist(), strict=True
        ):
            sums[period] = sums.get(period, 0.0) + count
    order = sorted(sums)
    return Counted(
        np.array(order, np.int64), np.array([sums[p] for p in order], np.float64), resolution
    )


def mean_seconds(cells: Sequence[Cells]) -> tuple[float | None, int]:
    """Mean duration and of how many; None below LEAST_UNITS. Buckets are within 1 %."""
    total, count = 0.0, 0
    for one in cells:
        timed = one.codes <= MAX_CODE
        for code, n in zip(one.codes[timed].tolist(), one.counts[timed].tolist(), strict=True):
            total += value_of(code) * n
            count += n
    return (total / count, count) if count >= LEAST_UNITS else (None, count)


def error_share(cells: Sequence[Cells]) -> float:
    """Share of the units with an outcome other than good."""
    every = sum(float(one.counts.sum()) for one in map(only_units, cells))
    bad = sum(float(one.counts[one.codes > OUTCOME_BASE].sum()) for one in cells)
    return min(1.0, bad / every) if every else 0.0


def gauge_mean(cells: Cells, since: float, until: float) -> float | None:
    """The mean of a gauge's samples; None where there are none."""
    inside = (cells.periods >= since) & (cells.periods < until) & (cells.codes <= MAX_CODE)
    counts = cells.counts[inside].tolist()
    if not counts:
        return None
    values = [count_of_code(code) for code in cells.codes[inside].tolist()]
    return sum(v * n for v, n in zip(values, counts, strict=True)) / sum(counts)


def only_units(cells: Cells) -> Cells:
    """Without what is told twice: a duration, and its outcome."""
    known = (cells.codes <= MAX_CODE) | (
        (cells.codes >= OUTCOME_BASE) & ~np.isin(cells.codes, _TIMED)
    )
    return Cells(cells.resolution, cells.periods[known], cells.codes[known], cells.counts[known])


def since_then(cells: Cells, since: float) -> Cells:
    """Only the periods from `since` on."""
    kept = cells.periods >= since
    return Cells(cells.resolution, cells.periods[kept], cells.codes[kept], cells.counts[kept])


def before_then(cells: Cells, until: float) -> Cells:
    """Only the periods before `until`."""
    kept = cells.periods < until
    return Cells(cells.resolution, cells.periods[kept], cells.codes[kept], cells.counts[kept])

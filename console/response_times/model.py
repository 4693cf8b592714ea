"""Percentiles of response times, and how much may be said with how many samples.

Everything is computed from *cells*: how often a duration code (or an outcome) was seen in a minute
or an hour. Codes are logarithmic buckets, so any stretch of time can be added up and its
percentiles read within 1 % of the exact ones. A percentile is a nearest rank: the smallest
duration that at least that share of the samples did not exceed (numpy's `inverted_cdf`).

Times are Unix seconds, durations are seconds. Nothing is ever interpolated: where samples are
missing there is a gap.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil, floor, log, sqrt

import numpy as np
from numpy.typing import NDArray

from console.store.cells import DAY, HOUR, MINUTE, Cells, between
from console.store.histogram import MAX_CODE, value_of

QUANTILES = (0.5, 0.95, 0.99)
MIN_SAMPLES = 20  # below this nothing is shown (house rule for response times, checklist item D3)
RISK = 0.05  # a percentile needs so many samples that all of them stay below it with this chance
Z_95 = 1.96  # standard normal quantile of a two-sided 95 % interval
MAX_POINTS = 300  # of one line on a chart
COARSER = 2  # sizes of a step, at most, that a curve is made coarser so that it has no gaps
ENOUGH_STEPS = 0.9  # share of steps with samples that have enough of them

# Steps that people read easily; the finest one with enough samples is taken.
STEPS = (
    *(minutes * MINUTE for minutes in (1, 2, 5, 10, 15, 30)),
    *(hours * HOUR for hours in (1, 2, 3, 6, 8, 12)),
    *(days * DAY for days in (1, 2, 3, 7, 14, 28, 56, 112, 448)),
)

_VALUES: NDArray[np.float64] = np.array([value_of(code) for code in range(MAX_CODE + 1)])


@dataclass(frozen=True, slots=True)
class Percentile:
    """One percentile of a stretch of time; `value` is `None` where samples are too few."""

    quantile: float
    samples: int
    value: float | None = None  # seconds
    low: float | None = None  # 95 % interval of the value, were the samples independent
    high: float | None = None

    @property
    def needs(self) -> int:
        """Samples from which it is shown."""
        return samples_needed(self.quantile)


@dataclass(frozen=True, slots=True)
class Curve:
    """One percentile over time: one value for every step, NaN where samples are too few."""

    quantile: float
    step: int  # seconds
    at: NDArray[np.int64]  # when each step begins
    values: NDArray[np.float64]  # seconds
    samples: NDArray[np.int64]

    @property
    def shown(self) -> int:
        """How many steps have a value."""
        return int(np.count_nonzero(~np.isnan(self.values)))


@dataclass(frozen=True, slots=True)
class Grid:
    """A stretch of time cut into equal steps that end at its end."""

    start: int
    step: int
    steps: int

    @property
    def at(self) -> NDArray[np.int64]:
        """When each step begins."""
        return self.start + self.step * np.arange(self.steps, dtype=np.int64)

    def index(self, periods: NDArray[np.int64]) -> NDArray[np.int64]:
        """The step that each period belongs to."""
        return (periods - self.start) // self.step


def percent_name(quantile: float) -> str:
    """`p95` for 0.95."""
    return f"p{quantile * 100:g}"


def samples_needed(quantile: float) -> int:
    """Samples below which a percentile would often be no more than the largest value seen.

    With n samples all of them lie below the true percentile with the chance q**n; n is the first
    with a chance under 5 %: 5 for p50, 59 for p95, 299 for p99. Under 20 nothing is shown at all.
    """
    return max(MIN_SAMPLES, ceil(log(RISK) / log(quantile)))


def cut(cells: Cells, since: float, until: float) -> Cells:
    """The cells of whole periods that make up the stretch; it ends with the period of `until`."""
    return between(cells, *_edges(since, until, cells.resolution))


def durations(cells: Cells) -> Cells:
    """The cells that hold durations: answers, and time-outs at their limit."""
    timed = cells.codes <= MAX_CODE
    return Cells(cells.resolution, cells.periods[timed], cells.codes[timed], cells.counts[timed])


def percentiles(cells: Cells, quantiles: Sequence[float] = QUANTILES) -> tuple[Percentile, ...]:
    """The percentiles over all the cells, with their 95 % intervals."""
    timed = durations(cells)
    cumulative = np.cumsum(bincount(timed.codes, timed.counts, MAX_CODE + 1))
    return tuple(_percentile(cumulative, quantile) for quantile in quantiles)


def total_time(cells: Cells) -> float:
    """Seconds that all durations take together."""
    timed = durations(cells)
    return float(_VALUES[timed.codes] @ timed.counts.astype(np.float64))


def percentile_series(
    cells: Cells,
    since: float,
    until: float,
    points: int = MAX_POINTS,
    quantiles: Sequence[float] = QUANTILES,
) -> tuple[Curve, ...]:
    """The percentiles over time, each in the finest step that has enough samples for it.

    A p99 needs more samples than a median, so its steps are longer; and they may be a little longer
    than most of them need, so that a curve has no gaps and ends where the window does. There are at
    most `points` steps in a curve, and the last one ends with the period of `until`.
    """
    timed = durations(cut(cells, since, until))
    chosen = [_grid_for(timed, since, until, points, quantile) for quantile in quantiles]
    tables = {grid: _cumulative(timed, grid) for grid in dict.fromkeys(chosen)}
    return tuple(
        _curve(tables[grid], grid, quantile)
        for grid, quantile in zip(chosen, quantiles, strict=True)
    )


def grids(since: float, until: float, resolution: int, points: int) -> Iterator[Grid]:
    """Ways to cut a stretch into at most `points` steps, finest first, down to a single step."""
    start, end = _edges(since, until, resolution)
    for step in STEPS:
        steps = ceil((end - start) / step)
        if step % resolution == 0 and steps <= points:
            yield Grid(end - steps * step, step, steps)
            if steps == 1:
                return


def _edges(since: float, until: float, resolution: int) -> tuple[int, int]:
    """The stretch in whole periods, ending with the one that `until` is in."""
    end = ceil(until / resolution) * resolution
    return end - max(1, round((until - since) / resolution)) * resolution, end


def _grid_for(timed: Cells, since: float, until: float, points: int, quantile: float) -> Grid:
    needed = samples_needed(quantile)
    candidates = list(grids(since, until, timed.resolution, points))
    if int(timed.counts.sum()) < needed:
        return candidates[0]
    # Adding up every period once makes each candidate cheap to try: 20 of 300 steps at most.
    base = Grid(_edges(since, until, timed.resolution)[0], timed.resolution, 0)
    per_period = bincount(base.index(timed.periods), timed.counts, 1)
    periods = base.start + base.step * np.arange(len(per_period), dtype=np.int64)
    in_steps = [bincount(grid.index(periods), per_period, grid.steps) for grid in candidates]
    fine = next(
        (place for place, one in enumerate(in_steps) if np.median(one[one > 0]) >= needed),
        len(candidates) - 1,
    )
    # Better a little coarser than with gaps where nothing is missing but a sample or two.
    near = range(fine, min(fine + 1 + COARSER, len(candidates)))
    return candidates[next((place for place in near if _whole(in_steps[place], needed)), fine)]


def _whole(in_steps: NDArray[np.int64], needed: int) -> bool:
    """Whether nearly every step with samples has enough of them, and the newest, too, which is the
    one that people look for. The first one does not count: history may begin within it."""
    some = in_steps[in_steps > 0][1:]
    enough = np.count_nonzero(some >= needed) >= ENOUGH_STEPS * len(some)
    return bool(enough) and (in_steps[-1] == 0 or in_steps[-1] >= needed)


def _cumulative(timed: Cells, grid: Grid) -> tuple[int, NDArray[np.int64]]:
    """For each step how many samples lie at or below each code, from the lowest code seen on."""
    if not len(timed.codes):
        return 0, np.zeros((grid.steps, 1), dtype=np.int64)
    lowest = int(timed.codes.min())
    width = int(timed.codes.max()) - lowest + 1
    place = grid.index(timed.periods) * width + (timed.codes.astype(np.int64) - lowest)
    table = bincount(place, timed.counts, grid.steps * width).reshape(grid.steps, width)
    return lowest, np.cumsum(table, axis=1)


def _curve(table: tuple[int, NDArray[np.int64]], grid: Grid, quantile: float) -> Curve:
    lowest, cumulative = table
    samples = cumulative[:, -1]
    rank = np.ceil(np.round(samples * quantile, 6))
    codes = lowest + (cumulative < rank[:, None]).sum(axis=1)
    enough = samples >= samples_needed(quantile)
    values = np.where(enough, _VALUES[np.minimum(codes, MAX_CODE)], np.nan)
    return Curve(quantile, grid.step, grid.at, values, samples)


def _percentile(cumulative: NDArray[np.int64], quantile: float) -> Percentile:
    samples = int(cumulative[-1])
    if samples < samples_needed(quantile):
        return Percentile(quantile, samples)
    middle = round(samples * quantile, 6)
    # Ranks between which the true percentile lies: a binomial count, by its normal approximation.
    spread = Z_95 * sqrt(samples * quantile * (1 - quantile))
    ranks = ceil(middle), max(1, floor(middle - spread)), min(samples, ceil(middle + spread) + 1)
    value, low, high = (
        float(_VALUES[int(np.searchsorted(cumulative, rank, side="left"))]) for rank in ranks
    )
    return Percentile(quantile, samples, value, low, high)


def bincount(
    places: NDArray[np.integer], counts: NDArray[np.integer], length: int
) -> NDArray[np.int64]:
    """Sum the counts by place; exact, as floats hold whole numbers up to 2**53."""
    return np.bincount(places, weights=counts, minlength=length).astype(np.int64)

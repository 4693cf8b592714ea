"""The distribution of response times over time: how many answers took how long, and when."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from console.response_times.model import bincount, cut, durations, grids
from console.store.cells import Cells
from console.store.histogram import GAMMA, value_of

COLUMNS = 100  # at most; more than a hundred columns cannot be told apart on a page
ROWS = 40  # at most
MIN_ROWS = 8  # a distribution of equal values is one thin row, not a page full of colour


@dataclass(frozen=True, slots=True)
class HeatMap:
    """Counts of durations by time (columns) and duration (rows, lowest first)."""

    step: int  # seconds of one column
    at: NDArray[np.int64]  # edges of the columns, one more than columns
    durations: NDArray[np.float64]  # edges of the rows in seconds, one more than rows
    counts: NDArray[np.int64]  # rows x columns

    @property
    def samples(self) -> int:
        """How many durations it holds."""
        return int(self.counts.sum())


def heatmap(
    cells: Cells, since: float, until: float, columns: int = COLUMNS, rows: int = ROWS
) -> HeatMap | None:
    """Count the durations of a stretch into at most `columns` x `rows`; `None` without any.

    Rows are groups of neighbouring codes, so they have equal heights on a logarithmic axis and
    their edges are exact: no sample is counted in a row that it does not belong to.
    """
    timed = durations(cut(cells, since, until))
    if not len(timed.codes):
        return None
    grid = next(iter(grids(since, until, cells.resolution, columns)))
    codes = timed.codes.astype(np.int64)
    lowest, span = int(codes.min()), int(codes.max()) - int(codes.min()) + 1
    height = -(-span // rows)
    used = max(-(-span // height), MIN_ROWS)
    lowest -= (used * height - span) // 2
    place = ((codes - lowest) // height) * grid.steps + grid.index(timed.periods)
    counts = bincount(place, timed.counts, used * grid.steps).reshape(used, grid.steps)
    edges = [lower_edge(lowest + height * row) for row in range(used + 1)]
    return HeatMap(grid.step, np.append(grid.at, grid.at[-1] + grid.step), np.array(edges), counts)


def lower_edge(code: int) -> float:
    """Where the bucket of a code begins, in seconds; codes below 0 continue the scale."""
    return value_of(0) * (GAMMA + 1) / 2 * GAMMA ** (code - 1)

"""What was really seen of a route, an external API, the items or a check: the ticks on the bars."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from console.response_times.model import durations, percentiles, samples_needed
from console.store.cells import Cells
from console.store.histogram import value_of
from console.store.series import SeriesId

P50, P95, P99, P999 = 0.5, 0.95, 0.99, 0.999


@dataclass(frozen=True, slots=True)
class Observed:
    """The durations of one series, seconds; None where the samples are too few."""

    series: SeriesId
    samples: int
    p50: float | None
    p95: float | None
    p99: float | None
    p999: float | None
    longest: float | None

    @property
    def kind(self) -> str:
        """`route`, `api`, `item` or `check`."""
        return self.series.kind


def observed(series: SeriesId, cells: Cells) -> Observed | None:
    """The figures of one series; None where nothing was measured."""
    timed = durations(cells)
    if not len(timed):
        return None
    found = percentiles(cells, (P50, P95, P99, P999))
    return Observed(
        series,
        found[0].samples,
        *(one.value for one in found),
        longest=value_of(int(np.max(timed.codes))),
    )


def slowest(seen: Sequence[Observed], *kinds: str) -> Observed | None:
    """Of these kinds the series that a limit must fit: the greatest p99.9, else the longest."""
    of = [one for one in seen if one.kind in kinds]
    proven = [one for one in of if one.p999 is not None]
    if proven:
        return max(proven, key=lambda one: one.p999 or 0.0)
    return max(of, key=lambda one: one.longest or 0.0, default=None)


def too_few(one: Observed, quantile: float = P999) -> str:
    """Why a percentile is missing."""
    return f"{one.samples:,} of {samples_needed(quantile):,} samples"

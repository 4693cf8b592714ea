"""Cells for tests, made by the collector's own counting from single results."""

from collections.abc import Iterable, Sequence

import numpy as np

from console.health.model import Outcome
from console.store.cells import HOUR, Cells, parse_open, to_hours
from console.store.histogram import code_of
from console.store.open_period import OpenPeriod
from console.store.series import SeriesId

NOON = 1_790_000_000 // 3600 * 3600  # a full hour
API = SeriesId("check", "api")

Result = tuple[float, float | None, Outcome]


def counted(results: Iterable[Result], resolution: int = 60) -> Cells:
    """The cells of results (time, seconds, outcome), as the collector counts them."""
    period = OpenPeriod(1)
    for at, seconds, outcome in results:
        period.add("shop", API, at, seconds, outcome)
    fields = {cell.field.encode(): cell.text.encode() for cell in period.take()}
    minutes = parse_open(fields)
    return to_hours(minutes) if resolution == HOUR else minutes


def answers(seconds: Sequence[float], start: float = NOON, every: float = 30.0) -> Cells:
    """The cells of answers that came one after the other."""
    return counted((start + every * n, one, Outcome.OK) for n, one in enumerate(seconds))


def pile(seconds: Sequence[float], at: int = NOON) -> Cells:
    """All durations in one minute; quick for many."""
    codes, counts = np.unique([code_of(one) for one in seconds], return_counts=True)
    return Cells(
        60,
        np.full(len(codes), at, np.int64),
        codes.astype(np.uint16),
        counts.astype(np.uint32),
    )

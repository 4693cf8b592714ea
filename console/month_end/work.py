"""How long an item takes, how often one fails, and how many calls it makes: from the traffic that
the instances counted. Pure numpy."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from console.health.model import Outcome
from console.month_end.model import Quota
from console.store.cells import Cells
from console.store.histogram import (
    GAMMA,
    MAX_CODE,
    OUTCOME_BASE,
    SMALLEST,
    TIMED,
    outcome_code,
)
from console.store.series import SeriesId

ITEM = SeriesId("item", "all")
API = "api"  # kind of the series of an external API
Floats = NDArray[np.float64]
_TIMED_CODES = np.array([outcome_code(one) for one in TIMED], np.uint16)


@dataclass(frozen=True, slots=True)
class Work:
    """The work of a window. None is what was not seen."""

    items: int = 0
    seconds: float | None = None  # one item, in the middle
    p95: float | None = None
    failed: float | None = None  # share of the tries
    calls: Mapping[str, float] | None = None  # of each API, per item
    refused: int = 0  # calls that an API turned away or broke off


@dataclass(frozen=True, slots=True)
class Bound:
    """What an external API allows."""

    api: str
    calls_a_minute: float
    calls_an_item: float

    @property
    def items_an_hour(self) -> float:
        """Whatever the number of instances."""
        return self.calls_a_minute / self.calls_an_item * 60


def work_of(cells: Mapping[SeriesId, Cells]) -> Work:
    """What the series of items and APIs tell."""
    item = cells.get(ITEM)
    tries = 0 if item is None else _tries(item)
    if item is None or not tries:
        return Work()
    calls = {
        series.name: _tries(found) / tries
        for series, found in cells.items()
        if series.kind == API and _tries(found)
    }
    refused = sum(_bad(found) for series, found in cells.items() if series.kind == API)
    bad = _bad(item)
    return Work(tries, _mean(item), _quantile(item, 0.95), bad / tries, calls, refused)


def tightest(quotas: Sequence[Quota], work: Work) -> Bound | None:
    """The quota that allows the fewest items; None where none is known that the items use."""
    found = [
        Bound(one.api, one.a_minute, (work.calls or {})[one.api])
        for one in quotas
        if one.a_minute and (work.calls or {}).get(one.api)
    ]
    return min(found, key=lambda one: one.items_an_hour, default=None)


def _tries(cells: Cells) -> int:
    """What has a duration is in the histogram, and under its outcome as well: counted once."""
    timed = cells.codes <= MAX_CODE
    again = np.isin(cells.codes, _TIMED_CODES)
    other = (cells.codes >= OUTCOME_BASE) & ~again
    return int(cells.counts[timed].sum() + cells.counts[other].sum())


def _bad(cells: Cells) -> int:
    bad = (cells.codes >= OUTCOME_BASE) & (cells.codes != outcome_code(Outcome.OK))
    return int(cells.counts[bad].sum())


def _values(cells: Cells) -> tuple[Floats, Floats]:
    timed = cells.codes <= MAX_CODE
    codes = cells.codes[timed].astype(np.float64)
    return SMALLEST * 2 * GAMMA**codes / (GAMMA + 1), cells.counts[timed].astype(np.float64)


def _mean(cells: Cells) -> float | None:
    values, counts = _values(cells)
    total = float(counts.sum())
    return float((values * counts).sum()) / total if total else None


def _quantile(cells: Cells, share: float) -> float | None:
    values, counts = _values(cells)
    if not counts.sum():
        return None
    order = np.argsort(values)
    sums: Floats = np.cumsum(counts[order])
    place = int(np.searchsorted(sums, share * float(sums[-1])))
    return float(values[order][place])

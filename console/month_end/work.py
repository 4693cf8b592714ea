"""How long an item takes, how often one fails, and how many calls it makes: from the traffic that
the instances counted. Pure numpy."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from console.health.model import Outcome
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
SHORT_WINDOW = 120.0  # seconds; what is done in such a time shows what a quota allows
LONGEST_WINDOW = 3600.0  # seconds; a quota of a day says nothing of this minute
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
    done_an_hour: float | None = None  # items, within the last quarter of an hour


@dataclass(frozen=True, slots=True)
class Bound:
    """What an external API allows."""

    api: str
    calls_a_minute: float
    calls_an_item: float
    seen: float | None = None  # items an hour that were done, where the calls would allow fewer

    @property
    def items_an_hour(self) -> float:
        """Whatever the number of instances."""
        return self.calls_a_minute / self.calls_an_item * 60

    @property
    def words(self) -> str:
        """Why it is not lower; empty where the calls alone tell it."""
        if self.seen is None:
            return ""
        return (
            f"{self.seen:,.0f} items an hour were done within the last 15 min, so as many are "
            "allowed."
        )


class Limited(Protocol):
    """What a quota tells of its limit."""

    @property
    def api(self) -> str:
        """Which API."""
        ...

    @property
    def limit(self) -> float | None:
        """Calls in a window."""
        ...

    @property
    def window(self) -> float | None:
        """Seconds."""
        ...


def work_of(cells: Mapping[SeriesId, Cells]) -> Work:
    """What the series of items and APIs tell."""
    item = cells.get(ITEM)
    tries = 0 if item is None else _tries(item)
    if item is None or not tries:
        return Work()
    calls = None  # not known from a single minute: it is rarely a whole one
    if len(np.unique(item.periods)) > 1:
        calls = {
            series.name: _tries(found) / tries
            for series, found in cells.items()
            if series.kind == API and _tries(found)
        }
    refused = sum(_bad(found) for series, found in cells.items() if series.kind == API)
    bad = _bad(item)
    return Work(tries, _mean(item), _quantile(item, 0.95), bad / tries, calls, refused)


def tightest(
    quotas: Iterable[Limited], calls: Mapping[str, float] | None, done_an_hour: float | None = None
) -> Bound | None:
    """The quota that allows the fewest items; None where none is known that the items use. Calls
    are not all made for items, so a bound is never below what was done lately; but a long window
    may have been used up by that."""
    found = [
        (Bound(one.api, one.limit / one.window * 60, (calls or {})[one.api]), one.window)
        for one in quotas
        if one.limit and one.window and one.window <= LONGEST_WINDOW and (calls or {}).get(one.api)
    ]
    if not found:
        return None
    bound, window = min(found, key=lambda one: one[0].items_an_hour)
    if not done_an_hour or window > SHORT_WINDOW or done_an_hour <= bound.items_an_hour:
        return bound
    return replace(bound, calls_an_item=bound.calls_a_minute * 60 / done_an_hour, seen=done_an_hour)


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

"""Good and bad probes of a check, counted by period from its cells. Pure.

*Good* is a probe that was answered ok within the check's `slow_after`. Bad are slower answers,
time-outs and every other error. What says nothing about the service counts as neither: the
console's own trouble, and planned maintenance.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from console.health.check import Check, Maintenance
from console.health.model import Outcome
from console.response_times.model import bincount
from console.response_times.outcomes import LEFT_OUT
from console.store.cells import Cells
from console.store.histogram import OUTCOME_BASE, code_of, outcome_code

_COUNTED = {Outcome.OK, Outcome.TIMEOUT, Outcome.CONDITION, *LEFT_OUT}  # each has its own place


@dataclass(frozen=True, slots=True)
class Tally:
    """Probes by how they count. An answer that is slow and also failed a condition is in both
    `slow` and `errors`; `bad` counts it once."""

    good: int = 0
    bad: int = 0
    slow: int = 0
    timeouts: int = 0
    errors: int = 0
    unsure: int = 0  # of the bad ones: may be good, because a minute had slow and failed answers

    @property
    def events(self) -> int:
        """Probes that count."""
        return self.good + self.bad

    @property
    def bad_share(self) -> float | None:
        """Share of bad probes, `None` without any."""
        return self.bad / self.events if self.events else None


NO_PROBES = Tally()


@dataclass(frozen=True, slots=True)
class Account:
    """Good and bad probes of each period; columns follow the fields of Tally."""

    periods: NDArray[np.int64]
    columns: NDArray[np.int64]  # fields of Tally x periods
    resolution: int

    def between(self, since: float, until: float) -> Tally:
        """Add up a stretch. Whole periods: the one that `since` is in does not count."""
        first, last = np.searchsorted(self.periods, (since, until))
        return Tally(*(int(value) for value in self.columns[:, first:last].sum(axis=1)))

    @property
    def began(self) -> float | None:
        """The oldest period with a probe that counts."""
        with_events = self.periods[self.columns[0] + self.columns[1] > 0]
        return float(with_events[0]) if len(with_events) else None


def account(cells: Cells, check: Check, maintenance: Iterable[Maintenance] = ()) -> Account:
    """Count good and bad probes by period.

    A period tells how many answers were fast and how many failed a condition, not which. Failed
    ones are taken from the fast ones, so in doubt a probe counts as bad, and `unsure` says how
    many those are.
    """
    periods, index = np.unique(cells.periods, return_inverse=True)

    def count(chosen: NDArray[np.bool_]) -> NDArray[np.int64]:
        return bincount(index[chosen], cells.counts[chosen], len(periods))

    def outcomes(*which: Outcome) -> NDArray[np.int64]:
        return count(np.isin(cells.codes, [outcome_code(outcome) for outcome in which]))

    limit = code_of(check.slow_after)
    timeouts, failed = outcomes(Outcome.TIMEOUT), outcomes(Outcome.CONDITION)
    others = outcomes(*(set(Outcome) - _COUNTED))
    samples, fast = count(cells.codes < OUTCOME_BASE), count(cells.codes <= limit)
    if code_of(check.timeout) <= limit:
        fast = np.maximum(fast - timeouts, 0)
    slow = np.maximum(samples - fast - timeouts, 0)
    untimed = outcomes(Outcome.OK)  # a beat without a duration: good as it is
    good = np.maximum(fast - failed, 0)
    unsure = fast - np.maximum(failed - slow, 0) - good
    events = np.maximum(samples, timeouts + failed) + others + untimed
    columns = np.stack(
        (
            good + untimed,
            events - good - untimed,
            slow,
            timeouts,
            failed + others,
            np.maximum(unsure, 0),
        )
    )
    kept = ~_planned(periods, cells.resolution, check, maintenance)
    return Account(periods[kept], columns[:, kept], cells.resolution)


def _planned(
    periods: NDArray[np.int64], resolution: int, check: Check, maintenance: Iterable[Maintenance]
) -> NDArray[np.bool_]:
    """Which periods a planned maintenance touches."""
    planned = np.zeros(len(periods), dtype=np.bool_)
    for window in maintenance:
        if not window.checks or check.name in window.checks:
            planned |= (periods + resolution > window.start) & (periods < window.end)
    return planned

"""What became of the probes: counted by outcome, in all and over time.

Time-outs are in the percentiles too, at their limit, and so are answers that failed a condition,
because they were answered in full. All other outcomes have no duration and are counted only here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from console.health.model import Outcome
from console.response_times.model import bincount, cut, durations, grids
from console.store.cells import Cells
from console.store.histogram import OUTCOME_BASE, TIMED, outcome_of

BARS = 100  # at most; wider bars are easier to hit with a pointer

# The console's own trouble says nothing about the service: neither good nor bad.
LEFT_OUT = frozenset({Outcome.OFFLINE, Outcome.INTERNAL})

WORDS = {
    Outcome.OK: "ok",
    Outcome.CONDITION: "condition failed",
    Outcome.TIMEOUT: "timed out",
    Outcome.RESOLVE: "name not resolved",
    Outcome.CONNECT: "not connected",
    Outcome.TLS: "TLS failed",
    Outcome.PROTOCOL: "broken answer",
    Outcome.REDIRECT: "bad redirect",
    Outcome.MISSED: "beat missed",
    Outcome.OFFLINE: "console offline",
    Outcome.INTERNAL: "console defect",
}


@dataclass(frozen=True, slots=True)
class OutcomeCounts:
    """How many results there were, and what became of those that were not ok (most first)."""

    results: int  # that say something about the service
    samples: int  # durations, which the percentiles are made of
    not_ok: Mapping[Outcome, int] = field(default_factory=dict[Outcome, int])
    left_out: int = 0  # the console's own trouble

    @property
    def bad(self) -> int:
        """Results that were not ok, without the console's own trouble."""
        return sum(count for outcome, count in self.not_ok.items() if outcome not in LEFT_OUT)

    @property
    def bad_share(self) -> float | None:
        """Bad results as a share of all; `None` without any."""
        return self.bad / self.results if self.results else None


@dataclass(frozen=True, slots=True)
class OutcomeBars:
    """Results that were not ok, over time."""

    step: int  # seconds
    at: NDArray[np.int64]  # when each step begins
    results: NDArray[np.int64]  # all results of a step
    not_ok: Mapping[Outcome, NDArray[np.int64]]


def outcome_counts(cells: Cells) -> OutcomeCounts:
    """Count all the cells."""
    by_outcome = {
        outcome: int(cells.counts[cells.codes == code].sum()) for code, outcome in _seen(cells)
    }
    samples = int(durations(cells).counts.sum())
    not_ok = {outcome: count for outcome, count in by_outcome.items() if outcome is not Outcome.OK}
    left_out = sum(not_ok.get(outcome, 0) for outcome in LEFT_OUT)
    # Answers and time-outs are in the histogram already, unless they came without a duration.
    answered = sum(not_ok.get(outcome, 0) for outcome in TIMED)
    others = sum(by_outcome.values()) - answered - left_out
    by_count = dict(sorted(not_ok.items(), key=lambda pair: -pair[1]))
    return OutcomeCounts(max(samples, answered) + others, samples, by_count, left_out)


def in_words(counts: OutcomeCounts, limit: int = 4) -> str:
    """What the results were that were not ok, most first: `12 timed out, 3 not connected`."""
    told = [f"{count:,} {WORDS[outcome]}" for outcome, count in counts.not_ok.items() if count]
    if not told:
        return "none"
    more = f" and {len(told) - limit} other kinds" if len(told) > limit + 1 else ""
    return ", ".join(told[: limit if more else None]) + more


def outcome_bars(cells: Cells, since: float, until: float, bars: int = BARS) -> OutcomeBars:
    """Count the results of a stretch in at most `bars` steps."""
    cells = cut(cells, since, until)
    grid = next(iter(grids(since, until, cells.resolution, bars)))

    def by_step(chosen: NDArray[np.bool_]) -> NDArray[np.int64]:
        return bincount(grid.index(cells.periods[chosen]), cells.counts[chosen], grid.steps)

    by_outcome = {outcome: by_step(cells.codes == code) for code, outcome in _seen(cells)}
    samples = by_step(cells.codes < OUTCOME_BASE)
    nothing = np.zeros(grid.steps, dtype=np.int64)
    answered = sum((by_outcome.get(one, nothing) for one in TIMED - {Outcome.OK}), nothing)
    others = sum((one for key, one in by_outcome.items() if key not in _IN_HISTOGRAM), nothing)
    return OutcomeBars(
        grid.step,
        grid.at,
        np.maximum(samples, answered) + others,
        {outcome: one for outcome, one in by_outcome.items() if outcome is not Outcome.OK},
    )


_IN_HISTOGRAM = (TIMED - {Outcome.OK}) | LEFT_OUT  # counted there, or not at all


def _seen(cells: Cells) -> list[tuple[int, Outcome]]:
    """The outcomes among the cells. A code of a later version counts as a defect of this one."""
    codes = np.unique(cells.codes[cells.codes >= OUTCOME_BASE])
    return [(int(code), _outcome(int(code))) for code in codes]


def _outcome(code: int) -> Outcome:
    try:
        return outcome_of(code)
    except ValueError:
        return Outcome.INTERNAL

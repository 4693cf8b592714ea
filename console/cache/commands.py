"""What each command cost in a window, from counters that only grow. Pure.

One series of kind `command` for each of the costliest commands, and `other` for the rest, with
counts under these codes: calls, microseconds, failed or rejected calls, and from BUCKETS on how
many calls fell into each step of time. A server measures in steps that double (LATENCY HISTOGRAM,
Redis 7 and Valkey), so a percentile of a window is known up to the step it lies in; the percentiles
that INFO tells are of the whole time since the server's start and cannot be told of a window.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from console.cache.model import CommandTime
from console.store.cells import Cells
from console.store.series import SeriesId

KIND, OTHER = "command", "other"
CALLS, MICROSECONDS, FAILED, BUCKETS = 0, 1, 2, 16
STEPS = 40  # 2**40 µs are twelve days
MOST_COMMANDS = 15  # series of a reading; the others are a few percent together
MOST_COUNT = 2**32 - 1  # of one cell

Steps = Mapping[int, int]  # step -> calls in it
Counted = tuple[SeriesId, int, int]  # series, code, how often


@dataclass(frozen=True, slots=True)
class Spent:
    """The counters of one command at one moment, or their increase."""

    calls: int
    microseconds: float
    failed: int = 0
    steps: Steps = field(default_factory=dict[int, int])

    def since(self, before: "Spent | None") -> "Spent":
        """The increase. A smaller count is one that began anew: the increase is its value."""
        if before is None or self.calls < before.calls or self.microseconds < before.microseconds:
            return self
        anew = any(self.steps.get(step, 0) < count for step, count in before.steps.items())
        old: Steps = dict[int, int]() if anew else before.steps
        return Spent(
            self.calls - before.calls,
            self.microseconds - before.microseconds,
            max(0, self.failed - before.failed),
            {step: more for step, n in self.steps.items() if (more := n - old.get(step, 0))},
        )


@dataclass(frozen=True, slots=True)
class WindowCommand:
    """One command in a window. Percentiles are upper bounds in microseconds, None where unknown."""

    name: str
    calls: int
    microseconds: float
    failed: int
    p50: float | None
    p99: float | None
    p999: float | None


def spent_of(commands: Sequence[CommandTime], histograms: Mapping[str, Steps]) -> dict[str, Spent]:
    """The counters of every command."""
    return {
        one.name: Spent(
            one.calls, one.microseconds, one.failed + one.rejected, histograms.get(one.name, {})
        )
        for one in commands
    }


def histograms_of(answer: Any) -> dict[str, Steps]:
    """The steps of every command in the answer to LATENCY HISTOGRAM; empty for any other answer."""
    found: dict[str, Steps] = {}
    pairs = cast("list[Any]", answer if isinstance(answer, list) else [])
    for name, told in zip(pairs[::2], pairs[1::2], strict=False):
        fields = cast("list[Any]", told if isinstance(told, list) else [])
        bounds = fields[3] if len(fields) > 3 else None
        if isinstance(name, bytes) and isinstance(bounds, list):
            found[name.decode("utf-8", "replace")] = _steps(cast("list[Any]", bounds))
    return found


def increases(before: Mapping[str, Spent], after: Mapping[str, Spent]) -> list[Counted]:
    """What to count between two readings: the costliest commands, the others as one."""
    more = {name: spent.since(before.get(name)) for name, spent in after.items()}
    costly = sorted((n for n in more if more[n].calls), key=lambda n: -more[n].microseconds)
    found = [one for name in costly[:MOST_COMMANDS] for one in _counted(name, more[name])]
    for name in costly[MOST_COMMANDS:]:
        found += _counted(OTHER, more[name])
    return found


def of_window(cells: Mapping[SeriesId, Cells]) -> tuple[WindowCommand, ...]:
    """What every command cost in a window, the costliest first."""
    found: list[WindowCommand] = []
    for series, counts in cells.items():
        totals: dict[int, int] = {}
        for code, count in zip(counts.codes.tolist(), counts.counts.tolist(), strict=True):
            totals[code] = totals.get(code, 0) + count
        steps = {code - BUCKETS: n for code, n in totals.items() if code >= BUCKETS}
        if totals.get(CALLS):
            found.append(
                WindowCommand(
                    series.name,
                    totals[CALLS],
                    float(totals.get(MICROSECONDS, 0)),
                    totals.get(FAILED, 0),
                    percentile(steps, 0.5),
                    percentile(steps, 0.99),
                    percentile(steps, 0.999),
                )
            )
    return tuple(sorted(found, key=lambda one: -one.microseconds))


def percentile(steps: Steps, share: float) -> float | None:
    """The upper end, in microseconds, of the step that the share of all calls lies in or below."""
    total = sum(steps.values())
    seen = 0
    for step in sorted(steps):
        seen += steps[step]
        if seen >= share * total:
            return float(upper(step))
    return None


def upper(step: int) -> int:
    """Where a step ends, in microseconds: 1, 2, 4, 8, 16, then 33, 66, 132 as servers have it."""
    return 1 << step if step < 5 else 33 << (step - 5)


def _steps(bounds: Sequence[Any]) -> Steps:
    """From how many were at most that slow to how many are in each step."""
    steps: dict[int, int] = {}
    before = 0
    for bound, count in zip(bounds[::2], bounds[1::2], strict=False):
        if not isinstance(bound, int) or not isinstance(count, int) or count < before or bound < 1:
            return {}
        step = min(bound.bit_length() - 1, STEPS)
        steps[step] = steps.get(step, 0) + count - before
        before = count
    return steps


def _counted(name: str, spent: Spent) -> list[Counted]:
    series = SeriesId(KIND, name)
    told = [
        (CALLS, spent.calls),
        (MICROSECONDS, round(spent.microseconds)),
        (FAILED, spent.failed),
        *((BUCKETS + step, count) for step, count in spent.steps.items()),
    ]
    return [(series, code, min(count, MOST_COUNT)) for code, count in told if count > 0]

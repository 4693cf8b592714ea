"""The errors of a window, pattern by pattern: how many, since when, where, and what was decided.

Pure. A decision (mute, resolve) belongs to a pattern and never hides another: it holds for patterns
that are no wider than the one it was made for.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import sqrt

from console.logs.model import ERRORS, Decision, Kind, Line, Names, State, Trend
from console.logs.patterns import Miner, Pattern, covers
from console.masking import one_line

BARS = 24  # of a trend
FEW = 8  # lines; of fewer no trend is told
RISING, DEVIATIONS = 2.0, 3.0  # times as many, and standard deviations more, than expected
QUIET = 86_400.0  # seconds after which a muted pattern has gone, and another line is a return
SETTLED = 3.0  # seconds of lines without a pattern after which its first line is news
REASON_LIMIT = 500  # characters
MOST_NAMES = 20  # instances, items and customers that are named


@dataclass(frozen=True, slots=True)
class ErrorPattern:
    """One kind of error in the window. Times are Unix seconds; None where no line tells one."""

    pattern: Pattern
    count: int
    first: float | None
    last: float | None
    bars: tuple[int, ...]  # lines in each part of the window
    trend: Trend
    new: bool | None  # since the last deployment; None: not known
    instances: Names
    items: Names
    customers: Names
    example: Line  # the last one, with its stack where it has one
    state: State
    decision: Decision | None = None
    members: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True)
class Window:
    """What is looked at, and what is known from before."""

    since: float  # Unix seconds
    until: float
    deployed: float | None = None  # the last deployment
    seen: Mapping[str, float] | None = None  # by pattern's key: when it was first seen at all
    known: float | None = None  # from when on lines are known, whether or not they are there


def decide(
    pattern: str, kind: Kind, reason: str, by: str, at: float, until: float | None = None
) -> Decision:
    """A decision with its reason. Raises `ValueError` without one, or where it is over already."""
    reason = one_line(reason, REASON_LIMIT)
    if not reason:
        raise ValueError("A reason is missing.")
    if until is not None and until <= at:
        raise ValueError("The mute would be over already.")
    if not pattern.strip("\0 "):
        raise ValueError("These lines have nothing in common that could be decided about.")
    return Decision(pattern, kind, reason, by, at, until if kind is Kind.MUTE else None)


def triage(
    lines: Sequence[Line], window: Window, decisions: Sequence[Decision] = ()
) -> list[ErrorPattern]:
    """The error patterns of a window: what came back or is new first, then by count; muted last."""
    errors = [line for line in lines if line.level in ERRORS and _inside(line, window)]
    miner = Miner()
    numbers = miner.add(line.subject for line in errors)
    members: dict[int, list[Line]] = defaultdict(list)
    for number, line in zip(numbers, errors, strict=True):
        members[number].append(line)
    reaches_back = _reaches_back(lines, window)
    found: list[ErrorPattern] = []
    for pattern in miner.patterns():
        own = [line for number in sorted(pattern.shapes) for line in members.get(number, ())]
        found.append(_told(pattern, own, window, decisions, reaches_back))
    return sorted(found, key=_urgency)


def state_of(decision: Decision | None, times: Sequence[float], now: float) -> State:
    """Where a pattern stands, by the decision about it and the times of its lines."""
    if decision is None or decision.kind is Kind.REOPEN:
        return State.OPEN
    after = sorted(at for at in times if at > decision.at)
    if decision.kind is Kind.RESOLVE:
        return State.REGRESSED if after else State.RESOLVED
    if decision.until is not None and now >= decision.until:
        return State.REGRESSED if any(at >= decision.until for at in after) else State.OPEN
    gaps = (later - earlier for earlier, later in pairwise([decision.at, *after]))
    return State.REGRESSED if any(gap >= QUIET for gap in gaps) else State.MUTED


def decision_about(key: str, decisions: Sequence[Decision]) -> Decision | None:
    """The last decision that holds for a pattern: made for it, or for a wider one."""
    holding = [one for one in decisions if one.pattern == key or covers(one.pattern, key)]
    return max(holding, key=lambda one: one.at, default=None)


def trend_of(bars: Sequence[int]) -> Trend:
    """The last quarter beside the rest, as far as chance allows to tell."""
    total = sum(bars)
    if total < FEW or len(bars) < 4:
        return Trend.TOO_FEW
    quarter = len(bars) // 4
    recent = sum(bars[-quarter:])
    expected = (total - recent) * quarter / (len(bars) - quarter)
    spread = DEVIATIONS * sqrt(expected + 1)
    if recent > max(RISING * expected, expected + spread):
        return Trend.RISING
    if recent < min(expected / RISING, expected - spread):
        return Trend.FALLING
    return Trend.STEADY


def _told(
    pattern: Pattern,
    lines: list[Line],
    window: Window,
    decisions: Sequence[Decision],
    reaches_back: bool,
) -> ErrorPattern:
    times = [line.time for line in lines if line.time is not None]
    bars = _bars(times, window)
    decision = decision_about(pattern.key, decisions)
    return ErrorPattern(
        pattern,
        len(lines),
        min(times, default=None),
        max(times, default=None),
        bars,
        trend_of(bars) if window.until - window.since >= BARS else Trend.TOO_FEW,
        _is_new(pattern, times, window, reaches_back),
        _names(lines, "instance"),
        _names(lines, "item"),
        _names(lines, "customer"),
        _example(lines),
        state_of(decision, times, window.until),
        decision,
        tuple(lines),
    )


def _inside(line: Line, window: Window) -> bool:
    return line.time is None or window.since <= line.time < window.until


def _reaches_back(lines: Sequence[Line], window: Window) -> bool:
    """Whether there are lines from before the deployment, without which everything looks new."""
    return window.deployed is not None and any(
        line.time is not None and line.time < window.deployed for line in lines
    )


def _is_new(
    pattern: Pattern, times: list[float], window: Window, reaches_back: bool
) -> bool | None:
    """Whether the first line came after the last deployment; None where that cannot be told."""
    if window.deployed is None or not times:
        return None
    before = [at for key, at in (window.seen or {}).items() if covers(pattern.key, key)]
    first = min([*times, *before])
    if first < window.deployed:
        return False
    settled = window.known is not None and first - window.known >= SETTLED
    return True if reaches_back or settled or _seen_before(window) else None


def _seen_before(window: Window) -> bool:
    """Whether a pattern is known from before the deployment."""
    at = min((window.seen or {}).values(), default=None)
    return at is not None and window.deployed is not None and at < window.deployed


def _bars(times: Sequence[float], window: Window) -> tuple[int, ...]:
    counts = [0] * BARS
    width = (window.until - window.since) / BARS
    for at in times:
        counts[min(BARS - 1, int((at - window.since) / width))] += 1
    return tuple(counts)


def _names(lines: Sequence[Line], field: str) -> Names:
    different = dict.fromkeys(text for line in lines if (text := line.text(field)))
    return Names(len(different), tuple(different)[:MOST_NAMES])


def _example(lines: Sequence[Line]) -> Line:
    latest = max(lines, key=lambda line: (line.time or 0.0, line.number))
    with_stack = [line for line in lines if line.stack]
    return latest if latest.stack or not with_stack else with_stack[-1]


def _urgency(one: ErrorPattern) -> tuple[bool, bool, bool, int, str]:
    decided = one.state in (State.MUTED, State.RESOLVED)
    return (
        decided,
        one.state is not State.REGRESSED,
        one.new is not True,
        -one.count,
        one.pattern.id,
    )

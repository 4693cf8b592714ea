"""What fires an alert in Logs and in the Checklist. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import ceil
from types import MappingProxyType

from console.alerts.model import Phase
from console.alerts.signal import FACTS, READINGS, Signal
from console.alerts.sources import CHECK
from console.checklist.model import Answer, Checklist
from console.checklist.questions import LIMITS, SWITCH, TIMES, VARIABLES
from console.health.check import Service
from console.health.model import CheckState, Status
from console.logs.model import LogsReading, PatternReading, State
from console.words import counted, sentence

# Questions of the checklist whose failure calls somebody. Tokens and logs have alerts of their own,
# checks as well; the rest is asked before a deployment or in trouble, when somebody looks anyway.
CALLING = (VARIABLES, LIMITS, TIMES, SWITCH)

CHECKLIST = "checklist:"  # what the keys of those begin with

LOGS_OLD = 300.0  # seconds after which what was read of a log says nothing
QUIET_AFTER = 900.0  # seconds without a line after which a new kind of error is over
WIDESPREAD = 3  # items: a new kind of error on so many fails, on fewer it warns (domain reference)
LEAST_LINES = 3  # of a new kind of error within that time: one line is no trend
MOST_PATTERNS = 20
SHORTEST_NAME = 4  # characters of a check's name that a line can be recognised by
SETTLED = 60.0  # seconds after its check works again that a line may still tell of the failure

_STATUS = {
    Answer.PASS: Status.PASS,
    Answer.WARN: Status.PASS,  # the page shows it, nobody is called for it
    Answer.WAIVED: Status.PASS,
    Answer.NOT_APPLICABLE: Status.PASS,
    Answer.FAIL: Status.FAIL,
}


def of_checklist(answered: Checklist) -> list[Signal]:
    """Questions that fail. What is not known for long ends its alert as such."""
    return [
        Signal(
            CHECKLIST + item.question.key,
            f"Checklist: {item.question.text}",
            _STATUS.get(item.answer, Status.UNKNOWN),
            sentence(item.text),
            item.finding.page or "checklist",
            at=answered.at,
            thresholds=READINGS,
        )
        for item in answered.items
        if item.question.key in CALLING
    ]


def of_logs(
    reading: LogsReading | None,
    now: float,
    service: Service,
    states: Mapping[str, CheckState],
    failed_at: Mapping[str, float] = MappingProxyType({}),
) -> list[Signal]:
    """Kinds of errors that are new since the last deployment or came back, and go on.

    One that names a check which fails follows from that; it is over when the check works again.
    `failed_at` is when a check was seen to fail last, Unix seconds.
    """
    if reading is None or now - reading.at > LOGS_OLD:
        return []
    noticed = [one for one in reading.patterns if one.new or one.state is State.REGRESSED]
    return [
        _of_pattern(one, reading, now, service, states, failed_at)
        for one in noticed[:MOST_PATTERNS]
    ]


def explained(signals: Sequence[Signal]) -> list[Signal]:
    """The same; a question of the checklist that fails because a check does follows from that."""
    failing = [
        one
        for one in signals
        if one.key.startswith(CHECK) and one.status is Status.FAIL and not one.explained_by
    ]
    return [_explained(one, failing) if one.key.startswith(CHECKLIST) else one for one in signals]


def _explained(signal: Signal, failing: Sequence[Signal]) -> Signal:
    cause = next((one for one in failing if _names(signal.summary, one.title)), None)
    if cause is None or signal.status is not Status.FAIL:
        return signal
    return replace(signal, explained_by=cause.title, group=cause.key)


def _of_pattern(
    pattern: PatternReading,
    reading: LogsReading,
    now: float,
    service: Service,
    states: Mapping[str, CheckState],
    failed_at: Mapping[str, float],
) -> Signal:
    last = pattern.last
    goes_on = last is not None and now - last <= QUIET_AFTER
    named = [
        (check, states[check.name])
        for check in service.checks
        if check.name in states and _names(pattern.template, check.name)
    ]
    cause = next((check for check, state in named if state.alert.active), None)
    healed = next(
        (
            check
            for check, _ in named
            if last is not None and last <= failed_at.get(check.name, 0.0) + SETTLED
        ),
        None,
    )
    over = max((failed_at.get(check.name, 0.0) + SETTLED for check, _ in named), default=0.0)
    recent = _recent(pattern, reading, 0.0 if cause else over)
    word = "back" if pattern.state is State.REGRESSED else "new since the last deployment"
    status = Status.PASS
    if goes_on and pattern.state in (State.OPEN, State.REGRESSED):
        status = Status.FAIL if pattern.items.number >= WIDESPREAD else Status.WARN
        if recent < LEAST_LINES:
            status = Status.PASS
    on = f" on {counted(pattern.items.number, 'item')}" if pattern.items.number else ""
    text = f"It is {word}: {counted(pattern.count, 'line')}{on}"
    if not goes_on:
        text = "No such line came for a quarter of an hour"
    elif pattern.state not in (State.OPEN, State.REGRESSED):
        text = f"Somebody {'muted' if pattern.state is State.MUTED else 'resolved'} it"
    elif cause is None and any(state.alert.phase is Phase.PENDING for _, state in named):
        status = Status.UNKNOWN  # in a moment its check fires, or is well again
    elif cause is None and healed is not None:
        status, text = Status.PASS, f"It ended with the failure of {healed.label}"
    return Signal(
        f"log:{pattern.id}",
        f"Error in the log: {pattern.template}",
        status,
        sentence(text),
        "logs",
        CHECK + cause.name if cause else "log",
        pattern.first,
        explained_by=cause.label if cause else "",
        thresholds=FACTS,
        holds=True,  # it is unknown only until its check is judged
    )


def _recent(pattern: PatternReading, reading: LogsReading, since: float) -> float:
    """About how many of its lines came within QUIET_AFTER: whole parts of the window count.

    Those of a failure that was over at `since` do not: else one more line would tell it again.
    """
    if not pattern.bars or reading.since is None:
        return pattern.count
    part = max(1.0, (reading.at - reading.since) / len(pattern.bars))
    first = len(pattern.bars) - ceil(QUIET_AFTER / part)
    after = ceil((since - reading.since) / part)
    return sum(pattern.bars[max(0, first, after) :])


def _names(text: str, check: str) -> bool:
    """Whether a text names what a check looks at."""
    if len(check) < SHORTEST_NAME:
        return False
    return re.search(rf"(?<!\w){re.escape(check)}(?!\w)", text, re.IGNORECASE) is not None

"""What fires an alert in Logs and in the Checklist. Pure."""

from console.alerts.signal import FACTS, READINGS, Signal
from console.checklist.model import Answer, Checklist
from console.checklist.questions import LIMITS, SWITCH, TIMES, VARIABLES
from console.health.model import Status
from console.logs.model import LogsReading, PatternReading, State
from console.words import counted, sentence

# Questions of the checklist whose failure calls somebody. Tokens and logs have alerts of their own,
# checks as well; the rest is asked before a deployment or in trouble, when somebody looks anyway.
CALLING = (VARIABLES, LIMITS, TIMES, SWITCH)

LOGS_OLD = 300.0  # seconds after which what was read of a log says nothing
QUIET_AFTER = 900.0  # seconds without a line after which a new kind of error is over
WIDESPREAD = 3  # items: a new kind of error on so many fails, on fewer it warns (domain reference)
MOST_PATTERNS = 20

_STATUS = {
    Answer.PASS: Status.PASS,
    Answer.WARN: Status.PASS,  # the page shows it, nobody is called for it
    Answer.WAIVED: Status.PASS,
    Answer.NOT_APPLICABLE: Status.PASS,
    Answer.FAIL: Status.FAIL,
}


def of_checklist(answered: Checklist) -> list[Signal]:
    """Questions that fail. What is not known keeps its alert as it is."""
    return [
        Signal(
            f"checklist:{item.question.key}",
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


def of_logs(reading: LogsReading | None, now: float) -> list[Signal]:
    """Kinds of errors that are new since the last deployment or came back, and go on."""
    if reading is None or now - reading.at > LOGS_OLD:
        return []
    noticed = [one for one in reading.patterns if one.new or one.state is State.REGRESSED]
    return [_of_pattern(one, now) for one in noticed[:MOST_PATTERNS]]


def _of_pattern(pattern: PatternReading, now: float) -> Signal:
    goes_on = pattern.last is not None and now - pattern.last <= QUIET_AFTER
    word = "back" if pattern.state is State.REGRESSED else "new since the last deployment"
    status = Status.PASS
    if goes_on and pattern.state in (State.OPEN, State.REGRESSED):
        status = Status.FAIL if pattern.items.number >= WIDESPREAD else Status.WARN
    on = f" on {counted(pattern.items.number, 'item')}" if pattern.items.number else ""
    text = f"It is {word}: {counted(pattern.count, 'line')}{on}"
    if not goes_on:
        text = "No such line came for a quarter of an hour"
    elif pattern.state not in (State.OPEN, State.REGRESSED):
        text = f"Somebody {'muted' if pattern.state is State.MUTED else 'resolved'} it"
    return Signal(
        f"log:{pattern.id}",
        f"Error in the log: {pattern.template}",
        status,
        sentence(text),
        "logs",
        "log",
        pattern.first,
        thresholds=FACTS,
    )

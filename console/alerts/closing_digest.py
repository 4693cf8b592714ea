"""The summary of a closing for managers: at its deadline, where it is not closed by then, and once
it is closed. Plain text. Pure."""

from dataclasses import dataclass

from console.alerts.digest import MARK
from console.alerts.message import Message, Tone, text
from console.health.model import Status
from console.words import DAY

LATE_MOST = 2 * DAY  # seconds after the deadline that a summary of it is still worth sending
CLOSED_MOST = 31 * DAY  # the same of a closing that is closed late: until the next one
# Seconds that a summary at the deadline waits for a reading of the ledger from after it: one from
# before it cannot say whether it was held. Where commands are billed one comes every 15 minutes.
READ_WITHIN = 1800.0
AT_DEADLINE, CLOSED = "deadline", "closed"
PREFIX = "closing/"  # of the id of such a summary, and of its mark, before the service's name


@dataclass(frozen=True, slots=True)
class Stand:
    """How the newest closing of a service stands. Times are Unix seconds."""

    name: str
    words: str  # several lines
    status: Status
    verdict: str = ""  # `Closed`, `Late`
    deadline: float | None = None
    closed: bool = False
    at: float | None = None  # when its ledger was read; None: not known


def mark_of(service: str) -> str:
    """Under which the store remembers which summary of a service's closing was sent last."""
    return f"{PREFIX}{service}"


def stage(stand: Stand, last: str, now: float) -> str:
    """Which summary is to be sent now, `2026-11/closed`; empty where none is. `last` was the last.

    One that was declared closed before its deadline gets no second one at the deadline.
    """
    if stand.deadline is None:
        return ""
    name = f"{stand.name}/{CLOSED if stand.closed else AT_DEADLINE}"
    past = now - stand.deadline
    waits = stand.at is not None and stand.at < stand.deadline and past < READ_WITHIN
    due = past <= CLOSED_MOST if stand.closed else 0 <= past <= LATE_MOST and not waits
    return name if due and name != last and last != f"{stand.name}/{CLOSED}" else ""


def closing_digest(
    stand: Stand, stage: str, service: str, label: str, alerts: str, link: str = ""
) -> Message:
    """The summary. `alerts` says which alerts fired meanwhile, one sentence."""
    closed = stage.endswith(CLOSED)
    how = stand.verdict.lower() if closed else f"at its deadline: {stand.verdict.lower()}"
    tone = {Status.PASS: Tone.SUCCESS, Status.FAIL: Tone.FAILURE}.get(stand.status, Tone.WARNING)
    lines = [*stand.words.splitlines(), f"Alerts meanwhile: {alerts}" if alerts else ""]
    body = [text(line, 400) for line in lines if line.strip()]
    return Message(
        f"{mark_of(service)}/{stage}",
        MARK,
        f"Closing {text(stand.name, 40)} of {text(label, 80)}, {how}",
        "\n".join(filter(None, [*body, link])),
        tone,
    )

"""Muting, resolving, reopening a pattern of errors: an operator, with a reason, on the record.

It goes over the desk as every action does: the role is judged again, the activity log is written
before and after.
"""

import time

from console.access import Visitor
from console.controls.desk import Desk
from console.errors import Objection
from console.health.check import Service
from console.logs.model import Kind, PatternReading
from console.logs.triage import decide
from console.words import duration

DAY = 86_400.0
MUTES = {"1 day": DAY, "1 week": 7 * DAY, "30 days": 30 * DAY, "for good": 0.0}  # seconds
_DONE = {Kind.MUTE: "Muted", Kind.RESOLVE: "Marked as resolved", Kind.REOPEN: "Open again"}
TARGET_LIMIT = 200  # characters of a pattern in the activity log


def decide_about(
    desk: Desk,
    visitor: Visitor,
    service: Service,
    pattern: PatternReading,
    kind: Kind,
    reason: str,
    seconds: float = 0.0,
) -> str:
    """Decide about a pattern; a mute ends after so many seconds, with 0 never. Returns what was
    done, a sentence. Raises NotAllowed, Objection, StoreError."""
    now = time.time()
    until = now + seconds if kind is Kind.MUTE and seconds else None
    try:
        decision = decide(pattern.key, kind, reason, visitor.name, now, until)
    except ValueError as problem:
        raise Objection(str(problem)) from None
    begun = desk.act(
        visitor,
        "log_pattern",
        service.name,
        target=pattern.template[:TARGET_LIMIT],
        reason=decision.reason,
        before=pattern.state.value,
        after=kind.value,
    )
    desk.records.decisions.keep(service.name, pattern.id, decision)
    lasting = f"for {duration(seconds)}" if until else ""
    desk.journal.end(begun, "done", " ".join(filter(None, (_DONE[kind].lower(), lasting))))
    return f"{_DONE[kind]}{f' {lasting}' if lasting else ''}. It is in the activity log."

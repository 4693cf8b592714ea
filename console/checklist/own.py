"""Questions that a team added: a check answers, or a person. Pure."""

from console.checklist.evidence import FROM_STANDING, Evidence, not_known
from console.checklist.model import Action, Answer, Finding, Question
from console.words import duration


def own(question: Question, e: Evidence) -> Finding:
    """What is known of it without anybody's word."""
    if question.attested:
        held = duration(question.longest)
        return Finding(
            Answer.UNKNOWN,
            "Nothing measures this: somebody has to look, and attest it below.",
            threshold=f"a named person's word, {held} old at most",
            source="the checklist's own questions",
        )
    shown = next((one for one in e.checks if one.check.name == question.check), None)
    if shown is None:
        return not_known(f"There is no check {question.check}.", "health")
    answer = FROM_STANDING[shown.standing]
    return Finding(
        answer,
        f"{shown.check.label}: {shown.reason}",
        shown.standing.value,
        "",
        f"the check {shown.check.name} passes",
        "the checklist's own questions",
        (shown.state.last.message,) if shown.state.last else (),
        "health",
        Action("See the check", "health") if answer is not Answer.PASS else None,
        shown.heard_at,
        shown.check.stale_after + e.flush_seconds,
        query=(("check", shown.check.name),),
    )

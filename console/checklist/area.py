"""The question where the trouble is, answered from what the log tells. Pure."""

from console.checklist.during import NO_LOGS
from console.checklist.evidence import Evidence, not_known
from console.checklist.model import Action, Answer, Finding
from console.logs.model import Explained, LogsReading
from console.logs.verdict import STALE as LOGS_OLD
from console.logs.verdict import kind_sentence, named, span_words
from console.words import counted

MOST_LINES = 12  # of evidence


def area(e: Evidence) -> Finding:
    """Identify problem area with structured logs."""
    found = e.logs
    if found is None or not found.sources:
        return not_known(NO_LOGS, "logs")
    if found.problem and not found.lines:
        return not_known(f"The log cannot be read: {found.problem}", "logs")
    diagnosis = found.diagnosis
    if not found.errors and found.lines and not found.silent and not found.problem:
        return Finding(
            Answer.NOT_APPLICABLE,
            f"No error among {counted(found.lines, 'line')}: there is no problem area to find.",
            "0", "errors", page="logs", at=found.at, max_age=LOGS_OLD,
        )  # fmt: skip
    if _all_handled(found):
        return Finding(
            Answer.NOT_APPLICABLE,
            f"{counted(found.errors, 'error')} muted or resolved: no other is left to find an area "
            "for.",
            f"{found.errors:,}", "errors, all muted or resolved", page="logs", at=found.at,
            max_age=LOGS_OLD,
        )  # fmt: skip
    if diagnosis is None:
        return not_known("The errors were not compared with other lines yet.", "logs")
    first = named(diagnosis.causes[0]) if diagnosis.causes else ""
    when = span_words(diagnosis)
    answer, text = {
        Explained.ONE_AREA: (Answer.PASS, f"One area explains the errors{when}: {first}."),
        Explained.FEW_AREAS: (
            Answer.WARN,
            f"{diagnosis.areas} areas explain the errors{when}, first {first}.",
        ),
        Explained.SPREAD: (
            Answer.WARN,
            f"The errors{when} are spread: no field tells them apart.{kind_sentence(diagnosis)}",
        ),
        Explained.TOO_FEW: (
            Answer.UNKNOWN,
            f"{counted(diagnosis.errors, 'error')} are too few to tell an area.",
        ),
        Explained.NO_FIELDS: (
            Answer.UNKNOWN,
            f"Only {diagnosis.named * 100:.0f} % of the errors tell a phase, an API or a "
            f"request id.{kind_sentence(diagnosis)}",
        ),
    }[diagnosis.explained]
    return Finding(
        answer,
        text,
        f"{diagnosis.causes[0].share * 100:.0f} %" if diagnosis.causes else "",
        f"of the errors{when} have it in common" if diagnosis.causes else "",
        "one area with 80 % of the errors",
        "checklist T1 of the operations reference",
        tuple(
            f"{named(one)}: {one.support:,} errors, {one.share * 100:.0f} % of them and "
            f"{one.share_of_others * 100:.0f} % of other lines"
            for one in diagnosis.causes[:MOST_LINES]
        ),
        "logs",
        Action("Open the log", "logs"),
        found.at,
        LOGS_OLD,
    )


def _all_handled(found: LogsReading) -> bool:
    """Whether somebody has muted or resolved every kind of error that there is."""
    readable = found.lines and not found.silent and not found.problem
    return bool(readable and found.errors and found.patterns and not found.open)

"""What an answer means for its check: the status, the sentence and the parts. Pure.

Conditions decide where a check has some; what the body says of itself is shown beside them. Without
any the rule of its type holds: HTTP passes below 400 and takes the worse of that and what the body
says; a certificate is judged by the time it has left; for the rest it is enough to have answered.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from console.health.answer import Answer
from console.health.bodies import Report, read
from console.health.check import Check
from console.health.conditions import evaluate, parse
from console.health.model import Outcome, Part, Status
from console.health.remarks import is_unread, remarks
from console.words import duration, listed, response_time, sentence

# reference of both: the operations checklist, B3 (certificates of 90 days are renewed at 30).
CERTIFICATE_FAIL = 7 * 86400.0  # seconds left; below, a check of type tls fails
CERTIFICATE_WARN = 30 * 86400.0  # seconds left; below, it warns
REPORT_LIMIT = 64 * 1024  # bytes; no health body is larger, and reading one takes its time
MESSAGE_LENGTH = 400  # characters; the parts have it all

_GOOD_STATUS = parse("[STATUS] < 400")
_WORSE = (Status.PASS, Status.WARN, Status.FAIL)


@dataclass(frozen=True, slots=True)
class Judgement:
    """What an answer means."""

    status: Status
    message: str
    parts: tuple[Part, ...] = ()

    @property
    def outcome(self) -> Outcome:
        """Every judged answer was a full one."""
        return Outcome.CONDITION if self.status is Status.FAIL else Outcome.OK


def judge(check: Check, answer: Answer, said: str, note: str = "") -> Judgement:
    """Judge a full answer. `said` begins the sentence (`HTTP 200`); `note` is added to it."""
    took = answer.response_time
    slow = took is not None and took > check.slow_after
    status = Status.WARN if slow else Status.PASS
    told = said if took is None else f"{said} in {response_time(took)}"
    if slow:
        told = f"{told}, slower than {check.slow_after:g} s"
    parts = [evaluate(parse(text), answer) for text in check.conditions]
    report = _report(check, answer)
    if parts:
        tail = _unmet(parts, "does not hold", "do not hold")
        worse = Status.FAIL if tail else Status.PASS
        parts_reported = report.parts if report else ()
    else:
        parts_reported = ()
        worse, tail, parts = _by_type(check, answer, report)
    wished = [evaluate(parse(text), answer) for text in check.warn_conditions]
    if unmet := _unmet(wished, "should hold", "should hold"):
        worse, tail = worst(worse, Status.WARN), f"{tail}{unmet}"
    parts += [
        Part(part.name, Status.WARN, part.detail) if part.status is Status.FAIL else part
        for part in wished
    ]
    parts += parts_reported
    odd = remarks(check, answer, reported=report is not None)
    tail += "".join(f"; {one}" for one in (*odd, note) if one)
    return Judgement(worst(status, worse), _sentence(told + tail), tuple(parts))


def is_wanted(check: Check, answer: Answer) -> bool:
    """Whether a failure to connect is what the conditions ask for: `[CONNECTED] == false`."""
    conditions = [parse(text) for text in check.conditions]
    if not any("CONNECTED" in condition.placeholders for condition in conditions):
        return False
    return all(evaluate(condition, answer).status is Status.PASS for condition in conditions)


def worst(*statuses: Status) -> Status:
    """The worst of some; `unknown` is at least a warning: it must never be shown as pass."""
    return max(
        (Status.WARN if status is Status.UNKNOWN else status for status in statuses),
        key=_WORSE.index,
    )


def _by_type(check: Check, answer: Answer, report: Report | None) -> tuple[Status, str, list[Part]]:
    if check.type == "tls":
        return _certificate(answer)
    if check.type != "http":
        return Status.PASS, "", []
    code = evaluate(_GOOD_STATUS, answer)
    if report is None:
        # what the body would have said is unknown, and unknown is no pass
        unread = Status.WARN if is_unread(answer) else Status.PASS
        return worst(code.status, unread), "", [code]
    return worst(code.status, report.status), _body(code, report), [code, *report.parts]


def _report(check: Check, answer: Answer) -> Report | None:
    """What the body says of itself; a large one is not read where conditions decide anyway."""
    if check.type != "http" or (check.conditions and len(answer.body) > REPORT_LIMIT):
        return None
    return read(answer)


def _body(code: Part, report: Report) -> str:
    """What the body says, and whether it agrees with the HTTP status."""
    bad = report.status is not Status.PASS
    if code.status is Status.PASS and not bad:
        return ""
    both = code.status is report.status is Status.FAIL
    link = "and" if both else "but" if bad else "although"
    names = [part.name for part in report.parts if part.status is Status.FAIL] or [
        part.name for part in report.parts if part.status is Status.WARN
    ]
    told = f" ({listed(names)})" if bad and names else ""
    told += f": {report.note}" if bad and report.note else ""
    return f", {link} the body says {report.status}{told}"


def _certificate(answer: Answer) -> tuple[Status, str, list[Part]]:
    left = answer.certificate_expires_in
    if left is None:
        return Status.FAIL, ", but it showed no certificate", []
    if left <= 0:
        return Status.FAIL, f"; its certificate expired {duration(-left)} ago", []
    tail = f"; its certificate is valid for {duration(left)}"
    if left < CERTIFICATE_FAIL:
        return Status.FAIL, f"{tail}, less than {duration(CERTIFICATE_FAIL)}", []
    if left < CERTIFICATE_WARN:
        return Status.WARN, f"{tail}, less than {duration(CERTIFICATE_WARN)}", []
    return Status.PASS, tail, []


def _unmet(parts: Sequence[Part], one: str, many: str) -> str:
    unmet = [part.detail for part in parts if part.status is Status.FAIL]
    if not unmet:
        return ""
    if len(unmet) == 1:
        return f", but {unmet[0]} {one}"
    return f", but {len(unmet)} of {len(parts)} conditions {many}: {'; '.join(unmet)}"


def _sentence(text: str) -> str:
    if len(text) > MESSAGE_LENGTH:
        return f"{text[: MESSAGE_LENGTH - 1]}…"
    return sentence(text)

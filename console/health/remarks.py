"""What is to be said of a body beside the verdict: it was cut, or is not what it claims. Pure."""

from collections.abc import Mapping

from console.health.answer import NOT_JSON, Answer
from console.health.check import Check
from console.health.conditions import parse
from console.masking import one_line

TYPE_LENGTH = 60  # characters of a content type that are shown

# Types that JSON is sent as by many services, on purpose or by default.
_USUAL = ("text/", "application/octet-stream", "application/javascript")


def reads_body(check: Check) -> bool:
    """Whether a condition of the check asks for something of the body."""
    texts = (*check.conditions, *check.warn_conditions)
    return any("BODY" in parse(text).placeholders for text in texts)


def says_json(answer: Answer) -> bool:
    """Whether the body claims to be JSON: `application/json`, `application/health+json`."""
    kind = _kind(answer)
    return kind.endswith(("/json", "+json"))


def is_unread(answer: Answer) -> bool:
    """Whether what the body would have said is not known: it does not end, or it is JSON that is
    longer than is read. A long page with its length announced is no such case."""
    return answer.cut and (not answer.announced or says_json(answer))


def remarks(check: Check, answer: Answer, *, reported: bool) -> list[str]:
    """What is odd about the body, in halves of sentences. `reported`: it was read as health."""
    if check.type != "http" or not answer.body:
        return []
    told = [_cut(answer)] if answer.cut else []
    looked_at = reported or reads_body(check)
    if (looked_at or says_json(answer)) and not answer.is_utf8:
        told.append("the body is not valid UTF-8")
    if looked_at:
        told += _misnamed(answer)
    elif says_json(answer) and not answer.cut and answer.document() is NOT_JSON:
        told.append("the body is not JSON although its Content-Type says so")
    return told


def _cut(answer: Answer) -> str:
    if answer.announced:
        return "only the first MiB of the body was read"
    return "the body did not end within its first MiB, and no more of it was read"


def _misnamed(answer: Answer) -> list[str]:
    kind = _kind(answer)
    if not kind or says_json(answer) or kind.startswith(_USUAL):
        return []
    if not isinstance(answer.document(), Mapping | list):
        return []
    return [f"the body is JSON although its Content-Type is {one_line(kind, TYPE_LENGTH)}"]


def _kind(answer: Answer) -> str:
    return answer.content_type.partition(";")[0].strip().lower()

"""What a service says of itself in the body of an answer.

Read are `application/health+json` (draft-inadarei-api-health-check-06), Spring Actuator, ASP.NET
health checks, NestJS Terminus and its likes in Django, and one plain word such as `ok`. They differ
in the names of the same things, so one reader knows all the names: a status word, and below it
sub-checks, which may have sub-checks of their own.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from console.health.answer import Answer
from console.health.model import Part, Status
from console.masking import MASK, is_secret_name, one_line

PARTS = 50  # sub-checks that are kept; a page shows no more, and each is stored with the result
DEPTH = 4  # levels of sub-checks
NAME_LENGTH = 80  # characters
DETAIL_LENGTH = 200
NOTE_LENGTH = 200
WORD_LENGTH = 20  # a body longer than this is not one plain word

_WORDS = {
    **dict.fromkeys(("pass", "ok", "up", "healthy", "working"), Status.PASS),
    **dict.fromkeys(("warn", "warning", "degraded"), Status.WARN),
    **dict.fromkeys(
        ("fail", "error", "down", "unhealthy", "out_of_service", "shutting_down", "unavailable"),
        Status.FAIL,
    ),
    "unknown": Status.UNKNOWN,  # Actuator: the indicator itself cannot tell
}
# Where sub-checks are, in the order in which they are looked for. Terminus lists them twice:
# `details` is all of `info` and `error`. Actuator 2.0 to 2.1 has `details` instead of `components`.
_CONTAINERS = ("checks", "components", "entries", "results", "details", "info", "error")
# What a sub-check says beside its status, the most telling first.
_TOLD = ("output", "message", "error", "exception", "description", "reason")


# The worst first.
_RANK = (Status.FAIL, Status.UNKNOWN, Status.WARN, Status.PASS)


@dataclass(frozen=True, slots=True)
class _SubCheck:
    name: str
    status: Status
    fields: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Report:
    """What the body says."""

    status: Status
    parts: tuple[Part, ...] = ()
    note: str = ""  # in the service's own words


def read(answer: Answer) -> Report | None:
    """The service's own report, or `None` where the body is none that is known."""
    document = answer.document()
    if isinstance(document, Mapping):
        return _report(cast("Mapping[str, object]", document))
    word = document if isinstance(document, str) else answer.text()
    status = status_of(word) if len(word) <= WORD_LENGTH else None
    return None if status is None else Report(status)


def status_of(word: object) -> Status | None:
    """The status that a word of a health body means, or `None`."""
    if not isinstance(word, str):
        return None
    return _WORDS.get(word.strip().strip(".!").lower().replace("-", "_").replace(" ", "_"))


def _report(document: Mapping[str, object]) -> Report | None:
    status = status_of(document.get("status"))
    if status is None:
        return None
    found = list(_below(document, "", 1))
    kept = found
    if len(found) > PARTS:  # what is wrong is not cut off
        kept = sorted(found, key=lambda sub: _RANK.index(sub.status))[:PARTS]
    parts = [Part(one_line(sub.name, NAME_LENGTH), sub.status, _detail(sub)) for sub in kept]
    if len(found) > PARTS:
        parts.append(Part("…", Status.UNKNOWN, f"and {len(found) - PARTS:,} more"))
    return Report(status, tuple(parts), _told(document, NOTE_LENGTH))


def _below(document: Mapping[str, object], above: str, depth: int) -> Iterator[_SubCheck]:
    for container in _CONTAINERS:
        children = document.get(container)
        if not isinstance(children, Mapping):
            continue
        found = False
        for name, child in cast("Mapping[str, object]", children).items():
            for sub in _read(f"{above}{name}", child, depth):
                found = True
                yield sub
        if found and container != "info":  # its other half is in `error`
            return


def _read(name: str, child: object, depth: int) -> Iterator[_SubCheck]:
    """One sub-check and those below it; health+json has a list of them under one name."""
    if isinstance(child, Mapping):
        fields = cast("Mapping[str, object]", child)
        status = status_of(fields.get("status"))
        # only health+json leaves the status out, beside an observed value
        if status is not None or "observedValue" in fields:
            yield _SubCheck(name, status or Status.UNKNOWN, fields)
            if depth < DEPTH:
                yield from _below(fields, f"{name} / ", depth + 1)
    elif isinstance(child, list):
        items = [
            cast("Mapping[str, object]", item)
            for item in cast("Sequence[object]", child)
            if isinstance(item, Mapping)
        ]
        for index, item in enumerate(items):
            label = item.get("componentId", index)
            yield from _read(f"{name} {label}" if len(items) > 1 else name, item, depth)
    elif depth == 1:  # further down a word or a flag is a figure, not a sub-check
        status = (Status.PASS if child else Status.FAIL) if isinstance(child, bool) else None
        if status := status or status_of(child):
            yield _SubCheck(name, status, {})


def _detail(sub: _SubCheck) -> str:
    """Observed value with its unit, what the sub-check says, its other figures, and the time."""
    fields = sub.fields
    said: list[str] = []
    value = fields.get("observedValue")
    if isinstance(value, str | int | float):
        said.append(f"{value} {fields.get('observedUnit', '')}".strip())
    if told := _told(fields, DETAIL_LENGTH):
        said.append(told)
    for container in ("details", "data"):  # of Actuator and of ASP.NET
        figures = fields.get(container)
        if isinstance(figures, Mapping):
            said += _figures(cast("Mapping[str, object]", figures))
    for time in ("time", "duration"):
        if isinstance(fields.get(time), str):
            said.append(f"{time} {fields[time]}")
    return one_line("; ".join(said), DETAIL_LENGTH)


def _told(fields: Mapping[str, object], limit: int) -> str:
    for name in _TOLD:
        text = fields.get(name)
        if isinstance(text, str) and text.strip():
            return one_line(text, limit)
    return ""


def _figures(figures: Mapping[str, object]) -> Iterator[str]:
    for name, value in list(figures.items())[:10]:  # more than a line holds
        if isinstance(value, str | int | float) and value != "":
            yield f"{name}: {MASK if is_secret_name(name) else value}"

"""Everything that is wrong with one source, at once, in the order of mending. Pure."""

import fnmatch
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from console.settings.causes import by_cause
from console.settings.dotenv import LIMIT, Binding, Lines, parse
from console.settings.hygiene import check_hygiene
from console.settings.interpolation import resolve
from console.settings.model import (
    Finding,
    Given,
    Place,
    Rule,
    Severity,
    Spec,
    in_order,
)
from console.settings.names import USUAL, Meant, shown
from console.settings.relations import check_relations
from console.settings.rules import PRODUCTION, check_spec, check_variable

MOST_OF_A_RULE = 200  # findings of one rule that are kept; the rest is counted
MOST_MEANT = 10_000  # unknown names that are compared with the known ones, 0.1 ms each
_CODEC = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


@dataclass(frozen=True, slots=True)
class Checked:
    """One source with all that was found. `given` holds values and hides them in its repr."""

    given: Given
    findings: tuple[Finding, ...]
    left_out: int = 0  # findings beyond those that are kept
    bindings: tuple[Binding, ...] = field(default=(), repr=False)

    @property
    def errors(self) -> int:
        """How many of the findings are errors."""
        return sum(one.severity is Severity.ERROR for one in self.findings)


def check_file(
    spec: Spec,
    data: bytes,
    source: str = ".env",
    environ: Mapping[str, str] | None = None,
    environment: str = PRODUCTION,
) -> Checked:
    """A `.env` against the specification. `environ` is what its ${NAME} may refer to."""
    text, findings = decode(data)
    bindings = parse(text)
    for one in bindings:
        if one.problem:
            told = f"Line {one.place.line} cannot be read: {one.problem}."
            findings.append(Finding(Rule.SYNTAX, Severity.ERROR, "", told, "", one.place))
    values, more = resolve(bindings, environ or {})
    known = spec.variables.keys()
    findings += [
        Finding(one.rule, one.severity, shown(one.name, known), one.text, one.next, one.place)
        for one in more
    ]
    findings += check_hygiene(text, bindings, known)
    places = {one.key: one.place for one in bindings if one.key is not None}
    given = Given(source, values, places)
    every = by_cause([*findings, *_check(spec, given, environment)])
    return _kept(given, every, tuple(bindings))


def check_given(spec: Spec, given: Given, environment: str = PRODUCTION) -> Checked:
    """Variables that are no file against the specification."""
    return _kept(given, by_cause(_check(spec, given, environment)), ())


def decode(data: bytes) -> tuple[str, list[Finding]]:
    """The text of a file, whatever it is, and what is wrong with its bytes."""
    found: list[Finding] = []
    if len(data) > LIMIT:
        told = f"The file has more than {LIMIT // 1024 // 1024} MB; what follows is not read."
        found.append(Finding(Rule.FILE, Severity.ERROR, "", told))
        data = data[:LIMIT]
    if codec := _CODEC.get(data[:2]):
        told = "The file is UTF-16; services read UTF-8."
        what_next = "Save it as UTF-8."
        found.append(Finding(Rule.FILE, Severity.ERROR, "", told, what_next, Place(1, 1)))
        return data.decode(codec, "replace"), found
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        text = data.decode("utf-8", "replace")
        place = Lines(text).place(len(data[: error.start].decode("utf-8", "replace")))
        told = f"Line {place.line} is not UTF-8."
        found.append(Finding(Rule.FILE, Severity.ERROR, "", told, "Save it as UTF-8.", place))
    if text.startswith("\ufeff"):
        told = (
            "The file begins with a byte order mark: a shell takes it for part of the first name."
        )
        what_next = "Save it as UTF-8 without BOM."
        found.append(Finding(Rule.FILE, Severity.WARN, "", told, what_next, Place(1, 1)))
    if "\0" in text:
        place = Lines(text).place(text.index("\0"))
        told = f"Line {place.line} holds a NUL, which no environment takes."
        found.append(Finding(Rule.FILE, Severity.ERROR, "", told, "Remove it.", place))
    return text, found


def _check(spec: Spec, given: Given, environment: str) -> list[Finding]:
    findings = check_spec(spec)
    for variable in spec.variables.values():
        findings += check_variable(variable, given, environment)
    findings += check_relations(spec, given)
    findings += _unknown(spec, given)
    return findings


def _unknown(spec: Spec, given: Given) -> list[Finding]:
    """Names that nobody reads: a misspelt one is told first, because a right one is missing."""
    meant = Meant(spec.variables)
    patterns = [*USUAL, *spec.ignore]
    ignored = re.compile("|".join(fnmatch.translate(one) for one in patterns))
    found: list[Finding] = []
    for name in given.values:
        if name in spec.variables or ignored.match(name):
            continue
        right = meant.of(name) if len(found) < MOST_MEANT else ""
        place = given.places.get(name)
        if right and right not in given.values:
            told = f"is not known; did you mean {right}?"
            what_next = f"Rename it to {right}."
            severity = Severity.WARN
            found.append(
                Finding(Rule.MISSPELT, severity, shown(name), told, what_next, place, (right,))
            )
        elif given.whole:
            told = "is not known: nothing reads it."
            what_next = "Remove it, or add it to the specification."
            found.append(Finding(Rule.UNKNOWN, Severity.NOTE, shown(name), told, what_next, place))
    return found


def _kept(given: Given, findings: list[Finding], bindings: tuple[Binding, ...]) -> Checked:
    counts: dict[Rule, int] = {}
    kept: list[Finding] = []
    for one in in_order(findings):
        counts[one.rule] = counts.get(one.rule, 0) + 1
        if counts[one.rule] <= MOST_OF_A_RULE:
            kept.append(one)
    return Checked(given, tuple(kept), len(findings) - len(kept), bindings)

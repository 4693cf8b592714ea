"""The settings of one source as a page shows them: a verdict, what to mend, all variables. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from console.health.summary import Standing
from console.settings.causes import by_cause, of_each
from console.settings.check import Checked
from console.settings.drift import drift_findings, seen_of
from console.settings.model import (
    Finding,
    Given,
    Group,
    Kind,
    Rule,
    Severity,
    Spec,
    Variable,
    in_order,
)
from console.settings.names import HIDDEN
from console.settings.report_rules import spec_of
from console.settings.reports import Seen, Snapshot
from console.settings.rollout import RollOut, restarting
from console.settings.rules import PRODUCTION
from console.settings.secrecy import NOT_COMPARABLE, character_classes
from console.words import counted, duration, listed

SNAPSHOT_OLD = 90.0  # seconds after which what instances reported is unknown, as for instances
TINY = 1e-3  # a least value below this one says that 0 is not allowed
MOST_ROWS = 300  # variables of a group that are shown

_STANDING = {
    Severity.ERROR: Standing.FAIL,
    Severity.WARN: Standing.WARN,
    Severity.NOTE: Standing.PASS,
}


@dataclass(frozen=True, slots=True)
class Row:
    """One variable of the specification in one source."""

    variable: Variable
    standing: Standing
    present: str  # set, not set, default
    source: str
    formed: str  # whether it is well-formed
    length: str  # class, and the classes of its characters where the value is known
    fingerprint: str
    told: str  # what is wrong with it
    next: str


@dataclass(frozen=True, slots=True)
class Overview:
    """One source, judged."""

    standing: Standing
    sentence: str
    rows: Mapping[Group, tuple[Row, ...]]
    findings: tuple[Finding, ...]  # what to mend first, first
    present: int = 0  # variables of the specification that are set
    total: int = 0
    under_way: bool = False  # instances are being replaced: more is to come

    def count(self, severity: Severity) -> int:
        """How many findings there are of that severity."""
        return sum(one.severity is severity for one in self.findings)


def of_file(spec: Spec, checked: Checked, problems: Sequence[Finding], key: str) -> Overview:
    """A file or an environment. `key` makes the fingerprints that are shown."""
    given = checked.given
    seen = seen_of(given, spec, key)
    findings = in_order(by_cause([*problems, *checked.findings]))
    rows: list[Row] = []
    by_name = _by_name(findings)
    for variable in spec.variables.values():
        text, one = given.values.get(variable.name), seen.get(variable.name)
        about = by_name.get(variable.name, [])
        source = _line(given, variable.name) if text is not None else ""
        length = ""
        if one is not None and text:
            length = f"{one.length} · {', '.join(character_classes(text))}"
        has = bool(text and text.strip())
        formed = "no" if any(f.severity is Severity.ERROR for f in about) else "yes"
        rows.append(_row(variable, about, has, source, formed if has else "", length, one))
    return _overview(rows, findings, f"in {given.source}")


def of_instances(
    spec: Spec | None,
    snapshot: Snapshot,
    problems: Sequence[Finding],
    now: float,
    environment: str = PRODUCTION,
    told: RollOut | None = None,
) -> Overview:
    """The running instances. Without a specification, what they report is taken for one.

    `told`: what their platform says of replacing them. While they are replaced, that they differ
    is no problem, and that nothing is wrong is not known yet.
    """
    old = now - snapshot.at
    if old > SNAPSHOT_OLD:
        return unknown(f"Which settings run is not known: nothing was read for {duration(old)}.")
    if snapshot.problem:
        return unknown(f"Which settings run is not known: {snapshot.problem}")
    under_way = restarting(snapshot, told, now)
    if not snapshot.variants:
        return unknown(under_way or "No running instance reports its settings.")
    report = snapshot.variants[0].report
    spec = spec or spec_of(report)
    drift = [] if under_way else drift_findings(snapshot.variants, snapshot.starts)
    findings = [*problems, *drift, *of_each(spec, snapshot.variants, environment)]
    findings = in_order(by_cause(findings))
    seen, about = report.seen, _by_name(findings)
    rows = [
        _reported(variable, about.get(variable.name, []), seen.get(variable.name))
        for variable in spec.variables.values()
    ]
    count = snapshot.reporting
    found = _overview(rows, findings, f"on {counted(count, 'running instance')}")
    if under_way:
        standing = Standing.FAIL if found.count(Severity.ERROR) else Standing.UNKNOWN
        known = found.sentence if findings else "Nothing is known to be wrong so far."
        return replace(found, standing=standing, sentence=f"{under_way} {known}", under_way=True)
    untold = [row.variable.name for row in rows if row.standing is Standing.UNKNOWN and row.told]
    if untold and found.standing is Standing.PASS:
        verb = "is" if len(untold) == 1 else "are"
        more = f" Whether {listed(untold)} {verb} off is not reported."
        return replace(found, standing=Standing.UNKNOWN, sentence=found.sentence + more)
    return found


def _line(given: Given, name: str) -> str:
    place = given.places.get(name)
    return f"line {place.line}" if place else "environment"


def with_limits(shown: Overview, lacking: int) -> Overview:
    """The same, where so many rules of the time-outs lack a figure: they are not called well."""
    if not lacking or not shown.rows:
        return shown
    told = f"{counted(lacking, 'rule')} of the time-outs {'lack' if lacking > 1 else 'lacks'}"
    return replace(shown, sentence=f"{shown.sentence} {told} a figure, see below.")


def unknown(sentence: str) -> Overview:
    """Nothing is known."""
    return Overview(Standing.UNKNOWN, sentence, {}, ())


def without_source(spec: Spec, problems: Sequence[Finding], sentence: str) -> Overview:
    """A specification, and nobody who says what is set."""
    rows = [
        Row(one, Standing.UNKNOWN, "not known", "", "", "", "", "", "")
        for one in spec.variables.values()
    ]
    wrong = [one for one in problems if one.severity is Severity.ERROR]
    standing = Standing.FAIL if wrong else Standing.UNKNOWN
    told = wrong[0].text if wrong else sentence
    return Overview(standing, told, _grouped(rows), tuple(problems), 0, len(rows))


def kind_of(variable: Variable) -> str:
    """The type and its bounds, short enough for a column: `secret, 32+ characters`, `int 1-10`."""
    choice = variable.kind is Kind.CHOICE and variable.choices
    name = ", ".join(variable.choices) if choice else str(variable.kind)
    if variable.secret:
        name = "secret" if variable.kind is Kind.STRING else f"secret {name}"
    if variable.schemes:
        name += f" ({', '.join(variable.schemes)})"
    name += _bounds(variable.least, variable.most, " s" if variable.kind is Kind.DURATION else "")
    length = _bounds(variable.least_length, variable.most_length, " characters").strip()
    parts = [name, length, "of a pattern" if variable.pattern else ""]
    if variable.required_when:
        parts.append(f"needed with {listed([one for one, _ in variable.required_when])}")
    return ", ".join(part for part in parts if part)


def _bounds(least: float | None, most: float | None, unit: str) -> str:
    if least is not None and most is not None:
        return f" {least:g}-{most:g}{unit}"
    if least is not None:
        return f" above 0{unit}" if 0 < least < TINY else f" {least:g}+{unit}"
    return "" if most is None else f" up to {most:g}{unit}"


def _untold(variable: Variable, one: Seen) -> bool:
    """Whether a setting for tests is set, and nobody tells whether it is on."""
    return variable.group is Group.TESTING and one.is_set and one.on is None


def _reported(variable: Variable, about: Sequence[Finding], one: Seen | None) -> Row:
    if one is None:
        row = _row(variable, about, False, "", "", "", None)
        return row if about else replace(row, standing=Standing.UNKNOWN, present="not reported")
    wrong = any(f.severity is Severity.ERROR for f in about)
    formed = ("no" if wrong else "by the service") if one.is_set else ""
    source = one.source if one.is_set or one.source != "missing" else ""
    row = _row(variable, about, one.is_set, source, formed, one.length, one)
    if one.is_set and one.on is not None:
        row = replace(row, present="set, on" if one.on else "set, off")
    if any(f.rule is Rule.DIFFERS for f in about):
        row = replace(row, present="differs", source="")
    if about or not _untold(variable, one):
        return row
    told = "Whether it is off is not reported."
    what_next = "Update the kit in the service; until then look at its platform."
    return replace(row, standing=Standing.UNKNOWN, told=told, next=what_next)


def _row(
    variable: Variable,
    about: Sequence[Finding],
    has: bool,
    source: str,
    formed: str,
    length: str,
    seen: Seen | None,
) -> Row:
    worst = about[0] if about else None
    standing = _STANDING[worst.severity] if worst else Standing.PASS
    present = "set" if has else "default" if variable.default is not None else "not set"
    mark = seen.fingerprint[:8] if seen and seen.fingerprint != NOT_COMPARABLE else ""
    told = worst.text if worst else ""
    if worst and worst.name != variable.name:
        told = f"{worst.name} {told}"
    what_next = worst.next if worst else ""
    return Row(variable, standing, present, source, formed, length, mark, told, what_next)


def _by_name(findings: Sequence[Finding]) -> dict[str, list[Finding]]:
    """What is found of each variable: that is named after it, else that is about it as well."""
    named: dict[str, list[Finding]] = {}
    also: dict[str, list[Finding]] = {}
    for one in findings:
        named.setdefault(one.name, []).append(one)
        for name in one.also:
            also.setdefault(name, []).append(one)
    return also | named


def _overview(rows: Sequence[Row], findings: Sequence[Finding], where: str) -> Overview:
    errors = [one for one in findings if one.severity is Severity.ERROR]
    warnings = [one for one in findings if one.severity is Severity.WARN]
    present = sum(row.present.startswith("set") for row in rows)
    of = f"{present} of {counted(len(rows), 'setting')} are set {where}"
    if errors:
        verb = "must" if len(errors) > 1 else "has to"
        sentence = (
            f"{counted(len(errors), 'problem')} {verb} be mended {where}. {_first(errors[0])}"
        )
        standing = Standing.FAIL
    elif warnings:
        sentence = f"{of}; {counted(len(warnings), 'warning')}. {_first(warnings[0])}"
        standing = Standing.WARN
    else:
        sentence, standing = f"{of}, and nothing is wrong with them.", Standing.PASS
    return Overview(standing, sentence, _grouped(rows), tuple(findings), present, len(rows))


def _first(finding: Finding) -> str:
    name = "" if finding.name in ("", HIDDEN) else f"{finding.name} "
    return f"First: {name}{finding.text}"


def _grouped(rows: Sequence[Row]) -> dict[Group, tuple[Row, ...]]:
    grouped = {group: [row for row in rows if row.variable.group is group] for group in Group}
    return {group: tuple(found) for group, found in grouped.items() if found}

"""What can be told of a running instance's settings without a value. Pure."""

import re
from collections.abc import Iterator
from dataclasses import replace

from console.settings.model import (
    Finding,
    Given,
    Group,
    Kind,
    Related,
    Relation,
    Rule,
    Severity,
    Spec,
    Variable,
)
from console.settings.names import LONGEST, USABLE
from console.settings.relations import ANY, check_relations
from console.settings.reports import Report, Seen
from console.settings.rules import (
    MEND_IT,
    PRODUCTION,
    RANDOM_ONE,
    REAL_VALUE,
    SET_IT,
    SWITCH_OFF,
    TESTING_ON,
    TRIM_IT,
    check_variable,
)
from console.settings.secrecy import longest_of

_MEANT = re.compile(r"did you mean (\w+)")
PRESENT = "(set)"  # stands for a value that nobody tells; never shown
_FLAGS = {
    "placeholder": (Rule.PLACEHOLDER, Severity.ERROR, "holds a placeholder.", REAL_VALUE),
    "weak": (Rule.ENTROPY, Severity.WARN, "is easy to guess.", RANDOM_ONE),
    "white-space": (Rule.WHITE_SPACE, Severity.WARN, "begins or ends with white space.", TRIM_IT),
}


def spec_of(report: Report) -> Spec:
    """The specification that an instance's settings class is.

    An older kit, or another language's, tells names, groups and meanings only: then it is partial.
    """
    groups = {group.value: group for group in Group}
    told = {one.name: one for one in report.spec}
    return Spec(
        variables={
            one.name: told.get(one.name)
            or Variable(
                one.name,
                groups.get(one.group, Group.OPTIONAL),
                meaning=one.meaning,
                secret=one.secret,
            )
            for one in report.variables
        },
        partial=any(one.name not in told for one in report.variables),
    )


def check_report(spec: Spec, report: Report, environment: str = PRODUCTION) -> list[Finding]:
    """Everything that is wrong with what one instance has, as far as it is told."""
    found: list[Finding] = []
    seen = report.seen
    for variable in spec.variables.values():
        found += _variable(variable, seen.get(variable.name), environment)
    found += _together(spec, report)
    found += [_misspelt(words) for words in report.misspelt]
    return found


def _variable(variable: Variable, one: Seen | None, environment: str) -> Iterator[Finding]:
    required = variable.group is Group.REQUIRED
    if one is None:
        if required:
            told = "is not among what the instances report."
            what_next = "Add it to the service's settings class."
            yield _finding(Rule.MISSING, Severity.WARN, variable, told, what_next)
    elif one.source in ("missing", "default") and required:
        yield _finding(Rule.MISSING, Severity.ERROR, variable, "is missing.", SET_IT)
    elif not one.is_set and one.source in ("env", "dotenv"):
        severity = Severity.ERROR if required else Severity.NOTE
        yield _finding(Rule.BLANK, severity, variable, "is set, but blank.", SET_IT)
    elif one.is_set:
        yield from _set(variable, one, environment)


def _set(variable: Variable, one: Seen, environment: str) -> Iterator[Finding]:
    for flag in one.flags:
        rule, severity, told, what_next = _FLAGS[flag]
        yield _finding(rule, severity, variable, told, what_next)
    if variable.group is Group.TESTING and one.on and environment == PRODUCTION:
        yield _finding(Rule.TESTING_ON, Severity.ERROR, variable, TESTING_ON, SWITCH_OFF)
    if one.limit:
        yield from check_variable(variable, Given("", {variable.name: one.limit}, whole=False))
    longest, least = longest_of(one.length), variable.least_length
    if least is not None and longest is not None and longest < least:
        told = f"has {one.length} characters; it needs at least {least}."
        yield _finding(Rule.LENGTH, Severity.ERROR, variable, told, MEND_IT)


def _together(spec: Spec, report: Report) -> list[Finding]:
    """The rules over several variables that need no value but those of time limits."""
    seen = report.seen
    # A setting for tests that is off counts as not set: what excludes it is that it is on.
    there = [one for one in report.variables if one.is_set and one.on is not False]
    values = {one.name: one.limit or PRESENT for one in there}
    flags = {
        name
        for name, variable in spec.variables.items()
        if variable.kind is Kind.BOOL and name in seen and seen[name].on is None
    }

    def told(related: Related) -> bool:
        names = related.names
        if related.relation is Relation.ASCENDING:
            return all(seen[name].limit or not seen[name].is_set for name in names)
        return related.relation is not Relation.NOT_TOGETHER or not flags.intersection(names)

    variables = {
        name: variable
        if all(wanted == ANY for _, wanted in variable.required_when)
        else replace(variable, required_when=())
        for name, variable in spec.variables.items()
        if name in seen
    }
    relations = tuple(
        one for one in spec.relations if all(name in seen for name in one.names) and told(one)
    )
    narrow = replace(spec, variables=variables, relations=relations)
    return check_relations(narrow, Given("", values, whole=False))


def _misspelt(words: str) -> Finding:
    name, _, meant = words.partition(": ")
    told = f"is not known; {meant or 'it looks like another name.'}"
    shown = name if USABLE.fullmatch(name) and len(name) <= LONGEST else ""
    what_next = "Rename it, and deploy again."
    right = _MEANT.search(words)
    also = (right[1],) if right else ()
    return Finding(Rule.MISSPELT, Severity.WARN, shown, told, what_next, also=also)


def _finding(
    rule: Rule, severity: Severity, variable: Variable, text: str, what_next: str
) -> Finding:
    return Finding(rule, severity, variable.name, text, variable.next or what_next)

"""The rules over several variables: both or neither, required when, one below the other. Pure."""

from collections.abc import Iterator

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
from console.settings.rules import SET_IT
from console.settings.values import number, same, truth
from console.words import listed

ANY = "*"  # a condition that only asks whether a variable is set


def check_relations(spec: Spec, given: Given) -> list[Finding]:
    """What does not fit together in one source."""
    found: list[Finding] = []
    for variable in spec.variables.values():
        found += _required_when(spec, variable, given)
    for related in spec.relations:
        found += _related(spec, related, given)
    return found


def effective(variable: Variable, given: Given) -> str:
    """The value that the service goes by: what is set, else the default, else nothing."""
    text = given.values.get(variable.name, "").strip()
    return text or (variable.default or "")


def holds(spec: Spec, given: Given, name: str, wanted: str) -> bool:
    """Whether `name = wanted` holds, with the default where it is not set."""
    variable = spec.variables.get(name, Variable(name))
    text = effective(variable, given)
    return bool(text) if wanted == ANY else same(variable, text, wanted)


def _required_when(spec: Spec, variable: Variable, given: Given) -> Iterator[Finding]:
    if not variable.required_when or variable.group is Group.REQUIRED:
        return
    if given.values.get(variable.name, "").strip():
        return
    if all(holds(spec, given, name, wanted) for name, wanted in variable.required_when):
        when = " and ".join(
            f"{name} is {'set' if wanted == ANY else wanted}"
            for name, wanted in variable.required_when
        )
        yield Finding(
            Rule.REQUIRED_WHEN,
            Severity.ERROR,
            variable.name,
            f"is needed while {when}.",
            variable.next or SET_IT,
            given.places.get(variable.name),
        )


def _related(spec: Spec, related: Related, given: Given) -> Iterator[Finding]:
    present = [name for name in related.names if given.values.get(name, "").strip()]
    absent = [name for name in related.names if name not in present]
    why = f" {related.why}" if related.why else ""

    def finding(rule: Rule, name: str, text: str, what_next: str) -> Finding:
        place = given.places.get(name)
        return Finding(rule, Severity.ERROR, name, f"{text}{why}", what_next, place)

    match related.relation:
        case Relation.BOTH:
            if present and absent:
                text = f"is set without {listed(absent, 9)}: all of them or none."
                what_next = f"Set {listed(absent, 9)} too, or remove {listed(present, 9)}."
                yield finding(Rule.BOTH_OR_NEITHER, present[0], text, what_next)
        case Relation.ONE_OF:
            if not present:
                text = f"is not set, and neither is another of {listed(related.names, 9)}."
                what_next = f"Set one of {listed(related.names, 9)}."
                yield finding(Rule.ONE_OF, related.names[0], text, what_next)
        case Relation.NOT_TOGETHER:
            present = [name for name in present if not _switched_off(spec, name, given)]
            if len(present) > 1:
                text = f"is set together with {listed(present[1:], 9)}: one of them only."
                yield finding(
                    Rule.NOT_TOGETHER, present[0], text, f"Keep one of {listed(present, 9)}."
                )
        case Relation.ASCENDING:
            yield from _ascending(spec, related, given, why)


def _switched_off(spec: Spec, name: str, given: Given) -> bool:
    variable = spec.variables.get(name)
    is_flag = variable is not None and variable.kind is Kind.BOOL
    return is_flag and truth(given.values.get(name, "")) is False


def _ascending(spec: Spec, related: Related, given: Given, why: str) -> Iterator[Finding]:
    for lower, upper in zip(related.names, related.names[1:], strict=False):
        one, other = spec.variables.get(lower), spec.variables.get(upper)
        if one is None or other is None:
            continue
        less, more = number(one, effective(one, given)), number(other, effective(other, given))
        if less is not None and more is not None and less >= more:
            yield Finding(
                Rule.ASCENDING,
                Severity.ERROR,
                lower,
                f"must be less than {upper}.{why}",
                f"Lower {lower} or raise {upper}.",
                given.places.get(lower) or given.places.get(upper),
                also=(upper,),
            )

"""Time limits that do not fit, as findings among those of all settings. Pure."""

import re
from collections.abc import Iterable
from dataclasses import replace

from console.settings.model import Finding, Given, Rule, Severity, Spec
from console.timeouts import lint
from console.timeouts.catalogue import BY_NAME
from console.timeouts.durations import unit_of
from console.timeouts.whatif import env_lines, fix_lines

UNITS = "T20"
_WORD = re.compile(r"[A-Z][A-Z0-9_]+")
_SEVERITY = {lint.Severity.ERROR: Severity.ERROR, lint.Severity.WARNING: Severity.WARN}


def limit_findings(found: Iterable[lint.Finding]) -> list[Finding]:
    """What fires. What lacks a figure is told where the figures are: in the section Time-outs.

    Of two rules that want the same change the graver one speaks: it is one problem.
    """
    told: list[lint.Finding] = []
    units: list[Finding] = []
    for one in sorted(found, key=lambda one: lint.ORDER[one.severity]):
        same = any(set(one.changes) <= set(other.changes) for other in told)
        if one.fires and one.rule == UNITS:
            units += [_unit(name, amount) for name, amount in one.changes]
        elif one.fires and not (one.changes and same):
            told.append(one)
    return [*(_finding(one) for one in told), *units]


def placed(findings: Iterable[Finding], given: Given) -> list[Finding]:
    """The same with the line of the file that sets the variable."""
    return [replace(one, place=given.places.get(one.name)) for one in findings]


def limit_defaults(spec: Spec) -> dict[str, str]:
    """What holds for the time limits that are not set, as the specification says."""
    return {
        name: one.default
        for name, one in spec.variables.items()
        if name in BY_NAME and one.default is not None
    }


def _unit(name: str, amount: float | None) -> Finding:
    """One variable of the rule of the units: each is a mistake of its own."""
    unit = "milliseconds" if unit_of(name) == "s" else "seconds"
    fix = f"Set {env_lines({name: amount})}, and deploy again. (Rule {UNITS}, see Time-outs.)"
    return Finding(Rule.UNIT, Severity.WARN, name, f"looks like {unit}.", fix)


def _finding(one: lint.Finding) -> Finding:
    told = [name for name in _WORD.findall(one.sentence) if name in BY_NAME]
    names = list(dict.fromkeys([*(name for name, _ in one.changes), *told]))
    text = one.sentence
    if names and text.startswith(f"{names[0]} "):
        text = text.removeprefix(f"{names[0]} ")  # the name stands before it anyway
    elif names:
        verb = "does" if one.severity is lint.Severity.ERROR else "may"
        text = f"{verb} not fit: {text}"
    return Finding(
        Rule.TIME_OUTS,
        _SEVERITY[one.severity],
        names[0] if names else "",
        text,
        _next(one),
        also=tuple(names[1:]),
    )


def _next(one: lint.Finding) -> str:
    lines = fix_lines(one).replace("\n", " and ")
    fix = f"Set {lines}, and deploy again. {one.advice}" if lines else one.advice
    return f"{fix.strip()} (Rule {one.rule}, see Time-outs.)"

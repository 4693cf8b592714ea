"""One problem for one cause: what several rules find of one mistake is told once. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from console.settings.model import Finding, Rule, Severity, Spec
from console.settings.report_rules import check_report
from console.settings.reports import Variant
from console.words import listed

MOST_WHO = 3  # instances that a sentence names
# What a difference between instances is a mere consequence of, where only some have it.
_OF_A_NUMBER = {Rule.TIME_OUTS, Rule.ASCENDING, Rule.RANGE}
_OF_A_VALUE = {Severity.ERROR, Severity.WARN}


def by_cause(findings: Iterable[Finding]) -> list[Finding]:
    """The findings without those that only repeat what another one says."""
    every = _units(list(findings))
    told = {rule: [one for one in every if one.rule is rule] for rule in {f.rule for f in every}}
    differing = {one.name for one in told.get(Rule.DIFFERS, ())}
    wrong_on_some = {
        one.name for one in every if one.only and one.severity in _OF_A_VALUE and one.name
    }
    renamed = {right for one in told.get(Rule.MISSPELT, ()) for right in one.also}
    nested = [{one.name, *one.also} for one in told.get(Rule.TIME_OUTS, ())]
    kept: list[Finding] = []
    for one in every:
        if one.rule is Rule.DIFFERS and one.name in wrong_on_some:
            continue  # the wrong value is the reason
        if one.rule is Rule.NOT_DEPLOYED and one.name in differing:
            continue  # who has it and who has not is told already
        if one.rule is Rule.ASCENDING and any({one.name, *one.also} <= names for names in nested):
            continue  # the same two limits, and there with figures
        if one.rule is Rule.MISSING and one.name in renamed:
            continue  # it is there, under the misspelt name
        kept.append(_graver(one) if one.rule is Rule.MISSPELT and _lacks(one, every) else one)
    return kept


def _units(every: list[Finding]) -> list[Finding]:
    """The same where a number in the wrong unit is the reason for what else is wrong with it.

    It is as grave as what follows from it, and told once though two rules see it.
    """
    units: dict[str, Finding] = {}
    for one in every:
        if one.rule is Rule.UNIT:
            units.setdefault(one.name, one)
    kept: list[Finding] = []
    for one in every:
        about = [name for name in (one.name, *one.also) if name in units]
        if one.rule is Rule.UNIT or (one.rule in _OF_A_NUMBER and about):
            for name in about:
                if one.severity is Severity.ERROR:
                    units[name] = replace(units[name], severity=Severity.ERROR)
        else:
            kept.append(one)
    return [*kept, *units.values()]


def of_each(spec: Spec, variants: Sequence[Variant], environment: str) -> list[Finding]:
    """What is wrong with what each instance has; said of whom, where not of all."""
    pairs = [
        (finding, variant)
        for variant in variants
        for finding in check_report(spec, variant.report, environment)
    ]
    return attributed(pairs, variants)


def attributed(
    found: Iterable[tuple[Finding, Variant]], variants: Sequence[Variant]
) -> list[Finding]:
    """Each finding once, with the instances that it is true of where these are not all."""
    who: dict[Finding, list[str]] = {}
    for finding, variant in found:
        names = who.setdefault(finding, [])
        names += [name for name in variant.instances if name not in names]
    total = sum(len(one.instances) for one in variants)
    return [
        finding if len(names) == total else _only(finding, names, total)
        for finding, names in who.items()
    ]


def _only(finding: Finding, names: list[str], total: int) -> Finding:
    text = f"{finding.text} Only on {listed(names, MOST_WHO)}, {len(names)} of {total} instances."
    return replace(finding, text=text, only=tuple(names))


def _lacks(misspelt: Finding, every: Sequence[Finding]) -> bool:
    return any(one.rule is Rule.MISSING and one.name in misspelt.also for one in every)


def _graver(misspelt: Finding) -> Finding:
    right = misspelt.also[0]
    text = f"{misspelt.text.rstrip('.')} {right} is missing."
    return replace(misspelt, severity=Severity.ERROR, text=text)

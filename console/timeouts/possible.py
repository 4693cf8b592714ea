"""Advice that can be followed: what a rule proposes is tried with all the limits further out.

A rule looks at two levels; the level that it proposes to raise lies in others. So each proposal is
tried: where a further limit would break, that one's own fix is taken along; where nothing fits, the
finding says which limit stands in the way, and that it comes first.
"""

from collections.abc import Sequence
from dataclasses import replace

from console.timeouts.lint import Facts, Finding, Rule, Severity, run_rules
from console.timeouts.model import Plan

ROUNDS = 6  # a fix of one limit may break the next one out; there are five of them
# The limit that a rule holds against: what is inside must end before it.
OUTER = {
    "T01": "ITEM_TIMEOUT_SECONDS",
    "T02": "PROCESS_TIMEOUT_SECONDS",
    "T03": "SERVER_TIMEOUT_SECONDS",
    "T04": "PLATFORM_REQUEST_TIMEOUT_SECONDS",
    "T05": "CALLER_TIMEOUT_SECONDS",
    "T10": "PLATFORM_KILL_DELAY_SECONDS",
    "T11": "TOKEN_LOCK_SECONDS",
    "T12": "IDEMPOTENCY_LOCK_SECONDS",
    "T13": "QUEUE_VISIBILITY_SECONDS",
    "T17": "ITEM_TIMEOUT_SECONDS",
}
# What stands around the limit that a rule proposes to raise.
AROUND = {
    "T01": "PROCESS_TIMEOUT_SECONDS",
    "T03": "PLATFORM_REQUEST_TIMEOUT_SECONDS",
    "T04": "PLATFORM_REQUEST_TIMEOUT_SECONDS",
    "T05": "CALLER_TIMEOUT_SECONDS",
}
CORRECTIONS = ("T20",)  # a number in the wrong unit is corrected, whatever follows from it
SMALLER = "or make what is inside shorter: fewer items of a run, fewer or shorter attempts."


def advised(facts: Facts, rules: Sequence[Rule]) -> tuple[Finding, ...]:
    """What all the rules say, worst first, with changes that fit together."""
    found = run_rules(facts, rules)
    broken = {one.rule for one in found if one.severity is Severity.ERROR}
    return tuple(_possible(facts, one, rules, broken) if one.fires else one for one in found)


def _possible(facts: Facts, finding: Finding, rules: Sequence[Rule], broken: set[str]) -> Finding:
    if not finding.changes or finding.rule in CORRECTIONS:
        return finding
    changes = dict(finding.changes)
    in_the_way: list[Finding] = []
    for _ in range(ROUNDS):
        plan = facts.plan.changed(changes)
        after = run_rules(Facts(plan, facts.seen, facts.checks, facts.instances), rules)
        in_the_way = [one for one in after if _stands(one, finding, broken, changes)]
        if not in_the_way:
            return replace(finding, changes=_that_change(facts.plan, changes))
        more = {name: amount for one in in_the_way for name, amount in one.changes}
        if more.items() <= changes.items():
            break
        changes |= more
    return replace(finding, changes=(), advice=_first(facts.plan, finding, in_the_way))


def _stands(
    one: Finding, finding: Finding, broken: set[str], changes: dict[str, float | None]
) -> bool:
    """Whether a rule says that the changes do not do: the very rule, or one further out."""
    if one.rule == finding.rule:
        return one.fires and (
            finding.severity is Severity.WARNING or one.severity is Severity.ERROR
        )
    if one.severity is not Severity.ERROR:
        return False
    return one.rule not in broken or any(name in one.sentence for name in changes)


def _that_change(
    plan: Plan, changes: dict[str, float | None]
) -> tuple[tuple[str, float | None], ...]:
    return tuple(
        (name, amount)
        for name, amount in changes.items()
        if not plan.known(name) or plan.time(name) != amount
    )


def _first(plan: Plan, finding: Finding, in_the_way: Sequence[Finding]) -> str:
    """What has to be done before, where no change of the variables fits."""
    further = [one for one in in_the_way if one.rule not in (finding.rule, "T02")]
    if finding.rule not in AROUND:
        own = next((one.advice for one in further if one.advice and not one.changes), "")
        if own:
            return own
    names = [
        AROUND.get(finding.rule, ""),
        *(OUTER.get(one.rule, "") for one in reversed(further)),
        OUTER.get(finding.rule, ""),
    ]
    outer = next((name for name in names if name and plan.time(name) is not None), "")
    if not outer:
        return finding.advice or f"No value of {finding.changes[0][0]} fits as things are."
    return f"Nothing fits inside of {plan.said(outer)}: raise that first, {SMALLER}"

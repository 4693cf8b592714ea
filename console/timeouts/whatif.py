"""What if: a plan with other values, and the lines of .env that would bring it about."""

from collections.abc import Mapping
from dataclasses import dataclass

from console.timeouts.catalogue import BY_NAME, SLIDERS, Kind, Setting
from console.timeouts.lint import Facts, Finding, run_rules
from console.timeouts.model import Plan, env_line
from console.timeouts.rules import RULES

NEVER_NONE = ("API_PAGE_SIZE", "API_CONCURRENCY")
FINE = 0.1  # seconds: step of a slider whose value is no multiple of the usual step
ROUNDS = 6  # a fix of one rule may break the next one out


def differing(plan: Plan, wanted: Mapping[str, float]) -> dict[str, float | None]:
    """The wanted amounts that are not those of the plan already."""
    return {
        name: amount
        for name, amount in wanted.items()
        if plan.values[name].amount is None or abs((plan.time(name) or 0.0) - amount) > 1e-9
    }


def env_lines(changes: Mapping[str, float | None]) -> str:
    """Lines of a .env file, in the order of the catalogue."""
    return "\n".join(env_line(BY_NAME[name], changes[name]) for name in BY_NAME if name in changes)


def fix_lines(finding: Finding) -> str:
    """The fix of a finding as lines of a .env file; empty where it is none."""
    return env_lines(dict(finding.changes))


def all_fixes(findings: tuple[Finding, ...]) -> dict[str, float | None]:
    """The changes of all findings; of two for one variable that of the graver rule."""
    changes: dict[str, float | None] = {}
    for finding in findings:
        if finding.fires:
            for name, amount in finding.changes:
                changes.setdefault(name, amount)
    return changes


def every_fix(facts: Facts) -> dict[str, float | None]:
    """The changes after which, as far as variables can do it, no rule fires."""
    plan = facts.plan
    taken: dict[str, float | None] = {}
    for _ in range(ROUNDS):
        found = run_rules(Facts(plan, facts.seen, facts.checks, facts.instances), RULES)
        changes = all_fixes(found)
        if not changes:
            break
        taken |= changes
        plan = plan.changed(changes)
    return {name: amount for name, amount in taken.items() if facts.plan.time(name) != amount}


@dataclass(frozen=True, slots=True)
class Slider:
    """What can be moved: a variable, where it stands, and how far; seconds or a number."""

    setting: Setting
    amount: float
    least: float
    most: float
    step: float

    def reaches(self, amount: float) -> bool:
        """Whether it can stand there."""
        return self.least <= amount <= self.most


def sliders(plan: Plan) -> tuple[Slider, ...]:
    """The sliders of a plan. A level without a limit has none: there is nothing to begin with."""
    found: list[Slider] = []
    for name in SLIDERS:
        setting, amount = BY_NAME[name], plan.time(name)
        if amount is None:
            continue
        count = setting.kind is Kind.COUNT
        step = 1.0 if count else setting.step if amount % setting.step == 0 else FINE
        least = 0.0 if setting.kind is Kind.WAIT or (count and name not in NEVER_NONE) else step
        found.append(Slider(setting, amount, min(least, amount), max(setting.most, amount), step))
    return tuple(found)

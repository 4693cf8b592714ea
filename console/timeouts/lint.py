"""The rules T01 to T20: what a rule says, and all of them together.

A rule is one small function from the facts to a finding. `unknown` is never `holds`: where a figure
is missing the rule says which. A fix is a change of variables; where none helps it is a sentence.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from console.timeouts.durations import shown
from console.timeouts.model import Plan
from console.timeouts.observed import Observed, slowest
from console.timeouts.worst_case import WorstCase, worst_case

ITEM_WORK = "work"  # name of the series of items without their waits for a quota


class Severity(StrEnum):
    """What a rule found, worst first."""

    ERROR = "error"
    WARNING = "warning"
    UNKNOWN = "unknown"
    HOLDS = "holds"
    NOT_APPLICABLE = "does not apply"


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """One check of the console: how often it asks and how long it waits, seconds."""

    name: str
    interval: float
    timeout: float


@dataclass(frozen=True, slots=True)
class Facts:
    """All that the rules look at."""

    plan: Plan
    seen: Sequence[Observed] = ()
    checks: Sequence[HealthCheck] = ()
    instances: int | None = None  # running now, or planned; None: not known
    worst: WorstCase = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "worst", worst_case(self.plan))

    def slowest(self, *kinds: str) -> Observed | None:
        """The series of these kinds that a limit must fit."""
        return slowest(self.seen, *kinds)

    @property
    def item_work(self) -> Observed | None:
        """The items without their waits for a quota, where that is told; else the items."""
        work = [one for one in self.seen if one.kind == "item" and one.series.name == ITEM_WORK]
        return slowest(work, "item") or self.slowest("item")


Changes = tuple[tuple[str, float | None], ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """What one rule says."""

    rule: str
    severity: Severity
    sentence: str
    changes: Changes = ()  # variable and its new amount: seconds or a number
    advice: str = ""  # what to do where no variable of the plan does it

    @property
    def fires(self) -> bool:
        """Whether something is wrong."""
        return self.severity in (Severity.ERROR, Severity.WARNING)


Rule = Callable[[Facts], Finding]


@dataclass(frozen=True, slots=True)
class Say:
    """Makes the findings of one rule."""

    rule: str

    def error(self, sentence: str, *changes: tuple[str, float | None], advice: str = "") -> Finding:
        """It will go wrong."""
        return Finding(self.rule, Severity.ERROR, sentence, changes, advice)

    def warning(
        self, sentence: str, *changes: tuple[str, float | None], advice: str = ""
    ) -> Finding:
        """It may go wrong."""
        return Finding(self.rule, Severity.WARNING, sentence, changes, advice)

    def holds(self, sentence: str) -> Finding:
        """It fits."""
        return Finding(self.rule, Severity.HOLDS, sentence)

    def unknown(self, sentence: str) -> Finding:
        """A figure is missing."""
        return Finding(self.rule, Severity.UNKNOWN, sentence)

    def not_applicable(self, sentence: str) -> Finding:
        """There is nothing to compare."""
        return Finding(self.rule, Severity.NOT_APPLICABLE, sentence)


ORDER = {severity: place for place, severity in enumerate(Severity)}


def run_rules(facts: Facts, rules: Sequence[Rule]) -> tuple[Finding, ...]:
    """What all the rules say: worst first, in the order of their ids."""
    found = [rule(facts) for rule in rules]
    return tuple(sorted(found, key=lambda one: (ORDER[one.severity], one.rule)))


def counted_severities(findings: Sequence[Finding]) -> dict[Severity, int]:
    """How many rules said what."""
    return {severity: sum(one.severity is severity for one in findings) for severity in Severity}


def ends(seconds: float | None) -> str:
    """`621.5 s`, or `no end`: of work, not of a limit."""
    return "no end" if seconds is None else shown(seconds)

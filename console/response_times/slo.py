"""The objective of a check: the error budget left, and how fast it burns. Pure.

What counts as good is in account.py.

Burn rates follow Google's SRE workbook, chapter 5: a long window shows that it matters, a short one
that it still goes on. That arithmetic is not for low traffic (the workbook says so), so with few
probes the lower end of a confidence interval takes the place of the plain share.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import sqrt

from console.health.check import STALE_AFTER_INTERVALS, Check, Maintenance
from console.health.model import Status
from console.response_times.account import NO_PROBES, Account, Tally, account
from console.response_times.model import Z_95
from console.store.cells import DAY, HOUR, MINUTE, Cells

BUDGET_DAYS = 30  # the workbook's period; minutes are kept a little longer
FEW_EVENTS = 100  # in the long window; below this a share is not trusted as it stands
LEAST_BAD = 2  # with few events: a single bad probe is an accident, not a rate


@dataclass(frozen=True, slots=True)
class Rule:
    """Budget burns `factor` times too fast over both windows (seconds)."""

    factor: float
    long: float
    short: float
    status: Status


# Workbook, tables 5-6 and 5-8: 2 % of the budget in an hour, 5 % in six, 10 % in three days.
RULES = (
    Rule(14.4, HOUR, 5 * MINUTE, Status.FAIL),
    Rule(6.0, 6 * HOUR, 30 * MINUTE, Status.FAIL),
    Rule(1.0, 3 * DAY, 6 * HOUR, Status.WARN),
)


@dataclass(frozen=True, slots=True)
class Budget:
    """The error budget of the last 30 days."""

    objective: float
    tally: Tally
    days: float  # of these 30 that there is history for

    @property
    def allowed(self) -> float:
        """Bad probes that the objective allows among so many."""
        return (1 - self.objective) * self.tally.events

    @property
    def left(self) -> float | None:
        """Share of the budget that is left, negative when overspent.

        `None` while the objective does not even allow one bad probe: too few to judge it.
        """
        return 1 - self.tally.bad / self.allowed if self.allowed >= 1 else None


@dataclass(frozen=True, slots=True)
class Burn:
    """How fast the budget burns by one rule. A rate of 1 spends it in exactly 30 days."""

    rule: Rule
    objective: float
    short_window: float  # seconds; the rule's, or as long as three probes take
    long: Tally = NO_PROBES
    short: Tally = NO_PROBES
    kept: bool = True  # whether history is fine enough for the short window

    @property
    def few(self) -> bool:
        """Whether the long window has too few probes to trust the plain share."""
        return self.long.events < FEW_EVENTS

    @property
    def rate(self) -> float | None:
        """Burn rate over the long window; with few probes its lower 95 % bound."""
        if not self.long.events:
            return None
        share = wilson_lower(self.long.bad, self.long.events) if self.few else self.long.bad_share
        return (share or 0.0) / (1 - self.objective)

    @property
    def short_rate(self) -> float | None:
        """Burn rate over the short window."""
        share = self.short.bad_share
        return None if share is None else share / (1 - self.objective)

    @property
    def status(self) -> Status:
        """The rule's status while both windows burn too fast; unknown without probes in them."""
        rate, short_rate = self.rate, self.short_rate
        if not self.kept or rate is None or short_rate is None:
            return Status.UNKNOWN
        enough = not self.few or self.long.bad >= LEAST_BAD
        fires = rate >= self.rule.factor and short_rate >= self.rule.factor and enough
        return self.rule.status if fires else Status.PASS


@dataclass(frozen=True, slots=True)
class Slo:
    """How a check keeps its objective."""

    check: Check
    until: float
    budget: Budget
    burns: tuple[Burn, ...]

    @property
    def status(self) -> Status:
        """The worst burn; a spent budget warns; unknown where the fast rules cannot be judged."""
        found = {burn.status for burn in self.burns}
        if Status.FAIL in found:
            return Status.FAIL
        left = self.budget.left
        if Status.WARN in found or (left is not None and left <= 0):
            return Status.WARN
        return Status.UNKNOWN if Status.UNKNOWN in found or left is None else Status.PASS

    @property
    def lasts(self) -> float | None:
        """Seconds until the budget is spent at the pace of the slowest rule's long window."""
        left, share = self.budget.left, self.burns[-1].long.bad_share
        if left is None or left <= 0 or not share:
            return None
        return left * BUDGET_DAYS * DAY * (1 - self.budget.objective) / share


def slo(check: Check, cells: Cells, until: float, maintenance: Iterable[Maintenance] = ()) -> Slo:
    """Judge a check at `until` by its cells of the 30 days before."""
    book = account(cells, check, maintenance)
    since = until - BUDGET_DAYS * DAY
    days = 0.0 if book.began is None else (until - max(since, book.began)) / DAY
    budget = Budget(check.objective, book.between(since, until), min(days, float(BUDGET_DAYS)))
    return Slo(check, until, budget, tuple(_burn(rule, book, check, until) for rule in RULES))


def wilson_lower(bad: int, events: int) -> float:
    """The lower end of Wilson's 95 % interval for a share."""
    if not events:
        return 0.0
    share, square = bad / events, Z_95**2
    middle = share + square / (2 * events)
    spread = Z_95 * sqrt(share * (1 - share) / events + square / (4 * events**2))
    return max(0.0, (middle - spread) / (1 + square / events))


def _burn(rule: Rule, book: Account, check: Check, until: float) -> Burn:
    short = max(rule.short, STALE_AFTER_INTERVALS * check.interval)
    if book.resolution > rule.short:
        return Burn(rule, check.objective, short, kept=False)
    long = book.between(until - rule.long, until)
    return Burn(rule, check.objective, short, long, book.between(until - short, until))

"""The objective, its error budget and how fast it burns, for people who do not keep SLOs. Pure."""

from math import ceil, floor

from console.health.model import Status
from console.response_times.account import Tally
from console.response_times.slo import BUDGET_DAYS, Budget, Burn, Rule, Slo
from console.response_times.verdict import stretch, times
from console.words import DAY, HOUR, counted, duration, duration_in_words, response_time

EXPLAINED = (
    "A burn rate of 1 uses up the error budget in exactly 30 days, 14.4 in two days. It alarms "
    "only when a long window shows that it matters and a short one that it still goes on."
)
FEW_NOTE = (
    "With fewer than 100 probes in the long window its burn rate is the lower end of a 95 % "
    "confidence interval: a single bad probe is an accident."
)
_MOST_DAYS = 400.0  # a pace that lasts longer than history is kept is not told in days


def objective(judged: Slo) -> str:
    """What is promised: `99.9 % of probes answered ok within 1.00 s`."""
    share = percent(judged.check.objective)
    if judged.check.type == "push":
        return f"{share} of its reports in time and ok"
    return f"{share} of probes answered ok within {response_time(judged.check.slow_after)}"


def percent(share: float) -> str:
    """`99.9 %`, as it was configured."""
    return f"{share * 100:.6g} %"


def left(budget: Budget) -> str:
    """What is left of the budget, rounded down: `63 %`, `spent`, or `–`."""
    share = budget.left
    if share is None:
        return "–"
    return f"{floor(share * 100 + 1e-9)} %" if share > 0 else "spent"


def events_needed(target: float) -> int:
    """Probes from which the objective allows a bad one at all."""
    return ceil(round(1 / (1 - target), 6))


def budget_sentence(judged: Slo) -> str:
    """The budget in one sentence that needs no other."""
    budget = judged.budget
    tally = budget.tally
    if not tally.events:
        return "There is no probe yet to judge the objective by."
    of = f"{counted(tally.events, 'probe')} in {_days(budget.days)}"
    if budget.left is None:
        needs = events_needed(budget.objective)
        return (
            f"{of}, {tally.bad:,} bad: too few for an error budget. From {needs:,} probes on the "
            "objective allows a bad one."
        )
    allowed = floor(budget.allowed + 1e-9)
    used = f"{of} allow {counted(allowed, 'bad one')}; there were {tally.bad:,}"
    if budget.left <= 0:
        return f"{used}, {times(tally.bad / budget.allowed)} the error budget."
    return f"{used}, so {left(budget)} of the error budget is left{_pace(judged)}."


def bad_in_words(judged: Slo) -> str:
    """What the bad probes were: `12 slow, 3 timed out, 8 other errors`."""
    tally = judged.budget.tally
    parts = [
        f"{count:,} {word}"
        for count, word in (
            (tally.slow, "slow"),
            (tally.timeouts, "timed out"),
            (tally.errors, "failed otherwise"),
        )
        if count
    ]
    if not parts:
        return "no bad probe"
    unsure = f"; {tally.unsure:,} counted as bad in doubt" if tally.unsure else ""
    return ", ".join(parts) + unsure


def rule_name(rule: Rule) -> str:
    """`14.4 × over 1 h and 5 min`."""
    return f"{rule.factor:g} × over {duration(rule.long)} and {duration(rule.short)}"


def means(rule: Rule) -> str:
    """What a rule catches: how much of the budget goes, how fast."""
    share = rule.factor * rule.long / (BUDGET_DAYS * DAY)
    hours = BUDGET_DAYS * DAY / rule.factor / HOUR
    lasts = duration(hours * HOUR)
    return f"{share * 100:.0f} % of the budget in {duration(rule.long)}; all of it in {lasts}"


def rate(value: float | None) -> str:
    """A burn rate: `0`, `0.4`, `14.2`, `120`."""
    if value is None:
        return "–"
    return f"{value:,.0f}" if value >= 100 or value == 0 else f"{value:.1f}"


def rates(burn: Burn) -> tuple[str, str]:
    """Both rates with what they are made of: `1 h: 0.4 (2 of 120)` and `5 min: no probes`."""
    about = "at least " if burn.few else ""
    return (
        _made_of(duration(burn.rule.long), about, burn.rate, burn.long),
        _made_of(duration(burn.short_window), "", burn.short_rate, burn.short),
    )


def _made_of(window: str, about: str, value: float | None, tally: Tally) -> str:
    if value is None:
        return f"{window}: no probes"
    return f"{window}: {about}{rate(value)} ({tally.bad:,} of {tally.events:,})"


def burn_word(burn: Burn) -> str:
    """How a rule stands, in a word or two."""
    if not burn.kept:
        return "only kept by the hour"
    if burn.status is Status.UNKNOWN:
        return "no probes"
    return "too fast" if burn.status is not Status.PASS else "fine"


def _pace(judged: Slo) -> str:
    lasts = judged.lasts
    if lasts is None:
        return "" if judged.budget.tally.bad == 0 else "; none is being used now"
    if lasts > _MOST_DAYS * DAY:
        return ""
    pace = stretch(judged.burns[-1].rule.long)
    return f"; at the pace of the last {pace} it lasts {duration_in_words(lasts)}"


def _days(days: float) -> str:
    if days >= BUDGET_DAYS - 1:
        return f"{BUDGET_DAYS} days"
    return duration_in_words(max(days * DAY, 60.0))

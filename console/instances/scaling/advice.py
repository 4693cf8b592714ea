"""A service's whole scaling view from what is known: recommendation, plan, phases. Pure."""

from dataclasses import dataclass, replace
from datetime import datetime, tzinfo

from console.instances.model import Phase
from console.instances.scaling.forecast import (
    LEAST_DAYS,
    MEASURED,
    Declared,
    Plan,
    make_plan,
    phase_at,
)
from console.instances.scaling.load import Known, Long, rules_of
from console.instances.scaling.model import Decision, decide
from console.instances.scaling.rules import Rules
from console.instances.scaling.scaler import Range
from console.month_end.demand import Closings, History
from console.month_end.outlook import outlook
from console.month_end.plan import at as planned_at
from console.month_end.rules import Rules as ClosingRules
from console.variables import Settings

JUDGED = 190  # days of history that a forecast is judged on: six month-ends


@dataclass(frozen=True, slots=True)
class Advice:
    """What should run now and in the days to come."""

    decision: Decision
    plan: Plan
    rules: Rules
    calendar_phase: Phase
    planned: int | None  # the minimum of a measured plan at this moment
    phase_why: str = ""  # why it is that phase


def closings_of(now: float, zone: tzinfo, rules: ClosingRules | None = None) -> Closings:
    """The closings around `now`, as they are set; else month-ends, with free weekends only."""
    rules = rules or ClosingRules()
    return Closings(rules.calendar(datetime.fromtimestamp(now, zone).year), rules.every)


def declared_of(rules: Rules) -> Declared:
    """Instances for the phases where nothing was measured, within the bounds."""
    least, most = rules.platform.least, rules.platform.most
    usual = Declared()
    quiet = min(max(usual.quiet, least), most)
    normal = min(max(usual.normal, quiet), most)
    return Declared(quiet, normal, min(max(usual.busy, normal), most))


def plan_of(
    long: Long,
    rules: Rules,
    zone: tzinfo,
    now: float,
    declared: Declared | None = None,
    closing: ClosingRules | None = None,
) -> Plan:
    """The plan from the local day of `now` on."""
    return make_plan(
        long.history,
        long.seconds,
        declared or declared_of(rules),
        rules.platform,
        closings_of(now, zone, closing),
        datetime.fromtimestamp(now, zone).date(),
        zone,
    )


def quality_of(long: Long, zone: tzinfo, now: float, closing: ClosingRules | None = None) -> str:
    """How far such forecasts were off on past days, beside the same day of last month. Costly: it
    forecasts every month of JUDGED days anew."""
    days = long.history.days[-JUDGED:]
    if len(days) < LEAST_DAYS:
        return ""
    recent = History(days, long.history.hours[-JUDGED:])
    today = datetime.fromtimestamp(now, zone).date()
    return outlook(recent, [today], closings_of(now, zone, closing)).words


def advise(
    known: Known,
    plan: Plan,
    settings: Settings,
    now: float,
    zone: tzinfo,
    limits: Range | None = None,
) -> Advice:
    """What should run now. Only a plan that was measured raises it."""
    rules = rules_of(settings, known, limits)
    planned = planned_at(plan.periods, now) if plan.source == MEASURED else None
    decision = decide(known.work, rules, now, planned, known.last)
    phase, why = phase_at(now, closings_of(now, zone, settings.closing), zone)
    return Advice(decision, plan, rules, phase, planned, why)


def what_if(
    known: Known, rules: Rules, now: float, planned: int | None, *, seconds: float, rate: float
) -> Decision:
    """The recommendation for other numbers: nothing waits, and no rest or step is counted."""
    work = known.work
    supposed = replace(
        work, seconds=seconds, rate=rate, peak=rate, waiting=None, in_flight=None,
        in_flight_mean=None, running=work.running or 0,
    )  # fmt: skip
    free = replace(rules, platform=replace(rules.platform, step_up=10_000, step_down=10_000))
    return decide(supposed, free, now, planned)

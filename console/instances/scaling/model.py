"""How many instances should run now, and why so many. Pure: the time is an argument.

Every signal gives a number of its own and the sum it was reckoned with; the greatest counts. Above
it stand what the external API feeds and the maximum; below it the minimum and what is in flight.
What is to be set now follows by steps and rests. What is not known asks for no change, and never
for fewer instances.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from math import exp

from console.instances.scaling.measured import Change, Work
from console.instances.scaling.rules import Rules
from console.month_end.capacity import HOUR, Limit, Load, Rates, limiting, quota_rate, workers_rate
from console.month_end.queueing import (
    erlang_c,
    offered_load,
    servers_for_deadline,
    servers_for_utilisation,
    servers_for_wait,
    whole,
)
from console.words import counted, duration

AHEAD = 60.0  # seconds that clocks of one machine may disagree by
BACKLOG_SECONDS = 60.0  # of arrivals; fewer that wait are no backlog, they are just being taken


class Signal(StrEnum):
    """What a recommendation can rest on."""

    RATE = "arrival rate"
    WAIT = "waiting time"
    QUEUE = "queue"
    IN_FLIGHT = "in flight"
    PLAN = "plan"
    LEAST = "minimum"
    NONE = "nothing known"

    @property
    def by(self) -> str:
        """What recommends it: `by the queue`."""
        return _BY[self]


_BY = {
    Signal.RATE: "by the arrival rate",
    Signal.WAIT: "by the waiting time",
    Signal.QUEUE: "by the queue",
    Signal.IN_FLIGHT: "by what is in flight",
    Signal.PLAN: "by the plan",
    Signal.LEAST: "as the minimum",
    Signal.NONE: "by nothing",
}


@dataclass(frozen=True, slots=True)
class Reading:
    """One signal: what it was, what it should be, and the instances that gives."""

    signal: Signal
    value: str  # measured, with its unit
    target: str
    formula: str  # with the numbers filled in
    instances: int | None  # None: not known
    why_unknown: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """A recommendation with everything behind it."""

    running: int | None
    wanted: int | None  # in the end; None: nothing can be said
    next: int | None  # to be set now
    leading: Signal
    readings: tuple[Reading, ...]
    bounds: tuple[str, ...] = ()  # what raised or cut the number, one sentence each
    hold: str = ""  # why not all of it at once
    rests_until: float | None = None  # Unix seconds of the end of a rest
    least_safe: int = 0  # below this, work in flight would be cut off
    useful: int | None = None  # more than this the external API does not feed
    limit: Limit | None = None
    rates: Rates | None = None
    problems: tuple[str, ...] = ()

    @property
    def steady(self) -> bool:
        """Whether nothing is to be changed now."""
        return self.next is None or self.next == self.running

    @property
    def why(self) -> str:
        """`Why 6: …`."""
        if self.wanted is None:
            return " ".join(self.problems)
        lead = next((one for one in self.readings if one.signal is self.leading), None)
        told = [f"{lead.signal.value.capitalize()}: {lead.formula}."] if lead else []
        return " ".join([f"Why {self.wanted}:", *told, *self.bounds, *filter(None, [self.hold])])


def decide(
    work: Work, rules: Rules, now: float, planned: int | None = None, last: Change | None = None
) -> Decision:
    """What should run, by everything that is known at `now`."""
    platform = rules.platform
    problems = [*platform.problems(), *_problems(work, planned)]
    readings = signals(work, rules, planned)
    safe = _safe(work, platform.concurrency)
    if problems:
        return Decision(
            work.running, None, None, Signal.NONE, readings, least_safe=safe,
            problems=tuple(problems),
        )  # fmt: skip
    known = [one for one in readings if one.instances is not None]
    lead = max(known, key=lambda one: one.instances or 0)
    wanted, useful, bounds = _bounded(lead.instances or 0, work, rules)
    running = work.running
    if running is not None and wanted < running and work.peak is not None:
        calm = _bounded(_at_peak(work, rules), work, rules)[0]
        if calm > wanted:
            stable = duration(rules.stable)
            bounds = (*bounds, f"{calm} were needed within the last {stable}: fewer only after it.")
            wanted = min(calm, running)
    decision = Decision(
        running, wanted, wanted, lead.signal, readings, bounds, "", None, safe, useful
    )
    return _limited(_stepped(decision, rules, now, last), work, rules)


def signals(work: Work, rules: Rules, planned: int | None) -> tuple[Reading, ...]:
    """What each signal says on its own."""
    return (
        _rate(work, rules),
        _wait(work, rules),
        _queue(work, rules),
        _in_flight(work, rules),
        _plan(planned),
        Reading(
            Signal.LEAST, "", "", f"never fewer than {rules.platform.least}", rules.platform.least
        ),
    )


def _rate(work: Work, rules: Rules) -> Reading:
    platform = rules.platform
    target = f"busy at most {platform.target:.0%} of the time"
    if work.rate == 0:
        return Reading(Signal.RATE, "nothing comes", target, "nothing comes, so 0", 0)
    if work.rate is None or work.seconds is None:
        return Reading(Signal.RATE, "", target, "", None, _missing(work))
    tries = _tries(work)
    load = offered_load(work.rate * tries / HOUR, work.seconds)
    count = whole(servers_for_utilisation(load, platform.target) / platform.concurrency)
    again = f" × {tries:.2f} tries" if tries > 1.005 else ""
    formula = (
        f"{work.rate:,.0f} {work.unit}s an hour{again} × {work.seconds:.3g} s ÷ 3,600 s = "
        f"{load:.2f} at once; ÷ {platform.target:.0%} ÷ {platform.concurrency} at once in an "
        f"instance = {load / platform.target / platform.concurrency:.2f}, so {count}"
    )
    return Reading(Signal.RATE, f"{work.rate:,.0f} {work.unit}s/h", target, formula, count)


def _wait(work: Work, rules: Rules) -> Reading:
    platform = rules.platform
    share, wait = platform.wait_share, platform.wait
    target = f"at most {share:.0%} wait longer than {duration(wait)}"
    if work.rate == 0:
        return Reading(Signal.WAIT, "nobody waits", target, "nothing comes, so 0", 0)
    if work.rate is None or work.seconds is None:
        return Reading(Signal.WAIT, "", target, "", None, _missing(work))
    load = offered_load(work.rate * _tries(work) / HOUR, work.seconds)
    slots = servers_for_wait(load, work.seconds, wait, share)
    count = whole(slots / platform.concurrency)
    late = _share(erlang_c(slots, load) * exp(-(slots - load) * wait / work.seconds))
    formula = (
        f"Erlang C of {counted(slots, 'slot')} and {load:.2f} at once: {late} wait longer than "
        f"{duration(wait)}; {slots} ÷ {platform.concurrency} at once in an instance, so {count}"
    )
    return Reading(Signal.WAIT, f"{late} would wait longer", target, formula, count)


def _queue(work: Work, rules: Rules) -> Reading:
    target = f"done within {duration(rules.drain)}"
    if work.waiting is None:
        why = "the service keeps no ledger, so nothing tells what waits"
        return Reading(Signal.QUEUE, "", target, "", None, why)
    if not work.waiting:
        return Reading(Signal.QUEUE, "nothing waits", target, "nothing waits, so 0", 0)
    if work.seconds is None:
        return Reading(Signal.QUEUE, f"{work.waiting:,} wait", target, "", None, _missing(work))
    platform = rules.platform
    coming = (work.rate or 0.0) * rules.drain / HOUR
    items = (work.waiting + coming) * _tries(work)
    slots = servers_for_deadline(items, work.seconds, rules.drain, platform.target) or 0
    count = whole(slots / platform.concurrency)
    formula = (
        f"({work.waiting:,} wait + {coming:,.0f} come) × {work.seconds:.3g} s ÷ "
        f"{rules.drain:,.0f} s ÷ {platform.target:.0%} ÷ {platform.concurrency} at once in an "
        f"instance, so {count}"
    )
    return Reading(Signal.QUEUE, f"{work.waiting:,} wait", target, formula, count)


def _in_flight(work: Work, rules: Rules) -> Reading:
    """Kubernetes' form: running × utilisation ÷ target, with its tolerance around the target."""
    platform = rules.platform
    target = f"{platform.target:.0%} of {platform.concurrency} at once in an instance"
    mean = work.in_flight_mean if work.in_flight_mean is not None else work.in_flight
    if mean is None or not work.running:
        why = "no running instance tells what it has in flight"
        return Reading(Signal.IN_FLIGHT, "", target, "", None, why)
    slots = work.running * platform.concurrency
    used = mean / slots
    count = whole(mean / (platform.concurrency * platform.target))
    told = (
        f"{work.running} running × {used:.0%} busy ({mean:.1f} in flight of {slots}) ÷ "
        f"{platform.target:.0%} = {work.running * used / platform.target:.2f}"
    )
    if abs(used / platform.target - 1) <= rules.tolerance:
        count, told = work.running, f"{told}; within {rules.tolerance:.0%} of the target"
    return Reading(Signal.IN_FLIGHT, f"{used:.0%} busy", target, f"{told}, so {count}", count)


def _plan(planned: int | None) -> Reading:
    if planned is None:
        return Reading(Signal.PLAN, "", "", "", None, "there is no plan for this moment")
    formula = f"the calendar asks for at least {planned} at this time"
    return Reading(Signal.PLAN, f"at least {planned}", "", formula, planned)


def _bounded(count: int, work: Work, rules: Rules) -> tuple[int, int | None, tuple[str, ...]]:
    """The number within what is useful and allowed; and what changed it."""
    platform, told = rules.platform, list[str]()
    quota, useful = quota_rate(platform), None
    if quota is not None and work.seconds is not None:
        useful = whole(offered_load(quota / HOUR, work.seconds) / platform.concurrency)
        useful = max(useful, 1 if quota else 0)
        if count > useful:
            told.append(
                f"The API quota ({platform.calls_a_minute:g} calls a minute, "
                f"{platform.calls_an_item:.3g} for each {work.unit}) feeds "
                f"{counted(useful, 'instance')}: more would only be refused."
            )
            count = useful
    if count < platform.least:
        told.append(f"The minimum is {platform.least}.")
        count = platform.least
    if count > platform.most:
        told.append(f"The maximum is {platform.most}; {count} would be needed.")
        count = platform.most
    return count, useful, tuple(told)


def _safe(work: Work, concurrency: int) -> int:
    """Instances that hold what is in flight; what is more than those that run queues inside."""
    if work.in_flight is None or concurrency < 1:
        return 0
    held = whole(work.in_flight / concurrency)
    return held if work.running is None else min(held, work.running)


def _at_peak(work: Work, rules: Rules) -> int:
    """What the greatest rate of the stabilisation window would have needed."""
    then = replace(work, rate=work.peak)
    needs = [_rate(then, rules).instances, _wait(then, rules).instances]
    return max([one for one in needs if one is not None] or [0])


def _stepped(decision: Decision, rules: Rules, now: float, last: Change | None) -> Decision:
    """Steps, rests, and never below what is in flight or above the maximum."""
    wanted, running, platform = decision.wanted, decision.running, rules.platform
    if wanted is None:
        return decision
    if running is None:
        return replace(decision, next=None, hold="How many run is not known: nothing is set.")
    if wanted == running:
        return decision
    up = wanted > running
    over = running > platform.most or running < platform.least
    rest = rules.rest_up if up else rules.rest_down
    # a change far in the future is of a clock that was set back: it holds nothing up
    if last is not None and -AHEAD <= now - last.at < rest and not over:
        ends = last.at + rest
        hold = (
            f"It stays {running} for another {duration(ends - now)}: the last change "
            f"({last.before} to {last.after}) has to show first."
        )
        return replace(decision, next=running, hold=hold, rests_until=ends)
    step = min(wanted, running + platform.step_up) if up else wanted
    if not up and not over:
        step = max(wanted, running - platform.step_down)
    safe = min(decision.least_safe, platform.most)
    hold = "" if step == wanted else f"Set {step} now: {_limit_of_step(up, rules)}."
    if not up and step < safe:
        step = safe
        hold = f"Not below {safe} now: what is in flight there is not cut off."
    step = min(max(step, platform.least), platform.most)
    if up and platform.start > 0:
        early = f"A new instance works {duration(platform.start)} after it was asked for."
        hold = f"{hold} {early}".strip()
    return replace(decision, next=step, hold=hold)


def _limited(decision: Decision, work: Work, rules: Rules) -> Decision:
    if work.rate is None or work.seconds is None or not decision.running:
        return decision
    waiting = work.waiting or 0
    backlog = waiting if waiting > work.rate * BACKLOG_SECONDS / HOUR else 0
    load = Load(work.rate, work.seconds, backlog, errors=work.errors)
    workers, quota = (
        workers_rate(decision.running, load, rules.platform),
        quota_rate(rules.platform),
    )
    slowest = workers if quota is None else min(workers, quota)
    rates = Rates(workers, quota, work.rate, slowest * (1 - work.errors))
    return replace(decision, limit=limiting(load, rates), rates=rates)


def _limit_of_step(up: bool, rules: Rules) -> str:
    step = rules.platform.step_up if up else rules.platform.step_down
    return f"at most {step} {'more' if up else 'fewer'} at a time"


def _problems(work: Work, planned: int | None) -> list[str]:
    """Why nothing can be said."""
    if work.running is None:
        return ["How many instances run now is not known, so nothing is recommended."]
    nothing = work.rate is None and work.in_flight is None and work.waiting is None
    if nothing and planned is None:
        return ["No work was measured yet, so nothing is recommended."]
    return []


def _missing(work: Work) -> str:
    if work.rate is None:
        return f"no {work.unit}s were counted"
    return f"how long one {work.unit} takes is not known yet ({work.done} in the last hour)"


def _share(share: float) -> str:
    return f"{share:.1%}" if share >= 0.001 else "fewer than 0.1%"


def _tries(work: Work) -> float:
    """Tries that fail are made again, so they are work."""
    return 1 / (1 - min(work.errors, 0.9))

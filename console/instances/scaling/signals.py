"""What each signal says on its own: its value, its target, and the sum with the numbers filled in.
Pure.
"""

from dataclasses import dataclass
from enum import StrEnum
from math import exp

from console.instances.scaling.measured import Work
from console.instances.scaling.rules import Rules
from console.month_end.capacity import HOUR
from console.month_end.queueing import (
    erlang_c,
    offered_load,
    servers_for_deadline,
    servers_for_utilisation,
    servers_for_wait,
    whole,
)
from console.words import counted, duration, percent


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


def signals(work: Work, rules: Rules, planned: int | None) -> tuple[Reading, ...]:
    """What each signal says on its own."""
    return (
        by_rate(work, rules),
        by_wait(work, rules),
        _queue(work, rules),
        _in_flight(work, rules),
        _plan(planned),
        Reading(
            Signal.LEAST, "", "", f"never fewer than {rules.platform.least}", rules.platform.least
        ),
    )


def by_rate(work: Work, rules: Rules) -> Reading:
    """Little's law at the utilisation target."""
    platform = rules.platform
    target = f"busy at most {percent(platform.target)} of the time"
    if work.rate == 0:
        return Reading(Signal.RATE, "nothing comes", target, "nothing comes, so 0", 0)
    if work.rate is None or work.seconds is None:
        return Reading(Signal.RATE, "", target, "", None, _missing(work))
    load = offered_load(work.rate / HOUR, work.seconds)
    count = whole(servers_for_utilisation(load, platform.target) / platform.concurrency)
    formula = (
        f"{work.rate:,.0f} {work.unit}s an hour × {work.seconds:.3g} s ÷ 3,600 s = "
        f"{load:.2f} at once; ÷ {percent(platform.target)} ÷ {platform.concurrency} at once in an "
        f"instance = {load / platform.target / platform.concurrency:.2f}, so {count}"
    )
    return Reading(Signal.RATE, f"{work.rate:,.0f} {work.unit}s/h", target, formula, count)


def by_wait(work: Work, rules: Rules) -> Reading:
    """Erlang C for the waiting target."""
    platform = rules.platform
    share, wait = platform.wait_share, platform.wait
    target = f"at most {percent(share)} wait longer than {duration(wait)}"
    if work.rate == 0:
        return Reading(Signal.WAIT, "nobody waits", target, "nothing comes, so 0", 0)
    if work.rate is None or work.seconds is None:
        return Reading(Signal.WAIT, "", target, "", None, _missing(work))
    load = offered_load(work.rate / HOUR, work.seconds)
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
    coming, tries = (work.rate or 0.0) * rules.drain / HOUR, 1 / (1 - min(work.errors, 0.9))
    items = work.waiting * tries + coming  # what fails is tried again; the rate counts tries
    slots = servers_for_deadline(items, work.seconds, rules.drain, platform.target) or 0
    count = whole(slots / platform.concurrency)
    again = f" × {tries:.2f} tries" if tries > 1.005 else ""
    formula = (
        f"({work.waiting:,} wait{again} + {coming:,.0f} come) × {work.seconds:.3g} s ÷ "
        f"{rules.drain:,.0f} s ÷ {percent(platform.target)} ÷ {platform.concurrency} at once in an "
        f"instance, so {count}"
    )
    return Reading(Signal.QUEUE, f"{work.waiting:,} wait", target, formula, count)


def _in_flight(work: Work, rules: Rules) -> Reading:
    """Kubernetes' form: running × utilisation ÷ target, with its tolerance around the target."""
    platform = rules.platform
    target = f"{percent(platform.target)} of {platform.concurrency} at once in an instance"
    mean = work.in_flight_mean if work.in_flight_mean is not None else work.in_flight
    if mean is None or not work.running:
        why = "no running instance tells what it has in flight"
        return Reading(Signal.IN_FLIGHT, "", target, "", None, why)
    slots = work.running * platform.concurrency
    used = mean / slots
    count = whole(mean / (platform.concurrency * platform.target))
    told = (
        f"{work.running} running × {percent(used)} busy ({mean:.1f} in flight of {slots}) ÷ "
        f"{percent(platform.target)} = {work.running * used / platform.target:.2f}"
    )
    if abs(used / platform.target - 1) <= rules.tolerance:
        count, told = work.running, f"{told}; within {percent(rules.tolerance)} of the target"
    return Reading(Signal.IN_FLIGHT, f"{percent(used)} busy", target, f"{told}, so {count}", count)


def _plan(planned: int | None) -> Reading:
    if planned is None:
        return Reading(
            Signal.PLAN,
            "",
            "",
            "",
            None,
            "only a plan that was measured counts, and there is none for this moment",
        )
    formula = f"the calendar asks for at least {planned} at this time"
    return Reading(Signal.PLAN, f"at least {planned}", "", formula, planned)


def _missing(work: Work) -> str:
    if work.rate is None:
        return f"no {work.unit}s were counted"
    return f"how long one {work.unit} takes is not known yet ({work.done} in the last hour)"


def _share(share: float) -> str:
    return percent(share, 1) if share >= 0.001 else "less than 0.1 %"

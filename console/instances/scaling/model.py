"""How many instances should run now, and why so many. Pure: the time is an argument.

Every signal gives a number of its own and the sum it was reckoned with; the greatest counts. Above
it stand what the external API feeds and the maximum; below it the minimum and what is in flight.
What is to be set now follows by steps and rests. What is not known asks for no change, and never
for fewer instances.
"""

from dataclasses import dataclass, replace

from console.instances.scaling.measured import Change, Work
from console.instances.scaling.rules import Rules
from console.instances.scaling.signals import Reading, Signal, by_rate, by_wait, signals
from console.month_end.capacity import HOUR, Limit, Rates, limiting, quota_rate, workers_rate
from console.month_end.queueing import offered_load, whole
from console.month_end.workload import Load
from console.words import counted, duration

AHEAD = 60.0  # seconds that clocks of one machine may disagree by
BACKLOG_SECONDS = 60.0  # of arrivals; fewer that wait are no backlog, they are just being taken


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
    capped: Limit | None = None  # QUOTA, or WORKERS for the maximum, where more would be asked for
    limit: Limit | None = None
    rates: Rates | None = None
    problems: tuple[str, ...] = ()

    @property
    def steady(self) -> bool:
        """Whether nothing is to be changed now."""
        return self.next is None or self.next == self.running

    @property
    def title(self) -> str:
        """`Why 6`; `Why 1 and not 4` where a bound changed what a signal asks for."""
        lead = next((one for one in self.readings if one.signal is self.leading), None)
        asked = None if lead is None else lead.instances
        return f"Why {self.wanted}" + (
            f" and not {asked}" if asked is not None and asked != self.wanted else ""
        )

    @property
    def why(self) -> str:
        """`Why 6: …`."""
        if self.wanted is None:
            return " ".join(self.problems)
        lead = next((one for one in self.readings if one.signal is self.leading), None)
        told = [f"{lead.signal.value.capitalize()}: {lead.formula}."] if lead else []
        return " ".join([f"{self.title}:", *told, *self.bounds, *filter(None, [self.hold])])


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
    capped = None
    if (lead.instances or 0) > wanted:
        capped = Limit.QUOTA if wanted == useful else Limit.WORKERS
    decision = Decision(
        running, wanted, wanted, lead.signal, readings, bounds, "", None, safe, useful, capped
    )
    return _limited(_stepped(decision, rules, now, last), work, rules)


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
    needs = [by_rate(then, rules).instances, by_wait(then, rules).instances]
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

"""How many instances the work needs, what limits it, and why. Pure; times in seconds.

Three needs, the greatest counts: what arrives at a utilisation that leaves room, the waiting time,
and the deadline. Above it stand the external API's quota (more instances than it feeds only earn
refusals) and the maximum; below it what is in flight, which is never taken away.
"""

from dataclasses import dataclass
from enum import StrEnum

from console.month_end.queueing import (
    offered_load,
    servers_for_deadline,
    servers_for_utilisation,
    servers_for_wait,
    whole,
)
from console.month_end.workload import Load, Platform, sane
from console.words import counted, duration, response_time

HOUR = 3600.0
ERRORS_LIMIT = 0.20  # share of failed tries from which mending comes before scaling


class Limit(StrEnum):
    """What keeps the work from going faster."""

    WORKERS = "workers"
    QUOTA = "API quota"
    ARRIVALS = "arrivals"
    ERRORS = "errors"


@dataclass(frozen=True, slots=True)
class Rates:
    """Items an hour that each would allow; None is no bound."""

    workers: float  # of the instances that run now
    quota: float | None
    arrivals: float
    good: float  # of the slowest, without the tries that fail


@dataclass(frozen=True, slots=True)
class Need:
    """Instances that the work needs, by reason."""

    arrivals: int
    wait: int
    deadline: int | None  # None: no deadline, or it is past
    useful: int | None  # no more than this many are fed by the quota
    in_flight: int

    @property
    def most(self) -> int:
        """The greatest of the needs, before any bound."""
        return max(self.arrivals, self.wait, self.deadline or 0)


@dataclass(frozen=True, slots=True)
class Advice:
    """A recommendation with its reasons."""

    instances: int  # what should run in the end
    next: int  # what to set now, by the step limits
    need: Need
    limit: Limit
    rates: Rates
    why: tuple[str, ...]
    meets_deadline: bool | None  # None: there is none
    problems: tuple[str, ...] = ()  # why nothing is recommended

    @property
    def words(self) -> str:
        """`6 instances: …`, one sentence for each reason; `1 and not 4 instances: …` where a bound
        cut it."""
        cut = self.need.most > self.instances
        told = f"{self.instances:,} and not {counted(self.need.most, 'instance')}"
        told = told if cut else counted(self.instances, "instance")
        return f"{told}: {' '.join(self.why)}"


def quota_rate(platform: Platform) -> float | None:
    """Items an hour that the external API allows, whatever the number of instances."""
    if platform.calls_a_minute is None or platform.calls_an_item <= 0:
        return None
    return platform.calls_a_minute / platform.calls_an_item * 60


def workers_rate(instances: int, load: Load, platform: Platform) -> float:
    """Items an hour that so many instances do when they are always busy."""
    return instances * platform.concurrency / load.seconds * HOUR if load.seconds > 0 else 0.0


def needed(load: Load, platform: Platform) -> Need:
    """Instances by reason. Tries that fail are done again, so they count as work."""
    tries = 1 / (1 - min(load.errors, 0.9))
    work = offered_load(load.arrivals * tries / HOUR, load.seconds)
    slots = servers_for_utilisation(work, platform.target)
    waiting = servers_for_wait(work, load.seconds, platform.wait, platform.wait_share)
    due = None
    if load.left is not None:
        items = (load.backlog + load.in_flight + load.to_come) * tries
        due = servers_for_deadline(items, load.seconds, load.left, platform.target)
    quota = quota_rate(platform)
    useful = None
    if quota is not None:
        useful = whole(offered_load(quota / HOUR, load.seconds) / platform.concurrency)
    return Need(
        whole(slots / platform.concurrency),
        whole(waiting / platform.concurrency),
        None if due is None else whole(due / platform.concurrency),
        useful,
        whole(load.in_flight / platform.concurrency),
    )


def advise(load: Load, platform: Platform, running: int) -> Advice:
    """How many instances, what to set now, what limits the work, and why."""
    if problems := [*sane(load), *platform.problems()]:
        none = Need(0, 0, None, None, 0)
        rates = Rates(0.0, None, 0.0, 0.0)
        told = (*problems, "Nothing is recommended; the number stays.")
        return Advice(running, running, none, Limit.ARRIVALS, rates, told, None, tuple(problems))
    need = needed(load, platform)
    wanted, why = need.most, [_reason(need, load, platform)]
    if need.useful is not None and wanted > need.useful:
        wanted = need.useful
        why.append(
            f"The API quota feeds {counted(need.useful, 'instance')}: more would only be refused."
        )
    if wanted < platform.least:
        wanted = platform.least
        why.append(f"The minimum is {platform.least}.")
    if wanted > platform.most:
        why.append(f"The maximum is {platform.most}; {wanted} would be needed.")
        wanted = platform.most
    rates = _rates(load, platform, running)
    after = _rates(load, platform, wanted)
    meets = _meets(load, after)
    if meets is False:
        why.append("Even so the deadline is not met at these rates.")
    following = _step(wanted, running, need, platform)
    if following != wanted:
        held = following > wanted and following == need.in_flight
        because = f"{counted(load.in_flight, 'item')} in flight are not cut off"
        why.append(f"Set {following} now: {because if held else 'a step is limited'}.")
    if wanted > running and platform.start > 0:
        why.append(f"Ask {duration(platform.start)} early: so long an instance takes to start.")
    limit = limiting(load, rates)
    return Advice(wanted, following, need, limit, rates, tuple(why), meets)


def limiting(load: Load, rates: Rates) -> Limit:
    """What limits the work now. Without a backlog nothing does but what arrives."""
    if load.errors >= ERRORS_LIMIT:
        return Limit.ERRORS
    slowest = rates.workers if rates.quota is None else min(rates.workers, rates.quota)
    if load.backlog <= 0 and rates.arrivals <= slowest:
        return Limit.ARRIVALS
    if rates.quota is not None and rates.quota <= rates.workers:
        return Limit.QUOTA
    return Limit.WORKERS


def limit_words(limit: Limit, rates: Rates) -> str:
    """What limits, with the items an hour of each."""
    quota = "not known" if rates.quota is None else f"{rates.quota:,.0f}"
    return (
        f"Limited by {limit.value}: workers {rates.workers:,.0f}, API quota {quota}, "
        f"arrivals {rates.arrivals:,.0f} items an hour."
    )


def _rates(load: Load, platform: Platform, instances: int) -> Rates:
    workers, quota = workers_rate(instances, load, platform), quota_rate(platform)
    slowest = workers if quota is None else min(workers, quota)
    return Rates(workers, quota, load.arrivals, slowest * (1 - load.errors))


def _meets(load: Load, rates: Rates) -> bool | None:
    if load.left is None:
        return None
    items = load.backlog + load.in_flight + load.to_come
    return items <= 0 or (load.left > 0 and rates.good * load.left / HOUR >= items)


def _step(wanted: int, running: int, need: Need, platform: Platform) -> int:
    """What to set now: up and down in steps, within the bounds, never below what is in flight."""
    low, high = running - platform.step_down, running + platform.step_up
    stepped = min(max(wanted, low), high)
    floor = max(platform.least, need.in_flight)
    return min(max(stepped, floor), platform.most)


def _reason(need: Need, load: Load, platform: Platform) -> str:
    each = response_time(load.seconds)
    if need.deadline is not None and need.deadline == need.most and need.deadline:
        items = load.backlog + load.in_flight + load.to_come
        left = duration(load.left or 0.0)
        return (
            f"{items:,.0f} items of {each} in {left}, {platform.concurrency} at once "
            f"in an instance, busy {platform.target * 100:.0f} % of the time, need {need.deadline}."
        )
    if need.wait > need.arrivals:
        return (
            f"{load.arrivals:,.0f} items an hour of {each} need {need.wait}, so that "
            f"at most {platform.wait_share * 100:.0f} % wait longer than {duration(platform.wait)}."
        )
    if need.deadline is None and load.left is not None and load.left <= 0 and load.backlog:
        return f"The deadline is past; {load.backlog:,.0f} items wait."
    if not need.arrivals:
        return "Nothing arrives and nothing waits."
    return (
        f"{load.arrivals:,.0f} items an hour of {each}, {platform.concurrency} at "
        f"once in an instance, busy {platform.target * 100:.0f} % of the time, need "
        f"{need.arrivals}."
    )

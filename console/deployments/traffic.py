"""The real traffic before a deployment and since, out of the kit's minutes. Pure.

Which version answered a request is known by the instance that counted it, so that a roll-out, in
which both versions answer, is no gap; where an instance is not heard of any more, the time decides.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from console.deployments.verify import Traffic
from console.health.model import Outcome
from console.instances.gather import Minute
from console.store.histogram import MAX_CODE, OUTCOME_BASE, TIMED, outcome_of

MINUTE = 60


@dataclass(frozen=True, slots=True)
class Stretch:
    """One deployment in time (Unix seconds), and whose instances are whose."""

    begun: float  # instances began to be replaced
    live: float
    until: float  # the watch ends
    fresh: Collection[str] = ()  # instances that began with it
    others: Collection[str] = ()  # instances that run another version


def traffic_before(minutes: Iterable[Minute], of: Stretch) -> Traffic:
    """What was answered before anything was replaced."""
    return traffic(
        counts
        for minute in minutes
        if (minute.minute + 1) * MINUTE <= of.begun
        for counts in minute.instances.values()
    )


def traffic_since(minutes: Iterable[Minute], of: Stretch) -> Traffic:
    """What the new version answered until the watch ended."""
    return traffic(
        counts
        for minute in minutes
        if (minute.minute + 1) * MINUTE > of.begun and minute.minute * MINUTE < of.until
        for instance, counts in minute.instances.items()
        if instance in of.fresh or (minute.minute * MINUTE >= of.live and instance not in of.others)
    )


def traffic(each: Iterable[Mapping[int, int]]) -> Traffic:
    """The requests in these cells: counts by code."""
    durations: dict[int, int] = {}
    untimed = bad = 0
    for counts in each:
        for code, count in counts.items():
            if code <= MAX_CODE:
                durations[code] = durations.get(code, 0) + count
            elif code >= OUTCOME_BASE and (outcome := _outcome(code)) is not None:
                bad += 0 if outcome is Outcome.OK else count
                # `ok` has a code only where there was no duration
                untimed += 0 if outcome in TIMED - {Outcome.OK} else count
    return Traffic(durations, sum(durations.values()) + untimed, bad)


def spans(of: Stretch, now: float, reach: float) -> Sequence[range]:
    """The minutes to read: `reach` seconds before, and since; each at most the last LONGEST."""
    first, begun = int((of.begun - reach) // MINUTE), int(of.begun // MINUTE)
    last = int(min(now, of.until) // MINUTE)
    return range(first, begun), range(max(begun, last - LONGEST + 1), last + 1)


LONGEST = 120  # minutes since a deployment that are read: each is a command, which may be billed


def _outcome(code: int) -> Outcome | None:
    try:
        return outcome_of(code)
    except ValueError:
        return None

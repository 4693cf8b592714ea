"""The real traffic before a deployment and since, out of the kit's minutes. Pure.

Which version answered a request is known by the instance that counted it, so that a roll-out, in
which both versions answer, is no gap; where an instance is not heard of any more, the time decides.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from console.deployments.watch import Traffic
from console.health.model import Outcome
from console.instances.traffic import Minute
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
    # When versions ran that are no measure: they were found failed or degraded.
    apart: Sequence[tuple[float, float]] = ()
    # When versions were tried that never went live: they answered their own health check alone.
    tried: Sequence[tuple[float, float]] = ()


def traffic_before(minutes: Iterable[Minute], of: Stretch) -> Traffic:
    """What was answered before anything was replaced, by versions that are a measure.

    Of the minute in which it began, what instances answered that were there the minute before.
    """
    seen: dict[str, list[int]] = {}
    past: list[Minute] = []
    for one in minutes:
        if one.minute * MINUTE <= of.begun:
            past.append(one)
            for instance in one.instances:
                seen.setdefault(instance, []).append(one.minute)
    served = {
        instance
        for instance, at in seen.items()
        if (min(at) + 1) * MINUTE <= of.begun and not all(_within(one, of.tried) for one in at)
    }
    return traffic(
        counts
        for one in past
        if not _within(one.minute, of.apart)
        for instance, counts in one.instances.items()
        if instance in served
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


def spans(of: Stretch, now: float, reach: float) -> tuple[Sequence[int], Sequence[int]]:
    """The minutes to read: the last `reach` seconds before that are a measure, and since.

    Since: at most the last LONGEST.
    """
    begun, last = int(of.begun // MINUTE), int(min(now, of.until) // MINUTE)
    measured = (one for one in range(begun - 1, begun - FARTHEST, -1) if not _within(one, of.apart))
    past = sorted(islice(measured, -int(-reach // MINUTE)))
    return past, range(max(begun, last - LONGEST + 1), last + 1)


LONGEST = 120  # minutes since a deployment that are read: each is a command, which may be billed
FARTHEST = (
    24 * 60
)  # minutes before a deployment in which versions that are a measure are looked for


def _within(minute: int, times: Sequence[tuple[float, float]]) -> bool:
    return any(minute * MINUTE < end and (minute + 1) * MINUTE > start for start, end in times)


def _outcome(code: int) -> Outcome | None:
    try:
        return outcome_of(code)
    except ValueError:
        return None

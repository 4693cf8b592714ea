"""How long an instance takes from its start to its first heartbeat, as the heartbeats tell. Pure.

Both times are by the instance's own clock, so clocks that disagree do no harm. A reading comes
every few seconds, so a start looks later by up to one reading: on the safe side. What a platform
takes before the program begins is not in it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from console.instances.model import Snapshot

KEPT = 20  # starts that are remembered
SLOWEST = 900.0  # seconds; what is heard of later was running before it was first read
SHARE = 0.9  # of the starts are at least as fast as what is planned with


@dataclass(frozen=True, slots=True)
class Start:
    """One start that was seen."""

    instance: str
    at: float  # Unix seconds, by the collector's clock
    seconds: float


@dataclass(frozen=True, slots=True)
class Starts:
    """The last starts, and who was heard of."""

    seen: tuple[Start, ...] = ()
    known: tuple[str, ...] = ()  # instances of the last reading; empty before the first


def look(before: Starts, snapshot: Snapshot) -> Starts:
    """The starts after one more reading. Of the first reading nobody knows who is new."""
    if snapshot.problem:
        return before
    names = tuple(sorted(one.instance for one in snapshot.heard))
    if not before.known:
        return Starts(before.seen, names)
    fresh: list[Start] = []
    known = set(before.known)
    for one in snapshot.heard:
        beat = one.beat
        if one.instance in known or beat is None or beat.at is None or beat.started_at is None:
            continue
        seconds = beat.at - beat.started_at
        if 0 <= seconds <= SLOWEST:
            fresh.append(Start(one.instance, snapshot.at, round(seconds, 2)))
    return Starts((*before.seen, *fresh)[-KEPT:], names or before.known)


def start_seconds(starts: Iterable[Start]) -> float | None:
    """What to count with: nine of ten starts were at least as fast. None where none was seen."""
    every: Sequence[float] = sorted(one.seconds for one in starts)
    if not every:
        return None
    return every[min(len(every) - 1, int(SHARE * len(every)))]

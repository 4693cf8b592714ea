"""What is to be packed and what is to go: the decisions of compaction, without the store."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import floor

from console.store import keys
from console.store.cells import (
    DAY,
    HOUR,
    MINUTE,
    Cells,
    CellsError,
    merge,
    pack,
    parse_open,
    to_hours,
    unpack,
)
from console.store.history import HOURS_KEPT, MINUTES_KEPT
from console.store.operations import Operations

GRACE = (
    300.0  # seconds after the end of an hour before it is packed: late results are the exception
)
EVENTS_KEPT = 400 * DAY  # seconds
MOST_EVENTS = 20_000  # per service; at 500 bytes each 10 MB
LONGEST_SLEEP = 1000  # days without a collector after which what is old is still found
HOURS_A_DAY = DAY // HOUR
MINUTES_AN_HOUR = HOUR // MINUTE


@dataclass(frozen=True, slots=True)
class Progress:
    """The first hour and the first day that are not packed yet."""

    hour: int
    day: int


@dataclass(slots=True)
class Target:
    """One series on its way: what was read of it, and what comes of it."""

    open: str  # key of its open hash
    closed: str  # key of its closed hash
    fields: list[bytes] = field(default_factory=list[bytes])  # open fields that are packed now
    hours: dict[int, bytes] = field(default_factory=dict[int, bytes])  # new blobs
    days: dict[int, bytes] = field(default_factory=dict[int, bytes])

    def pack_hours(self, text: bytes, blobs: Iterable[tuple[int, bytes]], now: float) -> None:
        """Pack closed minutes, given as `field=text field=text`, with the blobs of their hours.

        Hours older than minutes are kept are dropped.
        """
        if not text:
            return
        fields = dict(pair.split(b"=", 1) for pair in text.split(b" "))
        self.fields = list(fields)
        there = sorted((hour * HOUR, blob) for hour, blob in blobs)
        cells = merge([readable(there), parse_open(fields)])
        oldest = floor((now - MINUTES_KEPT) / HOUR)
        self.hours = {
            hour: pack(part, hour * HOUR) for hour, part in by_hour(cells) if hour >= oldest
        }

    def pack_day(self, day: int, blobs: Sequence[bytes | None]) -> None:
        """Add up a closed day from the blobs of its 24 hours; new ones replace what was read."""
        first = day * HOURS_A_DAY
        there = {first + place: blob for place, blob in enumerate(blobs) if blob is not None}
        there |= {hour: blob for hour, blob in self.hours.items() if hour // HOURS_A_DAY == day}
        cells = to_hours(readable(sorted((hour * HOUR, blob) for hour, blob in there.items())))
        if len(cells):
            self.days[day] = pack(cells, day * DAY)

    def write(self, operations: Operations) -> None:
        """Add what this series needs written and deleted."""
        packed: list[str | bytes | int | float] = []
        for hour, blob in self.hours.items():
            packed += (f"h{hour}", blob)
        for day, blob in self.days.items():
            packed += (f"d{day}", blob)
        operations.add_many("HSET", self.closed, packed)
        operations.add_many("HDEL", self.open, self.fields)


def due(now: float, oldest_open: int | None) -> Progress:
    """Up to where history may be packed at `now`.

    `oldest_open` is the oldest minute that the collector may still write.
    """
    closed = now - GRACE
    if oldest_open is not None:
        closed = min(closed, oldest_open * MINUTE)
    return Progress(floor(closed / HOUR), floor(closed / DAY))


def days_to_pack(
    targets: Sequence[Target], done: Progress, goal: Progress
) -> Mapping[int, Sequence[Target]]:
    """Which closed days of which series must be added up (again).

    The day that was going on the last time, for all; and every day that got hours now.
    """
    days: dict[int, list[Target]] = {}
    if done.day < goal.day:
        days[done.day] = list(targets)
    for target in targets:
        for day in sorted({hour // HOURS_A_DAY for hour in target.hours}):
            if day < goal.day and target not in days.setdefault(day, []):
                days[day].append(target)
    return days


def expired(done: Progress, now: float) -> tuple[range, range]:
    """The hours and the days of a closed hash that became too old since the day of `done`."""
    days = min(floor(now / DAY) - done.day + 1, LONGEST_SLEEP)
    first_minutes = floor((now - MINUTES_KEPT) / DAY)  # the oldest day that keeps its minutes
    first_hours = floor((now - HOURS_KEPT) / DAY)
    return (
        range((first_minutes - days) * HOURS_A_DAY, first_minutes * HOURS_A_DAY),
        range(first_hours - days, first_hours),
    )


def trim_timeline(operations: Operations, service: str, now: float) -> None:
    """Let go of events and incidents that are too old or too many."""
    oldest = int((now - EVENTS_KEPT) * 1000)
    for key in (keys.events(service), keys.incidents(service)):
        operations.add("ZREMRANGEBYSCORE", key, "-inf", f"({oldest}")
        operations.add("ZREMRANGEBYRANK", key, 0, -MOST_EVENTS - 1)


def readable(blobs: Sequence[tuple[int, bytes]]) -> Cells:
    """Unpack minutes, leaving out what is damaged: one bad hour must not stop all others."""
    try:
        return unpack(blobs, MINUTE)
    except CellsError:
        parts: list[Cells] = []
        for blob in blobs:
            try:
                parts.append(unpack([blob], MINUTE))
            except CellsError:
                continue
        return merge(parts)


def by_hour(cells: Cells) -> Iterator[tuple[int, Cells]]:
    """Cut minutes into hours (Unix seconds // 3600)."""
    hours = cells.periods // HOUR
    start = 0
    while start < len(cells):
        hour = int(hours[start])
        end = int(hours.searchsorted(hour, side="right"))
        part = slice(start, end)
        yield (
            hour,
            Cells(cells.resolution, cells.periods[part], cells.codes[part], cells.counts[part]),
        )
        start = end

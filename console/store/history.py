"""Which packed periods a window needs, and one series put together from them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import ceil

from console.store.cells import (
    DAY,
    HOUR,
    MINUTE,
    Cells,
    between,
    merge,
    parse_open,
    to_hours,
    unpack,
)

MINUTES_KEPT = 35 * DAY  # seconds; a month and a few days beside it
HOURS_KEPT = 400 * DAY  # a year and the month to compare it with

# Days are packed some minutes after they end; hours of so many days are read beside the days, for
# the one that goes on and for one that is not packed yet.
UNPACKED_DAYS = 3


@dataclass(frozen=True, slots=True)
class Span:
    """A window of history, with the resolution it is read in."""

    since: float
    until: float
    resolution: int
    hours: range  # Unix seconds // 3600
    days: range  # Unix seconds // 86400; empty where minutes are read

    @property
    def fields(self) -> list[str]:
        """The fields of the closed hash to ask for, in order of time."""
        return [f"d{day}" for day in self.days] + [f"h{hour}" for hour in self.hours]


def span_of(since: float, until: float, now: float) -> Span:
    """How to read the time from `since` to `until`."""
    until = max(since, until)
    since = max(since, now - HOURS_KEPT)
    last_hour = ceil(until / HOUR)
    # One minute of grace, so that a window of exactly 35 days is still read in minutes.
    if since >= now - MINUTES_KEPT - MINUTE:
        return Span(since, until, MINUTE, range(int(since // HOUR), last_hour), range(0))
    days = range(int(since // DAY), ceil(until / DAY))
    first_hour = max(int(since // HOUR), (days.stop - UNPACKED_DAYS) * (DAY // HOUR))
    return Span(since, until, HOUR, range(first_hour, last_hour), days)


def assemble(
    span: Span,
    closed: Iterable[tuple[str, bytes | None]],
    open_fields: Mapping[bytes, bytes],
) -> Cells:
    """One series in a span, from its packed periods and its open minutes."""
    days: list[tuple[int, bytes]] = []
    hours: list[tuple[int, bytes]] = []
    for field, blob in closed:
        if blob is None:
            continue
        if field[0] == "d":
            days.append((int(field[1:]) * DAY, blob))
        else:
            hours.append((int(field[1:]) * HOUR, blob))
    minutes = parse_open(open_fields)
    if span.resolution == MINUTE:
        return between(merge([unpack(hours, MINUTE), minutes]), span.since, span.until)
    packed = {start for start, _ in days}
    rest = [(start, blob) for start, blob in hours if start // DAY * DAY not in packed]
    parts = [unpack(days, HOUR), to_hours(unpack(rest, MINUTE)), to_hours(minutes)]
    return between(merge(parts), span.since, span.until)

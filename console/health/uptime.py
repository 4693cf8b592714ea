"""Uptime: how many seconds a check stood how, per hour and per day.

Uptime leaves out what nobody can answer for: unknown time (no results, console away), maintenance
and sleep. How much that was is always told beside the percentage.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta, tzinfo

HOURS_KEPT = 49  # the last 24 hours by the hour, with a day to spare for any time zone
DAYS_KEPT = 62  # this month and the one before it
QUARTER = 900.0


@dataclass(frozen=True, slots=True)
class Share:
    """Seconds by how a check stood."""

    up: float = 0.0
    down: float = 0.0
    unknown: float = 0.0
    maintenance: float = 0.0
    sleeping: float = 0.0

    def __add__(self, other: "Share") -> "Share":
        return Share(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))

    @property
    def counted(self) -> float:
        """Seconds that count: up or down."""
        return self.up + self.down

    @property
    def left_out(self) -> float:
        """Seconds that do not count: unknown, maintenance, asleep."""
        return self.unknown + self.maintenance + self.sleeping

    @property
    def uptime(self) -> float | None:
        """Share of the counted time that was up, 0 to 1; `None` where nothing counts."""
        return self.up / self.counted if self.counted else None


@dataclass(frozen=True, slots=True)
class UptimeRecord:
    """The account of one check. Keys sort by time."""

    hours: dict[str, Share] = field(default_factory=dict[str, Share])  # "2026-11-24T03", UTC
    days: dict[str, Share] = field(
        default_factory=dict[str, Share]
    )  # "2026-11-24", zone of the console
    until: float = 0.0  # accounted up to here, Unix seconds


def account(
    record: UptimeRecord, kind: str, start: float, end: float, zone: tzinfo
) -> UptimeRecord:
    """Add the stretch from `start` to `end` in which the check stood as `kind`.

    `kind` is the name of a field of Share. Stretches that lie before what is accounted already are
    cut, so that a clock that jumps back counts nothing twice.
    """
    start = max(start, record.until)
    if end <= start:
        return record
    hours, days = dict(record.hours), dict(record.days)
    for piece_start, piece_end in _by_quarter(start, end):
        piece = Share(**{kind: piece_end - piece_start})
        hour = datetime.fromtimestamp(piece_start, UTC).strftime("%Y-%m-%dT%H")
        day = datetime.fromtimestamp(piece_start, zone).strftime("%Y-%m-%d")
        hours[hour] = hours.get(hour, Share()) + piece
        days[day] = days.get(day, Share()) + piece
    return UptimeRecord(_newest(hours, HOURS_KEPT), _newest(days, DAYS_KEPT), end)


def since_hours(record: UptimeRecord, now: float, hours: int) -> Share:
    """The account of the last `hours` whole or begun hours (at most 48)."""
    first = datetime.fromtimestamp(now, UTC) - timedelta(hours=hours - 1)
    key = first.strftime("%Y-%m-%dT%H")
    return total(share for hour, share in record.hours.items() if hour >= key)


def since_days(record: UptimeRecord, now: float, days: int, zone: tzinfo) -> Share:
    """The account of today and the days before it, `days` in all."""
    first = (datetime.fromtimestamp(now, zone).date() - timedelta(days=days - 1)).isoformat()
    return total(share for day, share in record.days.items() if day >= first)


def this_month(record: UptimeRecord, now: float, zone: tzinfo) -> Share:
    """The account of the calendar month that `now` is in."""
    month = datetime.fromtimestamp(now, zone).strftime("%Y-%m-")
    return total(share for day, share in record.days.items() if day.startswith(month))


def days_back(now: float, days: int, zone: tzinfo) -> list[str]:
    """The names of the last `days` days, oldest first, ending with today."""
    today = datetime.fromtimestamp(now, zone).date()
    return [(today - timedelta(days=back)).isoformat() for back in reversed(range(days))]


def total(shares: Iterable[Share]) -> Share:
    """The sum of several accounts."""
    result = Share()
    for share in shares:
        result = result + share
    return result


def _by_quarter(start: float, end: float) -> Iterable[tuple[float, float]]:
    """Cut a stretch at the quarter hours, where the days of every time zone begin too."""
    while start < end:
        cut = min(end, (start // QUARTER + 1) * QUARTER)
        yield start, cut
        start = cut


def _newest(shares: dict[str, Share], keep: int) -> dict[str, Share]:
    if len(shares) <= keep:
        return shares
    return {key: shares[key] for key in sorted(shares)[-keep:]}

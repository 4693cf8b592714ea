"""Closing days, their windows, deadlines and freezes. Pure: dates and zones are arguments."""

import calendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from console.errors import ConfigError
from console.month_end.business_days import BusinessCalendar, Shift

CLOSING_DAYS = (5, 10, 15, 20, 25)  # beside the month-end: the days on which Japan settles


@dataclass(frozen=True, slots=True)
class ClosingRule:
    """How one closing of every month is held. Days are business days."""

    day: int | None = None  # of the month; None is the month-end
    shift: Shift = Shift.PREVIOUS
    before: int = 5  # the window: work gathers from here
    after: int = 5  # and is sent within the first days after it
    deadline_day: int = 0  # business days after the closing day
    deadline_time: time = time(18, 0)
    freeze_before: int = 2  # no deployments from the start of that day
    freeze_after: int = 1  # to the end of that day

    def __post_init__(self) -> None:
        if self.day is not None and not 1 <= self.day <= 31:
            raise ConfigError([f"{self.day} is no day of a month."])
        if min(self.before, self.after, self.deadline_day) < 0:
            raise ConfigError(["A closing's window and deadline cannot be negative."])
        if min(self.freeze_before, self.freeze_after) < 0:
            raise ConfigError(["A closing's freeze cannot be negative."])

    @property
    def words(self) -> str:
        """`month-end`, `the 20th`."""
        if self.day is None:
            return "month-end"
        tens = self.day % 100 in (11, 12, 13)
        ending = "th" if tens else {1: "st", 2: "nd", 3: "rd"}.get(self.day % 10, "th")
        return f"the {self.day}{ending}"


@dataclass(frozen=True, slots=True)
class Closing:
    """One closing. Moments are Unix seconds."""

    name: str  # `2026-11` of a month-end, `2026-11-20` of another: by the nominal day
    rule: ClosingRule
    nominal: date
    day: date  # after the shift
    opens: date  # first day of the window
    closes: date  # last day of the window
    deadline: float
    freeze_from: float
    freeze_until: float

    def frozen(self, now: float) -> bool:
        """Whether no deployment should go out now."""
        return self.freeze_from <= now < self.freeze_until


def held_on(year: int, month: int, rule: ClosingRule, days: BusinessCalendar) -> tuple[date, date]:
    """The day of a month's closing by its rule, and the one on which it is held."""
    last = calendar.monthrange(year, month)[1]
    nominal = date(year, month, min(rule.day or last, last))
    return nominal, days.shifted(nominal, rule.shift)


def closing(
    year: int, month: int, rule: ClosingRule, days: BusinessCalendar, zone: tzinfo
) -> Closing:
    """The closing of a month; day 31 of a shorter month is its last day."""
    nominal, day = held_on(year, month, rule, days)
    due = days.add(day, rule.deadline_day) if rule.deadline_day else day
    frozen_from = days.add(day, -rule.freeze_before) if rule.freeze_before else day
    frozen_to = days.add(day, rule.freeze_after) if rule.freeze_after else day
    return Closing(
        f"{year}-{month:02}" if rule.day is None else nominal.isoformat(),
        rule,
        nominal,
        day,
        days.add(day, -rule.before) if rule.before else day,
        days.add(day, rule.after) if rule.after else day,
        moment_of(due, rule.deadline_time, zone),
        span(frozen_from, zone)[0],
        span(frozen_to, zone)[1],
    )


def closings(
    first: date,
    last: date,
    rules: Sequence[ClosingRule],
    days: BusinessCalendar,
    zone: tzinfo,
) -> list[Closing]:
    """All closings held in first..last, in the order in which they are held.

    A shift may move one into the month beside it, so those months are looked at as well.
    """
    held = [
        closing(year, month, rule, days, zone)
        for year, month in _months_around(first, last)
        for rule in rules
        if first <= held_on(year, month, rule, days)[1] <= last
    ]
    return sorted(held, key=lambda one: (one.day, one.nominal))


def held_days(
    first: date, last: date, rules: Sequence[ClosingRule], days: BusinessCalendar
) -> list[tuple[date, date]]:
    """Of all closings held in first..last the day by the rule and the one on which it is held, in
    order; quick, for whoever asks thousands of times."""
    found = [
        held_on(year, month, rule, days)
        for year, month in _months_around(first, last)
        for rule in rules
    ]
    return sorted(((n, day) for n, day in found if first <= day <= last), key=lambda one: one[::-1])


def _months_around(first: date, last: date) -> list[tuple[int, int]]:
    """Years and months, one before and one after."""
    begin, end = first.year * 12 + first.month - 2, last.year * 12 + last.month
    return [(month // 12, month % 12 + 1) for month in range(begin, end + 1)]


def moment_of(day: date, clock: time, zone: tzinfo) -> float:
    """Unix seconds of a wall-clock time. Where the clock is put back the first of the two; a time
    that the clock skips is as much later as it skips."""
    local = datetime.combine(day, clock.replace(fold=0), zone)
    return local.astimezone(UTC).timestamp()


def span(day: date, zone: tzinfo) -> tuple[float, float]:
    """Start and end of a local day, Unix seconds: 23, 24 or 25 hours."""
    return moment_of(day, time(), zone), moment_of(day + timedelta(1), time(), zone)


def offset_words(offset: int, rule: ClosingRule) -> str:
    """`month-end`, `business day -2 to month-end`, `business day +1 after the 20th`."""
    if not offset:
        return rule.words
    return f"business day {offset:+d} {'to' if offset < 0 else 'after'} {rule.words}"

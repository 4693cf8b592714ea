"""Business days, closing days and their windows. Pure: dates and zones are arguments.

Free days are weekends, the country's holidays (of the `holidays` package), its bank holidays and
the company's own days. A date after the end of the holiday table counts weekends and company days
only, and `gap` says so.
"""

import calendar
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from typing import Any, cast

import holidays

from console.errors import ConfigError
from console.words import day_name

YEAR_END_DAYS = ("12-29", "12-30", "12-31", "01-01", "01-02", "01-03")
"""When most companies in Japan are shut; a company day, not a holiday by law."""
LONGEST_BREAK = 60  # days without a business day after which a calendar is taken to be wrong
WEEKEND = frozenset({5, 6})  # Monday is 0
_package = cast(Any, holidays)  # it tells its types only in part
CLOSING_DAYS = (5, 10, 15, 20, 25)  # beside the month-end: the days on which Japan settles


class Shift(StrEnum):
    """Where a closing goes that falls on a free day."""

    PREVIOUS = "previous"
    NEXT = "next"  # the custom for payments in Japan
    NONE = "none"


@dataclass(frozen=True, slots=True)
class BusinessCalendar:
    """Which days are worked."""

    country: str = ""  # ISO 3166 code; empty: weekends and company days only
    free: Mapping[date, str] = field(default_factory=dict[date, str])
    through: date | None = None  # the last day of the holiday table; None: there is none
    weekend: frozenset[int] = WEEKEND
    worked: frozenset[date] = frozenset()  # weekend days that are worked
    company: frozenset[tuple[int, int]] = frozenset()  # month and day, every year

    def why_free(self, day: date) -> str:
        """The name of the holiday, `weekend`, `company day`; empty on a business day."""
        if day in self.worked:
            return ""
        if day in self.free:
            return self.free[day]
        if (day.month, day.day) in self.company:
            return "company day"
        return "weekend" if day.weekday() in self.weekend else ""

    def is_business_day(self, day: date) -> bool:
        """Whether the day is worked."""
        return not self.why_free(day)

    def on_or_after(self, day: date) -> date:
        """The first business day from `day` on. Raises ConfigError where none is near."""
        return self._walk(day, 1)

    def on_or_before(self, day: date) -> date:
        """The last business day up to `day`. Raises ConfigError where none is near."""
        return self._walk(day, -1)

    def shifted(self, day: date, shift: Shift) -> date:
        """Where a closing of that day is held."""
        if shift is Shift.PREVIOUS:
            return self.on_or_before(day)
        return self.on_or_after(day) if shift is Shift.NEXT else day

    def add(self, day: date, count: int) -> date:
        """`count` business days later, or earlier; 0 is the business day at or after `day`.

        From a free day, 1 is the next business day and -1 the last one before it.
        """
        if count == 0:
            return self.on_or_after(day)
        step = 1 if count > 0 else -1
        for _ in range(abs(count)):
            day = self._walk(day + timedelta(step), step)
        return day

    def between(self, first: date, last: date) -> int:
        """Business days of first..last, both included; 0 where last is before first."""
        days = (last - first).days + 1
        return sum(self.is_business_day(first + timedelta(n)) for n in range(days))

    def offset(self, day: date, closing: date) -> int:
        """Business days from `closing` to `day`: 0 on it, -2 two before, +1 the first after.

        A free day before the closing belongs to the business day after it, since its work is done
        then; one after the closing to the business day before it.
        """
        if day < closing:
            return -self.between(day, closing - timedelta(1))
        return self.between(closing + timedelta(1), day)

    def gap(self, today: date, through: date) -> str:
        """A sentence where the holiday table does not reach `through`; else empty."""
        if not self.country:
            return "No country is set: only weekends and company days are known as free."
        if self.through is None or self.through >= through:
            return ""
        ended = "ended" if self.through < today else "ends"
        return (
            f"The holiday table of {self.country} {ended} on {day_name(self.through.isoformat())} "
            f"{self.through.year}: after it only weekends and company days are known as free."
        )

    def _walk(self, day: date, step: int) -> date:
        for away in range(LONGEST_BREAK):
            near = day + timedelta(step * away)
            if self.is_business_day(near):
                return near
        raise ConfigError([f"No business day within {LONGEST_BREAK} days of {day}."])


def business_calendar(
    country: str,
    years: Iterable[int],
    *,
    subdivision: str = "",
    bank: bool = True,
    company: Sequence[str] = (),
    extra: Mapping[date, str] | None = None,
) -> BusinessCalendar:
    """The calendar of a country. `company` are days as `12-29`, `extra` single free days.

    Raises ConfigError for a country, a subdivision or a company day that is none.
    """
    days = frozenset(_month_and_day(text) for text in company)
    if not country:
        return BusinessCalendar(free=dict(extra or {}), company=days)
    wanted = sorted(set(years))
    try:
        kind = _package.country_holidays(country.upper(), subdiv=subdivision or None)
    except NotImplementedError:
        where = f"{country}-{subdivision}" if subdivision else country
        raise ConfigError([f"No holidays are known for {where}."]) from None
    known = [year for year in wanted if kind.start_year <= year <= kind.end_year]
    offered: tuple[str, ...] = kind.supported_categories
    categories = tuple(c for c in ("public", "bank") if c in offered and (bank or c == "public"))
    table = _package.country_holidays(
        country.upper(), subdiv=subdivision or None, years=known, categories=categories
    )
    free: dict[date, str] = {day: str(name) for day, name in table.items()}
    free |= extra or {}
    through = date(known[-1], 12, 31) if known else date(kind.end_year, 12, 31)
    worked: frozenset[date] = frozenset(table.weekend_workdays) - frozenset(extra or {})
    return BusinessCalendar(country.upper(), free, through, frozenset(table.weekend), worked, days)


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


def _month_and_day(text: str) -> tuple[int, int]:
    try:
        found = date.fromisoformat(f"2024-{text}")  # a leap year, so that 02-29 is a day
    except ValueError:
        raise ConfigError([f"A company day is written 12-29, not {text!r}."]) from None
    return found.month, found.day

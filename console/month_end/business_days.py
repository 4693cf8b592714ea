"""Which days are worked: weekends, holidays and a company's own days. Pure.

Free days are weekends, the country's holidays (of the `holidays` package), its bank holidays and
the company's own days. A date after the end of the holiday table counts weekends and company days
only, and `gap` says so.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
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
    moved: Mapping[date, date] = field(default_factory=dict[date, date])  # closings, by their day

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
        """Where a closing of that day is held: where somebody moved it, else by the shift."""
        if day in self.moved:
            return self.moved[day]
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
    moved: Mapping[date, date] | None = None,
) -> BusinessCalendar:
    """The calendar of a country. `company` are days as `12-29`, `extra` single free days, `moved`
    closings that are held on another day than by their rule.

    Raises ConfigError for a country, a subdivision or a company day that is none.
    """
    days = frozenset(_month_and_day(text) for text in company)
    if not country:
        return BusinessCalendar(free=dict(extra or {}), company=days, moved=dict(moved or {}))
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
    return BusinessCalendar(
        country.upper(), free, through, frozenset(table.weekend), worked, days, dict(moved or {})
    )


def _month_and_day(text: str) -> tuple[int, int]:
    try:
        found = date.fromisoformat(f"2024-{text}")  # a leap year, so that 02-29 is a day
    except ValueError:
        raise ConfigError([f"A company day is written 12-29, not {text!r}."]) from None
    return found.month, found.day

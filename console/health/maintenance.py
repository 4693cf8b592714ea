"""Planned maintenance: once, every week, every month, or by the closing. Pure.

Nothing counts in it: no uptime, no incident, and nobody is told of an alert. What recurs goes by
the clock of the console's zone, so that 02:00 stays 02:00 when the clocks change.
"""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Literal, Self
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from console.errors import ConfigError
from console.health.durations import Duration
from console.words import listed

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
LONGEST = 7 * 86_400.0  # seconds of one stretch that recurs
LONGEST_LOOK = 400 * 86_400.0  # seconds of stretches that are worked out at once
CLOCK_LENGTH = 5  # characters of `02:00`
LAST_DAY = 31  # of a month: its last day, however long it is

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


class Maintenance(BaseModel):
    """A planned stretch of time, or one that recurs; `every` is empty for once."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str
    every: Literal["", "week", "month", "closing"] = ""
    # Unix seconds. Of one that recurs: from when to when it holds, 0 for always.
    start: float = Field(default=0.0, validate_default=True)
    end: float = Field(default=0.0, validate_default=True)
    checks: tuple[str, ...] = ()  # empty: every check of the service
    days: tuple[Weekday, ...] = ()  # of a week
    day: int = Field(default=0, ge=0, le=31)  # of a month; of a closing: 0 is the month-end
    offset: int = Field(default=0, ge=-20, le=20)  # business days after the closing day
    country: str = Field(default="", max_length=2)  # whose holidays a closing goes around
    at: str = "00:00"  # by the clock of `zone`
    lasts: Duration = 0.0  # seconds
    zone: str = ""  # that of the console where it is empty

    @field_validator("start", "end")
    @classmethod
    def _once_has_both(cls, value: float, info: ValidationInfo) -> float:
        if not value and not info.data.get("every"):
            raise ValueError("is missing")
        return value

    @field_validator("at")
    @classmethod
    def _clock(cls, value: str) -> str:
        try:
            time.fromisoformat(value)
        except ValueError:
            value = ""
        if len(value) != CLOCK_LENGTH:
            raise ValueError("is not a time of day; write 02:00")
        return value

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        if value and value not in available_timezones():
            raise ValueError("is not a time zone; write Europe/Berlin")
        return value

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if not self.every:
            for name in ("days", "day", "offset", "country", "lasts"):
                if getattr(self, name):
                    raise ValueError(f'{name} needs every = "week", "month" or "closing"')
        elif not 0 < self.lasts <= LONGEST:
            raise ValueError("lasts must be more than 0 and at most 7d")
        elif self.every == "week" and not self.days:
            raise ValueError('days are missing; write days = ["sunday"]')
        elif self.every == "month" and not self.day:
            raise ValueError("day is missing; write day = 1, or 31 for the last of every month")
        return self

    def covers(self, check: str, at: float) -> bool:
        """Whether `check` is under maintenance at `at`."""
        if self.checks and check not in self.checks:
            return False
        return any(one.start <= at < one.end for one in self.within(at, at))

    def within(self, since: float, until: float) -> tuple["Maintenance", ...]:
        """The stretches that touch the time from `since` to `until`, each once."""
        if not self.every:
            return (self,) if self.start <= until and self.end > since else ()
        since = max(since, self.start)
        until = min(until, since + LONGEST_LOOK, self.end or float("inf"))
        found: list[Maintenance] = []
        for day in self._days(since - self.lasts, until):
            start = self._moment(day)
            if start <= until and start + self.lasts > since and start >= self.start:
                found.append(
                    Maintenance(
                        title=self.title,
                        start=start,
                        end=start + self.lasts,
                        checks=self.checks,
                    )
                )
        return tuple(found)

    def in_zone(self, zone: str) -> Self:
        """The same by the clock of a zone, where it names none itself."""
        return self if self.zone or not self.every else self.model_copy(update={"zone": zone})

    @property
    def words(self) -> str:
        """When it recurs: `every Sunday at 02:00`; empty for once."""
        match self.every:
            case "week":
                days = listed([day.capitalize() for day in self.days], len(self.days))
                return f"every {days} at {self.at}"
            case "month":
                day = "the last day" if self.day == LAST_DAY else f"day {self.day}"
                return f"on {day} of every month at {self.at}"
            case "closing":
                closing = f"the closing of day {self.day}" if self.day else "the month-end closing"
                if not self.offset:
                    return f"on {closing} at {self.at}"
                side = "after" if self.offset > 0 else "before"
                days = "business day" if abs(self.offset) == 1 else "business days"
                return f"{abs(self.offset)} {days} {side} {closing} at {self.at}"
            case _:
                return ""

    def _moment(self, day: date) -> float:
        clock = time.fromisoformat(self.at)
        return datetime.combine(day, clock, ZoneInfo(self.zone or "UTC")).timestamp()

    def _days(self, since: float, until: float) -> Iterator[date]:
        """The local days on which it begins, from one before `since` to one after `until`."""
        zone = ZoneInfo(self.zone or "UTC")
        day = datetime.fromtimestamp(max(since, 0.0), zone).date() - timedelta(days=1)
        last = datetime.fromtimestamp(until, zone).date() + timedelta(days=1)
        while day <= last:
            if self._begins_on(day):
                yield day
            day += timedelta(days=1)

    def _begins_on(self, day: date) -> bool:
        if self.every == "week":
            return WEEKDAYS[day.weekday()] in self.days
        if self.every == "month":
            following = day + timedelta(days=1)
            short = following.day == 1 and day.day < self.day
            return day.day == self.day or short
        return day in _closing_days(day.year, day.month, self.day, self.offset, self.country)


def country_problem(country: str) -> str:
    """Why a country is none whose holidays are known; empty where it is one."""
    from console.month_end.business_days import business_calendar

    try:
        business_calendar(country, [])
    except ConfigError as error:
        return error.problems[0]
    return ""


@lru_cache(maxsize=256)
def _closing_days(year: int, month: int, day: int, offset: int, country: str) -> frozenset[date]:
    """The days so many business days from the closings around a month."""
    # `holidays` is read only where a closing decides: it takes a while
    from console.month_end.business_days import business_calendar
    from console.month_end.calendar import ClosingRule, closings

    first = date(year, month, 1)
    try:
        calendar = business_calendar(country, range(year - 1, year + 2))
        held = closings(
            first - timedelta(days=40),
            first + timedelta(days=75),
            [ClosingRule(day or None)],
            calendar,
            ZoneInfo("UTC"),
        )
        return frozenset(calendar.add(one.day, offset) for one in held)
    except ConfigError:
        return frozenset()

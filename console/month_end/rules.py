"""How closings are held, as the console's settings have it, and the closing that a name or a moment
belongs to. Pure; dates, moments and zones are arguments.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from functools import lru_cache

from console.errors import ConfigError
from console.month_end.business_days import BusinessCalendar, Shift, business_calendar
from console.month_end.calendar import Closing, ClosingRule, closing, closings
from console.month_end.freeze import Planned

MONTH_END = "month-end"
FARTHEST = timedelta(14)  # that a closing may be moved
NEAR = timedelta(45)  # a window of two weeks of business days is never farther from its closing
_NAME = re.compile(r"(\d{4})-(\d{2})(?:-(\d{2}))?")
_DUE = re.compile(r"(?:\+(\d{1,2})\s+)?(\d{1,2}):(\d{2})")
_PAIR = re.compile(r"(\d{1,2})\s*,\s*(\d{1,2})")


@dataclass(frozen=True, slots=True)
class Rules:
    """How closings are held. Days before and after are business days."""

    country: str = ""
    deadline: time = time(18, 0)
    shift: Shift = Shift.PREVIOUS
    company: tuple[str, ...] = ()  # free every year, as `12-29`
    days: tuple[int | None, ...] = (None,)  # of the month; None is the month-end
    subdivision: str = ""
    bank: bool = True  # bank holidays are free
    free: tuple[date, ...] = ()  # single free days
    deadline_day: int = 0  # business days after the closing day
    before: int = 5  # the window
    after: int = 5
    freeze_before: int = 2
    freeze_after: int = 1
    expected: int | None = None  # items of one closing, as declared; None: past closings tell
    planned: tuple[Planned, ...] = ()  # deployments that somebody means to make
    moved: tuple[tuple[date, date], ...] = ()  # closings: the day by the rule, the day it is held

    def calendar(self, year: int) -> BusinessCalendar:
        """The calendar around a year. Raises ConfigError."""
        return _calendar(self, year)

    def rule(self, day: int | None) -> ClosingRule:
        """The rule of one closing day. Raises ConfigError."""
        return ClosingRule(
            day,
            self.shift,
            self.before,
            self.after,
            self.deadline_day,
            self.deadline,
            self.freeze_before,
            self.freeze_after,
        )

    @property
    def every(self) -> tuple[ClosingRule, ...]:
        """The rules of all closing days."""
        return tuple(self.rule(day) for day in self.days)

    @property
    def words(self) -> str:
        """How closings are held, one line for the page."""
        named = " and ".join(rule.words for rule in self.every)
        shifted = {
            Shift.PREVIOUS: "on a free day, the business day before",
            Shift.NEXT: "on a free day, the business day after",
            Shift.NONE: "also on a free day",
        }[self.shift]
        later = f", {self.deadline_day} business days later" if self.deadline_day else ""
        where = f"{self.country}-{self.subdivision}".strip("-") or "no country set"
        bank = " with bank holidays" if self.country and self.bank else ""
        return (
            f"Closing: {named} ({shifted}), due {self.deadline:%H:%M}{later}. Window: "
            f"{self.before} business days before to {self.after} after; no deployments from "
            f"{self.freeze_before} before to {self.freeze_after} after. Holidays: {where}{bank}."
        )


@lru_cache(maxsize=64)
def _calendar(rules: Rules, year: int) -> BusinessCalendar:
    """Kept: a page asks for the same years dozens of times, at 8 ms each."""
    return business_calendar(
        rules.country,
        range(year - 1, year + 2),
        subdivision=rules.subdivision,
        bank=rules.bank,
        company=rules.company,
        extra=dict.fromkeys(rules.free, "company day"),
        moved=dict(rules.moved),
    )


@lru_cache(maxsize=256)
def closing_of(name: str, rules: Rules, zone: tzinfo) -> tuple[Closing, BusinessCalendar] | None:
    """The closing that a ledger is named after: `2026-11` is a month-end, `2026-11-20` the 20th."""
    found = _NAME.fullmatch(name)
    if not found:
        return None
    year, month, day = int(found[1]), int(found[2]), int(found[3] or 0)
    try:
        date(year, month, day or 1)
        calendar = rules.calendar(year)
        return closing(year, month, rules.rule(day or None), calendar, zone), calendar
    except (ValueError, ConfigError, OverflowError):
        return None


def inside_window(now: float, rules: Rules, zone: tzinfo) -> Closing | None:
    """The closing in whose window this moment is, the nearest where there are several.

    Raises ConfigError where the calendar cannot tell.
    """
    today = datetime.fromtimestamp(now, zone).date()
    calendar = rules.calendar(today.year)
    near = closings(today - NEAR, today + NEAR, rules.every, calendar, zone)
    inside = [one for one in near if one.opens <= today <= one.closes]
    return min(inside, key=lambda one: abs((one.day - today).days), default=None)


def frozen(now: float, rules: Rules, zone: tzinfo) -> bool:
    """Whether a freeze holds, in which nothing is deployed; also where nobody can tell."""
    today = datetime.fromtimestamp(now, zone).date()
    try:
        calendar = rules.calendar(today.year)
    except ConfigError:
        return True
    near = closings(today - NEAR, today + NEAR, rules.every, calendar, zone)
    return any(one.frozen(now) for one in near)


def two_people(now: float, rules: Rules, zone: tzinfo) -> bool:
    """Whether a second person is asked for because of a closing; also where nobody can tell."""
    try:
        return inside_window(now, rules, zone) is not None
    except ConfigError:
        return True


def read_days(text: str) -> tuple[int | None, ...]:
    """Closing days as they are set: `month-end,20`. Raises ValueError."""
    found: list[int | None] = []
    for part in (one.strip().lower() for one in text.split(",") if one.strip()):
        if part == MONTH_END:
            found.append(None)
        elif part.isdigit() and 1 <= int(part) <= 31:
            found.append(int(part))
        else:
            raise ValueError(f"is {MONTH_END} or days of the month from 1 to 31, between commas")
    return tuple(dict.fromkeys(found)) or (None,)


def read_due(text: str) -> tuple[int, time]:
    """When a closing is due: `18:00`, or `+2 12:00` two business days later. Raises ValueError."""
    found = _DUE.fullmatch(text.strip())
    if not found or int(found[2]) > 23 or int(found[3]) > 59:
        raise ValueError("is a time as 18:00, or +2 12:00 for two business days later")
    return int(found[1] or 0), time(int(found[2]), int(found[3]))


def read_pair(text: str) -> tuple[int, int]:
    """Business days before and after: `5,5`. Raises ValueError."""
    found = _PAIR.fullmatch(text.strip())
    if not found or max(int(found[1]), int(found[2])) > 20:
        raise ValueError("is business days before and after, as 5,5, at most 20 each")
    return int(found[1]), int(found[2])


def read_free(text: str) -> tuple[tuple[str, ...], tuple[date, ...]]:
    """Company days: `12-29` every year, `2026-12-28` once. Raises ValueError."""
    yearly: list[str] = []
    single: list[date] = []
    for part in (one.strip() for one in text.split(",") if one.strip()):
        try:
            if len(part) > len("12-29"):
                single.append(date.fromisoformat(part))
            else:
                date.fromisoformat(f"2024-{part}")  # a leap year, so that 02-29 is a day
                yearly.append(part)
        except ValueError:
            raise ValueError("is days as 12-29 or 2026-12-28, between commas") from None
    return tuple(yearly), tuple(single)


def read_moved(text: str) -> tuple[tuple[date, date], ...]:
    """Closings that were moved: `2026-11-30 to 2026-12-02`. Raises ValueError."""
    found: list[tuple[date, date]] = []
    for part in (one.strip() for one in text.split(",") if one.strip()):
        rule_day, _, held = (one.strip() for one in part.partition(" to "))
        try:
            found.append((date.fromisoformat(rule_day), date.fromisoformat(held)))
        except ValueError:
            raise ValueError("is closings as 2026-11-30 to 2026-12-02, between commas") from None
        if abs(found[-1][1] - found[-1][0]) > FARTHEST:
            raise ValueError(f"moves a closing by more than {FARTHEST.days} days")
    return tuple(found)


def read_country(text: str) -> tuple[str, str]:
    """A country, and a part of it: `JP`, `DE-BY`. Raises ValueError."""
    country, _, part = text.strip().upper().partition("-")
    try:
        business_calendar(country, [2026], subdivision=part)  # any year tells whether it is one
    except ConfigError as error:
        raise ValueError(" ".join(error.problems)) from None
    return country, part

"""The plan of minimum instances for the next 35 days: by what was measured, else as declared. Pure.

Measured: the work of past days by hour goes through the calendar model of the month-end. Declared:
a number of instances for each phase, which the page marks as such.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

import numpy as np

from console.instances.model import Phase
from console.instances.scaling.units import Counted
from console.month_end.calendar import offset_words
from console.month_end.demand import (
    OUTSIDE,
    Closings,
    Floats,
    History,
    expected_hours,
    fit,
    tidy,
    traits,
    what_if,
)
from console.month_end.plan import DAYS, Period, plan
from console.month_end.workload import Platform
from console.words import counted, day_name

LEAST_DAYS = 14  # full days from which a forecast is made: two of every weekday
MISSING_MOST = 2  # hours of a day that may be missing; they count as the hours beside them
OPENS, SHUTS = 8, 19  # local hours of a business day, where nothing was measured
HOURS = 24
MEASURED, DECLARED = "measured", "declared"


@dataclass(frozen=True, slots=True)
class Declared:
    """Instances for each phase, and how much busier a closing is than was measured."""

    quiet: int = 1  # nights, weekends, holidays
    normal: int = 2  # business hours
    busy: int = 4  # business hours of the days around a closing
    closing_times: float = 1.0  # the expected work of those days, times this

    def of(self, phase: Phase) -> int:
        """The instances of a phase."""
        return {Phase.QUIET: self.quiet, Phase.NORMAL: self.normal, Phase.BUSY: self.busy}[phase]


@dataclass(frozen=True, slots=True)
class Plan:
    """Minimum instances by the clock, and what they rest on."""

    periods: tuple[Period, ...]
    source: str  # MEASURED or DECLARED
    days: int  # full days of history that were known
    closings: int = 0  # month-ends among them
    hours: tuple[tuple[float, float], ...] = ()  # Unix seconds and units an hour that are expected
    note: str = ""


def history_of(
    units: Counted, watched: Sequence[int], zone: tzinfo, until: date, most: int = 400
) -> History:
    """Units by local day and hour, of days that were watched in full before `until`.

    `watched` are the hours (Unix seconds) in which anything was heard of the service: an hour
    without work counts as none only then. Where the clock goes back, one hour holds two.
    """
    table: dict[date, Floats] = {}
    known: dict[date, set[int]] = {}
    work = dict(zip(units.periods.tolist(), units.units.tolist(), strict=True))
    for hour in sorted({*watched, *work}):
        then = datetime.fromtimestamp(hour, zone)
        day = then.date()
        if day >= until or day < until - timedelta(most):
            continue
        row = table.setdefault(day, np.full(HOURS, np.nan))
        before = 0.0 if np.isnan(row[then.hour]) else float(row[then.hour])
        row[then.hour] = before + work.get(hour, 0.0)
        known.setdefault(day, set()).add(then.hour)
    days = sorted(table)
    if not days:
        return History((), np.empty((0, HOURS)))
    return tidy(days, np.array([_whole(table[day]) for day in days]).reshape(len(days), HOURS))


def phase_at(moment: float, at: Closings, zone: tzinfo) -> tuple[Phase, str]:
    """The phase that the calendar says, and why."""
    then = datetime.fromtimestamp(moment, zone)
    day = then.date()
    phase = _phase(day, then.hour, at, _near(day, at))
    named = day_name(day.isoformat())
    if not at.calendar.is_business_day(day):
        return phase, f"{named} is no business day"
    hours = f"{OPENS}:00 to {SHUTS}:00"
    if phase is Phase.QUIET:
        return phase, f"{then:%H:%M} is outside of business hours, {hours}"
    if phase is Phase.NORMAL:
        return phase, f"business hours, {hours}, and no closing is near"
    offset = at.offset(day)
    where = "near a closing" if offset is None else offset_words(offset, at.month_end)
    return phase, f"business hours, {hours}, and {named} is {where}"


def make_plan(
    history: History,
    seconds: float | None,
    declared: Declared,
    platform: Platform,
    at: Closings,
    first: date,
    zone: tzinfo,
) -> Plan:
    """The plan from `first` on. `seconds`: one unit takes; None is not known."""
    days = [first + timedelta(n) for n in range(DAYS)]
    known = int(np.isfinite(history.totals).sum()) if history.days else 0
    model = fit(history, at) if known >= LEAST_DAYS else None
    if model is None or seconds is None:
        return Plan(
            _declared(days, declared, platform, at, zone), DECLARED, known, note=_why(known)
        )
    if declared.closing_times != 1:
        model = what_if(model, declared.closing_times)
    hours = expected_hours(model, days, at)
    periods = plan(days, hours, seconds, platform, zone)
    note = ""
    if not model.closings and declared.closing_times == 1:
        note = "No month-end was seen yet: its days are planned as any others."
    if declared.closing_times != 1:
        note = f"Closing days are taken {declared.closing_times:g} times as busy: a what-if."
    points = _points(days, hours, zone)
    return Plan(periods, MEASURED, known, model.closings, points, note)


def instance_hours(periods: Sequence[Period], since: float, until: float) -> float:
    """Hours of instances that the plan asks for within a stretch of time."""
    total = 0.0
    for one in periods:
        total += max(0.0, min(one.end, until) - max(one.start, since)) * one.instances
    return total / 3600


def changes(periods: Sequence[Period], now: float) -> list[Period]:
    """The present period and those to come."""
    return [one for one in periods if one.end > now]


def _declared(
    days: Sequence[date], declared: Declared, platform: Platform, at: Closings, zone: tzinfo
) -> tuple[Period, ...]:
    """The phases as a plan: an instance is said as half a unit less than it can do at once."""
    closing = _window(days, at)
    rows = [[declared.of(_phase(day, hour, at, closing)) for hour in range(HOURS)] for day in days]
    one_each = Platform(
        least=platform.least, most=platform.most, start=platform.start, target=1.0, wait=1e9
    )
    units = np.maximum(np.array(rows, np.float64) - 0.5, 0.0)
    return plan(days, units, 3600.0, one_each, zone)


def _phase(day: date, hour: int, at: Closings, closing: frozenset[date]) -> Phase:
    if not at.calendar.is_business_day(day) or not OPENS <= hour < SHUTS:
        return Phase.QUIET
    return Phase.BUSY if day in closing else Phase.NORMAL


def _near(day: date, at: Closings) -> frozenset[date]:
    return _window([day], at)


def _window(days: Sequence[date], at: Closings) -> frozenset[date]:
    of = traits(days, at)
    return frozenset(
        day
        for day, offset, other in zip(days, of.offset.tolist(), of.other.tolist(), strict=True)
        if offset != OUTSIDE or other
    )


def _whole(row: Floats) -> Floats:
    """A day with few hours missing is filled from the hours beside; else it is not known."""
    gaps = np.flatnonzero(np.isnan(row))
    if not len(gaps):
        return row
    if len(gaps) > MISSING_MOST:
        return np.full(HOURS, np.nan)
    there = np.flatnonzero(~np.isnan(row))
    filled = row.copy()
    filled[gaps] = np.interp(gaps, there, row[there])
    return filled


def _points(days: Sequence[date], hours: Floats, zone: tzinfo) -> tuple[tuple[float, float], ...]:
    found: list[tuple[float, float]] = []
    for day, row in zip(days, hours, strict=True):
        for hour in range(HOURS):
            then = datetime(day.year, day.month, day.day, hour, tzinfo=zone)
            found.append((then.timestamp(), float(row[hour])))
    return tuple(found)


def _why(known: int) -> str:
    if not known:
        return f"No full day was measured yet; a forecast needs {LEAST_DAYS}."
    return f"{counted(known, 'full day')} of work are known; a forecast needs {LEAST_DAYS}."

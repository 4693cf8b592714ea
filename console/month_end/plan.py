"""Minimum instances for the days to come, by the clock. Pure.

Autoscalers of the clouds look back two or three weeks and cannot learn a monthly peak, so a plan by
the calendar sets the minimum and leaves the rest to them. Each rise begins early by the time that
an instance takes to start.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta, tzinfo

import numpy as np
from numpy.typing import NDArray

from console.month_end.calendar import moment_of
from console.month_end.capacity import needed
from console.month_end.workload import Load, Platform

DAYS = 35  # every plan reaches over one month-end
MINUTE = 60.0


@dataclass(frozen=True, slots=True)
class Period:
    """A minimum of instances from `start` to `end`, Unix seconds."""

    start: float
    end: float
    instances: int


def minimum(items_an_hour: float, seconds: float, platform: Platform) -> int:
    """Instances for so many items an hour: no more than the quota feeds, within the bounds."""
    if not np.isfinite(items_an_hour) or items_an_hour < 0 or seconds <= 0:
        return platform.least
    need = needed(Load(items_an_hour, seconds), platform)
    count = max(need.arrivals, need.wait)
    if need.useful is not None:
        count = min(count, need.useful)
    return min(max(count, platform.least), platform.most)


def plan(
    days: Sequence[date],
    hours: NDArray[np.float64],
    seconds: float,
    platform: Platform,
    zone: tzinfo,
) -> tuple[Period, ...]:
    """Minimum instances from items by day and local hour (a row a day, 24 columns).

    Neighbouring hours with the same minimum are one period. An hour that is not known keeps the
    platform's own minimum. Raises no error; what overlaps after rising early is cut.
    """
    periods: list[Period] = []
    for day, row in zip(days, hours, strict=True):
        for hour in range(24):
            start = moment_of(day, time(hour), zone)
            end = _hour_end(day, hour, zone)
            if end <= start:  # an hour that the clock skips
                continue
            count = minimum(float(row[hour]), seconds, platform)
            periods.append(Period(start, end, count))
    return tuple(_early(_merged(periods), platform.start))


def at(periods: Sequence[Period], moment: float) -> int | None:
    """The planned minimum at a moment; None outside of the plan."""
    return next((one.instances for one in periods if one.start <= moment < one.end), None)


def _hour_end(day: date, hour: int, zone: tzinfo) -> float:
    if hour == 23:
        return moment_of(day + timedelta(1), time(), zone)
    return moment_of(day, time(hour + 1), zone)


def _merged(periods: Sequence[Period]) -> list[Period]:
    found: list[Period] = []
    for one in periods:
        if found and found[-1].instances == one.instances and found[-1].end == one.start:
            found[-1] = replace(found[-1], end=one.end)
        else:
            found.append(one)
    return found


def _early(periods: list[Period], lead: float) -> list[Period]:
    """Rises begin earlier by the start time, in whole minutes; the period before ends there."""
    found = list(periods)
    ahead = np.ceil(lead / MINUTE) * MINUTE if lead > 0 else 0.0
    for index in range(1, len(found)):
        before, one = found[index - 1], found[index]
        if one.instances > before.instances and before.end == one.start:
            begins = max(before.start, one.start - float(ahead))
            found[index - 1] = replace(before, end=begins)
            found[index] = replace(one, start=begins)
    return _merged([one for one in found if one.end > one.start])


def local(moment: float, zone: tzinfo) -> datetime:
    """A moment on the clock of the plan."""
    return datetime.fromtimestamp(moment, zone)

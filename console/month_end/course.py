"""How a closing went, by the hours of its business days, so that closings of different months lie
on each other. Pure numpy; moments are Unix seconds.

A slot is one hour of one business day, counted from the day on which the window opens. Work of a
free day before the closing belongs to the first hour of the business day after it, work of a free
day after the closing to the last hour of the business day before it. What was before the window is
in the first slot, what was after it in the last.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, tzinfo

import numpy as np
from numpy.typing import NDArray

from console.month_end.business_days import BusinessCalendar
from console.month_end.calendar import Closing, moment_of

Floats = NDArray[np.float64]
HOUR = 3600.0
HOURS = 24


@dataclass(frozen=True, slots=True)
class Slots:
    """The slots of one closing."""

    closing: Closing
    calendar: BusinessCalendar
    zone: tzinfo
    last: int  # business days after the closing day that still have slots

    @property
    def count(self) -> int:
        """How many slots there are."""
        return (self.closing.rule.before + self.last + 1) * HOURS

    def of(self, moments: Sequence[float]) -> NDArray[np.int64]:
        """The slot of each moment."""
        found = np.empty(len(moments), np.int64)
        days: dict[date, tuple[int, bool]] = {}
        for row, moment in enumerate(moments):
            local = datetime.fromtimestamp(moment, self.zone)
            day = local.date()
            if day not in days:
                days[day] = self._offset(day)
            offset, worked = days[day]
            hour = local.hour if worked else 0 if offset <= 0 else HOURS - 1
            found[row] = (offset + self.closing.rule.before) * HOURS + hour
        return np.clip(found, 0, self.count - 1)

    def starts(self) -> Floats:
        """When each slot begins."""
        first = -self.closing.rule.before
        days = [self._day(first + n) for n in range(self.count // HOURS)]
        return np.array(
            [moment_of(day, time(hour), self.zone) for day in days for hour in range(HOURS)]
        )

    def table(self, start: float, hours: Sequence[int] | Floats, before: float = 0.0) -> Floats:
        """Counts by slot, from counts by hour since `start`; `before` were counted earlier."""
        counts = np.asarray(hours, np.float64)
        found = np.zeros(self.count)
        if len(counts):
            # the middle of an hour: zones that are half an hour off stay in their day
            slots = self.of([start + (n + 0.5) * HOUR for n in range(len(counts))])
            np.add.at(found, slots, counts)
        found[0] += max(0.0, before)
        return found

    def _day(self, offset: int) -> date:
        day = self.closing.day
        return day if not offset else self.calendar.add(day, offset)

    def _offset(self, day: date) -> tuple[int, bool]:
        held = self.closing.day
        far = (day - held).days
        if abs(far) > 60:  # outside of every window: only the direction counts
            return (-99 if far < 0 else 99), True
        worked = self.calendar.is_business_day(day) or day == held
        return self.calendar.offset(day, held), worked

"""How many instances the next business days take, and what limits them. Pure."""

from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from console.month_end.calendar import Closing
from console.month_end.capacity import Advice, advise, limit_words
from console.month_end.demand import Closings, History, expected_hours, fit
from console.month_end.outlook import Outlook, outlook
from console.month_end.rules import Rules
from console.month_end.sums import Sums
from console.month_end.work import Bound, Work
from console.month_end.workload import Load, Platform
from console.words import counted, day_name

NEXT_DAYS = 5  # business days, today among them


@dataclass(frozen=True, slots=True)
class DayNeed:
    """One day to come."""

    day: date
    words: str  # where it stands to the closing
    expected: float | None
    low: float | None
    high: float | None
    peak: float | None  # items of the busiest hour
    advice: Advice | None  # at that hour
    offset: int | None = None  # business days to the month-end, or after it

    @property
    def name(self) -> str:
        """`Mon 30 Nov`."""
        return day_name(self.day.isoformat())


@dataclass(frozen=True, slots=True)
class Needs:
    """Capacity against demand."""

    now: Advice | None = None  # for what is left of the closing
    days: tuple[DayNeed, ...] = ()
    demand: Outlook | None = None
    platform: Platform | None = None
    running: int | None = None
    note: str = ""  # what is short
    seconds: float | None = None  # that an item takes; None: not seen
    arriving: float | None = None  # items an hour now; None: not known

    @property
    def words(self) -> str:
        """What the closing takes, beside what runs; empty where it is not known."""
        if self.now is None or self.running is None:
            return ""
        runs = f"{counted(self.running, 'instance')} {'runs' if self.running == 1 else 'run'}"
        return f"{runs}; this closing takes {self.now.words}"

    @property
    def limited(self) -> str:
        """What limits the work now, with the items an hour of each."""
        if self.now is None or self.arriving is None:
            return ""
        return limit_words(self.now.limit, self.now.rates)


@dataclass(frozen=True, slots=True, eq=False)
class Demand:
    """The next business days, and the items of their hours. Costly: it does not change by day."""

    outlook: Outlook
    hours: NDArray[np.float64] | None  # a row a day; None: no history
    offsets: tuple[int | None, ...] = ()  # of the days, business days to the month-end

    def peak(self, row: int) -> float | None:
        """Items of the busiest hour of that day."""
        expected = self.outlook.days[row].expected
        if self.hours is None or expected is None:
            return None
        total = float(self.hours[row].sum())
        found = float(self.hours[row].max()) * (expected / total if total > 0 else 1.0)
        return found if np.isfinite(found) else None


def demand(history: History, rules: Rules, today: date) -> Demand:
    """What the next business days will bring."""
    calendar = rules.calendar(today.year)
    at = Closings(calendar, rules.every)
    days: list[date] = []
    day = today
    while len(days) < NEXT_DAYS:
        day = calendar.on_or_after(day)
        days.append(day)
        day += timedelta(1)
    model = fit(history, at)
    hours = None if model is None else expected_hours(model, days, at)
    return Demand(outlook(history, days, at), hours, tuple(at.offset(day) for day in days))


def needs(
    sums: Sums,
    closing: Closing,
    ahead: Demand | None,
    work: Work,
    bound: Bound | None,
    running: int | None,
    arrivals: float | None,
    now: float,
    base: Platform | None = None,
) -> Needs:
    """What the closing needs now, and the next business days. `arrivals`: items an hour now, as on
    the Scaling view; None is not known."""
    outlook_ = None if ahead is None else ahead.outlook
    if work.seconds is None:
        note = "How long an item takes is not known: no instance told of items in the last 24 h."
        return Needs(None, _days(ahead), outlook_, base, running, note)
    platform = _platform(base or Platform(), bound)
    load = Load(
        arrivals or 0.0, work.seconds, float(sums.waiting), sums.running,
        float(sums.not_arrived + sums.stuck), max(0.0, closing.deadline - now),
        work.failed or 0.0,
    )  # fmt: skip
    if running is None:
        note = "How many instances run is not known, so what limits the work is not known either."
        days = _days(ahead, work, platform, 0)
        return Needs(None, days, outlook_, platform, None, note, work.seconds, arrivals)
    told = advise(load, platform, running)
    days = _days(ahead, work, platform, running)
    note = "" if arrivals is not None else "How many items arrive now is not known yet."
    return Needs(told, days, outlook_, platform, running, note, work.seconds, arrivals)


def _platform(base: Platform, bound: Bound | None) -> Platform:
    if bound is None:
        return base
    return replace(base, calls_a_minute=bound.calls_a_minute, calls_an_item=bound.calls_an_item)


def _days(
    ahead: Demand | None,
    work: Work | None = None,
    platform: Platform | None = None,
    running: int = 0,
) -> tuple[DayNeed, ...]:
    if ahead is None:
        return ()
    rows: list[DayNeed] = []
    for row, one in enumerate(ahead.outlook.days):
        peak, advice = ahead.peak(row), None
        if peak is not None and work is not None and work.seconds and platform is not None:
            load = Load(peak, work.seconds, errors=work.failed or 0.0)
            advice = advise(load, platform, running)
        offset = ahead.offsets[row] if ahead.offsets else None
        rows.append(
            DayNeed(one.day, one.words, one.expected, one.low, one.high, peak, advice, offset)
        )
    return tuple(rows)


def what_if(
    items: float, seconds: float, hours: float, platform: Platform, running: int = 0
) -> Advice:
    """Instances for so many items in so many hours: a declared case, not a forecast."""
    load = Load(items / max(hours, 1e-9), seconds, to_come=items, left=hours * 3600)
    return advise(load, platform, running)

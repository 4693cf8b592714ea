"""How many items each day and hour will bring around a closing. Pure numpy.

A day is level x weekday x business day to month-end x other closing x hour. Two or three
month-ends are all that anyone has, so every factor is shrunk toward 1, by as much as past days
scatter: factors that agree across closings count in full, and a single odd day hardly.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from console.month_end.business_days import BusinessCalendar
from console.month_end.calendar import ClosingRule, held_days

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FREE_WEEKDAY = 7  # the class of a holiday on a weekday
LEVEL_DAYS = 40  # worked days that tell the present level
ROUNDS = 4  # of fitting one kind of factor after the other; they settle in three
SCATTER_LEAST = 0.02  # of a day, as a share; less is not believed of a few days
SPREAD_LEAST = 0.05  # of the factors, as a share; keeps the shrinkage from being total
EMPTY = 0.5  # what a day without items counts in a logarithm
HOUR_SHRINK = 2.0  # the hours of closing days count as much as this many days of all kinds


@dataclass(frozen=True, slots=True)
class History:
    """Items by day and hour, oldest first. A row that is not known is NaN."""

    days: tuple[date, ...]
    hours: Floats

    def before(self, day: date) -> "History":
        """What was known when `day` began."""
        count = sum(one < day for one in self.days)
        return History(self.days[:count], self.hours[:count])

    @property
    def totals(self) -> Floats:
        """Items by day; NaN where the day is not known in full."""
        return self.hours.sum(axis=1)


def tidy(days: Sequence[date], hours: Floats) -> History:
    """The history in order. A day that is given twice counts once, as it was given last; negative
    and infinite counts are not known."""
    table = np.array(hours, dtype=np.float64).reshape(len(days), -1)
    table[~np.isfinite(table) | (table < 0)] = np.nan
    last = {day: row for row, day in enumerate(days)}
    order = sorted(last)
    return History(tuple(order), table[[last[day] for day in order]])


@dataclass(frozen=True, slots=True)
class Closings:
    """Which days are closings, and how far every day is from them."""

    calendar: BusinessCalendar
    rules: tuple[ClosingRule, ...] = (ClosingRule(),)
    moved: Mapping[date, date] | None = None  # nominal day: the day on which it was held

    @property
    def month_end(self) -> ClosingRule:
        """The rule of the month-end."""
        return next((rule for rule in self.rules if rule.day is None), ClosingRule())

    def held(self, first: date, last: date, *, month_end: bool) -> list[date]:
        """The days of the month-ends, or of the other closings, of first..last."""
        wide = timedelta(40)
        kinds = [r for r in self.rules if (r.day is None) is month_end]
        if month_end and not kinds:
            kinds = [ClosingRule()]
        found = held_days(first - wide, last + wide, kinds, self.calendar)
        moved = self.moved or {}
        return sorted(moved.get(nominal, day) for nominal, day in found)

    def offset(self, day: date) -> int | None:
        """Business days to the nearest month-end; None outside of its window, and on free days,
        which have no part in its work."""
        if not self.calendar.is_business_day(day):
            return None
        near = [
            self.calendar.offset(day, held)
            for held in self.held(day - timedelta(25), day + timedelta(25), month_end=True)
        ]
        rule = self.month_end
        inside = [k for k in near if -rule.before <= k <= rule.after]
        return min(inside, key=lambda k: (abs(k), -k), default=None)

    def same_day_last_month(self, day: date) -> date:
        """The same business day to the month-end before, inside the window; else the same
        weekday four weeks ago."""
        offset = self.offset(day)
        if offset is None:
            return day - timedelta(28)
        ends = self.held(day - timedelta(60), day + timedelta(25), month_end=True)
        own = min(ends, key=lambda end: abs(self.calendar.offset(day, end)))
        before = [end for end in ends if end < own]
        return self.calendar.add(before[-1], offset) if offset else before[-1]


@dataclass(frozen=True, slots=True)
class Traits:
    """What is known of days before they come."""

    weekday: Ints
    offset: Ints  # business days to month-end; `OUTSIDE` outside of the window
    other: Ints  # 1 on another closing day


OUTSIDE = 99
_KINDS = ("weekday", "offset", "other")
_PLAIN = {"offset": OUTSIDE, "other": 0}  # classes whose factor is 1


def traits(days: Sequence[date], at: Closings) -> Traits:
    """The traits of days."""
    if not days:
        none = np.empty(0, np.int64)
        return Traits(none, none, none)
    first, last = min(days), max(days)
    ends = at.held(first, last, month_end=True)
    others = set(at.held(first, last, month_end=False))
    rule, known = at.month_end, at.calendar
    offsets = dict.fromkeys(days, OUTSIDE)
    worked = [day for day in days if known.is_business_day(day)]
    for end in ends:
        low, high = known.add(end, -rule.before - 1), known.add(end, rule.after + 1)
        for day in worked:
            if low < day < high:
                k = known.offset(day, end)
                if -rule.before <= k <= rule.after and abs(k) < abs(offsets[day]):
                    offsets[day] = k
    weekday = [
        day.weekday()
        if known.is_business_day(day) or day.weekday() in known.weekend
        else FREE_WEEKDAY
        for day in days
    ]
    return Traits(
        np.array(weekday, np.int64),
        np.array([offsets[day] for day in days], np.int64),
        np.array([int(day in others) for day in days], np.int64),
    )


@dataclass(frozen=True, slots=True)
class Model:
    """Logarithms of the factors, and the shares of the hours."""

    level: float
    factors: Mapping[str, Mapping[int, float]]
    plain_hours: Floats
    closing_hours: Floats
    closings: int  # month-ends that were seen

    def totals(self, of: Traits) -> Floats:
        """Items expected on days of these traits."""
        found = np.full(len(of.weekday), self.level)
        for kind in _KINDS:
            found += _looked_up(getattr(of, kind), self.factors[kind])
        return np.exp(found)

    def factor(self, kind: str, value: int) -> float:
        """One factor: how many times as busy such a day is."""
        return float(np.exp(self.factors[kind].get(value, 0.0)))


def fit(history: History, at: Closings) -> Model | None:
    """The model of a history; None where no day is known."""
    totals = history.totals
    known = np.flatnonzero(np.isfinite(totals))
    if not len(known):
        return None
    days = [history.days[row] for row in known]
    of = traits(days, at)
    logs = np.log(np.maximum(totals[known], EMPTY))
    factors: dict[str, dict[int, float]] = {kind: {} for kind in _KINDS}
    level = float(np.median(logs))
    for _ in range(ROUNDS):
        for kind in _KINDS:
            rest = logs - level
            for other in _KINDS:
                if other != kind:
                    rest = rest - _looked_up(getattr(of, other), factors[other])
            factors[kind] = _shrunk(getattr(of, kind), rest, _PLAIN.get(kind))
        fitted = sum((_looked_up(getattr(of, k), factors[k]) for k in _KINDS), np.zeros(len(logs)))
        worked = of.weekday < 5 if (of.weekday < 5).any() else np.ones(len(logs), bool)
        level = float(np.median((logs - fitted)[worked][-LEVEL_DAYS:]))
    hours = history.hours[known]
    inside = of.offset != OUTSIDE
    every = _shares(hours)
    own = _shares(hours[inside]) if inside.any() else every
    count = int(inside.sum())
    mixed = (count * own + HOUR_SHRINK * every) / (count + HOUR_SHRINK)
    seen = int((of.offset == 0).sum())
    return Model(level, factors, every, mixed, seen)


def expected_hours(model: Model, days: Sequence[date], at: Closings) -> Floats:
    """Items by day and hour."""
    of = traits(days, at)
    inside = (of.offset != OUTSIDE)[:, None]
    shares = np.where(inside, model.closing_hours[None, :], model.plain_hours[None, :])
    return model.totals(of)[:, None] * shares


def what_if(model: Model, times: float) -> Model:
    """The same model with closing days busier by a declared factor; a view must say so."""
    offsets = {k: v + float(np.log(times)) for k, v in model.factors["offset"].items()}
    for k in range(-5, 6):
        offsets.setdefault(k, float(np.log(times)))
    return replace(model, factors={**model.factors, "offset": offsets})


def _shrunk(values: Ints, rest: Floats, plain: int | None) -> dict[int, float]:
    """The middle of each class, shrunk by scatter against spread (empirical Bayes)."""
    classes = [int(value) for value in np.unique(values) if int(value) != plain]
    if not classes:
        return {}
    middles = {c: float(np.median(rest[values == c])) for c in classes}
    counts = {c: int((values == c).sum()) for c in classes}
    off = np.concatenate([np.abs(rest[values == c] - middles[c]) for c in classes])
    several = np.concatenate([np.full(counts[c], counts[c] > 1) for c in classes])
    base = off[several] if several.any() else np.abs(rest - np.median(rest))
    scatter = max(SCATTER_LEAST, 1.4826 * float(np.median(base))) ** 2
    spread = float(np.mean([m * m - scatter / counts[c] for c, m in middles.items()]))
    spread = max(spread, SPREAD_LEAST**2)
    return {c: m * counts[c] / (counts[c] + scatter / spread) for c, m in middles.items()}


def _looked_up(values: Ints, table: Mapping[int, float]) -> Floats:
    found = np.zeros(len(values))
    for value, factor in table.items():
        found[values == value] = factor
    return found


def _shares(hours: Floats) -> Floats:
    sums = np.asarray(hours.sum(axis=0), dtype=np.float64)
    total = float(sums.sum())
    return sums / total if total > 0 else np.full(len(sums), 1 / max(1, len(sums)))

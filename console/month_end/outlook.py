"""The days to come, with intervals, and whether the model or last month has been better. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from console.month_end.calendar import offset_words
from console.month_end.conformal import DEFAULT_LEVEL, interval_factors, least_scores
from console.month_end.demand import OUTSIDE, Closings, History, fit, traits
from console.month_end.within_day import SAME_DAY
from console.words import counted

MODEL = "calendar model"


@dataclass(frozen=True, slots=True)
class DayOutlook:
    """One day to come."""

    day: date
    words: str  # where it stands to the closing
    expected: float | None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Outlook:
    """The days to come and what they rest on."""

    days: tuple[DayOutlook, ...]
    method: str = ""
    errors: tuple[tuple[str, float], ...] = ()  # of each method: off by this share of the items
    tested: int = 0  # past days they were measured on
    closings: int = 0  # past month-ends that were seen
    note: str = ""  # what is short

    @property
    def words(self) -> str:
        """What is used and how good it has been, one sentence or two."""
        if not self.method:
            return self.note
        if not self.errors:
            return f"By the {self.method}, not measured yet. {self.note}".strip()
        found = dict(self.errors)
        rival = next((name for name in found if name != self.method), "")
        beside = f", {rival} by {found[rival] * 100:.1f} %" if rival else ""
        told = (
            f"By the {self.method}: off by {found[self.method] * 100:.1f} % of the items on "
            f"{counted(self.tested, 'past day')}{beside}."
        )
        return f"{told} {self.note}".strip()


@dataclass(frozen=True, slots=True)
class _Backtest:
    actual: NDArray[np.float64]
    guesses: dict[str, NDArray[np.float64]]
    inside: NDArray[np.bool_]  # of the window of a month-end


def outlook(
    history: History, days: Sequence[date], at: Closings, *, level: float = DEFAULT_LEVEL
) -> Outlook:
    """The days to come. What is used has been better on past months, each forecast with the months
    before it only."""
    model = fit(history, at)
    if model is None:
        empty = tuple(DayOutlook(day, _words(day, at), None) for day in days)
        return Outlook(empty, note="There is no history: nothing can be said of demand.")
    past = _backtest(history, at)
    errors = {name: _wape(guess, past.actual) for name, guess in past.guesses.items()}
    errors = {name: error for name, error in errors.items() if error is not None}
    method = min(errors, key=errors.__getitem__) if MODEL in errors else MODEL
    of = traits(days, at)
    guesses = model.totals(of) if method == MODEL else _last_month(history, days, at)
    guesses = np.where(np.isfinite(guesses), guesses, model.totals(of))
    rows: list[DayOutlook] = []
    for row, day in enumerate(days):
        closing_day = bool(of.offset[row] != OUTSIDE)
        factors = _factors(past, method, level, closing_day)
        guess = float(guesses[row])
        low, high = (guess * factors[0], guess * factors[1]) if factors else (None, None)
        rows.append(DayOutlook(day, _words(day, at), guess, low, high))
    note = _note(model.closings, len(past.actual), level)
    told = tuple(errors.items()) if MODEL in errors else ()
    return Outlook(tuple(rows), method, told, len(past.actual), model.closings, note)


def _backtest(history: History, at: Closings) -> _Backtest:
    """Every month but the first, forecast at its beginning."""
    totals = history.totals
    months = sorted({(day.year, day.month) for day in history.days})
    actual: list[float] = []
    model_says: list[float] = []
    last_says: list[float] = []
    inside: list[bool] = []
    for year, month in months[1:]:
        before = history.before(date(year, month, 1))
        model = fit(before, at)
        rows = [
            row
            for row, day in enumerate(history.days)
            if (day.year, day.month) == (year, month)
            and np.isfinite(totals[row])
            and at.calendar.is_business_day(day)
        ]
        if model is None or not rows:
            continue
        days = [history.days[row] for row in rows]
        of = traits(days, at)
        actual += [float(totals[row]) for row in rows]
        model_says += model.totals(of).tolist()
        last_says += _last_month(before, days, at).tolist()
        inside += (of.offset != OUTSIDE).tolist()
    guesses = {MODEL: np.array(model_says), SAME_DAY: np.array(last_says)}
    both = np.isfinite(guesses[SAME_DAY]) if len(last_says) else np.empty(0, bool)
    if both.any():  # compared on the same days
        guesses = {name: guess[both] for name, guess in guesses.items()}
        return _Backtest(np.array(actual)[both], guesses, np.array(inside)[both])
    kept = {MODEL: guesses[MODEL]}
    return _Backtest(np.array(actual), kept, np.array(inside, dtype=bool))


def _last_month(history: History, days: Sequence[date], at: Closings) -> NDArray[np.float64]:
    known = dict(zip(history.days, history.totals.tolist(), strict=True))
    return np.array([known.get(at.same_day_last_month(day), np.nan) for day in days], np.float64)


def _factors(
    past: _Backtest, method: str, level: float, closing_day: bool
) -> tuple[float, float] | None:
    """Of closing days where enough of them were measured, else of all days."""
    if method not in past.guesses or not len(past.actual):
        return None
    ratios = past.actual / np.maximum(past.guesses[method], 1e-9)
    own = ratios[past.inside == closing_day]
    return interval_factors(own, level) or interval_factors(ratios, level)


def _wape(guess: NDArray[np.float64], actual: NDArray[np.float64]) -> float | None:
    """Absolute errors as a share of all items."""
    total = float(actual.sum())
    return float(np.abs(guess - actual).sum()) / total if total > 0 else None


def _words(day: date, at: Closings) -> str:
    offset = at.offset(day)
    return "" if offset is None else offset_words(offset, at.month_end)


def _note(seen: int, tested: int, level: float) -> str:
    if not seen:
        return "No month-end was seen yet: closing days are forecast as any other day."
    if tested < least_scores(level):
        return f"An interval needs {least_scores(level)} measured days; there are {tested}."
    return "Only one month-end was seen." if seen == 1 else ""

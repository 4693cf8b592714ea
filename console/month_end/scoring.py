"""How good the within-day forecast is: day after day, never looking ahead. Pure numpy."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from console.month_end.conformal import DEFAULT_LEVEL
from console.month_end.within_day import LINEAR, MONTH_OF_DAYS, SAME_DAY, WINDOW, forecast_day


@dataclass(frozen=True, slots=True)
class Score:
    """Shares of the actual totals, over the days that were forecast."""

    days: int
    error: float  # mean absolute, of the forecast
    covered: float  # share of days whose total was inside of the interval
    width: float  # mean width of the interval
    linear: float  # mean absolute error of the linear bar
    same_day: float  # the same of the same business day last month


def slots_at(fraction: float, slots: int) -> int:
    """How many slots have passed at this share of the day, at least one."""
    return max(1, int(slots * fraction))


def walk_forward(
    days: NDArray[np.float64],
    fraction: float,
    *,
    first: int = WINDOW,
    weekdays: Sequence[int] | None = None,
    lag: int = MONTH_OF_DAYS,
    level: float = DEFAULT_LEVEL,
) -> Score | None:
    """Forecast each day from row `first` on after `fraction` of it, with the rows before it only.

    Days without a known total count nowhere, and slots that no day before knows. None where no day
    could be forecast.
    """
    slots = slots_at(fraction, days.shape[1])
    rows: list[tuple[float, ...]] = []
    for day in range(first, len(days)):
        seen = ~np.isnan(days[:day]).all(axis=0) if day else np.ones(days.shape[1], np.bool_)
        actual = float(days[day, seen].sum())
        if not actual > 0:
            continue
        found = forecast_day(
            days[:day],
            days[day, :slots],
            weekdays=None if weekdays is None else weekdays[:day],
            weekday=0 if weekdays is None else weekdays[day],
            lag=lag,
            level=level,
        )
        if found.total is None:
            continue
        rivals = {one.name: one.total for one in found.rivals}
        inside = width = np.nan
        if found.low is not None and found.high is not None:
            inside = float(found.low <= actual <= found.high)
            width = (found.high - found.low) / actual
        bar, same = rivals.get(LINEAR), rivals.get(SAME_DAY)
        rows.append(
            (abs(found.total / actual - 1), inside, width, _off(bar, actual), _off(same, actual))
        )
    if not rows:
        return None
    table = np.array(rows, dtype=np.float64)
    means = [_mean(table[:, column]) for column in range(table.shape[1])]
    return Score(len(rows), *means)


def _off(guess: float | None, actual: float) -> float:
    return np.nan if guess is None else abs(guess / actual - 1)


def _mean(values: NDArray[np.float64]) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else np.nan

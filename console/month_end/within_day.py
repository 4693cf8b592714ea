"""How many items a day will bring, while it runs. Pure numpy.

What came so far says how busy the day is; past days say which share of a day has usually come by
now. Two ways to go on from there, and everything between them:

- `course`: the rest grows with what came so far (so far / usual share);
- `usual`: the rest is what it usually is on such a day, however the day began.

Early in the day, or with few items, the beginning is mostly chance and `usual` is better; later
`course` is. How far to lean is chosen on past days alone, each forecast without itself. Intervals
are split-conformal on the same past days: they need no shape of the errors.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from console.month_end.conformal import DEFAULT_LEVEL, interval_factors, least_scores
from console.month_end.gaps import filled

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

WINDOW = 40  # days of history that count, about two months of business days
LEVEL_DAYS = 20  # days that tell how busy days are at present
LEVEL_LEAST = 10  # days before a past day, from which its level is told without looking ahead
SHRINK = 2.0  # a weekday's own factor counts as much as this many days that say 1
LEANS = np.array([0.0, 0.1, 0.2, 0.3, 0.45, 0.6, 0.8, 1.0])  # from `course` to `usual`
MONTH_OF_DAYS = 21  # business days; the same business day last month, where no calendar tells it

LINEAR = "linear progress bar"
SAME_DAY = "same business day last month"


@dataclass(frozen=True, slots=True)
class Rival:
    """What a simpler method says, and how far off it has been on the same past days."""

    name: str
    total: float | None
    error: float | None  # mean absolute share of the actual total


@dataclass(frozen=True, slots=True)
class DayForecast:
    """The total of a running day."""

    total: float | None  # None: nothing can be said
    low: float | None = None  # None: too few days for an interval
    high: float | None = None
    method: str = ""
    lean: float = 0.0  # 0 is the course of the day, 1 the usual rest
    share: float | None = None  # of a day that has usually come by now
    days: int = 0  # past days it rests on
    error: float | None = None  # mean absolute share of the actual total, on past days
    level: float = DEFAULT_LEVEL  # of the interval
    rivals: tuple[Rival, ...] = ()
    note: str = ""  # what is short, one sentence

    @property
    def words(self) -> str:
        """What is used and how good it has been, one sentence."""
        if self.total is None:
            return self.note
        if self.error is None:
            return f"By the {self.method}; {self.note[:1].lower()}{self.note[1:]}"
        rivals = [
            f"{one.name} {one.error * 100:.1f} %" for one in self.rivals if one.error is not None
        ]
        beside = f" ({', '.join(rivals)})" if rivals else ""
        off = f"off by {self.error * 100:.1f} % on {self.days} past days"
        return f"By the {self.method}: {off}{beside}."


@dataclass(frozen=True, slots=True)
class _Past:
    """The past days that count."""

    done: Floats  # by now
    total: Floats
    weekdays: Ints


def forecast_day(
    history: Floats,
    so_far: Floats,
    *,
    weekdays: Sequence[int] | None = None,
    weekday: int = 0,
    lag: int = MONTH_OF_DAYS,
    level: float = DEFAULT_LEVEL,
) -> DayForecast:
    """The total of today.

    `history` has a row a day, oldest first, and a column a slot; `so_far` is today's first slots.
    What is not known is NaN: in a past day of which little is missing it is taken as usual, one of
    which more is missing is left out, and slots unknown today are compared with nothing. A slot
    that no past day knows is no slot of such days, and not in the total. `weekdays`
    are classes of the rows, `weekday` that of today. `lag` is how many rows back the same business
    day of last month is. `level` is that of the interval.
    """
    table, today = _clean(history), _clean(so_far).ravel()
    if table.ndim == 2 and len(table) and len(today) <= table.shape[1]:
        seen: NDArray[np.bool_] = np.isfinite(table).sum(axis=0) > 0
        if seen.any():
            table, today = table[:, seen], today[seen[: len(today)]]
    table = filled(table)
    slots = table.shape[1] if table.ndim == 2 else 0
    known = ~np.isnan(today)
    came = float(today[known].sum())
    if table.ndim != 2 or not len(table) or not slots or len(today) > slots:
        note = "There is no history of such days: nothing can be said of the total."
        return DayForecast(None, note=note)
    if not known.any():
        return DayForecast(None, note="Nothing is known of today yet.")
    linear = came * slots / int(known.sum())
    classes = np.zeros(len(table), np.int64) if weekdays is None else np.asarray(weekdays, np.int64)
    past = _past(table, known, classes)
    if not len(past.total):
        note = "No past day is known in full: the total is that of a steady pace."
        return DayForecast(linear, method=LINEAR, note=note)
    found = _forecast(past, came, weekday, level)
    return replace(found, rivals=_rivals(table, known, linear, lag))


def _forecast(past: _Past, came: float, weekday: int, level: float) -> DayForecast:
    """Choose the lean on past days, then look at today with it."""
    count = len(past.total)
    shares = past.done / past.total
    share = float(np.median(shares))
    usual = _level(past.total[-LEVEL_DAYS:], past.weekdays[-LEVEL_DAYS:], weekday)
    if count < 3:
        total = float(_lean(np.array([came]), np.array([share]), np.array([usual]), 0.0)[0])
        note = f"Only {count} past day{'s' * (count > 1)} known: how good this is cannot be said."
        return DayForecast(total, method=_method(0.0), share=share, days=count, note=note)
    without = _medians_without(shares)
    levels = _levels_before(past)
    guesses = np.array([_lean(past.done, without, levels, lean) for lean in LEANS])
    errors = np.abs(guesses / past.total - 1).mean(axis=1)
    best = int(errors.argmin())
    lean = float(LEANS[best])
    total = float(_lean(np.array([came]), np.array([share]), np.array([usual]), lean)[0])
    ratios = past.total / np.maximum(guesses[best], 1e-9)
    factors = interval_factors(ratios, level)
    low = high = None
    note = ""
    if factors is None:
        note = f"An interval needs {least_scores(level)} past days; {count} are known."
    else:
        low, high = max(came, total * factors[0]), max(came, total * factors[1])
    error = float(errors[best])
    return DayForecast(total, low, high, _method(lean), lean, share, count, error, level, note=note)


def _method(lean: float) -> str:
    if not lean:
        return "usual course of a day"
    if lean == 1:
        return "usual rest of a day"
    return f"usual course of a day with {lean * 100:.0f} % of its usual rest"


def _lean(came: Floats, share: Floats, usual: Floats, lean: float) -> Floats:
    """What came and the rest. Where nothing has ever come by now, the rest is the usual."""
    rest = (1 - share) * usual
    course = np.where(share > 0, came * (1 - share) / np.where(share > 0, share, 1.0), rest)
    return came + lean * rest + (1 - lean) * course


def _level(totals: Floats, weekdays: Ints, weekday: int) -> float:
    """The usual total of a day of this weekday, its own factor shrunk toward 1."""
    middle = float(np.median(totals))
    own = totals[weekdays == weekday]
    if not len(own) or middle <= 0:
        return middle
    ratio = float(np.median(own)) / middle
    return middle * (len(own) * ratio + SHRINK) / (len(own) + SHRINK)


def _levels_before(past: _Past) -> Floats:
    """The level as it was known on each past day; the first days have too few before them, and
    take the days around them without themselves."""
    found = np.empty(len(past.total))
    for day, weekday in enumerate(past.weekdays):
        if day >= LEVEL_LEAST:
            chosen = np.arange(max(0, day - LEVEL_DAYS), day)
        else:
            chosen = np.array([n for n in range(min(LEVEL_DAYS, len(found))) if n != day])
        found[day] = _level(past.total[chosen], past.weekdays[chosen], int(weekday))
    return found


def _medians_without(values: Floats) -> Floats:
    """The median of all others, for each."""
    return np.array([np.median(np.delete(values, at)) for at in range(len(values))])


def _past(table: Floats, known: NDArray[np.bool_], weekdays: Ints) -> _Past:
    total = table.sum(axis=1)  # NaN where a slot is not known
    done = table[:, : len(known)][:, known].sum(axis=1)
    usable = np.flatnonzero(total > 0)[-WINDOW:]
    return _Past(done[usable], total[usable], weekdays[usable])


def _rivals(table: Floats, known: NDArray[np.bool_], linear: float, lag: int) -> tuple[Rival, ...]:
    total = table.sum(axis=1)
    done = table[:, : len(known)][:, known].sum(axis=1) * table.shape[1] / int(known.sum())
    before = np.concatenate([np.full(min(lag, len(total)), np.nan), total[:-lag]])
    then = float(total[-lag]) if len(total) >= lag else np.nan
    return (
        Rival(LINEAR, linear, _error(done, total)),
        Rival(SAME_DAY, None if np.isnan(then) else then, _error(before, total)),
    )


def _error(guess: Floats, total: Floats) -> float | None:
    usable = (total > 0) & ~np.isnan(guess)
    chosen = np.flatnonzero(usable)[-WINDOW:]
    if not len(chosen):
        return None
    return float(np.abs(guess[chosen] / total[chosen] - 1).mean())


def _clean(values: Floats) -> Floats:
    """Negative and infinite counts are no counts."""
    array = np.array(values, dtype=np.float64)
    array[~np.isfinite(array) | (array < 0)] = np.nan
    return array

"""How many items a closing will have in the end, and what that is told from. Pure numpy.

The first that is known counts: what a person declared; the usual course of past closings, seen from
how much has arrived by now; the middle of past totals. How good each has been is measured on the
past closings, each forecast from the ones before it only.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from console.month_end.inflow import FREE
from console.month_end.scoring import walk_forward
from console.month_end.within_day import forecast_day
from console.words import counted

Floats = NDArray[np.float64]

DECLARED = "declared number"
TOTALS = "median of the last totals"
COURSE = "usual course of arrivals"
DONE_COURSE = "usual course of items done"
LAST_TOTALS = 3  # whose middle counts: older closings are another business
MEASURED_AT = (0.25, 0.50, 0.75)  # of the window
SPREAD = 0.15  # of what is to come, as a share, where nothing was measured
OF_LEVEL = 1.2816  # standard deviations from the middle to the end of an interval of 80 %
OF_MEAN = 1.2533  # times the mean absolute error is the standard deviation, of a normal error


@dataclass(frozen=True, slots=True)
class Quality:
    """How far off each was at one share of the window, as a share of the total. NaN: unknown."""

    at: float
    closings: int
    error: float
    linear: float
    last: float


@dataclass(frozen=True, slots=True)
class Expected:
    """The total of a closing."""

    total: float | None = None  # None: not known
    low: float | None = None
    high: float | None = None
    method: str = ""
    quality: tuple[Quality, ...] = ()
    last: float | None = None  # total of the last closing: what the naive rival says
    linear: float | None = None  # what the progress bar says
    note: str = ""
    off: float = 0.0  # standard deviation of the total, items
    freedom: int = FREE  # degrees of freedom that it was measured with
    middle: float | None = None  # what was expected, also where more has come since

    @property
    def words(self) -> str:
        """What is used and how good it has been."""
        if self.total is None:
            return self.note
        if self.method == DECLARED and self.middle is not None and self.total > self.middle:
            more = f"{self.total:,.0f} have arrived already."
            return f"{self.middle:,.0f} items were declared, and {more}"
        told = f"{self.total:,.0f} items are expected, by the {self.method}"
        if self.low is not None and self.high is not None:
            told += f" ({self.low:,.0f} to {self.high:,.0f})"
        rivals = [
            f"{name} says {value:,.0f}"
            for name, value in (("the last closing", self.last), ("a steady pace", self.linear))
            if value is not None
        ]
        told += f"; {' and '.join(rivals)}." if rivals else "."
        return f"{told} {self.measured} {self.note}".replace("  ", " ").strip()

    @property
    def measured(self) -> str:
        """`Off by 4.1, 1.8 and 0.9 % at 25, 50 and 75 % of the window on 5 past closings …`."""
        known = [one for one in self.quality if np.isfinite(one.error)]
        if not known:
            return "How good this is was not measured yet." if self.method != DECLARED else ""
        if not known[0].at:  # measured on totals alone
            beside = f"; the last closing alone {known[0].last * 100:.1f} %"
            seen = counted(known[0].closings, "past closing")
            return f"Off by {known[0].error * 100:.1f} % on {seen}{beside}."
        at = _series([f"{one.at * 100:.0f}" for one in known])
        seen = counted(known[0].closings, "past closing")
        found = f"Off by {_percents([one.error for one in known])} at {at} % of the window ({seen};"
        linear = _percents([one.linear for one in known])
        last = known[0].last
        beside = f" last closing {last * 100:.1f} %" if np.isfinite(last) else ""
        return f"{found} steady pace {linear}{',' if beside else ''}{beside})."


def expect(
    arrived: float,
    totals: Sequence[float],
    courses: Floats | None = None,
    so_far: Floats | None = None,
    declared: int | None = None,
    method: str = COURSE,
) -> Expected:
    """The total of a closing of which `arrived` items are there.

    `totals` are those of past closings, oldest first. `courses` has a row for each that was watched
    and a column a slot; `so_far` are the slots of this one until now; `method` says of what.
    """
    past = [total for total in totals if total > 0]
    last = past[-1] if past else None
    if declared is not None:
        rest = declared - arrived
        off = SPREAD * rest if rest > 0 else -rest  # that far off it was shown to be
        return Expected(
            max(float(declared), arrived), method=DECLARED, last=last, off=off,
            middle=float(declared),
        )  # fmt: skip
    if courses is not None and so_far is not None and len(courses) and len(so_far):
        quality = measured(courses)
        found = forecast_day(courses, so_far, lag=1)
        if found.total is not None and found.days:
            total = max(found.total, arrived)
            linear = next((one.total for one in found.rivals if one.total is not None), None)
            share = len(so_far) / courses.shape[1]
            return Expected(
                total, found.low, found.high, method, quality, last, linear,
                "" if found.low is not None else found.note.replace("past day", "past closing"),
                _off(total, arrived, found.low, found.high, quality, share),
                max(1, found.days - 1), found.total,
            )  # fmt: skip
    if past:
        middle = float(np.median(past[-LAST_TOTALS:]))
        note = "" if len(past) > 1 else "Only one past closing is known."
        quality = _of_totals(past)
        off = middle * (quality[0].error * OF_MEAN if quality else SPREAD)
        return Expected(
            max(middle, arrived), None, None, TOTALS, quality, last, note=note, off=off,
            freedom=max(1, len(past) - 1), middle=middle,
        )  # fmt: skip
    note = (
        "How many items are still to come is not known: no past closing is. Set "
        "CONSOLE_CLOSING_ITEMS where you know the number."
    )
    return Expected(note=note)


def _off(
    total: float,
    arrived: float,
    low: float | None,
    high: float | None,
    quality: Sequence[Quality],
    share: float,
) -> float:
    """How far off the total may be at this share of the window, a standard deviation in items."""
    rest = max(0.0, total - arrived)
    chance = rest**0.5  # less than that nothing that is counted scatters
    if low is not None and high is not None:
        return max(chance, (high - low) / 2 / OF_LEVEL)
    known = [one for one in quality if np.isfinite(one.error)]
    if not known:
        return max(chance, SPREAD * rest)
    at = [*(one.at for one in known), 1.0]
    errors = [*(one.error for one in known), 0.0]
    return max(chance, float(np.interp(share, at, errors)) * OF_MEAN * total)


def measured(courses: Floats) -> tuple[Quality, ...]:
    """Errors of the course, the steady pace and the last closing, never looking ahead."""
    found: list[Quality] = []
    for fraction in MEASURED_AT:
        score = walk_forward(courses, fraction, first=1, lag=1)
        if score is not None:
            found.append(Quality(fraction, score.days, score.error, score.linear, score.same_day))
    return tuple(found)


def usual_shares(courses: Floats) -> Floats | None:
    """The middle share of all items in each slot; None without a past closing."""
    sums = courses.sum(axis=1, keepdims=True)
    known = courses[sums[:, 0] > 0]
    if not len(known):
        return None
    middles = np.median(np.cumsum(known, axis=1) / known.sum(axis=1, keepdims=True), axis=0)
    return np.diff(middles, prepend=0.0)


def _of_totals(past: Sequence[float]) -> tuple[Quality, ...]:
    """How far off the middle of the totals before, and the last total, have been."""
    if len(past) < 2:
        return ()
    errors: list[float] = []
    naive: list[float] = []
    for row in range(1, len(past)):
        middle = float(np.median(past[max(0, row - LAST_TOTALS) : row]))
        errors.append(abs(middle / past[row] - 1))
        naive.append(abs(past[row - 1] / past[row] - 1))
    error, last = float(np.mean(errors)), float(np.mean(naive))
    return (Quality(0.0, len(errors), error, np.nan, last),)


def _percents(shares: Sequence[float]) -> str:
    return f"{_series([f'{one * 100:.1f}' for one in shares])} %"


def _series(words: Sequence[str]) -> str:
    return " and ".join((", ".join(words[:-1]), words[-1])) if len(words) > 1 else words[0]

"""Whether response times are as usual: beside the same business day, weekday and hour. Pure.

Business days are counted to the month-end, because the load follows it. Where fewer than three such
hours are known, the same weekday and hour of the last weeks is taken, and the answer says which.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from functools import lru_cache
from statistics import median

from console.checklist.model import Answer
from console.errors import ConfigError
from console.month_end.business_days import BusinessCalendar, business_calendar
from console.month_end.calendar import Closing, ClosingRule, closing, moment_of
from console.month_end.model import Rules
from console.response_times.model import cut, percent_name, percentiles, samples_needed
from console.store.cells import HOUR, Cells
from console.store.series import SeriesId
from console.words import counted, response_time

# Checklist D3 of the operations reference: median + 3 x 1.4826 x MAD and 25 %.
SPREADS = 3.0
MAD_TO_SIGMA = 1.4826  # of a normal distribution
SLOWER = 1.25
MUCH_SLOWER = 2.0  # in two windows one after the other it fails
PERIODS = 3  # earlier hours at least
WEEKS = 8  # that the same weekday is looked for in
MONTHS = 13  # that the same business day is looked for in
QUANTILES = (0.95, 0.5)  # the first for which there are enough samples is compared


@dataclass(frozen=True, slots=True)
class Hours:
    """Earlier hours that are like this one; Unix seconds when each begins, newest first."""

    alike: tuple[float, ...]  # same business day to the month-end, weekday and hour
    weekday: tuple[float, ...]  # same weekday and hour


@dataclass(frozen=True, slots=True)
class Compared:
    """One series beside its own past. Seconds."""

    series: SeriesId
    answer: Answer
    text: str
    value: float | None = None
    limit: float | None = None


def closing_around(at: float, calendar: BusinessCalendar, zone: tzinfo) -> Closing:
    """The month-end whose window ends next: of last month while its first days go on."""
    today = datetime.fromtimestamp(at, zone).date()
    first = today.replace(day=1)
    before = first - timedelta(1)
    rule = ClosingRule()
    last = closing(before.year, before.month, rule, calendar, zone)
    if today <= last.closes:
        return last
    return closing(today.year, today.month, rule, calendar, zone)


def calendar_of(rules: Rules, at: float, zone: tzinfo) -> BusinessCalendar:
    """The calendar around a moment; weekends alone for a country that is none."""
    year = datetime.fromtimestamp(at, zone).year
    try:
        return _calendar(rules, year)
    except ConfigError:
        return business_calendar("", ())


@lru_cache(maxsize=8)
def _calendar(rules: Rules, year: int) -> BusinessCalendar:
    return rules.calendar(year)


def hours_like(at: float, calendar: BusinessCalendar, zone: tzinfo) -> Hours:
    """The earlier hours to compare the hour of `at` with."""
    now = datetime.fromtimestamp(at, zone)
    hour = now.timetz().replace(minute=0, second=0, microsecond=0, tzinfo=None)

    def begin(day: date) -> float:
        return moment_of(day, hour, zone)

    today = now.date()
    weekday = [today - timedelta(7 * n) for n in range(1, WEEKS + 1)]
    if not calendar.is_business_day(today):
        return Hours((), tuple(begin(day) for day in weekday))
    weekday = [day for day in weekday if calendar.is_business_day(day)]
    mine = _offset(today, calendar)
    first = today.replace(day=1)
    alike: list[date] = []
    for _ in range(MONTHS):
        days = [first + timedelta(n) for n in range(31)]
        alike += [
            day
            for day in days
            if day.month == first.month
            and day < today
            and day.weekday() == today.weekday()
            and calendar.is_business_day(day)
            and _offset(day, calendar) == mine
        ]
        first = (first - timedelta(1)).replace(day=1)
    newest = sorted(set(alike), reverse=True)
    return Hours(tuple(begin(day) for day in newest), tuple(begin(day) for day in weekday))


def compare(
    series: SeriesId, now: Cells, until: float, past: Mapping[float, Cells], hours: Hours
) -> Compared:
    """The last hour of a series beside earlier ones. `past`: cells by when their hour begins."""
    too_few = ""
    for quantile in QUANTILES:
        value, samples = _value(now, until - HOUR, until, quantile)
        name = percent_name(quantile)
        if value is None:
            too_few = f"{counted(samples, 'sample')} in the last hour"
            continue
        found, which, known = _baseline(past, hours, quantile)
        if not found:
            too_few = f"{known} of {PERIODS} earlier hours are known"
            continue
        usual, limit = _limit(found)
        told = (
            f"{name} {response_time(value)} of {samples:,}, usual {response_time(usual)} "
            f"({which}, {len(found)} earlier)"
        )
        before, _ = _value(now, until - 2 * HOUR, until - HOUR, quantile)
        twice = before is not None and min(value, before) > MUCH_SLOWER * usual
        answer = Answer.PASS if value <= limit else Answer.FAIL if twice else Answer.WARN
        return Compared(series, answer, told, value, limit)
    return Compared(series, Answer.UNKNOWN, f"too few to compare: {too_few}")


def _limit(values: Sequence[float]) -> tuple[float, float]:
    """What is usual, and above what it is not: both limits have to be passed."""
    usual = median(values)
    deviation = median(abs(one - usual) for one in values)
    return usual, max(usual + SPREADS * MAD_TO_SIGMA * deviation, SLOWER * usual)


def _baseline(
    past: Mapping[float, Cells], hours: Hours, quantile: float
) -> tuple[list[float], str, int]:
    known = 0
    for starts, which in (
        (hours.alike, "same business day, weekday and hour"),
        (hours.weekday, "same weekday and hour"),
    ):
        found = [
            value
            for start in starts
            if start in past
            and (value := _value(past[start], start, start + HOUR, quantile)[0]) is not None
        ]
        if len(found) >= PERIODS:
            return found, which, len(found)
        known = max(known, len(found))
    return [], "", known


def _value(cells: Cells, since: float, until: float, quantile: float) -> tuple[float | None, int]:
    (found,) = percentiles(cut(cells, since, until), (quantile,))
    return found.value, found.samples


def _offset(day: date, calendar: BusinessCalendar) -> int:
    """Business days to the nearest month-end: -2 is two before it, +1 the first after one."""
    first = day.replace(day=1)
    before = calendar.on_or_before(first - timedelta(1))
    after = calendar.on_or_before((first + timedelta(31)).replace(day=1) - timedelta(1))
    since, to = calendar.offset(day, before), calendar.offset(day, after)
    return to if -to <= since else since


def samples_wanted() -> str:
    """How many samples an hour needs, in words."""
    p95, middle = (samples_needed(quantile) for quantile in QUANTILES)
    return f"{p95} samples an hour for {percent_name(QUANTILES[0])}, {middle} for the median"


def hour_words(at: float, calendar: BusinessCalendar, zone: tzinfo) -> str:
    """`Tuesday 14:00 to 15:00, 4 business days before the month-end`."""
    now = datetime.fromtimestamp(at, zone)
    text = f"{now:%A} {now:%H}:00 to {(now + timedelta(hours=1)):%H}:00"
    if not calendar.is_business_day(now.date()):
        return text
    offset = _offset(now.date(), calendar)
    if not offset:
        return f"{text}, the month-end"
    side = "before" if offset < 0 else "after"
    return f"{text}, {counted(abs(offset), 'business day')} {side} the month-end"

"""Which earlier hours are like this one, and whether a series is as usual beside them."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from console.checklist.model import Answer
from console.checklist.usual import (
    HOUR,
    Hours,
    calendar_of,
    closing_around,
    compare,
    hour_words,
    hours_like,
)
from console.month_end.model import Rules
from console.store.cells import Cells
from console.store.histogram import code_of
from console.store.series import SeriesId

API = SeriesId("check", "api")
UNTIL = datetime(2026, 11, 24, 15, tzinfo=UTC).timestamp()  # a Tuesday
WEEKS = tuple(UNTIL - HOUR - 7 * 86_400 * n for n in range(1, 6))
HOURS = Hours((), WEEKS)
PLAIN = calendar_of(Rules(), UNTIL, UTC)


def cells(start: float, *seconds: float, each: int = 60) -> Cells:
    """An hour with so many samples of each duration."""
    codes = np.array(sorted(code_of(one) for one in seconds), np.uint16)
    periods = np.full(len(codes), int(start), np.int64)
    return Cells(60, periods, codes, np.full(len(codes), each, np.uint32))


def both(before: Cells, now: Cells) -> Cells:
    return Cells(
        60,
        np.concatenate([before.periods, now.periods]),
        np.concatenate([before.codes, now.codes]),
        np.concatenate([before.counts, now.counts]),
    )


def past(*seconds: float, each: int = 60) -> dict[float, Cells]:
    return {s: cells(s, one, each=each) for s, one in zip(WEEKS, seconds, strict=False)}


def judged(now: float, *earlier: float, before: float | None = None, each: int = 60):
    recent = cells(UNTIL - HOUR, now, each=each)
    if before is not None:
        recent = both(cells(UNTIL - 2 * HOUR, before), recent)
    return compare(API, recent, UNTIL, past(*earlier), HOURS)


def test_as_usual_passes_and_says_beside_what():
    found = judged(0.2, 0.2, 0.21, 0.19)
    assert found.answer is Answer.PASS
    assert found.text == "p95 200 ms of 60, usual 200 ms (same weekday and hour, 3 earlier)"


@pytest.mark.parametrize(
    ("now", "earlier", "answer"),
    [
        (0.24, (0.2, 0.2, 0.2), Answer.PASS),  # within 25 %
        (0.26, (0.2, 0.2, 0.2), Answer.WARN),  # beyond it, and nothing ever varied
        (0.26, (0.16, 0.2, 0.24), Answer.PASS),  # beyond it, and within what varies
        (0.40, (0.16, 0.2, 0.24), Answer.WARN),  # 0.2 + 3 x 1.4826 x 0.04 = 0.378
    ],
)
def test_it_warns_beyond_both_the_spread_and_a_quarter(
    now: float, earlier: tuple[float, ...], answer: Answer
):
    assert judged(now, *earlier).answer is answer


def test_twice_as_slow_fails_only_in_two_hours_one_after_the_other():
    assert judged(0.5, 0.2, 0.2, 0.2).answer is Answer.WARN
    assert judged(0.5, 0.2, 0.2, 0.2, before=0.2).answer is Answer.WARN
    assert judged(0.5, 0.2, 0.2, 0.2, before=0.45).answer is Answer.FAIL


def test_two_earlier_hours_are_too_few():
    found = judged(0.2, 0.2, 0.2)
    assert found.answer is Answer.UNKNOWN
    assert found.text == "too few to compare: 2 of 3 earlier hours are known"


def test_too_few_samples_now_are_never_compared():
    found = judged(5.0, 0.2, 0.2, 0.2, each=19)
    assert found.answer is Answer.UNKNOWN
    assert found.text == "too few to compare: 19 samples in the last hour"


def test_with_too_few_samples_for_p95_the_median_is_compared():
    found = judged(0.2, 0.2, 0.2, 0.2, each=58)
    assert found.text.startswith("p50 200 ms of 58")


def test_earlier_hours_with_too_few_samples_do_not_count():
    recent = cells(UNTIL - HOUR, 0.2)
    found = compare(API, recent, UNTIL, past(0.2, 0.2, 0.2, each=10), HOURS)
    assert found.answer is Answer.UNKNOWN


def test_the_same_business_day_goes_before_the_weekday():
    alike = tuple(UNTIL - HOUR - 86_400 * n for n in (30, 60, 90))
    known = {one: cells(one, 0.4) for one in alike} | past(0.2, 0.2, 0.2)
    found = compare(API, cells(UNTIL - HOUR, 0.42), UNTIL, known, Hours(alike, WEEKS))
    assert found.answer is Answer.PASS
    assert "same business day, weekday and hour" in found.text


def test_the_weekday_stands_in_where_fewer_than_three_business_days_are_known():
    alike = tuple(UNTIL - HOUR - 86_400 * n for n in (30, 60))
    known = {one: cells(one, 0.4) for one in alike} | past(0.2, 0.2, 0.2)
    found = compare(API, cells(UNTIL - HOUR, 0.42), UNTIL, known, Hours(alike, WEEKS))
    assert found.answer is Answer.WARN
    assert "same weekday and hour" in found.text


def test_hours_alike_are_of_the_same_weekday_and_as_far_from_the_month_end():
    found = hours_like(UNTIL - 1800, PLAIN, UTC)
    days = [datetime.fromtimestamp(one, UTC) for one in found.alike]
    assert days
    assert {(day.weekday(), day.hour) for day in days} == {(1, 14)}
    for day in days:  # four business days before the last one of its month
        end = closing_around(day.timestamp(), PLAIN, UTC)
        assert PLAIN.offset(day.date(), end.day) == -4
    assert [datetime.fromtimestamp(one, UTC).hour for one in found.weekday] == [14] * 8


def test_a_free_day_is_compared_with_the_same_weekday_alone():
    sunday = datetime(2026, 11, 22, 14, 30, tzinfo=UTC).timestamp()
    found = hours_like(sunday, PLAIN, UTC)
    assert found.alike == ()
    assert len(found.weekday) == 8


def test_holidays_are_no_usual_days():
    days = calendar_of(Rules("JP"), UNTIL, UTC)
    monday = datetime(2026, 11, 30, 14, 30, tzinfo=UTC).timestamp()
    found = hours_like(monday, days, UTC)  # 23 November and 12 October are holidays in Japan
    told = {datetime.fromtimestamp(one, UTC).strftime("%m-%d") for one in found.weekday}
    assert not {"11-23", "10-12"} & told


def test_the_hour_is_that_of_the_clock_on_the_wall_across_a_change_of_it():
    berlin = ZoneInfo("Europe/Berlin")
    at = datetime(2026, 11, 3, 9, 30, tzinfo=berlin).timestamp()  # a week after winter time began
    hours = [
        datetime.fromtimestamp(one, berlin).hour for one in hours_like(at, PLAIN, berlin).weekday
    ]
    assert hours == [9] * 8


def test_the_window_that_ends_next_is_last_months_while_its_first_days_go_on():
    early = datetime(2026, 12, 3, 12, tzinfo=UTC)
    late = early + timedelta(10)
    assert closing_around(early.timestamp(), PLAIN, UTC).name == "2026-11"
    assert closing_around(late.timestamp(), PLAIN, UTC).name == "2026-12"


def test_a_country_that_is_none_leaves_the_weekends():
    assert calendar_of(Rules("XX"), UNTIL, UTC).country == ""


def test_the_hour_is_told_with_its_distance_to_the_month_end():
    assert hour_words(UNTIL - 1800, PLAIN, UTC) == (
        "Tuesday 14:00 to 15:00, 4 business days before the month-end"
    )
    sunday = datetime(2026, 11, 22, 23, 30, tzinfo=UTC).timestamp()
    assert hour_words(sunday, PLAIN, UTC) == "Sunday 23:00 to 00:00"

"""Closing days, business days and windows; `jpholiday` is the oracle for Japan."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.errors import ConfigError
from console.month_end.business_days import (
    YEAR_END_DAYS,
    BusinessCalendar,
    Shift,
    business_calendar,
)
from console.month_end.calendar import (
    CLOSING_DAYS,
    ClosingRule,
    closing,
    closings,
    moment_of,
    offset_words,
    span,
)

TOKYO, BERLIN, UTC = ZoneInfo("Asia/Tokyo"), ZoneInfo("Europe/Berlin"), ZoneInfo("UTC")
JAPAN = business_calendar("JP", range(2024, 2029), company=YEAR_END_DAYS)
days_of_years = st.dates(date(2024, 2, 1), date(2028, 11, 30))


@pytest.mark.parametrize("year", range(2015, 2029))
def test_the_holidays_of_japan_are_those_that_another_library_finds(year: int):
    jpholiday = pytest.importorskip("jpholiday", reason="the oracle jpholiday is not installed")
    ours = set(business_calendar("JP", [year], bank=False).free)
    assert ours == {day for day, _ in jpholiday.year_holidays(year)}


def test_banks_in_japan_are_shut_at_the_turn_of_the_year_though_the_law_has_no_holiday():
    assert "Bank Holiday" in JAPAN.why_free(date(2026, 12, 31))
    lawful = business_calendar("JP", [2026], bank=False)
    assert lawful.is_business_day(date(2026, 12, 31))


def test_company_days_are_free_every_year_also_after_the_holiday_table():
    assert JAPAN.why_free(date(2026, 12, 29)) == "company day"
    assert JAPAN.why_free(date(2040, 12, 31)) == "company day"


def test_the_29th_of_february_may_be_a_company_day_and_a_month_end():
    leap = business_calendar("", [], company=["02-29"])
    assert leap.why_free(date(2028, 2, 29)) == "company day"
    rule = ClosingRule(shift=Shift.NONE)
    assert closing(2028, 2, rule, JAPAN, TOKYO).day == date(2028, 2, 29)
    assert closing(2027, 2, rule, JAPAN, TOKYO).day == date(2027, 2, 28)
    assert closing(2100, 2, rule, JAPAN, TOKYO).day == date(2100, 2, 28)


@pytest.mark.parametrize(
    ("shift", "held"),
    [
        (Shift.PREVIOUS, date(2026, 1, 30)),
        (Shift.NEXT, date(2026, 2, 2)),
        (Shift.NONE, date(2026, 1, 31)),
    ],
)
def test_a_closing_on_a_saturday_is_shifted_by_its_rule(shift: Shift, held: date):
    found = closing(2026, 1, ClosingRule(shift=shift), JAPAN, TOKYO)
    assert (found.day, found.nominal) == (held, date(2026, 1, 31))


def test_a_year_end_closing_goes_back_over_company_days_and_the_weekend():
    found = closing(2027, 12, ClosingRule(), JAPAN, TOKYO)
    assert found.day == date(2027, 12, 28)  # the 29th to the 31st are company days


def test_the_window_deadline_and_freeze_count_business_days():
    rule = ClosingRule(before=2, after=3, deadline_day=1, freeze_before=1, freeze_after=0)
    found = closing(2026, 11, rule, JAPAN, TOKYO)  # Monday 30 November
    assert (found.opens, found.day, found.closes) == (
        date(2026, 11, 26),
        date(2026, 11, 30),
        date(2026, 12, 3),
    )
    assert found.deadline == datetime(2026, 12, 1, 18, tzinfo=TOKYO).timestamp()
    assert found.freeze_from == datetime(2026, 11, 27, tzinfo=TOKYO).timestamp()
    assert found.freeze_until == datetime(2026, 12, 1, tzinfo=TOKYO).timestamp()
    assert found.frozen(found.freeze_from)
    assert not found.frozen(found.freeze_until)


def test_every_usual_closing_day_of_a_month_is_found_in_order():
    rules = [ClosingRule(day) for day in CLOSING_DAYS] + [ClosingRule()]
    found = closings(date(2026, 11, 1), date(2026, 11, 30), rules, JAPAN, TOKYO)
    assert [one.day.day for one in found] == [5, 10, 13, 20, 25, 30]  # the 15th is a Sunday
    assert [one.name for one in found][-2:] == ["2026-11-25", "2026-11"]


def test_a_closing_that_its_shift_moves_into_the_next_month_is_found_there_and_only_there():
    rules = [ClosingRule(shift=Shift.NEXT)]
    january = closings(date(2026, 1, 1), date(2026, 1, 31), rules, JAPAN, TOKYO)
    february = closings(date(2026, 2, 1), date(2026, 2, 28), rules, JAPAN, TOKYO)
    assert [one.name for one in january] == ["2025-12"]  # over the turn of the year
    assert [one.name for one in february] == ["2026-01"]  # that of February goes to 2 March
    assert february[0].day == date(2026, 2, 2)


@pytest.mark.parametrize(
    ("day", "offset", "words"),
    [
        (date(2026, 11, 26), -2, "business day -2 to month-end"),
        (date(2026, 11, 30), 0, "month-end"),
        (date(2026, 12, 1), 1, "business day +1 after month-end"),
        (date(2026, 11, 28), 0, "month-end"),  # Saturday: its work is done on Monday
    ],
)
def test_a_day_is_named_by_its_business_days_to_the_closing(day: date, offset: int, words: str):
    found = JAPAN.offset(day, date(2026, 11, 30))
    assert (found, offset_words(found, ClosingRule())) == (offset, words)


@given(days_of_years, st.integers(-15, 15).filter(bool))
def test_going_there_and_counting_back_agree(start: date, count: int):
    first = JAPAN.on_or_after(start)
    there = JAPAN.add(first, count)
    assert JAPAN.is_business_day(there)
    assert JAPAN.offset(there, first) == count
    assert JAPAN.add(there, -count) == first


@given(days_of_years)
def test_a_shift_ends_on_a_business_day_with_none_between(day: date):
    before, after = JAPAN.shifted(day, Shift.PREVIOUS), JAPAN.shifted(day, Shift.NEXT)
    assert before <= day <= after
    assert JAPAN.is_business_day(before)
    assert JAPAN.is_business_day(after)
    if before != after:
        between = [before + timedelta(n) for n in range(1, (after - before).days)]
        assert not any(JAPAN.is_business_day(one) for one in between)


def test_a_table_that_ends_before_next_year_says_so():
    short = business_calendar("JP", [2026])
    assert short.gap(date(2026, 11, 24), date(2026, 12, 31)) == ""
    told = short.gap(date(2026, 11, 24), date(2027, 1, 31))
    assert told.startswith("The holiday table of JP ends on Thu 31 Dec 2026")
    assert "ended" in short.gap(date(2027, 1, 4), date(2027, 1, 31))
    assert "No country" in BusinessCalendar().gap(date(2026, 1, 1), date(2026, 2, 1))


def test_years_that_no_table_knows_are_left_out_and_told():
    far = business_calendar("JP", [2099, 2100])
    assert far.through == date(2099, 12, 31)
    assert far.gap(date(2099, 1, 1), date(2100, 1, 31))


def test_weekends_and_worked_saturdays_are_those_of_the_country():
    emirates = business_calendar("SA", [2026])
    assert not emirates.is_business_day(date(2026, 11, 27))  # Friday
    assert emirates.is_business_day(date(2026, 11, 29))  # Sunday
    china = business_calendar("CN", [2025])
    assert china.is_business_day(date(2025, 1, 26))  # a Sunday worked for the spring festival


def test_a_single_extra_day_is_free_even_where_the_country_works():
    moved = business_calendar("JP", [2026], extra={date(2026, 11, 30): "Moving house"})
    assert moved.why_free(date(2026, 11, 30)) == "Moving house"
    assert closing(2026, 11, ClosingRule(), moved, TOKYO).day == date(2026, 11, 27)


@pytest.mark.parametrize(
    ("country", "subdivision", "company", "told"),
    [
        ("XX", "", [], "No holidays are known for XX"),
        ("DE", "ZZ", [], "DE-ZZ"),
        ("JP", "", ["13-01"], "13-01"),
        ("JP", "", ["New Year"], "New Year"),
    ],
)
def test_what_is_no_country_or_day_is_told(
    country: str, subdivision: str, company: list[str], told: str
):
    with pytest.raises(ConfigError, match=told):
        business_calendar(country, [2026], subdivision=subdivision, company=company)


def test_a_calendar_without_a_business_day_is_refused_and_does_not_hang():
    never = BusinessCalendar(weekend=frozenset(range(7)))
    with pytest.raises(ConfigError, match="No business day"):
        never.on_or_after(date(2026, 1, 1))


@pytest.mark.parametrize("wrong", [{"day": 0}, {"day": 32}, {"before": -1}, {"freeze_after": -1}])
def test_a_rule_that_cannot_be_is_refused(wrong: dict[str, int]):
    with pytest.raises(ConfigError):
        ClosingRule(**wrong)  # pyright: ignore[reportArgumentType]  # what is wrong here


def test_a_day_has_23_24_or_25_hours():
    hours = [
        (span(day, BERLIN)[1] - span(day, BERLIN)[0]) / 3600
        for day in (date(2026, 3, 29), date(2026, 6, 1), date(2026, 10, 25))
    ]
    assert hours == [23, 24, 25]


def test_a_deadline_in_a_skipped_or_repeated_hour_is_one_moment():
    skipped = moment_of(date(2026, 3, 29), time(2, 30), BERLIN)
    assert datetime.fromtimestamp(skipped, BERLIN).strftime("%H:%M") == "03:30"
    repeated = moment_of(date(2026, 10, 25), time(2, 30), BERLIN)
    assert datetime.fromtimestamp(repeated, BERLIN).utcoffset() == timedelta(hours=2)  # the first
    assert moment_of(date(2026, 10, 25), time(2, 30, fold=1), BERLIN) == repeated


def test_the_same_wall_clock_is_another_moment_in_another_zone():
    rule = ClosingRule()
    there, here = (closing(2026, 11, rule, JAPAN, zone).deadline for zone in (TOKYO, UTC))
    assert here - there == 9 * 3600


@pytest.mark.parametrize(
    ("day", "words"), [(1, "1st"), (2, "2nd"), (11, "11th"), (20, "20th"), (23, "23rd")]
)
def test_a_day_is_said_as_people_say_it(day: int, words: str):
    assert ClosingRule(day).words == f"the {words}"

"""The plan: by what was measured, by what is declared, over clock changes, and without data."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from console.cache.model import Quota
from console.instances.model import Phase
from console.instances.scaling.advice import closings_of, declared_of, quality_of, what_if
from console.instances.scaling.forecast import (
    DECLARED,
    LEAST_DAYS,
    MEASURED,
    Declared,
    Plan,
    changes,
    history_of,
    instance_hours,
    make_plan,
    phase_at,
)
from console.instances.scaling.load import Known, Long, rules_of
from console.instances.scaling.measured import Work
from console.instances.scaling.price import Price, parse_price
from console.instances.scaling.rules import Rules
from console.instances.scaling.scaler import Range
from console.instances.scaling.starts import Start
from console.instances.scaling.units import Counted
from console.month_end.demand import History
from console.month_end.plan import DAYS, Period
from console.month_end.plan import at as planned_at
from console.month_end.work import Bound, tightest
from console.month_end.workload import Platform
from console.variables import Settings

BERLIN, TOKYO = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Tokyo")
PLATFORM = Platform(least=1, most=10, start=90.0)
HOUR = 3600
TODAY = date(2026, 11, 24)  # a Tuesday


def made(days: int, zone, *, until: date = TODAY, work=lambda day, hour: 10.0) -> History:
    """A simulated past: so much work in each local hour."""
    end = int(datetime(until.year, until.month, until.day, tzinfo=zone).timestamp())
    hours = range(end - days * 86_400, end, HOUR)
    units = []
    for hour in hours:
        then = datetime.fromtimestamp(hour, zone)
        units.append(work(then.date(), then.hour))
    counted = Counted(np.array(hours, np.int64), np.array(units, np.float64), HOUR)
    return history_of(counted, list(hours), zone, until)


def office(day: date, hour: int) -> float:
    """Busy in office hours, ten times so in the last three days of a month. Simulated."""
    if day.weekday() >= 5 or not 9 <= hour < 18:
        return 10.0
    return 3000.0 if (day + timedelta(3)).month != day.month else 300.0


def planned(history: History, seconds: float | None = 12.0, zone=TOKYO, **declared) -> Plan:
    now = datetime(TODAY.year, TODAY.month, TODAY.day, tzinfo=zone).timestamp()
    at = closings_of(now, zone)
    return make_plan(history, seconds, Declared(**declared), PLATFORM, at, TODAY, zone)


def moment(text: str, zone=TOKYO) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=zone).timestamp()


def test_a_measured_plan_is_quiet_normal_and_busy():
    plan = planned(made(120, TOKYO, work=office))
    assert (plan.source, plan.days) == (MEASURED, 120)
    assert plan.closings >= 3
    night = planned_at(plan.periods, moment("2026-11-26T03:00"))
    day = planned_at(plan.periods, moment("2026-11-26T11:00"))
    closing = planned_at(plan.periods, moment("2026-11-30T11:00"))
    assert night is not None
    assert day is not None
    assert closing is not None
    assert night < day < closing <= PLATFORM.most


def test_a_rise_begins_early_by_the_start_time():
    plan = planned(made(120, TOKYO, work=office))
    before, after = next((a, b) for a, b in pairwise(plan.periods) if b.instances > a.instances)
    assert before.end == after.start
    then = datetime.fromtimestamp(after.start, TOKYO)
    assert then.minute == 58  # 90 s, in whole minutes


@pytest.mark.parametrize(("first", "hours"), [("2026-03-29", 23), ("2026-10-25", 25)])
def test_days_on_which_the_clock_changes_are_planned_in_full(first: str, hours: int):
    day = date.fromisoformat(first)
    at = closings_of(moment(f"{first}T00:00", BERLIN), BERLIN)
    plan = make_plan(made(0, BERLIN), None, Declared(), PLATFORM, at, day, BERLIN)
    length = plan.periods[-1].end - plan.periods[0].start
    assert length == ((DAYS - 1) * 24 + hours) * HOUR
    assert all(a.end == b.start for a, b in pairwise(plan.periods))


def test_an_hour_that_comes_twice_holds_both():
    until = date(2026, 10, 26)
    history = made(1, BERLIN, until=until)  # begins an hour late: the day before had 25 hours
    assert history.days == (date(2026, 10, 25),)
    long = made(2, BERLIN, until=until)
    row = long.hours[long.days.index(date(2026, 10, 25))]
    assert (row[1], row[2], row[3]) == (10, 20, 10)


def test_an_hour_that_the_clock_skips_is_filled_from_those_beside_it():
    history = made(2, BERLIN, until=date(2026, 3, 30))
    row = history.hours[history.days.index(date(2026, 3, 29))]
    assert row[2] == 10


def test_a_day_that_was_hardly_watched_is_not_known_and_no_quiet_day():
    hours = [int(moment("2026-11-20T00:00")) + n * HOUR for n in range(20)]
    counted = Counted(np.array(hours, np.int64), np.full(20, 7.0), HOUR)
    history = history_of(counted, hours, TOKYO, TODAY)
    assert np.isnan(history.totals).all()


def test_a_watched_hour_without_work_counts_as_none():
    hours = [int(moment("2026-11-20T00:00")) + n * HOUR for n in range(24)]
    none = Counted(np.empty(0, np.int64), np.empty(0), HOUR)
    assert history_of(none, hours, TOKYO, TODAY).totals.tolist() == [0.0]


def test_today_and_days_to_come_are_no_history():
    """Today is not over; a day to come is of a clock that was set back."""
    hours = [int(moment("2026-11-24T00:00")) + n * HOUR for n in range(48)]
    counted = Counted(np.array(hours, np.int64), np.full(48, 7.0), HOUR)
    assert history_of(counted, hours, TOKYO, TODAY).days == ()


@pytest.mark.parametrize("days", [0, LEAST_DAYS - 1])
def test_without_enough_history_it_says_so_and_plans_what_is_declared(days: int):
    plan = planned(made(days, TOKYO), quiet=1, normal=3, busy=7)
    assert plan.source == DECLARED
    assert f"needs {LEAST_DAYS}" in plan.note
    assert planned_at(plan.periods, moment("2026-11-29T11:00")) == 1  # a Sunday
    assert planned_at(plan.periods, moment("2026-12-15T11:00")) == 3
    assert planned_at(plan.periods, moment("2026-11-30T11:00")) == 7
    assert planned_at(plan.periods, moment("2026-11-30T03:00")) == 1


def test_a_declared_plan_can_sleep_at_night_where_the_minimum_is_none():
    at = closings_of(moment("2026-11-24T00:00"), TOKYO)
    platform = Platform(least=0, most=4)
    plan = make_plan(made(0, TOKYO), None, Declared(0, 2, 9), platform, at, TODAY, TOKYO)
    assert {one.instances for one in plan.periods} == {0, 2, 4}


def test_without_the_time_of_an_item_nothing_is_forecast():
    assert planned(made(120, TOKYO, work=office), None).source == DECLARED


def test_a_closing_declared_busier_is_marked_as_a_what_if():
    past = made(120, TOKYO, work=office)
    plain, busier = planned(past), planned(past, closing_times=2.0)
    assert "what-if" in busier.note
    hours = [instance_hours(one.periods, 0, 2e9) for one in (plain, busier)]
    assert hours[1] > hours[0]


def test_months_without_a_month_end_say_that_none_was_seen():
    short = made(15, TOKYO, until=TODAY)
    assert planned(short).note.startswith("No month-end was seen yet")


def test_instance_hours_and_changes():
    periods = (Period(0, 7200, 2), Period(7200, 10_800, 5))
    assert instance_hours(periods, 0, 10_800) == 9
    assert instance_hours(periods, 3600, 7200) == 2
    assert changes(periods, 7200) == [periods[1]]


@pytest.mark.parametrize(
    ("then", "phase"),
    [
        ("2026-12-15T11:00", Phase.NORMAL),
        ("2026-12-15T23:00", Phase.QUIET),
        ("2026-12-13T11:00", Phase.QUIET),
        ("2026-11-30T11:00", Phase.BUSY),
    ],
)
def test_the_calendar_tells_the_phase(then: str, phase: Phase):
    at = moment(then)
    assert phase_at(at, closings_of(at, TOKYO), TOKYO)[0] is phase


def test_the_plan_knows_the_closings_and_holidays_that_are_set():
    """The 20th of November and the Labour Thanksgiving Day of Japan, the 23rd."""
    settings = Settings.model_validate(
        {"closing_days": "20", "closing_country": "JP", "closing_window": "0,0"}
    )
    for then, phase in (("2026-11-20", Phase.BUSY), ("2026-11-23", Phase.QUIET)):
        at = moment(f"{then}T11:00")
        assert phase_at(at, closings_of(at, TOKYO, settings.closing), TOKYO)[0] is phase
        assert phase_at(at, closings_of(at, TOKYO), TOKYO)[0] is not phase


def test_the_declared_phases_keep_the_bounds():
    assert declared_of(Rules(Platform(least=3, most=3))) == Declared(3, 3, 3)
    assert declared_of(Rules(Platform(least=0, most=8))) == Declared(1, 2, 4)


def test_the_tightest_quota_bounds_by_what_a_unit_calls():
    quotas = [
        Quota("accounting", "minute", 0.0, limit=60, window=60),
        Quota("accounting", "day", 0.0, limit=3000, window=86_400),  # says nothing of this minute
        Quota("bank", "minute", 0.0, limit=30, window=60),
        Quota("nobody", "minute", 0.0, limit=1, window=60),  # is not called
        Quota("odd", "none", 0.0),
    ]
    calls = {"accounting": 3.0, "bank": 1.0, "odd": 9.0}
    assert tightest(quotas, calls) == Bound("accounting", 60.0, 3.0)
    assert tightest(quotas, {}) is None
    fast = tightest(quotas, calls, 1530.0)
    assert fast is not None
    assert fast.items_an_hour == pytest.approx(1530)  # it was just done, so it is allowed
    hourly = [Quota("accounting", "hour", 0.0, limit=1200, window=3600)]
    assert tightest(hourly, calls, 1530.0) == Bound("accounting", 20.0, 3.0)  # soon used up
    assert fast.words.startswith("1,530 items an hour were done within the last 15 min")


def test_the_rules_are_as_set_with_what_was_measured():
    known = Known(Work("item", 0.0), None, None, Bound("a", 60.0, 3.0), (Start("x", 0.0, 4.0),), {})
    settings = Settings.model_validate({"instances_min": 0, "instances_max": 20})
    platform = rules_of(settings, known, Range(1, 8)).platform
    assert (platform.least, platform.most) == (1, 8)
    assert (platform.start, platform.calls_a_minute, platform.calls_an_item) == (4.0, 60.0, 3.0)
    assert rules_of(settings, None).platform.most == 20


def test_what_if_goes_by_the_numbers_given_and_nothing_else():
    work = Work("item", 0.0, running=2, in_flight=9, waiting=5000, rate=1.0, peak=1.0)
    known = Known(work, None, None, None, (), {})
    decision = what_if(known, Rules(PLATFORM), 0.0, None, seconds=12.0, rate=600.0)
    assert (decision.wanted, decision.next) == (3, 3)
    unknown = Known(Work("item", 0.0), None, None, None, (), {})
    assert what_if(unknown, Rules(PLATFORM), 0.0, None, seconds=12.0, rate=600.0).wanted == 3


def test_a_price_with_and_without_a_currency():
    assert parse_price("") is None
    assert parse_price("0.05 EUR") == Price(0.05, "EUR")
    assert parse_price(" 7 ") == Price(7.0)
    assert Price(0.05, "EUR").words(1401) == "70.05 EUR"
    for text in ("free", "-1", "0,05", "1 2", "1e9", "0.05 EUR/h"):
        with pytest.raises(ValueError, match="such as"):
            parse_price(text)


def test_a_zone_without_changes_counts_the_same_hours():
    assert made(3, UTC).totals.tolist() == [240.0] * 3


def test_it_says_how_good_such_forecasts_have_been():
    long = Long(made(190, TOKYO, work=office), 12.0)
    told = quality_of(long, TOKYO, moment("2026-11-24T00:00"))
    assert told.startswith("By the ")
    assert "past days" in told
    assert quality_of(Long(made(3, TOKYO), None), TOKYO, moment("2026-11-24T00:00")) == ""

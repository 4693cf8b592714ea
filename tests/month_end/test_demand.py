"""Demand around closings: factors from few month-ends, compared with last month."""

from datetime import date, timedelta

import numpy as np
import pytest

from console.month_end.business_days import YEAR_END_DAYS, business_calendar
from console.month_end.calendar import ClosingRule
from console.month_end.demand import Closings, History, expected_hours, fit, tidy, traits, what_if
from console.month_end.outlook import MODEL, outlook
from console.month_end.within_day import SAME_DAY

JAPAN = business_calendar("JP", range(2025, 2028), company=YEAR_END_DAYS)
AT = Closings(JAPAN, (ClosingRule(), ClosingRule(20)))
PEAK = {-1: 2.0, 0: 3.0, 1: 2.5, 2: 1.5}
START = date(2026, 4, 1)


def made(months: int, *, noise: float = 0.08, seed: int = 1, at: Closings = AT) -> History:
    """Days whose factors are known: closing days three times as busy, the 20th twice."""
    chance = np.random.default_rng(seed)
    days = [START + timedelta(n) for n in range(round(months * 30.5))]
    of = traits(days, at)
    weekday = np.array([1.2, 1, 1, 1, 0.9, 0.1, 0.05, 0.1])[of.weekday]
    peak = np.array([PEAK.get(int(k), 1.0) for k in of.offset])
    totals = 1000 * weekday * peak * (1 + of.other) * np.exp(noise * chance.normal(size=len(days)))
    course = np.zeros(24)
    course[9:18] = 1 / 9
    return History(tuple(days), totals[:, None] * course)


def test_the_peak_of_a_month_end_is_learned_from_two():
    model = fit(made(2), AT)
    assert model is not None
    assert model.closings == 2
    assert model.factor("offset", 0) == pytest.approx(3.0, rel=0.2)
    assert model.factor("offset", -4) == pytest.approx(1.0, rel=0.1)
    assert model.factor("other", 1) == pytest.approx(2.0, rel=0.2)
    assert model.factor("weekday", 0) / model.factor("weekday", 2) == pytest.approx(1.2, rel=0.1)


def test_a_single_odd_day_hardly_counts_where_days_scatter_as_much():
    history = made(3, noise=0.6)
    of = traits(history.days, AT)
    raw = np.log(history.totals / np.median(history.totals))[of.offset == 4]
    model = fit(history, AT)
    assert model is not None
    assert abs(np.log(model.factor("offset", 4))) < abs(float(np.median(raw)))


def test_items_of_a_day_are_shared_out_over_its_hours():
    model = fit(made(3), AT)
    assert model is not None
    hours = expected_hours(model, [date(2026, 7, 31)], AT)
    assert hours.sum() == pytest.approx(float(model.totals(traits([date(2026, 7, 31)], AT))[0]))
    assert hours[0, :9].sum() == pytest.approx(0)


def test_the_model_beats_last_month_where_weekdays_matter_and_says_how_good_both_were():
    found = outlook(made(6), [date(2026, 10, 30)], AT)
    assert found.method == MODEL
    errors = dict(found.errors)
    assert errors[MODEL] < errors[SAME_DAY]
    assert found.words.startswith("By the calendar model: off by ")
    assert SAME_DAY in found.words
    (day,) = found.days
    assert day.words == "month-end"
    assert day.low is not None
    assert day.expected is not None
    assert day.high is not None
    assert day.low < day.expected < day.high


def test_intervals_of_unseen_closings_cover_about_four_of_five_days():
    inside: list[bool] = []
    for seed in range(6):
        history = made(7, seed=seed)
        cut = date(2026, 10, 1)
        rows = [n for n, d in enumerate(history.days) if d >= cut and JAPAN.is_business_day(d)]
        days = [history.days[n] for n in rows]
        found = outlook(history.before(cut), days, AT)
        for row, day in zip(rows, found.days, strict=True):
            assert day.low is not None
            assert day.high is not None
            inside.append(day.low <= float(history.totals[row]) <= day.high)
    assert 0.70 <= float(np.mean(inside)) <= 0.92


def test_without_history_nothing_is_claimed():
    found = outlook(History((), np.empty((0, 24))), [date(2026, 11, 30)], AT)
    assert found.days[0].expected is None
    assert "no history" in found.words


def test_one_closing_gives_numbers_without_an_interval_and_says_so():
    history = made(1).before(date(2026, 5, 1))
    found = outlook(history, [date(2026, 5, 29)], AT)
    assert found.days[0].expected is not None
    assert found.days[0].low is None
    assert found.closings == 1
    assert "not measured yet" in found.words


def test_a_history_without_a_month_end_says_that_its_peak_is_not_known():
    history = made(1).before(date(2026, 4, 20))
    assert "No month-end was seen yet" in outlook(history, [date(2026, 4, 30)], AT).words


def test_a_month_with_half_its_days_missing_moves_the_forecast_little():
    whole = made(5)
    holed = History(whole.days, whole.hours.copy())
    for row, day in enumerate(whole.days):
        if day.month == 7 and day.day % 2:
            holed.hours[row] = np.nan
    target = [date(2026, 8, 31)]
    full, less = (outlook(one.before(date(2026, 8, 20)), target, AT) for one in (whole, holed))
    assert less.days[0].expected == pytest.approx(full.days[0].expected, rel=0.15)


def test_a_closing_that_moved_lends_its_peak_to_the_day_on_which_it_was_held():
    moved = Closings(JAPAN, AT.rules, {date(2026, 5, 31): date(2026, 6, 3)})
    assert moved.offset(date(2026, 6, 3)) == 0
    assert moved.offset(date(2026, 6, 2)) == -1
    history = made(3, at=moved)
    knowing, unaware = fit(history, moved), fit(history, AT)
    assert knowing is not None
    assert unaware is not None
    assert abs(knowing.factor("offset", 0) - 3) < abs(unaware.factor("offset", 0) - 3) + 0.05


def test_a_day_that_is_given_twice_counts_once():
    days = [date(2026, 4, 2), date(2026, 4, 1), date(2026, 4, 2)]
    found = tidy(days, np.array([[1.0], [2.0], [-3.0]]))
    assert found.days == (date(2026, 4, 1), date(2026, 4, 2))
    assert found.totals[0] == 2
    assert np.isnan(found.totals[1])


def test_the_same_business_day_last_month_is_counted_from_the_month_end():
    assert AT.same_day_last_month(date(2026, 11, 30)) == date(2026, 10, 30)
    assert AT.same_day_last_month(date(2026, 12, 2)) == date(2026, 11, 4)  # the 3rd is a holiday
    assert AT.same_day_last_month(date(2026, 11, 14)) == date(2026, 10, 17)  # a Saturday


def test_a_declared_what_if_multiplies_closing_days_only():
    model = fit(made(3), AT)
    assert model is not None
    busier = what_if(model, 2.0)
    of = traits([date(2026, 7, 31), date(2026, 7, 15)], AT)
    assert (busier.totals(of) / model.totals(of)).tolist() == pytest.approx([2.0, 1.0])

"""The total of a running day, on a real series and on made-up ones, never looking ahead."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from console.month_end.conformal import interval_factors, least_scores
from console.month_end.gaps import filled
from console.month_end.scoring import slots_at, walk_forward
from console.month_end.within_day import LINEAR, SAME_DAY, forecast_day
from tests.month_end.bank import ABSENT, bank_calls, read_days
from tests.month_end.series import KINDS, SLOTS, made_up

BARS = {0.25: 0.040, 0.50: 0.018, 0.75: 0.009}  # MAPE on the bank's calls
LINEAR_BAR = {0.25: 0.047, 0.50: 0.173, 0.75: 0.158}  # as published of the linear bar
COVERED = (0.73, 0.87)  # of an 80 % interval


@pytest.mark.parametrize("fraction", BARS)
def test_the_banks_calls_are_forecast_within_the_bars(fraction: float):
    days = bank_calls()
    if days is None:
        pytest.skip(ABSENT)
    score = walk_forward(days, fraction)
    assert score is not None
    assert score.days == 124
    assert score.error <= BARS[fraction]
    assert COVERED[0] <= score.covered <= COVERED[1]
    assert score.linear == pytest.approx(LINEAR_BAR[fraction], abs=0.0006)
    assert score.error < score.same_day


@pytest.mark.parametrize("fraction", BARS)
@pytest.mark.parametrize("kind", KINDS)
def test_it_is_never_much_worse_than_the_plain_share_of_the_day_and_covers(
    kind: str, fraction: float
):
    days, weekdays = made_up(1, **KINDS[kind])
    score = walk_forward(days, fraction, weekdays=weekdays)
    assert score is not None
    assert score.error <= 1.1 * share_curve(days, fraction) + 0.001
    assert score.error < score.linear
    assert 0.70 <= score.covered <= 0.90


def share_curve(days: np.ndarray, fraction: float, first: int = 40) -> float:
    """The error of: so far / median share of the last 40 days."""
    done, total = days[:, : slots_at(fraction, SLOTS)].sum(axis=1), days.sum(axis=1)
    shares = done / np.maximum(total, 1)
    errors = [
        abs(done[day] / max(1e-9, np.median(shares[day - first : day])) / total[day] - 1)
        for day in range(first, len(days))
        if total[day] > 0
    ]
    return float(np.mean(errors))


def test_with_few_items_it_leans_on_the_usual_day_and_halves_the_error():
    days, weekdays = made_up(1, **KINDS["few items, steady days"])
    score = walk_forward(days, 0.25, weekdays=weekdays)
    assert score is not None
    assert score.error < 0.5 * share_curve(days, 0.25)


def test_what_comes_later_changes_nothing_that_was_said_before():
    days, _ = made_up(2, mean=200)
    said = forecast_day(days[:60], days[60, :12])
    changed = days.copy()
    changed[60, 12:] *= 50
    changed[61:] = 0
    assert forecast_day(changed[:60], changed[60, :12]) == said


def test_without_history_it_says_so_and_claims_nothing():
    found = forecast_day(np.empty((0, 10)), np.array([3.0]))
    assert found.total is None
    assert "no history" in found.words


def test_where_no_past_day_is_whole_the_pace_is_all_there_is():
    found = forecast_day(np.full((5, 10), np.nan), np.array([3.0, 5.0]))
    assert (found.total, found.method, found.low) == (40.0, LINEAR, None)
    assert "no past day is known in full" in found.words


def test_one_or_two_past_days_give_a_number_and_no_interval():
    found = forecast_day(np.array([[10.0, 30.0]]), np.array([5.0]))
    assert found.total == pytest.approx(20)
    assert found.low is None
    assert "Only 1 past day known" in found.note


def test_eight_past_days_are_one_short_of_an_80_percent_interval():
    days, _ = made_up(3, mean=500, days=10)
    short, enough = forecast_day(days[:8], days[9, :20]), forecast_day(days[:9], days[9, :20])
    assert short.low is None
    assert short.note == "An interval needs 9 past days; 8 are known."
    assert enough.low is not None


def test_days_of_which_more_than_a_little_is_missing_count_nowhere():
    days, _ = made_up(4, mean=500, days=60)
    holes = days.copy()
    holes[::2, 7:13] = np.nan  # half of the days miss an eighth of their slots
    found = forecast_day(holes, days[0, :20])
    whole = forecast_day(days[1::2], days[0, :20])
    assert (found.total, found.days) == (whole.total, 30)


def test_days_of_which_little_is_missing_are_taken_as_usual_there():
    days, _ = made_up(4, mean=5000, days=60)
    holes = days.copy()
    holes[np.random.default_rng(1).uniform(size=days.shape) < 0.02] = np.nan  # most days miss one
    found, whole = forecast_day(holes[:59], days[59, :20]), forecast_day(days[:59], days[59, :20])
    assert found.days == whole.days == 40
    assert found.total == pytest.approx(whole.total, rel=0.02)
    assert filled(holes).sum(axis=1) == pytest.approx(days.sum(axis=1), rel=0.05)


def test_a_slot_that_was_never_known_is_no_slot_of_such_days():
    days = np.random.default_rng(4).poisson(20.0, (60, 12)).astype(np.float64)
    gone = np.insert(days, [0, 7, 12], np.nan, axis=1)  # the first, one in the middle, the last
    whole, found = forecast_day(days, days[-1, :6]), forecast_day(gone, gone[-1, :7])
    assert (found.total, found.low, found.high) == (whole.total, whole.low, whole.high)
    assert walk_forward(gone, 0.5) == walk_forward(days, 0.5)


def test_filling_leaves_alone_what_it_cannot_tell():
    empty = np.full((3, 20), np.nan)
    assert np.isnan(filled(empty)).all()
    assert filled(np.empty((0, 20))).shape == (0, 20)
    one = np.array([[1.0] * 19 + [np.nan]])
    assert filled(one).sum() == 19  # that slot is known of no day


def test_slots_of_today_that_are_not_known_are_not_taken_for_zero():
    days, _ = made_up(5, mean=5000, days=60)
    today = days[59, :24].copy()
    whole = forecast_day(days[:59], today).total
    today[[5, 6, 7, 20]] = np.nan
    holed = forecast_day(days[:59], today).total
    assert whole is not None
    assert holed == pytest.approx(whole, rel=0.05)


def test_negative_and_infinite_counts_are_no_counts():
    days, _ = made_up(6, mean=500, days=40)
    wrong = days.copy()
    wrong[3, 3], wrong[4, 4] = -5, np.inf
    found, right = forecast_day(wrong, days[39, :20]), forecast_day(days, days[39, :20])
    assert found.total == pytest.approx(right.total, rel=0.02)


def test_days_without_a_single_item_do_not_break_it():
    days, _ = made_up(7, mean=500, days=40)
    days[10:20] = 0
    found = forecast_day(days, days[39, :20])
    assert found.days == 30
    assert forecast_day(np.zeros((20, 10)), np.zeros(4)).total == 0


def test_a_day_on_which_nothing_came_yet_is_still_forecast_by_the_usual_rest():
    days, _ = made_up(8, mean=30, spread=0.02)
    found = forecast_day(days, np.zeros(12))
    assert found.total is not None
    assert found.total > 5


def test_the_interval_never_ends_below_what_already_came():
    days, _ = made_up(9, mean=100)
    found = forecast_day(days, np.full(40, 50.0))
    assert found.low is not None
    assert found.low >= 2000


def test_it_names_what_it_uses_and_how_good_that_and_the_rivals_have_been():
    days, _ = made_up(10, mean=500)
    found = forecast_day(days[:100], days[100, :24])
    assert [one.name for one in found.rivals] == [LINEAR, SAME_DAY]
    assert found.rivals[1].total == days[100 - 21].sum()
    assert found.words.startswith("By the usual ")
    assert "on 40 past days" in found.words
    assert SAME_DAY in found.words


def test_more_slots_than_a_day_has_is_no_such_day():
    assert forecast_day(np.ones((5, 4)), np.ones(5)).total is None


@settings(max_examples=40, deadline=None)
@given(
    arrays.arrays(
        np.float64,
        st.tuples(st.integers(0, 30), st.just(6)),
        elements=st.sampled_from([0.0, 1.0, 7.0, 1e6, -1.0, np.nan, np.inf]),
    ),
    st.lists(st.sampled_from([0.0, 1.0, 1e6, np.nan]), max_size=6),
)
def test_any_table_gives_a_finite_forecast_or_none(history: np.ndarray, today: list[float]):
    found = forecast_day(history, np.array(today))
    for one in (found.total, found.low, found.high):
        assert one is None or (np.isfinite(one) and one >= 0)
    if found.low is not None:
        assert found.high is not None
        assert found.low <= found.high
    assert found.words


@pytest.mark.parametrize(("level", "least"), [(0.8, 9), (0.9, 19), (0.5, 3)])
def test_an_interval_needs_so_many_scores(level: float, least: int):
    assert least_scores(level) == least
    assert interval_factors(np.arange(1.0, least), level) is None
    assert interval_factors(np.arange(1.0, least + 1), level) == (1.0, float(least))


def test_conformal_ranks_cover_the_level_whatever_the_shape():
    chance = np.random.default_rng(11)
    inside = 0
    for _ in range(3000):
        scores = chance.lognormal(0, 1, 40)
        factors = interval_factors(scores[:-1])
        assert factors is not None
        inside += factors[0] <= scores[-1] <= factors[1]
    assert inside / 3000 == pytest.approx(0.8, abs=0.03)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("dated", [True, False])
def test_days_are_read_from_any_table(tmp_path: Path, delimiter: str, dated: bool):
    days, _ = made_up(4, mean=500, days=30)
    rows: list[list[str]] = [[f"{n}:00" for n in range(days.shape[1])]] if dated else []
    rows += [[f"{one:g}" for one in day] for day in days]
    rows[5][3] = ""
    if dated:
        rows = [
            ["date", *rows[0]],
            *[[f"2026-01-{n + 1:02}", *row] for n, row in enumerate(rows[1:])],
        ]
    path = tmp_path / "days.csv"
    path.write_text("\n".join(delimiter.join(row) for row in rows))
    found = read_days(path)
    assert found.shape == days.shape
    assert np.isnan(found).sum() == 1
    assert np.nansum(found) == pytest.approx(days.sum(), rel=0.01)


def test_a_table_without_numbers_is_refused(tmp_path: Path):
    path = tmp_path / "days.csv"
    path.write_text("a,b\nc,d\n")
    with pytest.raises(ValueError, match="no row of numbers"):
        read_days(path)

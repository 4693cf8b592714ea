import time

import numpy as np
import pytest

from console.health.model import Outcome
from console.response_times.model import (
    MAX_POINTS,
    Curve,
    cut,
    percentile_series,
    percentiles,
    samples_needed,
)
from console.store.cells import DAY, HOUR, MINUTE, Cells, empty, merge
from console.store.histogram import code_of
from tests.response_times.made_cells import NOON, answers, counted, pile

WINDOWS = {
    "1 h": HOUR,
    "6 h": 6 * HOUR,
    "24 h": DAY,
    "7 d": 7 * DAY,
    "35 d": 35 * DAY,
    "90 d": 90 * DAY,
    "400 d": 400 * DAY,
}


def steady(length: int, every: int = 30, resolution: int = MINUTE) -> Cells:
    """Answers of 100 ms that end at noon."""
    at = np.arange(NOON - length, NOON, every)
    periods, counts = np.unique(at // resolution * resolution, return_counts=True)
    return Cells(
        resolution,
        periods.astype(np.int64),
        np.full(len(periods), code_of(0.1), np.uint16),
        counts.astype(np.uint32),
    )


def curves(length: int, **how: int) -> tuple[Curve, ...]:
    return percentile_series(steady(length, **how), NOON - length, NOON)


@pytest.mark.parametrize("name", WINDOWS)
def test_every_window_fits_into_the_points_of_a_chart(name: str):
    length = WINDOWS[name]
    resolution = HOUR if length > 35 * DAY else MINUTE
    for curve in curves(length, resolution=resolution):
        assert 1 <= len(curve.at) <= MAX_POINTS
        assert curve.step % resolution == 0
        assert curve.at[-1] + curve.step == NOON
        assert curve.at[0] <= NOON - length < curve.at[0] + curve.step


@pytest.mark.parametrize(
    ("window", "steps"),
    [
        ("1 h", [10 * MINUTE, 30 * MINUTE, None]),
        ("24 h", [10 * MINUTE, 30 * MINUTE, 3 * HOUR]),
        ("7 d", [HOUR, HOUR, 3 * HOUR]),
        ("35 d", [3 * HOUR] * 3),
        ("400 d", [2 * DAY] * 3),
    ],
)
def test_each_percentile_has_the_finest_step_with_enough_samples(
    window: str, steps: list[int | None]
):
    length = WINDOWS[window]
    found = curves(length, resolution=HOUR if length > 35 * DAY else MINUTE)
    assert [curve.step if curve.shown else None for curve in found] == steps
    for curve in found:
        if curve.shown:
            assert curve.shown == len(curve.at)
            assert curve.samples.min() >= samples_needed(curve.quantile)


def test_fewer_points_make_longer_steps():
    fine = percentile_series(steady(DAY), NOON - DAY, NOON, 300)[0]
    coarse = percentile_series(steady(DAY), NOON - DAY, NOON, 30)[0]
    assert (fine.step, coarse.step) == (10 * MINUTE, HOUR)


def test_a_step_has_the_percentile_of_its_own_samples():
    rng = np.random.default_rng(3)
    seconds = rng.lognormal(-2.5, 0.5, 480)  # four hours at 30 s
    cells = answers(list(seconds), NOON - 4 * HOUR)
    p95 = percentile_series(cells, NOON - 4 * HOUR, NOON, quantiles=(0.95,))[0]
    assert (p95.step, len(p95.at)) == (30 * MINUTE, 8)
    for start, value in zip(p95.at, p95.values, strict=True):
        alone = percentiles(cut(cells, start, start + p95.step), (0.95,))[0]
        assert value == alone.value


def test_a_gap_stays_a_gap():
    before, after = steady(DAY), steady(6 * HOUR)
    hole = merge([cut(before, NOON - DAY, NOON - 12 * HOUR), after])
    p50 = percentile_series(hole, NOON - DAY, NOON, quantiles=(0.5,))[0]
    in_hole = (p50.at >= NOON - 12 * HOUR) & (p50.at < NOON - 6 * HOUR)
    assert np.isnan(p50.values[in_hole]).all()
    assert (p50.samples[in_hole] == 0).all()
    assert not np.isnan(p50.values[~in_hole]).any()


def test_steps_with_too_few_samples_have_no_value_but_their_number():
    thin = cut(steady(DAY, every=600), NOON - DAY, NOON - 12 * HOUR)
    cells = merge([thin, steady(12 * HOUR)])
    p50 = percentile_series(cells, NOON - DAY, NOON, quantiles=(0.5,))[0]
    early = p50.at < NOON - 12 * HOUR
    assert np.isnan(p50.values[early]).all()
    assert (p50.samples[early] > 0).all()


def test_where_the_whole_window_has_too_few_samples_no_step_has_a_value():
    p50, p95, p99 = percentile_series(steady(HOUR), NOON - HOUR, NOON)
    assert (p50.shown, p95.shown, p99.shown) == (6, 2, 0)
    assert p99.samples.sum() == 120


def test_just_enough_samples_in_all_make_one_step():
    cells = steady(HOUR, every=180)
    assert cells.counts.sum() == 20
    p50 = percentile_series(cells, NOON - HOUR, NOON, quantiles=(0.5,))[0]
    assert (p50.step, p50.shown) == (HOUR, 1)


def test_no_cells_make_curves_without_values():
    for curve in percentile_series(empty(MINUTE), NOON - DAY, NOON):
        assert curve.shown == 0
        assert curve.samples.sum() == 0


def test_samples_outside_of_the_window_are_not_counted():
    p50 = percentile_series(steady(DAY), NOON - HOUR, NOON, quantiles=(0.5,))[0]
    assert p50.samples.sum() == 120


def test_a_window_that_ends_within_a_minute_ends_with_that_minute():
    p50 = percentile_series(steady(HOUR), NOON - HOUR - 25, NOON - 25, quantiles=(0.5,))[0]
    assert p50.at[-1] + p50.step == NOON
    assert p50.samples.sum() == 120


def test_timeouts_lift_the_curve_where_they_happened():
    results = [(NOON - HOUR + 10.0 * n, 0.1, Outcome.OK) for n in range(360)]
    results += [(NOON - 600 + 5.0 * n, 10.0, Outcome.TIMEOUT) for n in range(120)]
    p95 = percentile_series(counted(results), NOON - HOUR, NOON, quantiles=(0.95,))[0]
    assert p95.values[0] == pytest.approx(0.1, rel=0.01)
    assert p95.values[-1] == pytest.approx(10.0, rel=0.01)


def test_outcomes_are_no_durations():
    results = [(NOON - HOUR + 30.0 * n, None, Outcome.CONNECT) for n in range(120)]
    assert percentile_series(counted(results), NOON - HOUR, NOON)[0].samples.sum() == 0


def test_cells_of_the_longest_and_the_shortest_duration_fit():
    both = pile([1e-9] * 400 + [1e9] * 400, NOON - 60)
    p50, _, p99 = percentile_series(both, NOON - HOUR, NOON)
    assert p50.shown == 1
    assert np.nanmax(p99.values) > 20_000


def lognormal(length: int, every: int, resolution: int) -> Cells:
    rng = np.random.default_rng(1)
    at = np.arange(NOON - length, NOON, every)
    codes = np.array([code_of(x) for x in rng.lognormal(-2.5, 0.35, 5_000)])
    key = at // resolution * 4096 + rng.choice(codes, len(at))
    cells, counts = np.unique(key, return_counts=True)
    return Cells(
        resolution,
        (cells // 4096 * resolution).astype(np.int64),
        (cells % 4096).astype(np.uint16),
        counts.astype(np.uint32),
    )


@pytest.mark.parametrize(
    ("length", "every", "resolution"),
    [(35 * DAY, 20, MINUTE), (400 * DAY, 30, HOUR)],
    ids=["35 days of minutes", "400 days of hours"],
)
def test_curves_of_the_longest_windows_take_less_than_50_ms(
    length: int, every: int, resolution: int
):
    cells = lognormal(length, every, resolution)
    assert len(cells) > 140_000
    took: list[float] = []
    for _ in range(3):
        began = time.process_time()
        percentile_series(cells, NOON - length, NOON)
        took.append(time.process_time() - began)
    assert min(took) < 0.05


def test_steps_are_longer_where_the_newest_would_have_too_few() -> None:
    # 20 samples in each ten minutes but the last, where some are not counted yet.
    results = answers([0.1] * 117, NOON - HOUR, 30)
    (p50,) = percentile_series(results, NOON - HOUR, NOON, quantiles=(0.5,))
    assert p50.step == 900
    assert not np.isnan(p50.values[-1])


def test_an_end_without_samples_makes_no_step_longer() -> None:
    results = answers([0.1] * 80, NOON - HOUR, 30)
    (p50,) = percentile_series(results, NOON - HOUR, NOON, quantiles=(0.5,))
    assert p50.step == 600
    assert np.isnan(p50.values[-1])


def test_a_few_new_samples_after_a_long_silence_do_not_blur_the_whole_curve() -> None:
    old = [(NOON - 10 * HOUR + 30 * n, 0.1, Outcome.OK) for n in range(960)]
    new = [(NOON - 60.0, 0.1, Outcome.OK)]
    (p50,) = percentile_series(counted([*old, *new]), NOON - 10 * HOUR, NOON, quantiles=(0.5,))
    assert p50.step == 600


def test_a_sample_less_in_some_steps_makes_no_gaps() -> None:
    # One probe in 31 s: every second step of ten minutes has 19 of them.
    results = answers([0.1] * 116, NOON - HOUR, 31)
    (p50,) = percentile_series(results, NOON - HOUR, NOON, quantiles=(0.5,))
    assert p50.step == 900
    assert p50.shown == len(p50.at)

from math import isclose

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.health.model import Outcome
from console.response_times.model import (
    QUANTILES,
    Percentile,
    percent_name,
    percentiles,
    samples_needed,
)
from console.store.cells import empty, merge
from console.store.histogram import RELATIVE_ERROR
from tests.response_times.made_cells import NOON, answers, counted, pile

WITHIN = RELATIVE_ERROR * 1.0001  # for the last bit of a float

RNG = np.random.default_rng(20261124)
DISTRIBUTIONS = {
    "lognormal": RNG.lognormal(-2.5, 0.6, 20_000),
    "bimodal": np.concatenate([RNG.normal(0.05, 0.004, 9_000), RNG.normal(1.8, 0.2, 1_000)]),
    "heavy tail": 0.02 * (1 + RNG.pareto(1.1, 20_000)),
    "all equal": np.full(400, 0.123),
    "exactly enough for p99": RNG.lognormal(-2, 1, 299),
}


def exact(seconds: object, quantile: float) -> float:
    return float(np.quantile(np.asarray(seconds), quantile, method="inverted_cdf"))


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_percentiles_of_a_distribution_are_within_one_percent(name: str):
    seconds = np.clip(DISTRIBUTIONS[name], 1e-6, 20_000)
    for found in percentiles(pile(seconds)):
        assert found.value == pytest.approx(exact(seconds, found.quantile), rel=WITHIN)
        assert found.samples == len(seconds)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.floats(1e-6, 20_000), min_size=20, max_size=400),
    st.sampled_from([0.1, 0.25, 0.5, 0.75, 0.8, 0.9, 0.95, 0.99]),
)
def test_a_percentile_is_the_nearest_rank_of_the_samples_within_one_percent(
    seconds: list[float], quantile: float
):
    found = percentiles(pile(seconds), (quantile,))[0]
    if len(seconds) < samples_needed(quantile):
        assert found.value is None
    else:
        assert found.value is not None
        assert isclose(found.value, exact(seconds, quantile), rel_tol=WITHIN)
        assert found.low is not None
        assert found.high is not None
        assert found.low <= found.value <= found.high


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(1e-4, 30), min_size=60, max_size=200), st.integers(1, 59))
def test_adding_up_parts_gives_the_percentiles_of_the_whole(seconds: list[float], cut: int):
    parts = merge([pile(seconds[:cut]), pile(seconds[cut:], NOON + 60)])
    assert percentiles(parts) == percentiles(pile(seconds))


@pytest.mark.parametrize(
    ("quantile", "needed"), [(0.5, 20), (0.9, 29), (0.95, 59), (0.99, 299), (0.999, 2995)]
)
def test_a_percentile_needs_so_many_samples(quantile: float, needed: int):
    assert samples_needed(quantile) == needed
    below, enough = pile([0.1] * (needed - 1)), pile([0.1] * needed)
    assert percentiles(below, (quantile,))[0].value is None
    assert percentiles(enough, (quantile,))[0].value == pytest.approx(0.1, rel=0.01)


def test_with_too_few_samples_there_is_no_value_but_the_number_of_samples():
    assert percentiles(pile([0.1] * 58), (0.95,)) == (Percentile(0.95, 58),)
    assert Percentile(0.95, 58).needs == 59


def test_one_sample_shows_nothing():
    assert [one.value for one in percentiles(pile([0.25]))] == [None, None, None]


def test_no_cells_at_all_are_no_samples():
    assert [(one.samples, one.value) for one in percentiles(empty(60))] == [(0, None)] * 3


def test_a_timeout_counts_at_its_limit():
    results = [(NOON + 20.0 * n, 0.1, Outcome.OK) for n in range(90)]
    results += [(NOON + 20.0 * n, 10.0, Outcome.TIMEOUT) for n in range(10)]
    p50, p95, _ = percentiles(counted(results))
    assert p50.samples == 100
    assert p50.value == pytest.approx(0.1, rel=0.01)
    assert p95.value == pytest.approx(10.0, rel=0.01)


def test_errors_without_a_duration_are_not_in_a_percentile():
    results = [(NOON + 20.0 * n, 0.1, Outcome.OK) for n in range(60)]
    results += [(NOON + 20.0 * n, 0.001, Outcome.CONNECT) for n in range(60)]
    p50 = percentiles(counted(results))[0]
    assert p50.samples == 60
    assert p50.value == pytest.approx(0.1, rel=0.01)


def test_the_interval_covers_the_true_percentile_about_as_often_as_it_says():
    rng = np.random.default_rng(7)
    true = float(np.exp(-2.5 + 0.6 * 1.6448536))
    hits = 0
    for _ in range(300):
        found = percentiles(pile(rng.lognormal(-2.5, 0.6, 400)), (0.95,))[0]
        assert found.low is not None
        assert found.high is not None
        hits += found.low <= true <= found.high
    assert 0.93 <= hits / 300 <= 1.0


def test_with_more_samples_the_interval_narrows():
    rng = np.random.default_rng(8)
    few = percentiles(pile(rng.lognormal(-2.5, 0.6, 300)), (0.5,))[0]
    many = percentiles(pile(rng.lognormal(-2.5, 0.6, 30_000)), (0.5,))[0]
    assert few.high is not None
    assert few.low is not None
    assert many.high is not None
    assert many.low is not None
    assert (many.high - many.low) * 5 < few.high - few.low


def test_percentiles_come_in_the_order_asked_for():
    found = percentiles(answers([0.1] * 300), (0.99, 0.5))
    assert [one.quantile for one in found] == [0.99, 0.5]
    assert [percent_name(one) for one in (*QUANTILES, 0.999)] == ["p50", "p95", "p99", "p99.9"]

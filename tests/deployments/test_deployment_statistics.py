"""The two-sample tests against exact counting."""

import random
from collections import Counter
from itertools import product
from math import comb

import pytest

from console.deployments.statistics import (
    beyond,
    more_often,
    quantile_code,
    slower,
    wilson,
)


def exactly(bad_before: int, before: int, bad_after: int, after: int) -> float:
    """Fisher's upper tail by counting the ways, in whole numbers."""
    bad, total = bad_before + bad_after, before + after
    ways = sum(
        comb(after, seen) * comb(before, bad - seen)
        for seen in range(bad_after, min(bad, after) + 1)
        if bad - seen >= 0
    )
    return ways / comb(total, bad)


def test_the_tail_is_the_one_that_counting_gives():
    for before, after in ((5, 5), (7, 3), (3, 9), (12, 12)):
        for bad_before, bad_after in product(range(before + 1), range(after + 1)):
            if 0 < bad_before + bad_after < before + after:
                found = more_often(bad_before, before, bad_after, after)
                assert found == pytest.approx(exactly(bad_before, before, bad_after, after))


@pytest.mark.parametrize("share", [0.02, 0.1, 0.5])
def test_it_errs_at_most_as_often_as_it_says(share: float):
    """Over every outcome of two equal samples, weighted by its chance."""
    size, alpha = 30, 0.05

    def chance(bad: int) -> float:
        return comb(size, bad) * share**bad * (1 - share) ** (size - bad)

    wrong = sum(
        chance(one) * chance(other)
        for one, other in product(range(size + 1), repeat=2)
        if more_often(one, size, other, size) < alpha
    )
    assert wrong <= alpha


def test_nothing_is_said_of_nothing():
    assert more_often(0, 0, 3, 10) == 1.0
    assert more_often(0, 10, 0, 0) == 1.0
    assert more_often(0, 10, 0, 10) == 1.0
    assert more_often(10, 10, 10, 10) == 1.0


def test_many_requests_are_told_the_same_by_the_approximation():
    """Just below and just above the number where the test changes."""
    exact = more_often(950, 100_000, 1_050, 100_000)
    approximate = more_often(951, 100_000, 1_050, 100_000)
    assert exact == pytest.approx(0.0127, rel=0.05)
    assert approximate == pytest.approx(exact, rel=0.1)
    assert more_often(10**6, 10**8, 10**6 + 10_000, 10**8) < 1e-6


def test_a_rise_is_seen_and_a_fall_is_not():
    assert more_often(10, 1000, 40, 1000) < 0.0001
    assert more_often(40, 1000, 10, 1000) > 0.99


def test_a_shift_of_the_tail_is_seen_where_the_rest_is_alike():
    before = {500: 960, 600: 40}
    assert slower(before, {500: 880, 600: 20, 700: 100}, 0.95) < 1e-6
    # all beyond the limit share one bucket, which the limit then is
    assert slower(before, {500: 900, 600: 100}, 0.95) < 1e-6


def test_two_alike_samples_are_alike_and_a_faster_one_is_not_slower():
    same = {500: 900, 600: 100}
    assert slower(same, same, 0.95) == 1.0
    assert slower({500: 500, 700: 500}, {500: 1000}, 0.95) > 0.99
    assert slower({}, {}, 0.95) == 1.0
    assert slower({}, same, 0.95) == 1.0


def test_chance_alone_is_hardly_ever_called_slower():
    """Two samples of one skewed distribution, 400 times: at 5 % some 20 are allowed to err."""
    chance = random.Random(20261124)

    def sample() -> Counter[int]:
        return Counter(int(600 + 40 * chance.gauss(0, 1)) for _ in range(300))

    wrong = sum(slower(sample(), sample(), 0.95) < 0.05 for _ in range(400))
    assert wrong <= 20


@pytest.mark.parametrize(
    ("quantile", "code"), [(0.0, 1), (0.5, 1), (0.51, 2), (0.75, 2), (0.95, 9), (1.0, 9)]
)
def test_a_quantile_is_a_nearest_rank(quantile: float, code: int):
    assert quantile_code({9: 1, 1: 2, 2: 1}, quantile) == code
    assert quantile_code({}, quantile) is None


def test_the_tail_of_a_share_is_the_one_that_counting_gives():
    for bad, total in ((1, 1), (1, 2), (2, 2), (5, 40), (60, 1000)):
        wanted = sum(comb(total, n) * 0.05**n * 0.95 ** (total - n) for n in range(bad, total + 1))
        wanted = wanted if bad > 0.05 * total else 1.0
        assert beyond(bad, total, 0.05) == pytest.approx(wanted)
    assert beyond(0, 0, 0.05) == beyond(0, 10, 0.05) == 1.0
    many = [beyond(bad, 40_000, 0.05) for bad in (2000, 2001, 2040)]  # of 2000 to be expected
    assert many == pytest.approx([1.0, 0.49, 0.18], abs=0.01)


def test_the_interval_of_a_share_is_wilsons():
    assert wilson(0, 0) == (0.0, 1.0)
    low, high = wilson(0, 10)
    assert low == 0.0
    assert high == pytest.approx(0.2775, abs=0.0005)  # Wilson 1927; Agresti and Coull 1998
    low, high = wilson(5, 10)
    assert (low, high) == (pytest.approx(0.2366, abs=5e-4), pytest.approx(0.7634, abs=5e-4))

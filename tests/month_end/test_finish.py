"""The simulated end of a closing, against ends that are known and against made-up closings."""

import numpy as np
import pytest

from console.month_end.finish import BLOCK, HORIZON, simulate
from console.month_end.inflow import Shapes, to_come

NOW = 1_796_000_000.0
HOUR = 3600.0


def test_a_steady_pace_ends_when_arithmetic_says():
    finish, fan = simulate(1000, np.full(12, 100.0), NOW, NOW + 4 * HOUR)
    assert finish.probability == 1.0
    assert finish.low == finish.expected == finish.high == pytest.approx(NOW + 10 * BLOCK)
    assert fan is not None
    assert fan.middle[9] == pytest.approx(1000)
    assert fan.middle[-1] == pytest.approx(1000)
    assert "simulated closings, at the pace of the last 3 h of work" in finish.source


def test_the_same_numbers_give_the_same_answer():
    pace = np.random.default_rng(1).poisson(80, 20).astype(float)
    assert (
        simulate(900, pace, NOW, NOW + 3 * HOUR)[0] == simulate(900, pace, NOW, NOW + 3 * HOUR)[0]
    )


def test_made_up_closings_end_inside_of_the_interval_about_four_of_five_times():
    chance = np.random.default_rng(2)
    inside: list[bool] = []
    for seed in range(120):
        mood = np.repeat(np.exp(0.3 * chance.normal(size=40)), 4)  # hours that differ
        blocks = chance.poisson(60 * mood).astype(float)
        past, future = blocks[:40], blocks[40:]
        left = 900.0
        cumulative = np.cumsum(future)
        at = int(np.searchsorted(cumulative, left))
        before = cumulative[at - 1]
        end = NOW + (at + (left - before) / future[at]) * BLOCK
        finish, _ = simulate(left, past, NOW, NOW, seed=seed)
        assert finish.low is not None
        assert finish.high is not None
        inside.append(finish.low <= end <= finish.high)
    assert 0.70 <= float(np.mean(inside)) <= 0.92


def test_what_is_said_to_be_likely_happens_as_often():
    chance = np.random.default_rng(3)
    said: list[float] = []
    came: list[bool] = []
    for seed in range(150):
        blocks = chance.poisson(60 * np.exp(0.3 * chance.normal(size=80))).astype(float)
        left, limit = 900.0, int(chance.integers(12, 19))
        finish, _ = simulate(left, blocks[:40], NOW, NOW + limit * BLOCK, seed=seed)
        assert finish.probability is not None
        said.append(finish.probability)
        came.append(float(blocks[40 : 40 + limit].sum()) >= left)
    assert float(np.mean(said)) == pytest.approx(float(np.mean(came)), abs=0.08)


def test_items_still_to_come_move_the_end_behind_the_last_of_them():
    starts = NOW + HOUR * np.arange(6.0)
    rows = np.array([[0, 0, 0, 0, 0, 10.0]])
    coming = to_come(10, 0.0, 30, Shapes(starts, starts + HOUR, rows), NOW, NOW + 8 * HOUR)
    finish, _ = simulate(100, np.full(12, 100.0), NOW, NOW + 8 * HOUR, coming=coming)
    assert finish.low is not None
    assert finish.low >= NOW + 5 * HOUR


def test_a_quota_bounds_the_pace():
    finish, _ = simulate(1000, np.full(12, 100.0), NOW, NOW + 4 * HOUR, quota=50.0)
    assert finish.expected == pytest.approx(NOW + 20 * BLOCK)
    assert finish.probability == 0.0


def test_nobody_works_at_night():
    worked = np.concatenate([np.ones(4), np.zeros(40), np.ones(40)])
    finish, _ = simulate(1000, np.full(12, 100.0), NOW, NOW + 4 * HOUR, worked=worked)
    assert finish.expected == pytest.approx(NOW + 50 * BLOCK)


def test_too_short_a_past_is_not_known():
    finish, fan = simulate(10, np.array([5.0, np.nan, 5.0, -1.0, 5.0]), NOW, NOW + HOUR)
    assert (finish.probability, fan) == (None, None)
    assert finish.problem == ("How fast it goes is told from 1 h of work; 45 min was seen.")


def test_a_pace_of_nothing_is_not_known_before_the_deadline_and_hopeless_after_it():
    before, _ = simulate(10, np.zeros(10), NOW, NOW + HOUR)
    after, _ = simulate(10, np.zeros(10), NOW, NOW - HOUR)
    assert (before.probability, after.probability) == (None, 0.0)


def test_an_end_beyond_ten_days_is_not_named():
    finish, fan = simulate(1e9, np.full(8, 1.0), NOW, NOW + HOUR)
    assert (finish.probability, finish.expected, finish.high) == (0.0, None, None)
    assert fan is not None
    assert len(fan.times) == HORIZON


def test_nothing_left_is_done_now():
    finish, _ = simulate(0, np.zeros(0), NOW, NOW + HOUR)
    assert (finish.probability, finish.expected) == (1.0, NOW)

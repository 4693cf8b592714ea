"""Whether what is said to be likely happens as often: simulated closings, item by item. The bench
`closings` looks at more of them."""

import numpy as np

from tests.month_end.worlds import World, forecasts

SEEDS = range(6)
WORLDS = (
    World(),  # orders until the deadline
    World(course="early", mean=700, seconds=75, drift=0.25),
    World(late=0.33),
)


def test_what_is_said_of_simulated_closings_happens_as_often():
    told = [
        one
        for world in WORLDS
        for seed in SEEDS
        for one in forecasts("", world, seed, at=(0.6,))
        if one.finish.probability is not None
    ]
    said = np.array([one.finish.probability for one in told])
    came = np.array([one.in_time for one in told])
    assert len(told) == len(SEEDS) * len(WORLDS)
    assert abs(float(said.mean()) - float(came.mean())) <= 0.25  # of 18 closings
    sure = said > 0.9
    assert not sure.any() or came[sure].mean() >= 0.75
    assert 0.6 <= np.mean([one.inside for one in told]) <= 0.97


def test_orders_that_end_hours_before_the_deadline_are_nearly_certain_to_be_done():
    for one in forecasts("", World(course="until 15", mean=500, drift=0.1), 1, at=(0.5, 0.75)):
        assert one.finish.probability is not None
        assert one.finish.probability > 0.9
        assert one.in_time


def test_orders_that_come_until_the_deadline_are_never_nearly_certain():
    for seed in range(3):
        for one in forecasts("", World(), seed, at=(0.6,)):
            assert one.finish.probability is not None
            assert one.finish.probability < 0.95
            assert one.finish.expected is not None
            assert one.finish.expected > one.deadline - 1800

"""What is still to come to a closing: how many, when, and when the last of them is done."""

from dataclasses import replace

import numpy as np
import pytest

from console.month_end.arrivals import COURSE, expect
from console.month_end.inflow import FREE, LATE_PRIOR, Shapes, ToCome, to_come

NOW = 1_796_000_000.0
HOUR = 3600.0
DEADLINE = NOW + 8 * HOUR
COUNT = 4000


def chance() -> np.random.Generator:
    return np.random.default_rng(4)


def shapes(*rows: list[float], late: tuple[float, ...] = ()) -> Shapes:
    """Hours from now on, up to the deadline; `late` are hours after it of the first closing."""
    starts = NOW + HOUR * np.arange(8.0 + len(late))
    never = (0.0,) * len(late)
    table = np.array([[*row, *(never if n else late)] for n, row in enumerate(rows)])
    return Shapes(starts, starts + HOUR, table)


def known(found: ToCome | None) -> ToCome:
    assert found is not None
    return found


def test_as_many_come_as_are_expected_and_when_they_usually_do():
    usual = shapes([0, 0, 20, 30, 50, 0, 0, 0])
    drawn = known(to_come(100, 0.0, FREE, usual, NOW, DEADLINE)).draw(COUNT, DEADLINE, chance())
    blocks = drawn.by_block(NOW, 900.0, 40)
    assert blocks.sum(axis=1).mean() == pytest.approx(100, rel=0.02)
    assert blocks[:, :8].sum() == 0
    assert blocks[:, 8:12].sum(axis=1).mean() == pytest.approx(20, rel=0.05)


def test_the_rest_of_an_hour_under_way_still_comes():
    usual = shapes([10, 0, 0, 0, 0, 0, 0, 10])
    drawn = known(to_come(30, 0.0, FREE, usual, NOW + HOUR / 2, DEADLINE)).draw(
        COUNT, DEADLINE, chance()
    )
    first = drawn.by_block(NOW + HOUR / 2, 1800.0, 1)[:, 0]
    assert first.mean() == pytest.approx(10, rel=0.05)


def test_without_a_past_closing_items_come_evenly_until_the_deadline():
    drawn = known(to_come(80, 0.0, FREE, None, NOW, DEADLINE)).draw(COUNT, DEADLINE, chance())
    blocks = drawn.by_block(NOW, HOUR, 8).mean(axis=0)
    assert blocks == pytest.approx(np.full(8, 10.0), rel=0.05)
    last, _ = drawn.over(0.0, chance())
    assert np.median(last) > DEADLINE - HOUR / 2


def test_what_was_late_before_may_be_late_again():
    usual = shapes([50, 50, 0, 0, 0, 0, 0, 0], [50, 50, 0, 0, 0, 0, 0, 0], late=(10.0,))
    drawn = known(to_come(100, 0.0, FREE, usual, NOW, DEADLINE)).draw(COUNT, DEADLINE, chance())
    last, _ = drawn.over(0.0, chance())
    assert float((last > DEADLINE).mean()) == pytest.approx(0.5, abs=0.05)


def test_something_may_be_late_though_it_never_was():
    usual = shapes([50, 50, 0, 0, 0, 0, 0, 0])
    found = known(to_come(100, 0.0, FREE, usual, NOW, DEADLINE))
    last, _ = found.draw(40 * COUNT, DEADLINE, chance()).over(0.0, chance())
    assert found.straggler == LATE_PRIOR / 2
    assert float((last > DEADLINE).mean()) == pytest.approx(LATE_PRIOR / 2, rel=0.1)


def test_an_item_that_takes_long_is_done_after_the_one_that_came_last():
    usual = shapes([0, 0, 0, 0, 0, 0, 0, 60])
    drawn = known(to_come(60, 0.0, FREE, usual, NOW, DEADLINE)).draw(COUNT, DEADLINE, chance())
    last, ends = drawn.over(60.0, chance())
    assert (ends > last).all()
    # one a minute, a minute each: at the deadline one is still under way in the mean
    inside = float((ends <= DEADLINE).mean())
    assert inside == pytest.approx(np.exp(-1), abs=0.1)


def test_more_than_were_expected_may_be_followed_by_more():
    found = known(to_come(-30, 20.0, FREE, None, NOW, DEADLINE))
    rest = found.draw(COUNT, DEADLINE, chance()).items.sum(axis=1)
    assert 3 < rest.mean() < 15
    far = known(to_come(-500, 20.0, FREE, None, NOW, DEADLINE))
    assert far.draw(COUNT, DEADLINE, chance()).items.sum(axis=1).mean() < 2


def test_nothing_is_to_come_where_the_number_is_reached_and_sure():
    assert to_come(0, 0.0, FREE, None, NOW, DEADLINE) is None


@pytest.mark.parametrize("rows", [[[0.0] * 8], [[5.0, *[0.0] * 7]]])
def test_a_course_that_is_over_says_nothing_of_when(rows: list[list[float]]):
    late = DEADLINE - HOUR
    found = known(to_come(10, 0.0, FREE, shapes(*rows), late, DEADLINE))
    assert (float(found.starts[0]), float(found.ends[-1])) == (late, DEADLINE)
    assert found.shares.sum() == pytest.approx(1)


def test_after_the_deadline_what_is_missing_comes_within_the_hour():
    found = known(to_come(10, 0.0, FREE, None, DEADLINE + 60, DEADLINE))
    assert float(found.ends[-1]) == DEADLINE + 60 + HOUR
    assert found.straggler == 0


def test_the_fewer_closings_the_less_is_known_of_the_number():
    rows = np.random.default_rng(7).poisson(100, (12, 8)).astype(float)
    spread: list[float] = []
    for count in (12, 4, 2):
        told = expect(400, rows[:count].sum(axis=1).tolist(), rows[:count], rows[0, :4])
        told = replace(told, off=20.0)  # the same was measured, on fewer closings
        assert told.method == COURSE
        found = known(to_come(400, told.off, told.freedom, None, NOW, DEADLINE))
        rest = found.draw(COUNT, DEADLINE, chance()).items.sum(axis=1)
        spread.append(float(np.subtract(*np.quantile(rest, [0.95, 0.05]))))
    assert spread[0] < spread[1] < spread[2]

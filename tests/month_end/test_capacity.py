"""Instances needed, held against published values and a discrete-event simulation."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.month_end.capacity import Limit, advise, limit_words, needed, quota_rate
from console.month_end.needs import Needs
from console.month_end.queueing import (
    erlang_c,
    longer_than,
    mean_wait,
    offered_load,
    servers_for_deadline,
    servers_for_utilisation,
    servers_for_wait,
)
from console.month_end.workload import Load, Platform
from tests.month_end.simulation import finished, waits

SERVICE = 12.0  # seconds an item
# Items an hour: load, slots at 60 % and 80 %, slots with P(wait > 30 s) <= 5 %, mean wait then.
TABLE = [
    (60, 0.2, 1, 1, 1, 3.0),
    (300, 1.0, 2, 2, 2, 4.0),
    (600, 2.0, 4, 3, 3, 5.3),
    (1200, 4.0, 7, 5, 5, 6.7),
    (2400, 8.0, 14, 10, 10, 2.5),
]


def test_erlang_c_has_its_published_value():
    assert erlang_c(10, 8) == pytest.approx(0.4092, abs=0.00005)


def test_erlang_c_of_one_server_is_its_utilisation():
    assert [erlang_c(1, load) for load in (0.0, 0.3, 0.9, 1.0, 2.0)] == pytest.approx(
        [0, 0.3, 0.9, 1, 1]
    )


def test_erlang_c_of_a_thousand_servers_neither_overflows_nor_vanishes():
    assert 0 < erlang_c(1000, 970) < 1


@pytest.mark.parametrize(("hour", "load", "at60", "at80", "waiting", "mean"), TABLE)
def test_the_published_table_of_workers_is_reproduced(
    hour: int, load: float, at60: int, at80: int, waiting: int, mean: float
):
    assert offered_load(hour / 3600, SERVICE) == pytest.approx(load)
    assert servers_for_utilisation(load, 0.6) == at60
    assert servers_for_utilisation(load, 0.8) == at80
    assert servers_for_wait(load, SERVICE, 30, 0.05) == waiting
    assert mean_wait(waiting, load, SERVICE) == pytest.approx(mean, abs=0.06)


@pytest.mark.parametrize(("servers", "load"), [(1, 0.5), (3, 2.0), (5, 4.0), (10, 8.0)])
def test_a_simulation_waits_as_the_formula_says(servers: int, load: float):
    found = np.concatenate([waits(servers, load, SERVICE, 40_000, seed) for seed in (1, 2, 3)])
    assert float((found > 0).mean()) == pytest.approx(erlang_c(servers, load), abs=0.03)
    assert float((found > 30).mean()) == pytest.approx(
        longer_than(servers, load, SERVICE, 30), abs=0.03
    )
    assert float(found.mean()) == pytest.approx(mean_wait(servers, load, SERVICE), rel=0.15)


def test_steady_service_times_wait_less_than_the_formula_says():
    found = waits(5, 4.0, SERVICE, 40_000, 1, steady=True)
    assert float(found.mean()) < mean_wait(5, 4.0, SERVICE)


@pytest.mark.parametrize(("backlog", "coming"), [(1000, 0), (300, 700), (0, 1000)])
def test_the_slots_of_the_deadline_form_meet_it_in_a_simulation_and_half_of_them_do_not(
    backlog: int, coming: int
):
    left = 7200.0
    slots = servers_for_deadline(backlog + coming, SERVICE, left, 0.8)
    assert slots is not None
    over = left * 0.8  # the last items need their time as well
    ends = [finished(slots, backlog, coming, over, SERVICE, seed) for seed in range(20)]
    assert max(ends) <= left
    assert min(finished(slots // 2, backlog, coming, over, SERVICE, s) for s in range(5)) > left


def test_ten_times_the_instances_that_the_quota_feeds_finish_hardly_earlier_in_a_simulation():
    platform = Platform(calls_a_minute=60, calls_an_item=3, most=50)
    load = Load(arrivals=0, seconds=SERVICE, backlog=1000, left=3600)
    need = needed(load, platform)
    assert quota_rate(platform) == 1200
    assert need.useful == 4
    few = finished(need.useful + 1, 1000, 0, 0, SERVICE, 1, quota_gap=3.0)
    many = finished(50, 1000, 0, 0, SERVICE, 1, quota_gap=3.0)
    assert many >= 999 * 3.0  # the quota's own time
    assert few == pytest.approx(many, rel=0.10)
    advice = advise(load, platform, 1)
    assert advice.instances == 4
    assert "quota feeds 4 instances" in advice.words


def test_the_quota_bound_of_the_reference_case():
    assert quota_rate(Platform(calls_a_minute=60, calls_an_item=3)) == 1200
    assert quota_rate(Platform()) is None
    assert quota_rate(Platform(calls_a_minute=60, calls_an_item=0)) is None


def test_a_quota_of_zero_feeds_nobody():
    advice = advise(Load(100, SERVICE, backlog=5), Platform(calls_a_minute=0), 1)
    assert advice.need.useful == 0
    assert advice.limit is Limit.QUOTA


@pytest.mark.parametrize(
    ("load", "platform", "running", "limit"),
    [
        (Load(100, 12.0), Platform(), 2, Limit.ARRIVALS),
        (Load(100, 12.0, backlog=500), Platform(), 2, Limit.WORKERS),
        (Load(900, 12.0), Platform(), 2, Limit.WORKERS),  # 600 an hour, and no backlog yet
        (Load(100, 12.0, backlog=500), Platform(calls_a_minute=5), 2, Limit.QUOTA),
        (Load(100, 12.0, backlog=500, errors=0.3), Platform(), 2, Limit.ERRORS),
    ],
)
def test_the_limiting_factor_is_named(load: Load, platform: Platform, running: int, limit: Limit):
    advice = advise(load, platform, running)
    assert advice.limit is limit
    assert limit_words(limit, advice.rates).startswith(f"Limited by {limit.value}: workers ")


def test_it_says_why_six():
    load = Load(arrivals=1200, seconds=12.0, backlog=0)
    advice = advise(load, Platform(start=45.0), 2)
    assert advice.instances == 6
    assert advice.words == (
        "6 instances: 1,200 items an hour of 12.00 s, 1 at once in an instance, busy 70 % of the "
        "time, need 6. Ask 45 s early: so long an instance takes to start."
    )


def test_a_deadline_that_needs_more_than_arrivals_is_the_reason():
    load = Load(100, 12.0, backlog=2000, to_come=500, left=2 * 3600)
    advice = advise(load, Platform(concurrency=2, most=10), 2)
    assert advice.need.deadline == advice.instances == 3
    assert Needs(advice, running=2).words.startswith("2 instances run; this closing takes 3 in")
    assert advice.words.startswith("3 instances: 2,500 items of 12.00 s in 2 h")
    assert advice.meets_deadline


def test_a_deadline_out_of_reach_is_said_and_the_maximum_kept():
    load = Load(100, 12.0, backlog=20_000, left=3600)
    advice = advise(load, Platform(most=8), 6)
    assert advice.instances == 8
    assert advice.meets_deadline is False
    assert "The maximum is 8" in advice.words
    assert "the deadline is not met" in advice.words


def test_a_deadline_that_is_past_promises_nothing():
    advice = advise(Load(0, 12.0, backlog=30, left=-5), Platform(), 1)
    assert advice.need.deadline is None
    assert advice.meets_deadline is False
    assert "The deadline is past; 30 items wait." in advice.words


def test_tries_that_fail_are_work_as_well():
    good, bad = (needed(Load(1200, 12.0, errors=e), Platform()).arrivals for e in (0.0, 0.5))
    assert bad == 2 * good


def test_steps_up_and_down_are_limited_and_what_is_in_flight_stays():
    up = advise(Load(12_000, 12.0), Platform(most=60, step_up=4), 10)
    assert (up.instances, up.next) == (58, 14)
    down = advise(Load(10, 12.0), Platform(step_down=1), 6)
    assert (down.instances, down.next) == (1, 5)
    held = advise(Load(0, 12.0, in_flight=6), Platform(step_down=5), 7)
    assert (held.instances, held.next) == (0, 6)
    assert "Set 6 now: 6 items in flight are not cut off." in held.words


@pytest.mark.parametrize(
    ("load", "platform"),
    [
        (Load(1, 0.0), Platform()),
        (Load(-1, 12.0), Platform()),
        (Load(1, 12.0, errors=1.5), Platform()),
        (Load(1e12, 12.0), Platform()),
        (Load(1, 12.0), Platform(concurrency=0)),
        (Load(1, 12.0), Platform(target=0)),
        (Load(1, 12.0), Platform(least=5, most=2)),
    ],
)
def test_what_cannot_be_changes_nothing_and_is_told(load: Load, platform: Platform):
    advice = advise(load, platform, 3)
    assert (advice.instances, advice.next) == (3, 3)
    assert advice.problems
    assert "the number stays" in advice.words


loads = st.builds(
    Load,
    arrivals=st.floats(0, 50_000),
    seconds=st.floats(0.1, 600),
    backlog=st.floats(0, 1e6),
    in_flight=st.integers(0, 40),
    left=st.one_of(st.none(), st.floats(-1e5, 1e5)),
    errors=st.floats(0, 1),
)
platforms = st.builds(
    Platform,
    concurrency=st.integers(1, 8),
    least=st.integers(0, 3),
    most=st.integers(3, 60),
    calls_a_minute=st.one_of(st.none(), st.floats(0, 1e4)),
    step_up=st.integers(1, 10),
    step_down=st.integers(1, 10),
)


@settings(deadline=None)  # a busy machine is no defect
@given(loads, platforms, st.integers(0, 60))
def test_advice_is_never_above_the_maximum_nor_below_what_is_in_flight(
    load: Load, platform: Platform, running: int
):
    advice = advise(load, platform, running)
    if advice.problems:
        return
    floor = min(advice.need.in_flight, platform.most)
    assert platform.least <= advice.instances <= platform.most
    assert max(platform.least, floor) <= advice.next <= platform.most  # what is set
    assert advice.why
    if running <= platform.most:
        assert advice.next - running <= max(
            platform.step_up, platform.least - running, floor - running
        )


@settings(deadline=None)
@given(loads, st.floats(1.0, 3.0))
def test_more_arrivals_never_need_fewer(load: Load, times: float):
    more = replace(load, arrivals=load.arrivals * times)
    assert needed(more, Platform()).most >= needed(load, Platform()).most

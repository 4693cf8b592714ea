"""What is recommended, and why: signals, bounds, steps, rests, and what is not known."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from console.instances.scaling.measured import Change, Work
from console.instances.scaling.model import Decision, decide
from console.instances.scaling.rules import Rules
from console.instances.scaling.signals import Signal
from console.month_end.capacity import Limit
from console.month_end.workload import Platform

NOW = 1_800_000_000.0
ITEM = 12.0  # seconds
PLATFORM = Platform(least=1, most=10)
WORK = Work("item", NOW, running=2, in_flight=1, in_flight_mean=1.4, waiting=0, rate=300.0,
            peak=300.0, seconds=ITEM, done=300)  # fmt: skip


def rules(**more) -> Rules:
    return Rules(replace(PLATFORM, **more))


def of(decision: Decision, signal: Signal):
    return next(one for one in decision.readings if one.signal is signal)


@pytest.mark.parametrize(
    ("rate", "rho_06", "rho_08", "waiting"),
    # the table of Little's law and Erlang C for items of 12 s: at most 5 % wait longer than 30 s
    [(60, 1, 1, 1), (300, 2, 2, 2), (600, 4, 3, 3), (1200, 7, 5, 5), (2400, 14, 10, 10)],
)
def test_rate_and_waiting_time_give_the_published_numbers(rate, rho_06, rho_08, waiting):
    work = replace(WORK, rate=float(rate), peak=float(rate))
    at_06 = decide(work, rules(target=0.6, most=99), NOW)
    at_08 = decide(work, rules(target=0.8, most=99), NOW)
    assert of(at_06, Signal.RATE).instances == rho_06
    assert of(at_08, Signal.RATE).instances == rho_08
    assert of(at_08, Signal.WAIT).instances == waiting


def test_the_reckoning_is_told_with_its_numbers():
    work = replace(WORK, rate=1200.0, peak=1200.0)
    decision = decide(work, rules(), NOW)
    assert decision.wanted == 6
    assert decision.why.startswith(
        "Why 6: Arrival rate: 1,200 items an hour × 12 s ÷ 3,600 s = 4.00 at once; ÷ 70 % ÷ 1 at "
        "once in an instance = 5.71, so 6."
    )


def test_what_waits_is_done_within_a_quarter_of_an_hour():
    decision = decide(replace(WORK, waiting=200), rules(), NOW)
    # (200 waiting + 75 to come) x 12 s in 900 s at 70 %
    assert of(decision, Signal.QUEUE).instances == 6
    assert decision.leading is Signal.QUEUE


def test_utilisation_is_kubernetes_form_with_its_tolerance():
    busy = decide(replace(WORK, in_flight_mean=2.0, rate=0.0), rules(), NOW)
    assert of(busy, Signal.IN_FLIGHT).instances == 3  # 2 x 100 % / 70 %
    near = decide(replace(WORK, in_flight_mean=1.5, rate=0.0), rules(), NOW)
    assert of(near, Signal.IN_FLIGHT).instances == 2  # 75 % is within a tenth of 70 %
    assert "within 10 % of the target" in of(near, Signal.IN_FLIGHT).formula


def test_what_fails_is_tried_again():
    """The rate counts every try already; what waits still has its tries to come."""
    decision = decide(replace(WORK, rate=600.0, errors=0.5, waiting=100), rules(), NOW)
    assert of(decision, Signal.RATE).instances == 3
    assert "(100 wait × 2.00 tries + 150 come)" in of(decision, Signal.QUEUE).formula
    assert decision.limit is Limit.ERRORS


def test_no_more_than_the_quota_feeds():
    work = replace(WORK, running=4, rate=2400.0, peak=2400.0)
    decision = decide(work, rules(calls_a_minute=60.0, calls_an_item=3.0), NOW)
    assert (decision.wanted, decision.useful, decision.capped) == (
        4,
        4,
        Limit.QUOTA,
    )  # 20 items a minute of 12 s
    assert "feeds 4 instances: more would only be refused" in decision.why
    assert decision.limit is Limit.QUOTA


def test_never_above_the_maximum_and_says_what_would_be_needed():
    decision = decide(replace(WORK, rate=6000.0, peak=6000.0), rules(step_up=99), NOW)
    assert decision.wanted == decision.next == 10
    assert "The maximum is 10; 29 would be needed." in decision.why


def test_never_below_what_is_in_flight():
    work = replace(WORK, running=6, in_flight=5, in_flight_mean=0.5, rate=10.0, peak=10.0)
    decision = decide(work, rules(step_down=9), NOW)
    assert (decision.wanted, decision.next) == (1, 5)
    assert "Not below 5 now: what is in flight there is not cut off." in decision.why


def test_more_in_flight_than_runs_is_no_reason_by_itself():
    """They queue inside of the instances; the signals tell whether more are needed."""
    work = replace(WORK, in_flight=40, in_flight_mean=0.2, rate=10.0, peak=10.0)
    assert decide(work, rules(), NOW).least_safe == 2


def test_the_plan_is_a_floor():
    decision = decide(WORK, rules(), NOW, planned=5)
    assert (decision.wanted, decision.leading) == (5, Signal.PLAN)
    assert decision.why.startswith("Why 5: Plan: the calendar asks for at least 5")


def test_up_in_steps_and_down_in_steps():
    up = decide(replace(WORK, rate=2400.0, peak=2400.0), rules(step_up=3), NOW)
    assert (up.wanted, up.next) == (10, 5)
    assert "at most 3 more at a time" in up.hold
    down = decide(replace(WORK, running=9), rules(), NOW)
    assert (down.wanted, down.next) == (2, 8)


def test_a_rise_says_how_long_an_instance_takes_to_start():
    decision = decide(WORK, rules(start=45.0), NOW, planned=4)
    assert "works 45 s after it was asked for" in decision.hold


def test_after_a_change_it_rests():
    last = Change(NOW - 30, 1, 2)
    decision = decide(WORK, rules(), NOW, planned=4, last=last)
    assert (decision.wanted, decision.next) == (4, 2)
    assert decision.rests_until == NOW + 30
    assert "It stays 2 for another 30 s: the last change (1 to 2)" in decision.hold
    assert decide(WORK, rules(), NOW + 31, planned=4, last=last).next == 4


def test_a_slow_start_makes_the_rest_longer():
    last = Change(NOW - 100, 1, 2)
    assert decide(WORK, rules(start=120.0), NOW, planned=4, last=last).next == 2
    assert decide(WORK, rules(start=90.0), NOW, planned=4, last=last).next == 4


def test_fewer_only_five_minutes_after_a_change():
    work, last = replace(WORK, running=4), Change(NOW - 200, 2, 4)
    assert decide(work, rules(), NOW, last=last).next == 4
    assert decide(work, rules(), NOW + 101, last=last).next == 3


def test_fewer_only_where_less_was_enough_for_five_minutes():
    work = replace(WORK, running=6, rate=300.0, peak=1200.0)
    decision = decide(work, rules(), NOW)
    assert (decision.wanted, decision.next) == (6, 6)
    assert "6 were needed within the last 5 min" in decision.why


def test_a_change_that_was_read_a_moment_later_than_now_counts():
    last = Change(NOW + 0.5, 1, 2)
    assert decide(WORK, rules(), NOW, planned=4, last=last).next == 2


def test_a_few_that_wait_are_no_backlog():
    decision = decide(replace(WORK, waiting=3), rules(calls_a_minute=600.0), NOW)
    assert decision.limit is Limit.ARRIVALS
    behind = decide(replace(WORK, waiting=300), rules(calls_a_minute=600.0), NOW)
    assert behind.limit is Limit.WORKERS


@pytest.mark.parametrize("last", [Change(NOW + 86_400, 2, 4), Change(NOW - 86_400, 2, 4)])
def test_a_clock_that_jumped_holds_nothing_up(last: Change):
    assert decide(WORK, rules(), NOW, planned=4, last=last).next == 4


def test_what_is_above_the_maximum_comes_down_at_once():
    work = replace(WORK, running=14, in_flight=0, in_flight_mean=8.0, rate=2400.0, peak=2400.0)
    assert decide(work, rules(), NOW, last=Change(NOW - 1, 10, 14)).next == 10


def test_nothing_to_do_needs_the_minimum():
    work = replace(WORK, running=1, in_flight=0, in_flight_mean=0.0, rate=0.0, peak=0.0)
    decision = decide(work, rules(), NOW)
    assert (decision.wanted, decision.leading, decision.steady) == (1, Signal.LEAST, True)
    asleep = decide(replace(work, seconds=None), rules(least=0), NOW)
    assert asleep.wanted == 0


def test_a_service_that_sleeps_is_woken_by_the_plan():
    asleep = Work("item", NOW, running=0, rate=0.0, peak=0.0)
    assert decide(asleep, rules(least=0), NOW).next == 0
    assert decide(asleep, rules(least=0), NOW, planned=2).next == 2


def test_without_any_measure_nothing_is_recommended():
    decision = decide(Work("request", NOW, running=2), rules(), NOW)
    assert (decision.wanted, decision.next) == (None, None)
    assert decision.why == "No work was measured yet, so nothing is recommended."
    assert decision.steady


def test_not_knowing_how_many_run_sets_nothing():
    decision = decide(Work("item", NOW, rate=5000.0, seconds=12.0), rules(), NOW, planned=9)
    assert (decision.wanted, decision.next) == (None, None)
    assert "is not known" in decision.why


def test_a_signal_that_is_not_known_says_why_and_asks_for_nothing():
    decision = decide(replace(WORK, seconds=None, done=3, waiting=None), rules(), NOW)
    assert of(decision, Signal.RATE).instances is None
    assert "3 in the last hour" in of(decision, Signal.RATE).why_unknown
    assert "keeps no ledger" in of(decision, Signal.QUEUE).why_unknown
    assert decision.wanted == 2  # what is in flight is known


def test_odd_settings_recommend_nothing():
    decision = decide(WORK, rules(least=5, most=2), NOW)
    assert decision.wanted is None
    assert "minimum" in decision.why


numbers = some.floats(0, 5000)
maybe = some.none() | some.floats(0, 1e4)


@settings(deadline=None, max_examples=150)
@given(
    some.builds(
        Work,
        some.just("item"),
        some.just(NOW),
        running=some.none() | some.integers(0, 30),
        in_flight=some.none() | some.integers(0, 200),
        in_flight_mean=maybe,
        waiting=some.none() | some.integers(0, 10_000),
        rate=some.none() | numbers,
        peak=some.none() | numbers,
        seconds=some.none() | some.floats(0.001, 60),
        errors=some.floats(0, 1),
    ),
    some.integers(0, 4),
    some.integers(4, 40),
    some.integers(1, 8),
    some.none() | some.integers(0, 60),
    some.none()
    | some.builds(Change, some.floats(NOW - 900, NOW + 900), some.just(1), some.just(2)),
)
def test_whatever_is_measured_the_bounds_hold(work, least, most, concurrency, planned, last):
    platform = Platform(concurrency, least, most, calls_a_minute=60.0)
    decision = decide(work, Rules(platform), NOW, planned, last)
    if decision.next is None or work.running is None:
        return
    running = work.running
    assert decision.next == running or least <= decision.next <= most or running > most
    assert decision.next <= max(most, running)
    if decision.next < running <= most:
        held = -(-(work.in_flight or 0) // concurrency)
        assert decision.next >= min(held, running)
        assert running - decision.next == 1
    assert decision.next - running <= max(platform.step_up, least - running)

"""Whose requests count before a deployment and since: by the instance, else by the time."""

from dataclasses import replace

from console.deployments.traffic import (
    LONGEST,
    MINUTE,
    Stretch,
    spans,
    traffic_before,
    traffic_since,
)
from console.instances.traffic import Minute

START = 1_000_020.0  # a full minute
FIRST = int(START // MINUTE)
# begun 20 s into a minute, live 50 s later, in the next one
STRETCH = Stretch(START + 20, START + 70, START + 670, {"new"}, {"old"})


def minute(ago: int, **instances: int) -> Minute:
    """A minute `ago` after the one in which it began, with so many requests of each instance."""
    return Minute(FIRST + ago, instances={name: {500: n} for name, n in instances.items()})


def test_before_are_the_minutes_that_were_over_when_it_began():
    found = traffic_before([minute(-2, old=10), minute(-1, old=5), minute(0, new=3)], STRETCH)
    assert found.requests == 15


def test_what_instances_of_before_answered_in_the_minute_of_the_begin_counts_too():
    minutes = [minute(-1, old=240), minute(0, old=300, new=7), minute(1, old=50, new=200)]
    assert traffic_before(minutes, STRETCH).requests == 540


def test_a_version_that_never_went_live_is_no_measure():
    """It answered its own health check with 503 a thousand times, beside the version that ran."""
    tried = (START - 2 * MINUTE, START - 30)
    minutes = [
        minute(-3, old=10),
        minute(-2, old=10, tried=999),
        minute(-1, old=10, tried=999, later=3),
        minute(0, old=10, later=4, new=2),
    ]
    found = traffic_before(minutes, replace(STRETCH, tried=(tried,)))
    assert found.requests == 47


def test_since_is_what_its_own_instances_answered_also_while_it_was_rolled_out():
    minutes = [minute(0, old=9, new=2), minute(1, old=4, new=7), minute(2, new=20)]
    assert traffic_since(minutes, STRETCH).requests == 29


def test_an_instance_that_nobody_hears_of_any_more_counts_from_live_on():
    """It was scaled away or died; before live it may as well have been an old one."""
    minutes = [minute(0, gone=9), minute(1, gone=9), minute(2, gone=6, old=5)]
    assert traffic_since(minutes, STRETCH).requests == 6


def test_what_comes_after_the_watch_does_not_count():
    assert traffic_since([minute(11, new=5), minute(12, new=99)], STRETCH).requests == 5


def test_as_few_minutes_are_read_as_are_needed():
    past, since = spans(STRETCH, STRETCH.live + 60, 1800.0)
    assert (past[0], past[-1]) == (FIRST - 30, FIRST - 1)
    assert (since[0], since[-1]) == (FIRST, FIRST + 2)
    whole_day = Stretch(START, START, START + 86_400)
    _, since = spans(whole_day, START + 86_400, 1800.0)
    assert len(since) == LONGEST
    assert since[-1] == FIRST + 1440


def test_the_minutes_of_a_version_that_failed_are_no_measure():
    """A version is compared with the last one that was well, however long the bad one ran."""
    bad = (START - 40 * MINUTE - 5, START + 70)
    stretch = replace(STRETCH, apart=(bad,))
    past, _ = spans(stretch, STRETCH.live, 1800.0)
    assert (past[0], past[-1], len(past)) == (FIRST - 71, FIRST - 42, 30)
    minutes = [minute(-42, old=10), minute(-41, old=5), minute(-1, bad=99)]
    assert traffic_before(minutes, stretch).requests == 10


def test_what_ran_between_two_that_failed_counts():
    apart = ((START - 3 * MINUTE, START + 70), (START - 9 * MINUTE, START - 5 * MINUTE))
    past, _ = spans(replace(STRETCH, apart=apart), STRETCH.live, 240.0)
    assert list(past) == [FIRST - 11, FIRST - 10, FIRST - 5, FIRST - 4]

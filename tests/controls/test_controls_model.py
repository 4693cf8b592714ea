"""The mode: who has followed a switch, and what the counters bear out."""

from dataclasses import replace

import pytest

from console.controls.model import (
    FORGOTTEN_FAIL,
    FORGOTTEN_WARN,
    Mode,
    acknowledged,
    evidence,
    present,
    proven,
    remedy,
    standing,
    told,
    touches,
)
from console.health.summary import Standing
from console.instances.model import Heard, Snapshot, Switch
from tests.controls.making import NOW, TWO, beat, snapshot


def test_the_mode_is_that_of_redis_else_the_one_that_all_obey_else_unknown():
    assert present(TWO) is Mode.LIVE
    assert present(snapshot(beat("a", mode="dry_run"), mode="")) is Mode.DRY_RUN
    assert present(snapshot(beat("a"), beat("b", mode="paused"), mode="")) is None
    assert present(snapshot(mode="")) is None
    assert present(Snapshot(NOW, problem="away")) is None
    assert present(None) is None


def test_who_has_seen_the_switch_is_counted_and_who_has_not_is_named():
    found = acknowledged(snapshot(beat("a", epoch=4), beat("b", epoch=3)), Mode.DRY_RUN, 4)
    assert (found.confirmed, found.instances, found.missing) == (1, 2, ("b",))
    assert not found.complete
    assert told(found, Mode.DRY_RUN, 15.0) == "1 of 2 instances confirmed dry run in 15.0 s."
    assert "b" in remedy(found)


def test_work_of_before_that_is_still_in_flight_is_told():
    flying = beat("a", epoch=4, in_flight_older_epoch=1, oldest_in_flight=11.2)
    found = acknowledged(snapshot(flying), Mode.DRY_RUN, 4)
    assert told(found, Mode.DRY_RUN, 4.2) == (
        "1 of 1 instance confirmed dry run in 4.2 s; 1 earlier item was then in flight for 11 s."
    )


def test_an_instance_that_its_environment_holds_back_is_named():
    held = acknowledged(snapshot(beat("a", epoch=4, mode="dry_run")), Mode.LIVE, 4)
    assert "a is held back by DRY_RUN=true" in told(held, Mode.LIVE, 1.0)


def test_without_instances_nobody_confirmed():
    found = acknowledged(snapshot(), Mode.DRY_RUN, 4)
    assert "nobody confirmed" in told(found, Mode.DRY_RUN, 1.0)


def test_an_instance_that_fell_silent_does_not_count():
    silent = Heard("b", NOW - 100, beat("b", epoch=1))
    found = replace(TWO, heard=(*TWO.heard, silent))
    assert acknowledged(found, Mode.LIVE, 3).instances == 2


@pytest.mark.parametrize(
    ("mode", "writes", "unverified", "standing", "words"),
    [
        (
            Mode.DRY_RUN,
            {"refused": 4, "stale": 1},
            0,
            Standing.PASS,
            "0 writes permitted, 5 refused",
        ),
        (Mode.DRY_RUN, {"permitted": 1}, 0, Standing.FAIL, "1 write permitted although"),
        (Mode.PAUSED, {}, 2, Standing.WARN, "2 writes made without Redis"),
        (Mode.DRY_RUN, {"granted": 1}, 0, Standing.PASS, "1 write by a live test run"),
        (Mode.LIVE, {"permitted": 7}, 0, Standing.PASS, "7 writes permitted"),
    ],
)
def test_the_counters_are_the_evidence(mode, writes, unverified, standing, words):
    found = evidence(snapshot(beat("a"), writes=writes, unverified=unverified))
    assert proven(found, mode)[0] is standing
    assert words in proven(found, mode)[1]


def test_writes_that_wait_in_a_journal_are_not_verified_either():
    assert evidence(snapshot(beat("a", journal=3), unverified=1)).unverified == 4


@pytest.mark.parametrize(
    ("age", "expected", "words"),
    [
        (60.0, Standing.WARN, "nothing is written outside."),
        (FORGOTTEN_WARN, Standing.WARN, "Is it still needed?"),
        (FORGOTTEN_FAIL, Standing.FAIL, "Was it forgotten?"),
    ],
)
def test_a_dry_run_must_not_be_forgotten(age: float, expected: Standing, words: str):
    made = snapshot(beat("a"), mode="dry_run", switch=Switch("ann", "", NOW - age))
    found, sentence = standing(made, NOW)
    assert found is expected
    assert words in sentence


def test_what_is_not_known_is_never_live():
    assert standing(None, NOW)[0] is Standing.UNKNOWN
    assert standing(Snapshot(NOW, problem="away"), NOW)[0] is Standing.UNKNOWN
    assert standing(snapshot(), NOW)[0] is Standing.UNKNOWN
    assert standing(TWO, NOW)[0] is Standing.PASS


def test_what_a_switch_touches_is_told_before():
    busy = snapshot(beat("a", in_flight=3), beat("b", mode_reason="env", mode="dry_run"))
    lines = touches(busy, Mode.LIVE)
    assert lines[0].startswith("2 instances")
    assert lines[1].startswith("3 pieces of work in flight")
    assert "DRY_RUN=true in the environment stays above it" in lines[2]
    assert touches(None, Mode.LIVE) == []

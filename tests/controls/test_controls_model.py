"""The mode: what may stand against a switch, who has followed it, what the counters bear out."""

from dataclasses import replace

import pytest

from console.controls.model import (
    APPROVAL_VALID,
    FORGOTTEN_FAIL,
    FORGOTTEN_WARN,
    NOT_COMPARABLE,
    RUN_VALID,
    Approval,
    LastRun,
    Mode,
    Rules,
    Wish,
    acknowledged,
    end_mode,
    evidence,
    is_safer,
    objections,
    present,
    proven,
    remedy,
    standing,
    told,
    touches,
)
from console.health.summary import Standing
from console.instances.heartbeat import Beat
from console.instances.model import Heard, Snapshot, Switch

NOW = 1_800_000_000.0
PRINT = "0123456789abcdef"


def beat(name: str, **more: object) -> Beat:
    told = {"at": NOW, "started_at": NOW - 900, "interval": 2.0, "mode": "live", "epoch": 3}
    return Beat(name, **({**told, "settings": PRINT, "mode_reason": "redis"} | more))


def snapshot(*beats: Beat, mode: str = "live", epoch: int = 3, **more: object) -> Snapshot:
    heard = tuple(Heard(one.instance, NOW, one) for one in beats)
    switch = Switch("ann", "a reason", NOW - 60)
    return Snapshot(**({"at": NOW, "server_at": NOW, "heard": heard, "mode": mode, "epoch": epoch,
                        "switch": switch} | more))  # fmt: skip


TWO = snapshot(beat("a"), beat("b"))
PASSED = LastRun(NOW - 60, True, PRINT)
LIVE = Wish(Mode.LIVE, 3, typed="relay")


def against(wish: Wish, found: Snapshot | None = TWO, tested: LastRun | None = PASSED,
            approval: Approval | None = None, rules: Rules | None = None) -> list[str]:  # fmt: skip
    return objections(wish, "relay", found, tested, approval, rules or Rules(), NOW)


def test_failure_leads_toward_safety():
    assert is_safer(Mode.DRY_RUN, Mode.LIVE)
    assert is_safer(Mode.PAUSED, Mode.DRY_RUN)
    assert not is_safer(Mode.LIVE, Mode.LIVE)
    assert all(not is_safer(mode, end_mode(mode)) for mode in Mode), "an end never permits more"


def test_the_mode_is_that_of_redis_else_the_one_that_all_obey_else_unknown():
    assert present(TWO) is Mode.LIVE
    assert present(snapshot(beat("a", mode="dry_run"), mode="")) is Mode.DRY_RUN
    assert present(snapshot(beat("a"), beat("b", mode="paused"), mode="")) is None
    assert present(snapshot(mode="")) is None
    assert present(Snapshot(NOW, problem="away")) is None
    assert present(None) is None


@pytest.mark.parametrize("mode", [Mode.DRY_RUN, Mode.PAUSED])
def test_toward_safety_is_one_click(mode: Mode):
    assert against(Wish(mode, 3), tested=None, rules=Rules(second_person=True)) == []


def test_live_needs_its_name_typed():
    assert against(LIVE) == []
    assert "Type the name" in against(replace(LIVE, typed="relais"))[0]


@pytest.mark.parametrize(
    ("tested", "words"),
    [
        (None, "No single-item run"),
        (replace(PASSED, at=NOW - RUN_VALID - 1), "No single-item run"),
        (replace(PASSED, passed=False), "failed"),
        (replace(PASSED, fingerprint="fedcba9876543210"), "settings differ"),
    ],
)
def test_live_needs_a_run_that_passed_with_these_settings(tested: LastRun | None, words: str):
    (found,) = against(LIVE, tested=tested)
    assert words in found


def test_instances_that_differ_from_each_other_are_not_those_of_the_run():
    mixed = snapshot(beat("a"), beat("b", settings="fedcba9876543210"))
    assert "settings differ" in against(LIVE, mixed)[0]


def test_without_fingerprints_no_instance_may_have_begun_since_the_run():
    same = snapshot(beat("a", settings=NOT_COMPARABLE))
    run = replace(PASSED, fingerprint=NOT_COMPARABLE)
    assert against(LIVE, same, run) == []
    newer = snapshot(beat("a", settings=NOT_COMPARABLE, started_at=NOW - 10))
    assert "started since" in against(LIVE, newer, run)[0]


def approved(**more: object) -> Approval:
    told = {"id": "x", "service": "relay", "epoch": 3, "asked_by": "ann", "at": NOW - 100}
    return Approval(**(told | {"approved_by": "bob", "approved_at": NOW - 50} | more))


@pytest.mark.parametrize(
    "approval",
    [
        None,
        approved(approved_by=""),
        approved(used=True),
        approved(epoch=2),
        approved(approved_at=NOW - APPROVAL_VALID - 1),
    ],
)
def test_where_the_rule_is_on_a_second_person_must_have_approved(approval: Approval | None):
    (found,) = against(LIVE, approval=approval, rules=Rules(second_person=True))
    assert "second operator" in found
    assert against(LIVE, approval=approved(), rules=Rules(second_person=True)) == []


def test_an_emergency_passes_the_rules_with_a_reason_and_never_without():
    emergency = replace(LIVE, override=True)
    rules = Rules(second_person=True)
    assert "needs a reason" in against(emergency, tested=None, rules=rules)[0]
    emergency = replace(emergency, reason="the bank closes at noon")
    assert against(emergency, tested=None, rules=rules) == []
    assert against(replace(emergency, typed=""), rules=rules) != []


def test_a_redis_that_cannot_be_read_stands_against_everything():
    away = Snapshot(NOW, problem="It is away.")
    assert against(Wish(Mode.PAUSED, 3), away) == [
        "The service's Redis cannot be read. It is away."
    ]
    assert against(Wish(Mode.PAUSED, 3), None) != []


def test_texts_that_are_too_long_are_refused():
    assert "300 characters" in against(Wish(Mode.PAUSED, 3, reason="x" * 301))[0]


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
        "1 of 1 instance confirmed dry run in 4.2 s; 1 item of before still in flight since 11 s."
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

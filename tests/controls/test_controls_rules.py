"""What may stand against a switch: toward safety nothing, toward live a good deal."""

from dataclasses import replace

import pytest

from console.controls.model import Mode, is_safer
from console.controls.rules import (
    APPROVAL_VALID,
    NOT_COMPARABLE,
    RUN_VALID,
    Approval,
    LastRun,
    Rules,
    Wish,
    end_mode,
    objections,
)
from console.instances.model import Snapshot
from tests.controls.making import NOW, PRINT, TWO, beat, snapshot

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
        (replace(PASSED, passed=False), "did not pass"),
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

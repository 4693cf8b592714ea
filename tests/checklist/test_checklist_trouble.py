"""The questions during trouble: pass, warn, fail, unknown and stale, each from evidence."""

from dataclasses import replace

import pytest

from console.checklist.area import area
from console.checklist.evidence import Evidence
from console.checklist.model import Answer, aged
from console.checklist.trouble import changed_at, single, switch
from console.controls.rules import NOT_COMPARABLE
from console.health.summary import Standing
from console.instances.model import Switch
from console.logs.model import Explained, LogsReading, Source, State
from console.settings.reports import Deployment, Variant
from tests.checklist.evident import (
    CAUSE,
    COMMIT,
    GOOD,
    INSTANCES,
    LOGS,
    NOW,
    REPORT,
    RUN,
    SETTINGS,
    but,
    diagnosed,
    pattern,
    presented,
    with_errors,
)
from tests.controls.making import PRINT, beat, snapshot


def test_without_an_error_there_is_no_area_to_find():
    assert area(GOOD).answer is Answer.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("reading", "answer", "words"),
    [
        (diagnosed(Explained.ONE_AREA, CAUSE), Answer.PASS, "explains the errors: API bank."),
        (diagnosed(Explained.FEW_AREAS, CAUSE, areas=2), Answer.WARN, "2 areas"),
        (diagnosed(Explained.SPREAD), Answer.WARN, "spread"),
        (diagnosed(Explained.TOO_FEW), Answer.UNKNOWN, "too few"),
        (diagnosed(Explained.NO_FIELDS), Answer.UNKNOWN, "Only 70 %"),
        (with_errors(), Answer.UNKNOWN, "not compared"),
        (None, Answer.UNKNOWN, "No log is read yet"),
        (replace(LOGS, sources=()), Answer.UNKNOWN, "No log is read yet"),
        (replace(LOGS, silent=True), Answer.UNKNOWN, "not compared"),
        (
            replace(LOGS, lines=0, sources=(Source("kit", "It is away."),)),
            Answer.UNKNOWN,
            "It is away.",
        ),
    ],
)
def test_the_area_is_what_explains_the_errors(
    reading: LogsReading | None, answer: Answer, words: str
):
    found = area(but(logs=reading))
    assert found.answer is answer
    assert words in found.text


def test_errors_that_are_all_muted_have_no_area_to_find():
    few = diagnosed(Explained.TOO_FEW)
    muted = pattern(state=State.MUTED)
    found = area(but(logs=replace(few, patterns=(muted,))))
    assert found.answer is Answer.NOT_APPLICABLE
    assert "muted or resolved" in found.text
    still = area(but(logs=replace(few, patterns=(muted, pattern()))))
    assert still.answer is Answer.UNKNOWN


def test_the_area_comes_with_its_support():
    found = area(but(logs=diagnosed(Explained.ONE_AREA, CAUSE)))
    assert (found.observed, found.unit) == ("90 %", "of the errors have it in common")
    assert found.evidence == ("API bank: 18 errors, 90 % of them and 10 % of other lines",)
    assert aged(found, NOW + 181).answer is Answer.UNKNOWN


def dry(**more: object) -> Evidence:
    beats = (beat(n, mode="dry_run") for n in "ab")
    return but(instances=snapshot(*beats, mode="dry_run", **more))


def test_a_switch_that_is_not_needed_and_would_be_followed_passes():
    found = switch(GOOD)
    assert found.answer is Answer.PASS
    assert (found.covered, found.of) == (2, 2)


def test_a_check_that_fails_while_the_mode_is_live_asks_for_a_decision():
    found = switch(but(checks=(presented(Standing.FAIL),)))
    assert found.answer is Answer.WARN
    assert found.text.startswith("api is failing and the mode is live")
    assert found.action is not None
    assert (found.action.label, found.action.page) == ("Switch to dry run", "controls")


def test_a_dry_run_that_everybody_follows_passes_also_while_a_check_fails():
    found = switch(replace(dry(), checks=(presented(Standing.FAIL),)))
    assert found.answer is Answer.PASS
    assert found.text.startswith("Dry run holds. 0 writes permitted")


def test_an_instance_that_has_not_seen_the_switch_fails():
    late = snapshot(beat("a", mode="dry_run"), beat("b", epoch=2), mode="dry_run")
    found = switch(but(instances=late))
    assert found.answer is Answer.FAIL
    assert (found.covered, found.of) == (1, 2)
    assert "Not confirmed within 15 s: b." in found.text


def test_a_write_during_a_dry_run_fails():
    found = switch(dry(writes={"permitted": 1}))
    assert found.answer is Answer.FAIL
    assert "1 write permitted although the mode is dry run" in found.text


def test_writes_that_nobody_verified_warn():
    assert switch(dry(unverified=2)).answer is Answer.WARN


def test_a_dry_run_that_was_forgotten_warns():
    found = switch(dry(switch=Switch("ann", "a reason", NOW - 5 * 3600)))
    assert found.answer is Answer.WARN
    assert "forgotten" in found.text


@pytest.mark.parametrize(
    ("evidence", "words"),
    [
        (but(has_redis=False), "REDIS_URL"),
        (but(instances=None), "kit"),
        (but(instances=replace(INSTANCES, problem="It is away.")), "It is away."),
        (but(instances=snapshot()), "No instance is heard of"),
        (but(checks=()), "no check is"),
        (but(checks=(presented(Standing.UNKNOWN),)), "no check is"),
        (but(instances=snapshot(beat("a", mode=""), mode="")), "tells its mode"),
    ],
)
def test_the_mode_is_unknown_where_nobody_tells_it(evidence: Evidence, words: str):
    found = switch(evidence)
    assert found.answer is Answer.UNKNOWN
    assert words in found.text


def test_a_mode_that_was_read_long_ago_is_unknown():
    assert aged(switch(GOOD), NOW + 91).answer is Answer.UNKNOWN


def changed(ago: float, **more: object) -> Evidence:
    old = Deployment("old", replace(REPORT, fingerprint="f" * 16), NOW - 9000, NOW - ago)
    new = Deployment(COMMIT, REPORT, NOW - ago, NOW)
    return but(**{"settings": replace(SETTINGS, deployments=(new, old)), **more})


def test_an_item_that_passed_after_the_change_passes():
    found = single(GOOD)
    assert found.answer is Answer.PASS
    assert found.text == "INV-1 passed a dry run 10 min ago with the settings that run now."
    assert "A dry run makes no writes" in found.not_covered
    live = single(but(runs=(replace(RUN, dry=False),)))
    assert live.text == "INV-1 passed 10 min ago with the settings that run now."
    assert live.not_covered == ""
    assert (found.observed, found.unit) == ("1 h 23 min", "since the settings changed")


def test_within_an_hour_after_a_change_an_item_is_still_to_be_tested():
    assert single(changed(1200, runs=())).answer is Answer.WARN
    assert single(changed(3601, runs=())).answer is Answer.FAIL


def test_an_item_from_before_the_change_proves_nothing():
    found = single(changed(300, runs=(RUN,)))
    assert found.answer is Answer.WARN
    assert found.action is not None


def test_an_item_that_failed_after_the_change_fails():
    failed = replace(RUN, outcome="failed", reason="no such customer")
    found = single(but(runs=(failed,)))
    assert found.answer is Answer.FAIL
    assert "no such customer" in found.text


def test_an_item_that_failed_live_is_not_proven_by_its_dry_run():
    failed = replace(RUN, dry=False, outcome="failed", reason="no such customer", at=NOW - 60)
    found = single(but(runs=(failed, RUN)))
    assert found.answer is Answer.WARN
    assert found.text.startswith("INV-1 passed a dry run 10 min ago, and failed live 1 min ago: ")
    assert "no such customer" in found.text
    mended = replace(RUN, dry=False, at=NOW - 30)
    assert single(but(runs=(mended, failed, RUN))).answer is Answer.PASS
    again = replace(failed, at=NOW - 5)
    assert single(but(runs=(again, mended, RUN))).answer is Answer.FAIL
    other = replace(failed, item="INV-2")
    assert single(but(runs=(other, RUN))).answer is Answer.PASS


def test_an_item_of_other_settings_proves_nothing():
    younger = snapshot(*(beat(n, commit=COMMIT, started_at=NOW - 60) for n in "ab"))
    other = replace(RUN, fingerprint="e" * 16)
    assert single(but(runs=(other,), instances=younger)).answer is Answer.UNKNOWN


def test_settings_that_were_never_seen_to_change_are_unknown_until_an_item_passed():
    first = replace(SETTINGS, deployments=SETTINGS.deployments[:1])
    found = single(but(settings=first, runs=()))
    assert found.answer is Answer.UNKNOWN
    assert "been seen for 1 h 23 min" in found.text
    assert single(but(settings=first)).answer is Answer.PASS


@pytest.mark.parametrize(
    ("evidence", "words"),
    [
        (but(has_redis=False), "REDIS_URL"),
        (but(settings=None), "kit"),
        (but(settings=replace(SETTINGS, variants=())), "kit"),
        (but(settings=replace(SETTINGS, problem="It is away.")), "It is away."),
        (but(settings=replace(SETTINGS, deployments=()), runs=()), "not known"),
    ],
)
def test_a_change_is_unknown_where_nobody_tells_the_settings(evidence: Evidence, words: str):
    found = single(evidence)
    assert found.answer is Answer.UNKNOWN
    assert words in found.text


def test_settings_that_were_read_long_ago_are_unknown():
    assert aged(single(GOOD), NOW + 91).answer is Answer.UNKNOWN


def test_a_way_back_to_older_settings_is_a_change():
    mine = Deployment(COMMIT, REPORT, 100.0, 900.0)
    other = Deployment("b", replace(REPORT, fingerprint="f" * 16), 200.0, 800.0)
    assert changed_at((other, mine), PRINT) == (800.0, False)


def test_a_new_commit_with_the_same_settings_is_no_change_of_settings():
    found = (Deployment("b", REPORT, 500.0, 900.0), Deployment("a", REPORT, 100.0, 500.0))
    assert changed_at(found, PRINT) == (100.0, True)


def test_without_comparable_fingerprints_the_reports_tell_a_change():
    blind = replace(REPORT, fingerprint=NOT_COMPARABLE)
    less = replace(blind, variables=blind.variables[:1])
    now, before = Deployment("b", blind, 500.0, 900.0), Deployment("a", less, 100.0, 480.0)
    assert changed_at((now, before), NOT_COMPARABLE) == (500.0, False)
    assert changed_at((now,), NOT_COMPARABLE) == (500.0, True)
    variants = (Variant(blind, ("a", "b"), (COMMIT,)),)
    told = replace(SETTINGS, variants=variants, deployments=(now, before))
    assert single(but(settings=told, runs=())).answer is Answer.FAIL

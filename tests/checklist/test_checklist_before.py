"""The questions before a deployment: pass, warn, fail, unknown and stale, each from evidence."""

from dataclasses import replace

import pytest

from console.checklist.before import dry_run, variables
from console.checklist.evidence import Evidence
from console.checklist.expiry import tokens
from console.checklist.model import Answer, aged
from console.controls.rules import NOT_COMPARABLE
from console.settings.model import Finding, Rule, Severity
from console.settings.reports import Variant
from tests.checklist.evident import (
    CACHE,
    COMMIT,
    DAY,
    GOOD,
    INSTANCES,
    NOW,
    REPORT,
    RUN,
    SETTINGS,
    TOKEN,
    but,
    presented,
    seen,
)
from tests.controls.making import beat, snapshot

UNREAD = replace(INSTANCES, at=NOW - 91)


def with_report(*rows: object, **more: object) -> Evidence:
    report = replace(REPORT, variables=rows, **more)
    return but(settings=replace(SETTINGS, variants=(Variant(report, ("a", "b"), (COMMIT,)),)))


def test_variables_pass_where_every_instance_reports_all_of_them():
    found = variables(GOOD)
    assert found.answer is Answer.PASS
    assert (found.observed, found.unit) == ("2 of 2", "required variables set")
    assert (found.covered, found.of, found.page) == (2, 2, "settings")


def test_a_required_variable_that_is_missing_fails_with_its_name():
    found = variables(
        with_report(seen("RUN_TOKEN"), seen("API_URL", is_set=False, source="missing"))
    )
    assert found.answer is Answer.FAIL
    assert "API_URL is missing" in found.text
    assert found.observed == "1 of 2"
    assert found.action is not None
    assert found.action.page == "settings"


def test_a_variable_that_looks_misspelt_warns():
    found = variables(with_report(*REPORT.variables, misspelt=("API_ULR: it looks like API_URL.",)))
    assert found.answer is Answer.WARN


def test_instances_that_are_being_replaced_make_the_variables_unknown():
    rows = (seen("RUN_TOKEN", fingerprint="c" * 16), seen("API_URL"))
    other = replace(REPORT, fingerprint="b" * 16, variables=rows)
    both = (Variant(REPORT, ("a",)), Variant(other, ("b",)))
    moving = replace(SETTINGS, variants=both, starts={"a": NOW - 9000, "b": NOW - 5})
    found = variables(but(settings=moving))
    assert found.answer is Answer.UNKNOWN
    assert found.text.startswith("Instances are restarting")


def test_an_instance_that_reports_nothing_makes_the_variables_unknown():
    found = variables(but(settings=replace(SETTINGS, alive=3)))
    assert found.answer is Answer.UNKNOWN
    assert found.text.startswith("2 of 3 instances report their settings.")


def test_instances_that_differ_fail():
    rows = (seen("RUN_TOKEN", fingerprint="c" * 16), seen("API_URL"))
    other = replace(REPORT, fingerprint="b" * 16, variables=rows)
    both = (Variant(REPORT, ("a",)), Variant(other, ("b",)))
    found = variables(but(settings=replace(SETTINGS, variants=both)))
    assert found.answer in (Answer.FAIL, Answer.WARN)
    assert "RUN_TOKEN" in " ".join(found.evidence)


@pytest.mark.parametrize(
    ("evidence", "words"),
    [
        (but(has_redis=False), "REDIS_URL"),
        (but(settings=None), "kit"),
        (but(settings=replace(SETTINGS, variants=())), "No running instance reports"),
        (but(settings=replace(SETTINGS, problem="It is away.")), "It is away."),
        (but(settings=replace(SETTINGS, at=NOW - 91)), "nothing was read"),
        (with_report(seen("X", group="optional")), "CONSOLE_SETTINGS_SPEC"),
    ],
)
def test_variables_are_unknown_where_nobody_tells_them(evidence: Evidence, words: str):
    found = variables(evidence)
    assert found.answer is Answer.UNKNOWN
    assert words in found.text


def test_a_specification_that_cannot_be_followed_fails():
    wrong = Finding(Rule.SPECIFICATION, Severity.ERROR, "", "It is no TOML.", "Mend it.")
    assert variables(but(spec_problems=(wrong,))).answer is Answer.FAIL


def test_a_dry_run_passes_with_the_commit_and_the_settings_that_run():
    found = dry_run(GOOD)
    assert found.answer is Answer.PASS
    assert found.text == (
        "INV-1 passed a dry run 10 min ago with the commit and the settings that run now; 0 writes."
    )
    assert (found.covered, found.of) == (2, 2)
    assert (found.observed, found.at) == ("10 min", NOW - 600)


@pytest.mark.parametrize("more", [{"commit": "old"}, {"fingerprint": "e" * 16}])
def test_a_dry_run_of_something_else_fails(more: dict[str, str]):
    younger = snapshot(*(beat(n, commit=COMMIT, started_at=NOW - 60) for n in "ab"))
    found = dry_run(but(runs=(replace(RUN, **more),), instances=younger))
    assert found.answer is Answer.FAIL
    assert "another commit or other settings" in found.text


def test_the_same_settings_before_and_after_a_restart_are_the_same():
    younger = snapshot(*(beat(n, commit=COMMIT, started_at=NOW - 60) for n in "ab"))
    assert dry_run(but(instances=younger)).answer is Answer.PASS


@pytest.mark.parametrize("verdict", ["permitted", "granted", "unverified"])
def test_a_dry_run_that_wrote_fails(verdict: str):
    found = dry_run(but(runs=(replace(RUN, report={"writes": {verdict: 2}}),)))
    assert found.answer is Answer.FAIL
    assert "made 2 writes" in found.text


def test_a_dry_run_that_failed_fails_and_an_older_pass_does_not_help():
    failed = replace(RUN, id="run-2", at=NOW - 60, outcome="failed", reason="no such customer")
    found = dry_run(but(runs=(failed, RUN)))
    assert found.answer is Answer.FAIL
    assert "no such customer" in found.text


def test_a_dry_run_of_an_item_that_failed_live_warns_and_says_what_it_does_not_cover():
    assert "A dry run makes no writes" in dry_run(GOOD).not_covered
    failed = replace(RUN, dry=False, outcome="failed", reason="refused", at=NOW - 900)
    found = dry_run(but(runs=(RUN, failed)))
    assert found.answer is Answer.WARN
    assert "passed a dry run 10 min ago, and failed live 15 min ago" in found.text
    mended = replace(RUN, dry=False, at=NOW - 60)
    assert dry_run(but(runs=(mended, RUN, failed))).answer is Answer.PASS


def test_tokens_that_a_young_service_has_not_told_are_not_read_yet():
    for evidence in (
        but(cache=None),
        but(
            cache=replace(CACHE, tokens=()),
            instances=snapshot(beat("a", started_at=NOW - 60)),
        ),
    ):
        found = tokens(evidence)
        assert found.answer is Answer.UNKNOWN
        assert found.text.startswith("Its tokens are not read yet")
    old = snapshot(beat("a", started_at=NOW - 3600))
    assert "no token it keeps" in tokens(but(cache=replace(CACHE, tokens=()), instances=old)).text


def test_a_dry_run_of_yesterday_warns():
    old = replace(RUN, at=NOW - DAY - 60)
    lived = snapshot(*(beat(n, commit=COMMIT, started_at=NOW - 3 * DAY) for n in "ab"))
    found = dry_run(but(runs=(old,), instances=lived))
    assert found.answer is Answer.WARN


def test_a_service_that_does_not_count_its_writes_warns():
    assert dry_run(but(runs=(replace(RUN, report={}),))).answer is Answer.WARN


@pytest.mark.parametrize(
    ("evidence", "words"),
    [
        (but(can_run=False), "RUN_TOKEN"),
        (but(runs=()), "No dry run is known"),
        (but(runs=(replace(RUN, dry=False),)), "No dry run is known"),
        (but(runs=(replace(RUN, state="running"),)), "No dry run is known"),
        (but(runs=(replace(RUN, state="unknown", outcome=""),)), "is not known"),
        (but(instances=None), "cannot be told"),
        (but(instances=UNREAD), "not known"),
        (but(instances=replace(INSTANCES, problem="away")), "not known"),
    ],
)
def test_a_dry_run_is_unknown_where_nothing_proves_it(evidence: Evidence, words: str):
    found = dry_run(evidence)
    assert found.answer is Answer.UNKNOWN
    assert words in found.text


def test_without_comparable_fingerprints_only_instances_older_than_the_run_prove_it():
    def started(at: float) -> Evidence:
        beats = (beat(n, commit=COMMIT, settings=NOT_COMPARABLE, started_at=at) for n in "ab")
        run = replace(RUN, fingerprint=NOT_COMPARABLE)
        return but(instances=snapshot(*beats), runs=(run,))

    assert dry_run(started(NOW - 900)).answer is Answer.PASS
    assert dry_run(started(NOW - 60)).answer is Answer.UNKNOWN


def with_token(**more: object) -> Evidence:
    return but(cache=replace(CACHE, tokens=(replace(TOKEN, **more),)))


def test_tokens_pass_where_they_last_beyond_the_window():
    found = tokens(GOOD)
    assert found.answer is Answer.PASS
    assert (found.observed, found.unit) == ("90 d", "until the first one ends")


@pytest.mark.parametrize(
    ("more", "answer"),
    [
        ({"refresh_expires_at": NOW + 34 * DAY + 1}, Answer.PASS),
        ({"refresh_expires_at": NOW + 33 * DAY}, Answer.WARN),
        ({"refresh_expires_at": NOW + 20 * DAY - 1}, Answer.FAIL),
        ({"refresh_expires_at": NOW - 1}, Answer.FAIL),
        ({"state": "spent_unknown"}, Answer.FAIL),
        ({"state": "refused", "reason": "invalid_grant"}, Answer.FAIL),
        ({"state": ""}, Answer.UNKNOWN),
        ({"refresh_expires_at": None, "expires_at": None}, Answer.UNKNOWN),
        ({"refresh_expires_at": None}, Answer.UNKNOWN),
        ({"refresh_expires_at": None, "expires_at": NOW + 60 * DAY}, Answer.PASS),
    ],
)
def test_a_token_is_judged_by_the_end_of_the_closings_window(
    more: dict[str, object], answer: Answer
):
    assert tokens(with_token(**more)).answer is answer


def test_the_token_that_ends_first_is_named():
    both = (TOKEN, replace(TOKEN, name="tax", refresh_expires_at=NOW + DAY))
    found = tokens(but(cache=replace(CACHE, tokens=both)))
    assert found.text.startswith("Token tax: its refresh token ends on 16 Jan 2027")
    assert found.observed == "1 d"
    assert [line.split(":")[0] for line in found.evidence] == ["Token tax", "Token bank"]


@pytest.mark.parametrize(
    ("days", "answer"), [(6, Answer.FAIL), (29, Answer.WARN), (31, Answer.PASS)]
)
def test_certificates_count_as_well(days: int, answer: Answer):
    check = presented(certificate_expires_at=NOW + days * DAY)
    assert tokens(but(checks=(check,))).answer is answer


@pytest.mark.parametrize(
    ("evidence", "words"),
    [
        (but(cache=None), "attest"),
        (but(cache=replace(CACHE, tokens=())), "kit.token"),
        (but(cache=None, has_redis=False), "REDIS_URL"),
        (but(cache=replace(CACHE, problem="It is away.")), "It is away."),
    ],
)
def test_tokens_are_unknown_where_the_service_tells_of_none(evidence: Evidence, words: str):
    found = tokens(evidence)
    assert found.answer is Answer.UNKNOWN
    assert words in found.text


def test_a_certificate_that_ends_fails_although_no_token_is_told():
    check = presented(certificate_expires_at=NOW + DAY)
    assert tokens(but(cache=None, checks=(check,))).answer is Answer.FAIL


@pytest.mark.parametrize("answer_of", [tokens, variables])
def test_evidence_that_is_old_is_unknown(answer_of: object):
    assert callable(answer_of)
    assert aged(answer_of(GOOD), NOW + 91).answer is Answer.UNKNOWN


def test_what_a_billed_server_is_asked_rarely_stays_known_for_longer():
    billed = but(cache=replace(CACHE, billed=True))
    assert aged(tokens(billed), NOW + 1500).answer is Answer.PASS

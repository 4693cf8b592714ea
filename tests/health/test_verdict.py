from dataclasses import replace
from datetime import UTC

import pytest

from console.health.check import Maintenance
from console.health.model import CheckState, Status
from console.health.state import fall_asleep
from console.health.summary import Standing
from console.health.verdict import Summary, summarise
from console.store.model import CollectorBeat
from tests.health.presenting import FLUSH, NOW, beat, failing, service, state, states


def summary(
    known: dict[str, CheckState], heard: CollectorBeat | None = None, **more: object
) -> Summary:
    return summarise(service(**more), known, heard or beat(), NOW, UTC)


def told(known: dict[str, CheckState], **more: object) -> tuple[str, str]:
    verdict = summary(known, **more).verdict
    return verdict.standing.value, verdict.sentence


def test_all_well_is_one_short_sentence():
    assert told(states()) == ("pass", "All 3 checks pass.")


def test_one_failure_says_since_when_why_and_what_the_rest_does():
    assert told(states(failing("web"))) == (
        "fail",
        "Website is failing since 08:48 (12 min): No answer. The rest: 2 passing.",
    )


def test_a_failure_that_another_explains_is_not_named_but_counted():
    known = states(failing("api"), failing("jobs", caused_by="api"))
    assert told(known)[1] == (
        "API is failing since 08:48 (12 min): No answer. 1 check is affected. The rest: 1 passing."
    )


def test_several_causes_are_named():
    assert told(states(failing("web"), failing("api")))[1] == (
        "2 checks are failing: API since 08:48 (12 min) and Website since 08:48 (12 min). "
        "The rest: 1 passing."
    )


def test_checks_that_blame_each_other_end_somewhere():
    known = states(failing("api", caused_by="jobs"), failing("jobs", caused_by="api"))
    assert told(known)[0] == "fail"


def test_a_warning_is_neither_passing_nor_failing():
    assert told(states(state("web", Status.WARN))) == (
        "warn",
        "Website warns since 08:00 (1 h): Answered. The rest: 2 passing.",
    )


def test_unknown_is_worse_than_a_warning_and_never_passing():
    known = states(state("web", Status.WARN), state("api", at=NOW - 900))
    standing, sentence = told(known)
    assert standing == "unknown"
    assert sentence == (
        "Nothing is known of API: No result for 15 min. The rest: 1 with a warning and 1 passing."
    )


def test_a_result_is_stale_after_three_intervals_its_time_out_and_one_flush():
    limit = 3 * 30 + 10 + FLUSH
    assert told(states(state("api", at=NOW - limit)))[0] == "pass"
    assert told(states(state("api", at=NOW - limit - 1)))[0] == "unknown"


def test_without_any_heartbeat_nothing_is_known():
    verdict = summarise(service(), states(), None, NOW, UTC).verdict
    assert verdict.standing is Standing.UNKNOWN
    assert verdict.sentence == "Nothing is known: the collector has not reported yet."


@pytest.mark.parametrize(("quiet", "standing"), [(35.0, "pass"), (36.0, "unknown")])
def test_three_missed_flushes_and_a_grace_silence_the_collector(quiet: float, standing: str):
    assert summary(states(), beat(NOW - quiet)).verdict.standing == standing


@pytest.mark.parametrize(("ahead", "standing"), [(119.0, "pass"), (121.0, "unknown")])
def test_a_clock_that_is_far_ahead_is_not_believed(ahead: float, standing: str):
    assert summary(states(), beat(NOW + ahead)).verdict.standing == standing


def test_first_results_are_on_their_way():
    assert told({})[1] == "Nothing is known yet: the first results are on their way."


def test_a_service_without_checks_is_unknown():
    assert told({}, checks=()) == ("unknown", "Shop has no checks.")


def test_asleep_is_said_with_its_reason_and_is_no_failure():
    assert told(states(fall_asleep(state("web"), NOW - 600))) == (
        "sleeping",
        "Website is asleep since 08:50 (10 min): its platform scaled it to zero. "
        "The rest: 2 passing.",
    )


def test_maintenance_hides_a_failure_of_what_it_covers_and_of_nothing_else():
    window = Maintenance(title="Upgrade", start=NOW - 60, end=NOW + 60, checks=("web",))
    assert told(states(failing("web")), maintenance=(window,)) == (
        "maintenance",
        "Website is under maintenance: Upgrade. The rest: 2 passing.",
    )
    assert told(states(failing("api")), maintenance=(window,))[0] == "fail"


def test_stale_results_under_maintenance_are_still_unknown():
    window = Maintenance(title="Upgrade", start=NOW - 60, end=NOW + 60)
    stale = states(*(state(name, at=NOW - 900) for name in ("web", "api", "jobs")))
    assert told(stale, maintenance=(window,))[0] == "unknown"


def test_the_worst_comes_first_and_equals_by_name():
    known = states(state("web", Status.WARN), failing("jobs"))
    names = [one.check.name for one in summary(known).checks]
    assert names == ["jobs", "web", "api"]


def test_the_checks_are_counted_by_how_they_stand():
    counted = summary(states(failing("web")))
    assert (counted.count(Standing.FAIL), counted.count(Standing.PASS)) == (1, 2)
    assert counted.of("web") is not None
    assert counted.of("gone") is None


def test_a_long_reason_keeps_one_full_stop():
    known = states(replace(failing("web"), reason="It answered 503."))
    assert ": It answered 503. The rest" in told(known)[1]


@pytest.mark.parametrize("heard", [None, beat(NOW - 900)])
def test_whoever_cannot_read_the_store_does_not_call_the_collector_silent(
    heard: CollectorBeat | None,
):
    found = summarise(service(), states(), heard, NOW, UTC, "the console cannot read its store.")
    assert found.verdict.sentence == "Nothing is known: the console cannot read its store."
    assert {one.reason for one in found.checks} == {"The console cannot read its store."}
    assert found.unread


def test_what_was_read_just_before_the_store_went_away_still_counts():
    found = summarise(service(), states(), beat(), NOW, UTC, "the console cannot read its store.")
    assert found.verdict.sentence == "All 3 checks pass."
    assert not found.unread

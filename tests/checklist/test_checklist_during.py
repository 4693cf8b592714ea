"""The questions during operations: pass, warn, fail, unknown and stale, each from evidence."""

from dataclasses import replace

import pytest

from console.checklist.during import limits, logs, times
from console.checklist.evidence import Evidence, Times
from console.checklist.model import Answer, aged
from console.checklist.record import WordKind
from console.health.model import Outcome
from console.health.summary import Standing
from console.logs.model import LogsReading, Names, Source, State, Trend
from tests.checklist.evident import (
    CACHE,
    DAY,
    GOOD,
    LOGS,
    NOW,
    QUOTA,
    but,
    compared,
    pattern,
    presented,
    with_errors,
    word,
)

REVIEW = word(WordKind.ATTEST, "logs", until=NOW + DAY)


def test_logs_pass_where_the_console_reads_them_and_sees_no_open_pattern():
    found = logs(GOOD)
    assert found.answer is Answer.PASS
    assert (found.observed, found.unit) == ("0", "errors of 500 lines kept")


def test_known_patterns_warn_until_somebody_reviewed_them():
    evidence = but(logs=with_errors(pattern()))
    found = logs(evidence)
    assert found.answer is Answer.WARN
    assert "Nobody has reviewed it in the last 24 h" in found.text
    reviewed = logs(replace(evidence, words=(REVIEW,)))
    assert reviewed.answer is Answer.PASS
    assert "Reviewed by ann" in reviewed.text


def test_a_review_of_yesterday_is_overdue():
    old = replace(REVIEW, at=NOW - DAY - 1, until=NOW + DAY)
    assert logs(but(logs=with_errors(pattern()), words=(old,))).answer is Answer.WARN


@pytest.mark.parametrize("more", [{"new": True}, {"state": State.REGRESSED}])
def test_a_new_or_returned_pattern_warns_whoever_reviewed(more: dict[str, object]):
    found = logs(but(logs=with_errors(pattern(**more)), words=(REVIEW,)))
    assert found.answer is Answer.WARN
    assert "new since the last deployment, or back: bank answered <number>" in found.text


def test_a_new_pattern_on_three_items_fails():
    hit = pattern(new=True, items=Names(3, ("INV-1", "INV-2", "INV-3")))
    found = logs(but(logs=with_errors(hit)))
    assert found.answer is Answer.FAIL
    assert found.evidence == ("20 x bank answered <number>, last 9 s ago · new",)


def test_a_rising_pattern_on_three_items_fails_also_where_nobody_knows_whether_it_is_new():
    rising = pattern(new=None, trend=Trend.RISING, items=Names(3, ("INV-1",)))
    assert logs(but(logs=with_errors(rising))).answer is Answer.FAIL
    steady = pattern(new=None, items=Names(3, ("INV-1",)))
    found = logs(but(logs=with_errors(steady)))
    assert found.answer is Answer.WARN
    assert "whether new since the last deployment cannot be told" in found.text


def test_a_new_pattern_that_stopped_a_while_ago_only_warns():
    stopped = pattern(new=True, items=Names(3, ("INV-1",)), last=NOW - 901)
    assert logs(but(logs=with_errors(stopped))).answer is Answer.WARN


def test_a_muted_pattern_does_not_count():
    muted = pattern(state=State.MUTED, new=True)
    assert logs(but(logs=with_errors(muted))).answer is Answer.PASS


@pytest.mark.parametrize(
    ("reading", "words"),
    [
        (None, "No log is read yet"),
        (replace(LOGS, sources=()), "No log is read yet"),
        (replace(LOGS, silent=True, last=NOW - 600), "No line for 10 min"),
        (replace(LOGS, lines=0), "no lines"),
        (replace(LOGS, lines=0, sources=(Source("kit", "It is away."),)), "It is away."),
        (replace(LOGS, sources=(Source("Loki", "It is away."),)), "It is away."),
    ],
)
def test_logs_are_unknown_where_nothing_or_not_all_is_read(reading: LogsReading | None, words: str):
    found = logs(but(logs=reading))
    assert found.answer is Answer.UNKNOWN
    assert words in found.text


def test_a_log_that_was_read_long_ago_is_unknown():
    assert aged(logs(GOOD), NOW + 180).answer is Answer.PASS
    assert aged(logs(GOOD), NOW + 181).answer is Answer.UNKNOWN


def with_quota(**more: object) -> Evidence:
    return but(cache=replace(CACHE, quotas=(replace(QUOTA, **more),)))


@pytest.mark.parametrize(
    ("more", "answer"),
    [
        ({}, Answer.PASS),
        ({"remaining": 12.0}, Answer.PASS),
        ({"remaining": 11.0}, Answer.WARN),
        ({"remaining": 0.0}, Answer.FAIL),
        ({"blocked_until": NOW + 60}, Answer.FAIL),
        ({"name": "own", "remaining": 0.0}, Answer.WARN),
        ({"name": "own", "remaining": 0.0, "blocked_until": NOW + 60}, Answer.FAIL),
        ({"at": NOW - 901}, Answer.UNKNOWN),
        ({"remaining": None}, Answer.UNKNOWN),
        ({"limit": None}, Answer.UNKNOWN),
    ],
)
def test_a_quota_is_judged_by_what_is_left(more: dict[str, object], answer: Answer):
    assert limits(with_quota(**more)).answer is answer


def test_the_worst_quota_is_the_one_that_is_told():
    both = (QUOTA, replace(QUOTA, api="tax", remaining=0.0))
    found = limits(but(cache=replace(CACHE, quotas=both)))
    assert found.text == ("The limit is reached: tax, minute: 0 of 60 in 1 min left, told 5 s ago.")
    assert (found.observed, found.unit) == ("0 %", "left of the smallest quota")


@pytest.mark.parametrize(
    ("evidence", "words"),
    [
        (but(has_redis=False), "REDIS_URL"),
        (but(cache=None), "not read yet"),
        (but(cache=replace(CACHE, problem="It is away.")), "It is away."),
        (but(cache=replace(CACHE, quotas=())), "No API has told"),
    ],
)
def test_limits_are_unknown_where_nobody_tells_them(evidence: Evidence, words: str):
    found = limits(evidence)
    assert found.answer is Answer.UNKNOWN
    assert words in found.text


def test_limits_that_were_read_long_ago_are_unknown():
    assert aged(limits(GOOD), NOW + 91).answer is Answer.UNKNOWN


def with_times(*found: object) -> Evidence:
    return but(times=Times(NOW, found, "Friday 07:00 to 08:00"))


@pytest.mark.parametrize("answer", [Answer.PASS, Answer.WARN, Answer.FAIL, Answer.UNKNOWN])
def test_response_times_stand_as_the_worst_of_what_is_compared(answer: Answer):
    found = times(with_times(compared(), compared(answer, name="web")))
    assert found.answer is answer


def test_one_check_that_cannot_be_compared_makes_no_pass():
    found = times(with_times(compared(), compared(Answer.UNKNOWN, name="web")))
    assert found.answer is Answer.UNKNOWN
    assert found.text.startswith("1 of 2 can be compared. Check web:")


def test_traffic_that_cannot_be_compared_is_told_and_counts_only_where_it_can():
    route = compared(Answer.UNKNOWN, "route", "GET /x")
    found = times(with_times(compared(), route))
    assert found.answer is Answer.PASS
    assert "route GET /x: p95 210 ms of 120" in found.evidence
    assert times(with_times(compared(), replace(route, answer=Answer.WARN))).answer is Answer.WARN


def test_only_traffic_that_cannot_be_compared_is_unknown():
    assert times(with_times(compared(Answer.UNKNOWN, "route"))).answer is Answer.UNKNOWN


@pytest.mark.parametrize("found", [None, Times(NOW, (), "")])
def test_without_response_times_nothing_is_known(found: Times | None):
    assert times(but(times=found)).answer is Answer.UNKNOWN


@pytest.mark.parametrize(
    ("outcome", "answer"),
    [
        (Outcome.TIMEOUT, Answer.FAIL),
        (Outcome.CONNECT, Answer.FAIL),
        (Outcome.CONDITION, Answer.PASS),  # it answers, and wrongly: another question
        (Outcome.MISSED, Answer.PASS),
    ],
)
def test_who_does_not_answer_in_time_has_no_normal_response_times(outcome: Outcome, answer: Answer):
    check = presented(Standing.FAIL, outcome=outcome)
    assert times(but(checks=(check,))).answer is answer


def test_a_comparison_of_long_ago_is_unknown():
    assert aged(times(GOOD), NOW + 301).answer is Answer.UNKNOWN

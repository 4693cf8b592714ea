"""What fires in the log and in the checklist."""

from dataclasses import replace

import pytest

from console.alerts.model import Alert, Phase
from console.alerts.rooms import (
    CALLING,
    LEAST_LINES,
    LOGS_OLD,
    QUIET_AFTER,
    explained,
    of_checklist,
    of_logs,
)
from console.alerts.signal import Signal
from console.checklist.model import Answer, Checklist, Finding, Item
from console.checklist.questions import QUESTIONS, TIMES
from console.health.check import Check, Service
from console.health.model import CheckState, Status
from console.logs.model import LogsReading, Names, PatternReading, State, Trend

NOW = 1_800_000_000.0


def pattern(**more) -> PatternReading:
    told = {
        "id": "ab12", "key": "k", "template": "Failed <word>", "count": 7, "first": NOW - 60,
        "last": NOW - 5, "bars": (), "trend": Trend.TOO_FEW, "new": True,
        "instances": Names(1, ("i1",)), "items": Names(2, ("A-1", "A-2")),
        "customers": Names(0, ()), "message": "Failed it",
    }  # fmt: skip
    return PatternReading(**(told | more))


SHOP = Service(
    name="shop",
    checks=(Check(name="accounting", title="Accounting API", url="https://a.example"),),
)


def found(
    *patterns: PatternReading,
    at: float = NOW,
    state: CheckState | None = None,
    failed_at: float = 0.0,
):
    states = {} if state is None else {"accounting": state}
    reading = LogsReading(at, since=NOW - 6000, patterns=patterns)
    return of_logs(reading, NOW, SHOP, states, {"accounting": failed_at} if failed_at else {})


def test_a_new_kind_of_error_warns_and_on_several_items_fails():
    (one,) = found(pattern())
    assert (one.key, one.title) == ("log:ab12", "Error in the log: Failed <word>")
    assert (one.status, one.since, one.page) == (Status.WARN, NOW - 60, "logs")
    assert one.summary == "It is new since the last deployment: 7 lines on 2 items."
    (many,) = found(pattern(items=Names(3, ("A-1", "A-2", "A-3"))))
    assert many.status is Status.FAIL


def test_what_came_back_is_noticed_and_what_was_always_there_is_not():
    (one,) = found(pattern(new=False, state=State.REGRESSED))
    assert (one.status, one.summary[:11]) == (Status.WARN, "It is back:")
    assert found(pattern(new=False)) == found(pattern(new=None)) == []


@pytest.mark.parametrize(
    "more",
    [{"last": NOW - QUIET_AFTER - 1}, {"last": None}, {"state": State.MUTED},
     {"state": State.RESOLVED}],
)  # fmt: skip
def test_it_is_over_when_no_line_comes_or_somebody_decided(more: dict[str, object]):
    (one,) = found(pattern(**more))
    assert one.status is Status.PASS


def test_new_kinds_of_one_moment_are_told_together():
    assert {one.group for one in found(pattern(), pattern(id="cd34"))} == {"log"}


def test_a_line_or_two_call_nobody():
    assert found(pattern(count=LEAST_LINES - 1))[0].status is Status.PASS
    assert found(pattern(count=LEAST_LINES))[0].status is Status.WARN
    now_and_then = (9,) * 57 + (1, 0, 1)  # of 100 s each: two in the last quarter of an hour
    assert found(pattern(count=500, bars=(0, *now_and_then)))[0].status is Status.WARN
    assert found(pattern(count=500, bars=(9,) * 51 + (0,) * 9))[0].status is Status.PASS


CALL = "call of accounting failed: status <number>"


def test_a_line_that_names_a_failing_check_follows_from_it():
    broken = CheckState("accounting", Status.FAIL, alert=Alert(Phase.FIRING, NOW - 60))
    (one,) = found(pattern(template=CALL), state=broken)
    assert (one.explained_by, one.group, one.status) == (
        "Accounting API",
        "check:accounting",
        Status.WARN,
    )
    (other,) = found(pattern(template="Disk full"), state=broken)
    assert (other.explained_by, other.group) == ("", "log")
    (part,) = found(pattern(template="reaccountings failed"), state=broken)
    assert part.explained_by == ""


def test_a_line_waits_for_its_check_to_be_judged():
    unsure = CheckState("accounting", Status.FAIL, alert=Alert(Phase.PENDING, NOW - 5))
    assert found(pattern(template=CALL), state=unsure)[0].status is Status.UNKNOWN
    assert found(pattern(template="Disk full"), state=unsure)[0].status is Status.WARN


def test_it_ends_with_its_cause_unless_lines_go_on():
    well = CheckState("accounting", Status.PASS, since=NOW - 120)
    (over,) = found(pattern(template=CALL, last=NOW - 100), state=well, failed_at=NOW - 120)
    assert (over.status, over.summary) == (
        Status.PASS,
        "It ended with the failure of Accounting API.",
    )
    (goes_on,) = found(pattern(template=CALL, last=NOW - 5), state=well, failed_at=NOW - 120)
    assert (goes_on.status, goes_on.explained_by) == (Status.WARN, "")


def test_a_line_after_the_failure_does_not_tell_its_lines_again():
    well = CheckState("accounting", Status.PASS)
    bars = (0,) * 52 + (9, 9, 0, 0, 0, 0, 0, 1)  # of 100 s each; it failed until 600 s ago
    call = pattern(template=CALL, count=19, bars=bars)
    assert found(call, state=well, failed_at=NOW - 600)[0].status is Status.PASS
    goes_on = replace(call, bars=(*bars[:-1], LEAST_LINES))
    assert found(goes_on, state=well, failed_at=NOW - 600)[0].status is Status.WARN


def test_an_old_reading_says_nothing():
    assert found(pattern(), at=NOW - LOGS_OLD - 1) == []
    assert of_logs(None, NOW, SHOP, {}) == []


def answered(answer: Answer) -> Checklist:
    finding = Finding(answer, "p95 is 900 ms", page="response_times")
    items = [Item(question, answer, "p95 is 900 ms", finding) for question in QUESTIONS]
    return Checklist("shop", NOW, tuple(items))


def test_only_some_questions_call_somebody():
    signals = {one.key: one for one in of_checklist(answered(Answer.FAIL))}
    assert set(signals) == {f"checklist:{key}" for key in CALLING}
    one = signals[f"checklist:{TIMES}"]
    assert (one.title, one.summary) == ("Checklist: Response times normal?", "p95 is 900 ms.")
    assert (one.status, one.page, one.at) == (Status.FAIL, "response_times", NOW)


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (Answer.PASS, Status.PASS),
        (Answer.WARN, Status.PASS),
        (Answer.WAIVED, Status.PASS),
        (Answer.NOT_APPLICABLE, Status.PASS),
        (Answer.UNKNOWN, Status.UNKNOWN),
    ],
)
def test_what_does_not_fail_calls_nobody(answer: Answer, status: Status):
    assert {one.status for one in of_checklist(answered(answer))} == {status}


def test_without_a_page_of_its_own_the_checklist_has_the_evidence():
    (first, *_) = answered(Answer.FAIL).items
    bare = replace(first, finding=Finding(Answer.FAIL, "x"))
    (one,) = of_checklist(Checklist("shop", NOW, (bare,)))
    assert one.page == "checklist"


def test_a_question_that_fails_because_a_check_does_follows_from_it():
    broken = Signal("check:cache", "Cache", Status.FAIL, "Connection refused.", group="check:cache")
    asked = Signal("checklist:times", "Times?", Status.FAIL, "Cache does not answer at all.")
    other = replace(asked, summary="p95 of GET /x is 3 times the usual.")
    checks, because, itself = explained([broken, asked, other])
    assert checks is broken
    assert (because.explained_by, because.group) == ("Cache", "check:cache")
    assert itself is other
    assert explained([replace(broken, status=Status.PASS), asked])[1] is asked

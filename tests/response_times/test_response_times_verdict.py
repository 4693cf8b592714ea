from dataclasses import replace
from datetime import UTC

import pytest

from console.health.check import Check
from console.health.model import Outcome, Status
from console.response_times.compare import last_month
from console.response_times.verdict import few, stretch, times, verdict
from tests.response_times.made_analysis import API, HOUR, NOON, analysed, even

WINDOW = "in the last hour"
QUIET = API.model_copy(update={"objective": 0.5})  # a budget that nothing here spends


def said(results: list[tuple[float, float | None, Outcome]], **how: object) -> tuple[Status, str]:
    told = verdict(analysed(results, **how), WINDOW)
    return told.status, told.text


def test_an_empty_window_is_unknown_and_says_so() -> None:
    assert said([]) == (Status.UNKNOWN, "No results in the last hour.")


def test_too_few_samples_say_how_many_are_needed() -> None:
    status, text = said(even(0.1, 12))
    assert status is Status.UNKNOWN
    assert text == ("12 response times in the last hour; at least 20 are needed to say anything.")


def test_one_sample_is_told_in_the_singular() -> None:
    assert said(even(0.1, 1))[1].startswith("1 response time in the last hour;")


def test_with_enough_for_a_median_only_the_median_is_told() -> None:
    status, text = said(even(0.1, 30, every=60), check=QUIET)
    assert status is Status.PASS
    assert text.startswith("Half of the answers came within 100 ms in the last hour")


def test_with_enough_the_p95_is_told_and_compared_with_the_period_before() -> None:
    status, text = said(even(0.1, 240), check=QUIET)
    assert (status, text) == (
        Status.PASS,
        "95 of 100 answers came within 100 ms in the last hour: "
        "no clear change from the period before (100 ms).",
    )


def test_a_clear_change_is_told_with_its_size() -> None:
    slower = even(0.2, 120) + even(0.1, 120, until=NOON - HOUR)
    assert "100 % slower than the period before (100 ms)" in said(slower, check=QUIET)[1]
    faster = even(0.1, 120) + even(0.2, 120, until=NOON - HOUR)
    assert "50 % faster than the period before (200 ms)" in said(faster, check=QUIET)[1]


def test_a_period_before_without_samples_is_not_compared_with() -> None:
    text = said(even(0.1, 120), check=QUIET)[1]
    assert text == "95 of 100 answers came within 100 ms in the last hour."


def test_slower_than_allowed_warns() -> None:
    status, text = said(even(0.9, 120), check=QUIET)
    assert status is Status.WARN
    assert "That is slower than the 500 ms allowed." in text


def test_answers_that_do_not_come_are_told_beside_fast_ones() -> None:
    results = even(0.1, 90) + even(0, 30, until=NOON - 2700, outcome=Outcome.CONNECT)
    check = API.model_copy(update={"objective": 0.8})
    status, text = said(results, check=check)
    assert status is Status.WARN
    assert "25.00 % of 120 probes were not ok: 30 not connected." in text


def test_a_burning_budget_fails_and_says_how_fast() -> None:
    results = even(0.1, 60) + even(0, 60, until=NOON, every=29, outcome=Outcome.CONNECT)
    status, text = said(results)
    assert status is Status.FAIL
    assert "times too fast in the last hour." in text


def test_an_end_without_results_is_unknown_and_not_well() -> None:
    status, text = said(even(0.1, 90, until=NOON - 900), check=QUIET)
    assert status is Status.UNKNOWN
    assert text.endswith("The last 15 min of it have no result.")


def test_a_result_may_wait_for_one_flush_of_the_collector() -> None:
    found = analysed(even(0.1, 90, until=NOON - 120), check=QUIET)
    assert verdict(found, WINDOW).status is Status.UNKNOWN
    patient = replace(found.question, flush_interval=60.0)
    assert verdict(replace(found, question=patient), WINDOW).status is Status.PASS


def test_a_service_that_sleeps_may_be_silent_until_it_is_woken() -> None:
    found = analysed(even(0.1, 90, until=NOON - 900), check=QUIET)
    service = found.question.service.model_copy(update={"sleep_after": 300.0})
    asleep = replace(found.question, service=service)
    assert verdict(replace(found, question=asleep), WINDOW).status is Status.PASS


def test_a_window_without_any_answer_says_what_came_instead() -> None:
    status, text = said(even(0, 40, outcome=Outcome.TLS))
    assert status is Status.UNKNOWN
    assert text == (
        "No response times in the last hour: none of 40 probes got an answer (40 TLS failed)."
    )


def test_a_job_that_does_not_say_how_long_it_took_is_no_failure() -> None:
    beats = [(at, None, Outcome.OK) for at, _, _ in even(0, 12)]
    nightly = Check(name="api", type="push", interval=3600)
    assert said(beats, check=nightly) == (
        Status.UNKNOWN,
        "No response times in the last hour: its 12 results carry none.",
    )


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(3600, "hour"), (6 * 3600, "6 hours"), (86400, "24 hours"), (7 * 86400, "7 days")],
)
def test_a_window_is_told_in_hours_or_days(seconds: float, words: str) -> None:
    assert stretch(seconds) == words


def test_burn_rates_have_the_digits_that_matter() -> None:
    assert [times(rate) for rate in (1.26, 14.4, 1200.0)] == [
        "1.3 times",
        "14 times",
        "1,200 times",
    ]


def test_what_is_missing_for_a_percentile_is_told_with_it() -> None:
    p99 = analysed(even(0.1, 120)).percentiles[2]
    assert few(p99) == "n = 120, needs 299"


@pytest.mark.parametrize(
    ("now", "status"), [(0.2, Status.WARN), (0.12, Status.PASS), (0.05, Status.PASS)]
)
def test_a_quarter_slower_than_before_is_worth_a_look(now: float, status: Status) -> None:
    results = even(now, 120) + even(0.1, 120, until=NOON - HOUR)
    assert said(results, check=QUIET)[0] is status


def test_slower_than_the_hour_before_but_as_ever_at_this_time_is_no_warning() -> None:
    month_ago = last_month(NOON - HOUR, NOON, UTC)
    assert month_ago is not None
    results = even(0.2, 120) + even(0.1, 120, until=NOON - HOUR)
    results += even(0.2, 120, until=month_ago.until)
    status, text = said(results, check=QUIET)
    assert status is Status.PASS
    assert "100 % slower than the period before" in text

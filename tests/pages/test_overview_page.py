import time
from dataclasses import replace

from console.activity.model import Event, Kind
from console.health.check import Maintenance
from console.health.model import Status
from tests.pages.conftest import Show
from tests.pages.filling import (
    Past,
    accounting_is_down,
    failing,
    good,
    invoice_service,
    many_checks,
)


def test_a_healthy_service_reads_all_well_in_one_sentence(show: Show):
    screen = show("overview", invoice_service())
    assert screen.verdict == "All 6 checks pass."
    assert screen.metrics["Checks passing"] == ("6 of 6", "all")
    assert screen.metrics["Open incidents"] == ("0", "none")
    assert "Nothing is wrong." in screen.text


def test_every_figure_says_what_it_rests_on(show: Show):
    metrics = show("overview", invoice_service(), hours=2).metrics
    value, note = metrics["p95 · 1 h"]
    assert value.endswith(" ms")
    assert note.startswith("n = 1")  # 120, or 121 where a minute has just begun
    assert metrics["Errors · 1 h"][1].startswith("0 of 1")
    assert metrics["Certificate"][0] == "42 days"


def test_too_few_results_for_a_percentile_show_none_and_how_many_it_needs(show: Show):
    metrics = show("overview", invoice_service(), hours=0.1).metrics
    assert metrics["p95 · 1 h"] == ("–", "n = 12, needs 59")


def test_a_failure_is_told_once_with_what_it_explains(show: Show):
    screen = show("overview", invoice_service(), tell=accounting_is_down(time.time() - 610))
    assert screen.verdict.startswith("Accounting API is failing since ")
    assert "2 checks are affected. The rest: 3 passing." in screen.verdict
    assert screen.metrics["Open incidents"][0] == "1"
    assert screen.text.count("Because of it:") == 1  # the verdict has the reason already


def test_time_that_nobody_watched_is_left_out_of_the_uptime_and_said(show: Show):
    past = Past(unknown_days=(3,))
    assert show("overview", invoice_service(), past=past).metrics["Uptime · 30 d"] == (
        "100 %",
        "4 h left out",
    )


def test_a_slow_answer_is_a_warning_and_not_a_failure(show: Show):
    def slow(check, at, random):
        result = good(check, at, random)
        if check.name != "cache":
            return result
        return replace(result, status=Status.WARN, message="Slow: 1.40 s.")

    screen = show("overview", invoice_service(), tell=slow)
    assert screen.verdict.startswith("Cache warns since ")
    assert screen.metrics["Checks passing"] == ("5 of 6", "1 not passing")


def test_planned_work_is_announced_and_under_way(show: Show):
    now = time.time()
    soon = Maintenance(title="Move", start=now + 7300, end=now + 9000)
    assert show("overview", invoice_service(maintenance=[soon])).metrics["Planned work"] == (
        "in 2 h 1 min",
        "Move",
    )
    current = Maintenance(title="Move", start=now - 60, end=now + 900)
    screen = show("overview", invoice_service(maintenance=[current]))
    assert screen.metrics["Planned work"] == ("now", "Move")
    assert screen.verdict == "Under maintenance: all 6 checks: Accounting API, Cache, " + (
        "Invoice hand-over and 3 more."
    )


def test_the_timeline_has_every_kind_and_can_be_narrowed_by_the_url(show: Show):
    now = time.time()
    events = [
        Event("1", now - 300, Kind.DEPLOYMENT, "Version 7 is live", actor="Mara Keller"),
        Event("2", now - 200, Kind.SCALING, "Scaled from 2 to 4 instances"),
    ]
    screen = show("overview", invoice_service(), past=Past(events=events))
    assert "Version 7 is live" in screen.text
    assert "Scaled from 2 to 4 instances" in screen.text
    narrow = show(
        "overview", invoice_service(), past=Past(events=events), query={"kinds": "scaling"}
    )
    assert "Version 7 is live" not in narrow.text
    assert "Scaled from 2 to 4 instances" in narrow.text


def test_a_frozen_window_shows_only_what_happened_in_it(show: Show):
    now = time.time()
    events = [
        Event("1", now - 86400 * 3, Kind.RUN, "Run of invoice 4711"),
        Event("2", now - 200, Kind.SCALING, "Scaled from 2 to 4 instances"),
    ]
    query = {
        "from": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now - 86400 * 4)),
        "to": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now - 86400 * 2)),
    }
    screen = show("overview", invoice_service(), past=Past(events=events), query=query)
    assert "Run of invoice 4711" in screen.text
    assert "Scaled from" not in screen.text
    assert "Frozen" in screen.text


def test_a_thousand_failing_checks_are_summed_up(show: Show):
    def down(check, at, random):
        return failing(check, at, "No answer.")

    screen = show("overview", many_checks(1000), tell=down, hours=0.03)
    assert screen.verdict.startswith("1,000 checks are failing: Tenant 0000")
    assert "and 992 more" in screen.text
    assert len(screen.text) < 60_000

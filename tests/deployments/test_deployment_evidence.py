"""What log, settings and single-item runs say of a deployment."""

from dataclasses import replace
from typing import Any

import pytest

from console.controls.runs import Run
from console.deployments.evidence import of_log, of_run, of_settings
from console.health.model import Status
from console.health.summary import Standing
from console.instances.heartbeat import Beat
from console.instances.model import Heard
from console.logs.model import (
    LogsReading,
    Names,
    PatternReading,
    Seen,
    Source,
    State,
    Trend,
)
from console.settings.model import Finding, Rule, Severity
from console.settings.overview import Overview

NOW = 1_000_000.0
BEGUN, LIVE = NOW - 660, NOW - 600
PRINT = "0123456789abcdef"


def pattern(first: float, state: State = State.OPEN, last: float = NOW - 5) -> PatternReading:
    none = Names(0, ())
    return PatternReading(
        "p1", "k1", "bank answered <number>", 7, first, last, (), Trend.STEADY, None,
        none, none, none, "bank answered 503", state=state,
    )  # fmt: skip


def reading(*patterns: PatternReading, **more: Any) -> LogsReading:
    made = LogsReading(
        NOW - 3, (Source("kit"),), NOW - 9000, NOW - 4, False, 30.0, 500, patterns=patterns,
        known_since=NOW - 90_000,
    )  # fmt: skip
    return replace(made, **more)


@pytest.mark.parametrize(
    ("found", "status", "why"),
    [
        (reading(pattern(NOW - 300)), Status.WARN, "not seen before: bank answered <number>"),
        (reading(pattern(NOW - 5000)), Status.PASS, "No error pattern that was not seen"),
        (reading(), Status.PASS, "No error pattern"),
        (
            reading(pattern(NOW - 5000), seen={"k1": Seen(NOW - 90_000, NOW, NOW - 300)}),
            Status.WARN,  # it was gone for a day, and is back since
            "not seen before",
        ),
        # older than the lines that are kept: not new
        (
            reading(pattern(NOW - 300), seen={"k1": Seen(NOW - 90_000, NOW)}),
            Status.PASS,
            "No error",
        ),
        (reading(pattern(NOW - 300, State.MUTED)), Status.PASS, "No error pattern"),
        (None, Status.UNKNOWN, "No log is read."),
        (LogsReading(NOW), Status.UNKNOWN, "No log is read."),
        (reading(at=LIVE - 1), Status.UNKNOWN, "No line was read since"),
        (reading(last=LIVE - 1), Status.UNKNOWN, "No line was read since"),
        (
            reading(sources=(Source("Loki", "Loki is away."),), lines=0),
            Status.UNKNOWN,
            "Loki is away.",
        ),
        (reading(silent=True), Status.UNKNOWN, "silent"),
        (
            reading(pattern(NOW - 300), known_since=BEGUN - 60),
            Status.UNKNOWN,
            "Whether an error is new cannot be told: lines are known of the last 12 min only.",
        ),
        (reading(known_since=BEGUN - 60), Status.PASS, "No open error pattern since."),
    ],
)
def test_an_error_is_new_only_where_the_log_is_known_from_before(
    found: LogsReading | None, status: Status, why: str
):
    told = of_log(found, BEGUN, LIVE, NOW)
    assert (told.status, told.required) == (status, False)
    assert why in told.sentence


def test_an_error_of_a_version_that_failed_is_new_for_the_next_one():
    known = reading(pattern(BEGUN - 300), at=NOW + 6)
    assert of_log(known, BEGUN, LIVE, NOW).status is Status.PASS
    apart = [(BEGUN - 400, BEGUN)]
    assert of_log(known, BEGUN, LIVE, NOW, NOW, apart).status is Status.WARN
    # the version that was replaced wrote it last
    ended = reading(pattern(BEGUN - 300, last=LIVE + 1), at=NOW + 6)
    assert of_log(ended, BEGUN, LIVE, NOW, NOW, apart).status is Status.PASS


@pytest.mark.parametrize(
    ("at", "now", "status", "pending"),
    [
        (NOW - 1, NOW, Status.UNKNOWN, True),  # the last seconds are not read
        (NOW - 100, NOW - 90, Status.UNKNOWN, False),  # the watch goes on
        (NOW + 6, NOW + 7, Status.PASS, False),
    ],
)
def test_no_new_error_is_told_only_of_a_log_that_was_read_to_the_end_of_the_watch(
    at: float, now: float, status: Status, pending: bool
):
    told = of_log(reading(at=at), BEGUN, LIVE, now, NOW)
    assert (told.status, told.pending) == (status, pending)


def overview(standing: Standing, *severities: Severity) -> Overview:
    findings = tuple(Finding(Rule.MISSING, one, "API_URL", "is missing.") for one in severities)
    return Overview(standing, f"It stands {standing}.", {}, findings, 5, 6)


@pytest.mark.parametrize(
    ("found", "read_at", "status", "why"),
    [
        (overview(Standing.PASS), NOW, Status.PASS, "5 of 6 variables set, no error."),
        (overview(Standing.WARN, Severity.WARN), NOW, Status.PASS, "no error, 1 warning."),
        (overview(Standing.FAIL, Severity.ERROR), NOW, Status.FAIL, "It stands fail."),
        (overview(Standing.UNKNOWN), NOW, Status.UNKNOWN, "It stands unknown."),
        (overview(Standing.PASS), LIVE - 1, Status.UNKNOWN, "not read since"),
        (None, NOW, Status.UNKNOWN, "No instance reports"),
    ],
)
def test_settings_are_valid_without_an_error(
    found: Overview | None, read_at: float, status: Status, why: str
):
    told = of_settings(found, read_at, LIVE)
    assert (told.status, told.required) == (status, False)
    assert why in told.sentence


def run(at: float, outcome: str = "held", **more: Any) -> Run:
    made = Run(
        f"r{at}", "relay", "INV-1", True, "ann", at, 60.0, "ended", outcome, fingerprint=PRINT
    )
    return replace(made, **more)


def alive(started: float = LIVE, settings: str = PRINT) -> list[Heard]:
    beat = Beat("i1", NOW, started, 2.0, "c", settings=settings)
    return [Heard("i1", NOW, beat)]


FAILED = run(NOW - 60, "failed", reason="bank answered 503")


@pytest.mark.parametrize(
    ("runs", "instances", "status", "required", "why"),
    [
        ([run(NOW - 60)], alive(), Status.PASS, False, "INV-1 (dry) went through"),
        ([], alive(), Status.UNKNOWN, False, "No single item was run since"),
        ([run(LIVE - 9)], alive(), Status.UNKNOWN, False, "No single item was run since"),
        # it went through before: that is what the deployment broke
        ([FAILED, run(LIVE - 900)], alive(), Status.FAIL, True, "It went through before."),
        ([FAILED], alive(), Status.WARN, False, "failed: bank answered 503"),
        ([FAILED, run(LIVE - 900, "failed")], alive(), Status.WARN, False, "failed"),
        ([run(NOW - 60, state="unknown")], alive(), Status.UNKNOWN, False, "not known"),
        (
            [run(NOW - 60, fingerprint="f" * 16)],
            alive(),
            Status.UNKNOWN,
            False,
            "with other settings than run now",
        ),
        # not comparable, and every instance is older than the run: nothing has changed since
        (
            [run(NOW - 60, fingerprint="not comparable")],
            alive(settings="not comparable"),
            Status.PASS,
            False,
            "went through",
        ),
        (
            [run(NOW - 60, fingerprint="not comparable")],
            alive(NOW - 30, "not comparable"),
            Status.UNKNOWN,
            False,
            "cannot be told",
        ),
        ([run(NOW - 60)], [], Status.UNKNOWN, False, "cannot be told"),
    ],
)
def test_a_run_counts_with_the_settings_that_run_now(
    runs: list[Run], instances: list[Heard], status: Status, required: bool, why: str
):
    told = of_run(runs, instances, LIVE, NOW)
    assert (told.status, told.required) == (status, required), told
    assert why in told.sentence

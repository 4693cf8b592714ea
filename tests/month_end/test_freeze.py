"""Deployments in the freeze: those seen, those planned, and what is not known."""

from datetime import date, time

import pytest

from console.deployments.history import Snapshot as Deployments
from console.deployments.model import Record
from console.health.summary import Standing
from console.month_end.freeze import Deployed, Planned, deployed_of, freeze, read_planned
from console.month_end.model import closing_of
from console.platforms.model import Deployment, DeploymentState
from tests.month_end.closings import RULES, TOKYO

FOUND = closing_of("2026-11", RULES, TOKYO)
assert FOUND is not None
CLOSING = FOUND[0]  # held on Mon 30 Nov; the freeze is from Thu 26 Nov to the end of Tue 1 Dec
INSIDE, BEFORE = CLOSING.freeze_from + 3600, CLOSING.freeze_from - 3600


def test_planned_deployments_are_read_with_and_without_a_time():
    assert read_planned("2026-11-27 10:00 Invoice layout; 2026-12-03 Payroll;") == (
        Planned(date(2026, 11, 27), time(10), "Invoice layout"),
        Planned(date(2026, 12, 3), time(12), "Payroll"),
    )
    assert read_planned("2026-12-03")[0].what == "a deployment"
    assert read_planned("") == ()


@pytest.mark.parametrize(
    "text", ["soon", "2026-13-01 x", "2026-11-27 99:00 x", "; ".join(["2026-11-27 x"] * 51)]
)
def test_what_is_no_plan_is_refused(text: str):
    with pytest.raises(ValueError, match="deployments"):
        read_planned(text)


def test_a_deployment_planned_in_the_freeze_is_a_warning_that_says_when():
    planned = read_planned("2026-11-27 10:00 Invoice layout; 2026-12-10 Payroll")
    ((standing, what, text),) = freeze(CLOSING, (), planned, BEFORE, TOKYO)
    assert (standing, what) == (Standing.WARN, "Planned in the freeze")
    assert text.startswith("Invoice layout (")
    assert "Payroll" not in text
    later = freeze(CLOSING, (), planned[1:], BEFORE, TOKYO)
    assert later[0][0] is Standing.PASS
    assert "1 planned deployment, none inside of it" in later[0][2]


def test_a_plan_that_is_past_is_planned_no_more():
    planned = read_planned("2026-11-27 10:00 Invoice layout")
    assert freeze(CLOSING, (), planned, CLOSING.deadline, TOKYO)[0][1] == "Freeze"


def test_without_a_plan_nobody_knows_what_is_planned():
    ((standing, _, text),) = freeze(CLOSING, None, (), BEFORE, TOKYO)
    assert standing is Standing.UNKNOWN
    assert "CONSOLE_CLOSING_PLANNED" in text
    assert freeze(CLOSING, None, (), INSIDE, TOKYO)[0][0] is Standing.UNKNOWN
    assert freeze(CLOSING, (), (), INSIDE, TOKYO)[0][0] is Standing.PASS


def test_what_the_platform_tells_counts_from_when_it_changed_what_runs():
    def record(name: str, state: DeploymentState, at: float, ended: float | None) -> Record:
        return Record(Deployment(name, name * 8, state, at, ended, f"Change {name}\n\nmore"))

    told = Deployments(
        INSIDE,
        records=(
            record("aa", DeploymentState.RUNNING, INSIDE - 60, None),
            record("bb", DeploymentState.LIVE, BEFORE, INSIDE),
            record("cc", DeploymentState.FAILED, INSIDE, INSIDE + 5),
            record("dd", DeploymentState.REPLACED, BEFORE - 900, BEFORE - 600),
        ),
    )
    found = freeze(CLOSING, deployed_of(told), (), INSIDE + 60, TOKYO)
    assert found[0][0] is Standing.WARN
    text = found[0][2]
    assert "aaaaaaa “Change aa” (is being rolled out since" in text
    assert "bbbbbbb “Change bb” (" in text
    assert "ccccccc “Change cc” (failed" in text
    assert "dd" not in text
    assert "more" not in text


def test_one_before_the_freeze_is_none_in_it():
    assert freeze(CLOSING, [Deployed("a", BEFORE)], (), INSIDE, TOKYO)[0][0] is Standing.PASS

"""Stages beside what is usual, changes, and the DORA figures."""

from dataclasses import replace

import pytest

from console.deployments.dora import DAY, dora
from console.deployments.history import lost
from console.deployments.model import (
    Pace,
    Record,
    Surroundings,
    Verdict,
    Verification,
    changes,
    compared,
    live_before,
    stage_compared,
)
from console.platforms.model import (
    Deployment,
    DeploymentState,
    Stage,
    StageName,
    StageState,
    Trigger,
)

DONE = StageState.DONE


def record(
    at: float,
    *,
    state: DeploymentState = DeploymentState.REPLACED,
    build: float = 20.0,
    lead: float = 100.0,
    commit: str = "",
    trigger: Trigger = Trigger.PUSH,
    verdict: Verdict | None = None,
) -> Record:
    """A deployment that was noticed at `at`, built, and live 10 s after that."""
    live = at + build + 10
    reached = state is not DeploymentState.FAILED
    deployment = Deployment(
        f"d{at:.0f}",
        commit or f"{at:040.0f}",
        state,
        at,
        live,
        trigger=trigger,
        stages=(
            Stage(StageName.PUSH, DONE, live - lead, at - 1),
            Stage(StageName.DETECT, DONE, at - 1, at),
            Stage(StageName.BUILD, DONE if reached else StageState.FAILED, at, at + build),
            Stage(StageName.DEPLOY, DONE, at + build, live) if reached else Stage(StageName.DEPLOY),
            Stage(StageName.VERIFY),
        ),
    )
    found = Verification(verdict, "", live, live + 600) if verdict else None
    return Record(deployment, found)


def test_a_duration_is_slow_only_beyond_what_varies_anyway():
    usual = [20.0, 21.0, 19.0, 22.0, 20.0, 18.0]
    assert compared(20.5, usual).pace is Pace.USUAL
    assert compared(41.0, usual).pace is Pace.SLOWER
    assert compared(5.0, usual).pace is Pace.FASTER
    assert compared(41.0, usual).sentence == "41 s, slower than usual (20 s, of 6 deployments)"


def test_a_difference_of_little_is_not_called_slow_however_steady_the_rest_is():
    assert compared(21.0, [20.0] * 10).pace is Pace.USUAL
    assert compared(25.0, [20.0] * 10).pace is Pace.SLOWER


def test_few_deployments_say_nothing_of_the_usual():
    found = compared(41.0, [20.0] * 4)
    assert (found.pace, found.usual) == (Pace.NOT_KNOWN, None)
    assert "4 of 5 deployments" in found.sentence
    assert compared(None, [20.0] * 9).sentence == "Not told by the platform."


def test_the_usual_is_of_earlier_deployments_that_went_live():
    history = [record(at * 1000.0) for at in range(30, 0, -1)]
    history.insert(3, record(27_500.0, build=900.0, state=DeploymentState.FAILED))
    slow = record(25_000.0, build=60.0)
    found = stage_compared(StageName.BUILD, slow, history, 99_999.0)
    assert (found.pace, found.usual, found.of) == (Pace.SLOWER, 20.0, 20)


def test_what_changed_is_told_by_name_never_by_value():
    old, new = record(1000.0), record(2000.0)
    failed = record(1500.0, state=DeploymentState.ROLLED_BACK)
    found = changes(
        new,
        [new, failed, old],
        Surroundings({"A": "f1", "B": "f2"}, 2),
        Surroundings({"A": "f1", "B": "f3", "C": "f4"}, 3),
    )
    assert found.before == old.deployment
    assert found.commit
    assert found.settings == ("B", "C")
    assert found.instances == (2, 3)
    assert live_before(old, [new, failed, old]) is None
    again = record(3000.0, commit=new.deployment.commit)
    assert not changes(again, [again, new], Surroundings(), Surroundings()).commit


def test_the_verify_stage_is_the_consoles_own_verdict():
    stages = {verdict: record(1000.0, verdict=verdict).stages[-1].state for verdict in Verdict}
    assert stages == {
        Verdict.WATCHING: StageState.RUNNING,
        Verdict.VERIFIED: StageState.DONE,
        Verdict.DEGRADED: StageState.FAILED,
        Verdict.FAILED: StageState.FAILED,
        Verdict.NOT_KNOWN: StageState.UNKNOWN,
    }
    assert record(1000.0).stages[-1].state is StageState.WAITING


def test_one_that_nobody_tells_of_any_more_is_unknown():
    running = replace(record(1000.0).deployment, state=DeploymentState.RUNNING)
    assert lost(running, 1100.0, 3600.0) is running
    assert lost(running, 9000.0, 3600.0).state is DeploymentState.UNKNOWN


def test_the_figures_of_a_quiet_month():
    records = [record(day * DAY, lead=100.0 + day) for day in range(1, 11)]
    found = dora(records, 0.0, 20 * DAY, 0.0)
    assert found.frequency.value == pytest.approx(0.5)
    assert (found.lead_time.value, found.lead_time.of) == (105.5, 10)
    assert (found.fail_rate.value, found.fail_rate.of) == (0.0, 10)
    assert found.fail_rate.high == pytest.approx(0.2775, abs=0.001)  # none of ten proves little
    assert found.recovery.value is None


def test_a_young_history_is_not_stretched_over_the_whole_window():
    records = [record(day * DAY) for day in (18, 19)]
    assert dora(records, 0.0, 20 * DAY, 18 * DAY).frequency.value == pytest.approx(1.0)
    assert dora(records, 0.0, 20 * DAY, 18 * DAY).fail_rate.value is None  # of two
    assert dora([], 0.0, 20 * DAY, 30 * DAY).frequency.value is None  # known from later on


def test_a_build_that_failed_never_came_to_production():
    records = [record(day * DAY) for day in range(1, 5)]
    records.append(record(5 * DAY, state=DeploymentState.FAILED))
    found = dora(records, 0.0, 10 * DAY, 0.0)
    assert (found.fail_rate.value, found.fail_rate.of) == (0.0, 4)
    assert found.frequency.of == 4


def test_what_was_rolled_back_counts_as_failed_however_it_came_about():
    by_platform = record(2 * DAY, state=DeploymentState.ROLLED_BACK)
    by_verdict = record(3 * DAY, verdict=Verdict.FAILED)
    mend = record(3 * DAY + 600, verdict=Verdict.VERIFIED)
    by_operator = record(5 * DAY)
    rollback = record(5 * DAY + 300, trigger=Trigger.ROLLBACK)
    records = [record(DAY), by_platform, by_verdict, mend, by_operator, rollback, record(7 * DAY)]
    found = dora(records, 0.0, 10 * DAY, 0.0)
    assert (found.fail_rate.value, found.fail_rate.of) == (3 / 6, 6)
    assert (found.recovery.value, found.recovery.of) == (300.0, 3)  # of 10, 300 and 600 s
    assert found.unmended == 0


def test_a_failure_that_nothing_good_has_followed_is_not_mended():
    records = [
        record(DAY),
        record(2 * DAY),
        record(3 * DAY, verdict=Verdict.FAILED),
        record(4 * DAY, state=DeploymentState.LIVE, verdict=Verdict.FAILED),
    ]
    found = dora(records, 0.0, 5 * DAY, 0.0)
    assert found.fail_rate.value == 0.5
    assert (found.recovery.value, found.unmended) == (None, 2)

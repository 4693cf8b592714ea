"""What is said of any platform: capabilities with reasons, stages, actions."""

import pytest

from console.errors import NotOffered, PlatformError
from console.platforms.extras import lines_of
from console.platforms.memory import remembered
from console.platforms.model import (
    Capabilities,
    Capability,
    Deployment,
    DeploymentState,
    InstanceRange,
    Redeploy,
    Rollback,
    Scale,
    SetVariable,
    Stage,
    StageName,
    StageState,
    needed,
)
from console.platforms.render.platform import Render

LACKING = Capabilities("Fly.io", {Capability.RANGE: "the most is the number of machines."})


def test_a_missing_capability_carries_its_reason():
    assert not LACKING.offers(Capability.RANGE)
    assert LACKING.reason(Capability.RANGE) == (
        "Not offered by Fly.io: the most is the number of machines."
    )
    with pytest.raises(NotOffered, match="number of machines") as raised:
        LACKING.require(Capability.RANGE)
    assert isinstance(raised.value, PlatformError)


def test_what_is_not_declared_missing_is_offered_and_has_no_reason():
    assert LACKING.offers(Capability.LOGS)
    assert LACKING.reason(Capability.LOGS) == ""
    LACKING.require(Capability.LOGS)


def test_log_lines_are_offered_only_where_an_adapter_says_so():
    reading = Capabilities("Fly.io", also=frozenset((Capability.RUNTIME_LOGS,)))
    assert reading.offers(Capability.RUNTIME_LOGS)
    assert reading.reason(Capability.RUNTIME_LOGS) == ""
    assert not LACKING.offers(Capability.RUNTIME_LOGS)
    assert LACKING.reason(Capability.RUNTIME_LOGS) == (
        "Not offered by Fly.io: the console does not read them there."
    )


class Lacking(Render):
    """An adapter that says nothing of log lines."""

    @property
    def capabilities(self) -> Capabilities:
        return LACKING


async def test_what_is_not_offered_is_not_asked_for():
    platform = Lacking("srv-1", "token")
    with pytest.raises(NotOffered, match="Not offered by Fly"):
        await lines_of(platform, 0.0, 10)
    await platform.close()


def test_a_deployment_always_has_the_five_stages_in_order():
    one = Deployment("d1", "c0ffee", DeploymentState.RUNNING, 10.0)
    assert [stage.name for stage in one.stages] == ["push", "detect", "build", "deploy", "verify"]
    built = one.with_stage(Stage(StageName.BUILD, StageState.FAILED, 11.0, 13.0))
    assert [stage.name for stage in built.stages] == list(StageName)
    assert built.current == Stage(StageName.BUILD, StageState.FAILED, 11.0, 13.0)
    assert one.current is None


@pytest.mark.parametrize(
    ("stage", "seconds"),
    [
        (Stage(StageName.BUILD, StageState.DONE, 10.0, 12.5), 2.5),
        (Stage(StageName.BUILD, StageState.RUNNING, 10.0), 90.0),
        (Stage(StageName.BUILD, StageState.FAILED, 10.0, 11.0), 1.0),
        (Stage(StageName.BUILD, StageState.DONE, None, 12.5), None),
        (Stage(StageName.BUILD, StageState.DONE, 10.0, None), None),
        (Stage(StageName.BUILD, StageState.WAITING, 10.0, 11.0), None),
        (Stage(StageName.BUILD, StageState.SKIPPED, 10.0, 11.0), None),
        (Stage(StageName.PUSH, StageState.DONE, 10.0, 9.0), None),  # two clocks
        (Stage(StageName.BUILD, StageState.RUNNING, 110.0), None),  # a clock that is ahead
    ],
)
def test_a_duration_is_only_told_where_both_ends_are_known(stage: Stage, seconds: float | None):
    assert stage.seconds(100.0) == seconds


def test_a_range_is_automatic_only_between_two_different_numbers():
    assert InstanceRange(2, 2, 1, 4).automatic
    assert not InstanceRange(2, 2, 2, 2).automatic
    assert not InstanceRange(2, 2).automatic


def test_each_action_needs_its_capability():
    actions = (Scale(1, 3), Rollback("d1"), Redeploy(), SetVariable("A", "b"))
    assert [needed(action) for action in actions] == [
        Capability.SCALE,
        Capability.ROLLBACK,
        Capability.REDEPLOY,
        Capability.SET_VARIABLE,
    ]


def test_the_value_of_a_variable_is_in_no_representation():
    assert "hunter2" not in repr(SetVariable("PASSWORD", "hunter2"))


@pytest.mark.parametrize(
    ("known", "now", "raw", "found"),
    [
        (DeploymentState.LIVE, DeploymentState.UNKNOWN, "", DeploymentState.REPLACED),
        (DeploymentState.LIVE, DeploymentState.REPLACED, "", DeploymentState.REPLACED),
        (DeploymentState.FAILED, DeploymentState.LIVE, "", DeploymentState.LIVE),
        (DeploymentState.FAILED, DeploymentState.UNKNOWN, "", DeploymentState.FAILED),
        (DeploymentState.REPLACED, DeploymentState.UNKNOWN, "", DeploymentState.REPLACED),
        (DeploymentState.RUNNING, DeploymentState.UNKNOWN, "", DeploymentState.UNKNOWN),
        (DeploymentState.FAILED, DeploymentState.LIVE, "Available", DeploymentState.LIVE),
        (DeploymentState.LIVE, DeploymentState.UNKNOWN, "new word", DeploymentState.UNKNOWN),
        (None, DeploymentState.UNKNOWN, "", DeploymentState.UNKNOWN),
    ],
)
def test_what_a_platform_no_longer_says_is_remembered(
    known: DeploymentState | None, now: DeploymentState, raw: str, found: DeploymentState
):
    before = None if known is None else Deployment("d1", "c0ffee", known, 10.0, 20.0)
    told = Deployment("d1", "", now, 11.0, raw_state=raw)
    assert remembered(before, told).state is found

"""Railway: what its words mean, whatever they are."""

from typing import Any

import pytest

from console.platforms.model import (
    DeploymentState,
    InstanceRange,
    StageName,
    StageState,
    Trigger,
)
from console.platforms.railway.course import with_steps
from console.platforms.railway.measured import times_of
from console.platforms.railway.words import deployment_of, instances_of, with_triggers
from tests.platforms.railway_server import (
    deployment,
    schema,
    step,
)


@pytest.mark.parametrize(
    ("status", "state", "stages"),
    [
        ("QUEUED", DeploymentState.RUNNING, ["waiting", "waiting"]),
        ("NEEDS_APPROVAL", DeploymentState.RUNNING, ["waiting", "waiting"]),
        ("BUILDING", DeploymentState.RUNNING, ["running", "waiting"]),
        ("DEPLOYING", DeploymentState.RUNNING, ["done", "running"]),
        ("SUCCESS", DeploymentState.LIVE, ["done", "done"]),
        ("SLEEPING", DeploymentState.LIVE, ["done", "done"]),
        ("CRASHED", DeploymentState.FAILED, ["done", "failed"]),
        ("FAILED", DeploymentState.FAILED, ["unknown", "unknown"]),
        ("SKIPPED", DeploymentState.SUPERSEDED, ["skipped", "skipped"]),
        ("REMOVED", DeploymentState.REPLACED, ["done", "done"]),
        ("ENTANGLED", DeploymentState.UNKNOWN, ["unknown", "unknown"]),
    ],
)
def test_every_status_has_its_meaning_and_an_unknown_one_none(
    status: str, state: DeploymentState, stages: list[str]
):
    found = deployment_of(deployment(1, status))
    assert found is not None
    assert (found.state, found.raw_state) == (state, status)
    assert [stage.state for stage in found.stages[2:4]] == stages


def test_every_status_and_step_of_the_schema_is_known():
    enums = schema().type_map
    for status in enums["DeploymentStatus"].values:
        found = deployment_of(deployment(1, status))
        assert found is not None
        assert found.state is not DeploymentState.UNKNOWN, status
    one = deployment_of(deployment(1, "DEPLOYING"))
    assert one is not None
    for name in set(enums["DeploymentEventStep"].values) - {"DRAIN_INSTANCES"}:
        assert with_steps(one, [step(name, "2026-11-24T00:01:06Z", None)]) != one, name


@pytest.mark.parametrize(
    "more",
    [
        {"meta": None},
        {"meta": "{}"},
        {"meta": '{"commitHash'},
        {"meta": [1]},
        {"statusUpdatedAt": None, "creator": {"name": None}},
        {"statusUpdatedAt": "0001-01-01T00:00:00Z"},
    ],
)
def test_null_and_odd_fields_leave_unknown_what_they_would_have_told(more: dict[str, Any]):
    found = deployment_of(deployment(1, "SUCCESS", **more))
    assert found is not None
    assert found.state is DeploymentState.LIVE
    if "meta" in more:
        assert (found.commit, found.trigger) == ("", Trigger.OTHER)
    else:
        assert found.ended_at is None


@pytest.mark.parametrize("created", ["1767225600000", 1767225600, "2026-01-01 00:00:00 +0000 UTC"])
def test_a_time_in_any_dialect_is_the_same_time(created: Any):
    found = deployment_of(deployment(1, createdAt=created))
    assert found is not None
    assert found.created_at == 1767225600.0


@pytest.mark.parametrize("told", [{}, {"id": 7}, {"id": "d"}, {"id": "d", "createdAt": "soon"}])
def test_a_deployment_without_id_or_time_is_left_out(told: dict[str, Any]):
    assert deployment_of(told) is None


def test_one_taken_away_before_its_roll_out_was_never_live():
    one = deployment_of(deployment(1, "REMOVED"))
    assert one is not None
    found = with_steps(one, [step("BUILD_IMAGE", "2026-11-24T00:01:06Z", None)])
    assert found.state is DeploymentState.SUPERSEDED
    assert found.stage(StageName.DEPLOY).state is StageState.SKIPPED


def test_a_commit_that_was_deployed_before_is_no_new_push():
    commits = ["a", "a", "b", "a", "c", ""]
    made = [deployment(9 - place, meta={"commitHash": one}) for place, one in enumerate(commits)]
    found = [one for told in made if (one := deployment_of(told)) is not None]
    assert [one.trigger.value for one in with_triggers(found)] == [
        "redeploy",
        "rollback",
        "push",
        "push",
        "push",
        "other",
    ]


def test_an_image_has_no_commit_and_no_build():
    found = deployment_of(deployment(1, "SUCCESS", meta={"image": "nginx:1", "reason": "deploy"}))
    assert found is not None
    assert (found.commit, found.message) == ("", "nginx:1")
    assert found.stage(StageName.BUILD).state is StageState.SKIPPED


def test_the_attempt_of_a_health_check_is_told_while_it_lasts():
    one = deployment_of(deployment(1, "DEPLOYING"))
    assert one is not None
    begun = "2026-11-24T00:01:06Z"
    found = with_steps(one, [step("HEALTHCHECK", begun, None, attempt=3, maxAttempts=10)])
    assert found.stage(StageName.DEPLOY).detail == "The health check, attempt 3 of 10."


def test_a_number_that_is_not_told_is_none_and_no_zero():
    assert instances_of({}) == InstanceRange(None, None)
    assert times_of({"samples": [{"ts": 1700000000, "p50": None, "p95": "x"}]})[0].p95 is None
    assert times_of(None) == []

"""Cloud Run: what is read, each answer by Google's discovery document."""

from typing import Any

import pytest
from starlette.requests import Request as Asked
from starlette.responses import JSONResponse, Response

from console.platforms.cloud_run.words import (
    deployment_of,
    instances_of,
    live_revisions,
)
from console.platforms.model import (
    Deployment,
    DeploymentState,
    InstanceRange,
    StageName,
    StageState,
    Trigger,
)
from tests.platforms.cloud_run_use import COMMIT, answering, cloud_run, revision, service
from tests.platforms.google_discovery import (
    discovery,
)
from tests.platforms.refusing import Serve


async def test_revisions_are_deployments_and_the_traffic_says_which_is_live(serving: Serve):
    judge = answering(
        discovery(),
        revision(3, "CONDITION_FAILED", message="The container did not listen on 8080."),
        revision(1, "CONDITION_SUCCEEDED"),
        revision(2, "CONDITION_SUCCEEDED"),
    )
    async with cloud_run(serving(judge.answer)) as platform:
        found = await platform.deployments(10)
    assert judge.wrong == []
    assert [one.id for one in found] == ["r3", "r2", "r1"]
    states = [DeploymentState.FAILED, DeploymentState.LIVE, DeploymentState.REPLACED]
    assert [one.state for one in found] == states
    assert found[0].reason == "The container did not listen on 8080."
    assert found[0].url.startswith("https://console.cloud.google.com/logs/")
    assert (found[1].commit, found[1].author) == (f"2{COMMIT[1:]}", "ann@example.com")
    assert found[1].trigger is Trigger.PUSH
    assert found[1].stage(StageName.DEPLOY).seconds(0) == pytest.approx(25.38, abs=0.01)
    build = found[1].stage(StageName.BUILD)
    assert (build.state, build.detail) == (
        StageState.UNKNOWN,
        "Built elsewhere; Cloud Run tells of no build.",
    )


async def test_what_the_document_makes_up_is_read_without_a_stumble(serving: Serve):
    judge = discovery()
    async with cloud_run(serving(judge.answer)) as platform:
        (found,) = await platform.deployments(5)
        assert found.state is DeploymentState.RUNNING  # no condition `Ready`, and reconciling
        assert await platform.variables() == ["x"]
    assert judge.wrong == []


async def test_revisions_are_read_page_by_page_until_the_newest_is_among_them(serving: Serve):
    pages = {"": (range(1, 3), "b"), "b": (range(3, 5), "c"), "c": (range(5, 7), "")}
    asked: list[str] = []

    async def answer(request: Asked) -> Response:
        if not request.url.path.endswith("/revisions"):
            return JSONResponse(service(latestCreatedRevision="x/r4"))
        asked.append(request.query_params.get("pageToken", ""))
        numbers, following = pages[asked[-1]]
        told = [revision(number, "CONDITION_SUCCEEDED") for number in numbers]
        return JSONResponse({"revisions": told, "nextPageToken": following})

    async with cloud_run(serving(answer)) as platform:
        assert [one.id for one in await platform.deployments(2)] == ["r4", "r3"]
    assert asked == ["", "b"]


def found(state: str, **more: Any) -> Deployment:
    told = deployment_of(revision(1, state) | more, ["r1"])
    assert told is not None
    return told


def test_a_word_that_is_not_known_is_unknown_and_never_live():
    assert found("CONDITION_TRANSCENDED").state is DeploymentState.UNKNOWN
    assert found("CONDITION_SUCCEEDED").state is DeploymentState.LIVE
    assert found("CONDITION_RECONCILING").state is DeploymentState.RUNNING
    assert found("", reconciling=True).state is DeploymentState.RUNNING


def test_a_revision_at_rest_keeps_the_time_when_it_was_ready():
    ready = {
        "type": "Ready",
        "state": "CONDITION_SUCCEEDED",
        "revisionReason": "RETIRED",
        "lastTransitionTime": "2026-11-24T09:00:00Z",
    }
    healthy = {"type": "ContainerHealthy", "lastTransitionTime": "2026-11-24T01:00:25Z"}
    told = found("", conditions=[ready, healthy])
    assert told.stage(StageName.DEPLOY).seconds(0) == pytest.approx(19.88, abs=0.01)
    assert told.raw_state == "CONDITION_SUCCEEDED RETIRED"


def test_the_commit_is_read_from_the_image_where_no_label_tells_it():
    image = f"ghcr.io/me/checkout:main-{COMMIT}"
    assert found("", labels={}, containers=[{"image": image}]).commit == COMMIT
    other = found("", labels={"commit-sha": "<script>"}, containers=[{"image": "a/b:v1"}])
    assert (other.commit, other.message, other.trigger) == ("", "a/b:v1", Trigger.PUSH)


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"name": 5},
        {"name": "a/r1"},
        {"name": "a/r1", "createTime": "2026-11-24 06:40:00 +0000 UTC", "conditions": {}},
        {"name": "a/r1", "createTime": 1795502400000, "conditions": [3], "containers": "x"},
        {"name": "a/r1", "createTime": "0001-01-01T00:00:00Z"},
    ],
)
def test_what_is_malformed_is_left_out_or_unknown(told: dict[str, Any]):
    read = deployment_of(told, [])
    assert read is None or read.state is DeploymentState.UNKNOWN
    assert (read is not None) == ("conditions" in told)


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({}, InstanceRange(None, None, 0, None)),
        ({"scaling": {"minInstanceCount": 1}}, InstanceRange(None, None, 1, None)),
        (
            {"template": {"scaling": {"minInstanceCount": 2, "maxInstanceCount": 9}}},
            InstanceRange(None, None, 2, 9),
        ),
        (
            {"scaling": {"scalingMode": "MANUAL", "manualInstanceCount": 0}},
            InstanceRange(None, 0, 0, 0),
        ),
    ],
)
def test_the_range_is_that_of_the_service_or_else_of_its_revisions(
    told: dict[str, Any], expected: InstanceRange
):
    assert instances_of(told) == expected


def test_traffic_may_be_split_or_pinned():
    split = [{"revision": "x/r1", "percent": 90}, {"revision": "x/r2", "percent": 10}]
    tagged = [*split, {"revision": "x/r3", "tag": "next"}]
    assert live_revisions({"trafficStatuses": tagged}) == ["r1", "r2"]
    assert live_revisions({"latestReadyRevision": "x/r7"}) == ["r7"]

"""Render: its recorded answers replayed, its pages, its words."""

from typing import Any

import httpx
import pytest
from starlette.requests import Request as Asked
from starlette.responses import JSONResponse, Response

from console.errors import (
    PlatformUnreadable,
)
from console.platforms.extras import RuntimeLine, TellsTimes, lines_of
from console.platforms.model import (
    DeploymentState,
    StageName,
    StageState,
    Trigger,
)
from console.platforms.render.words import deployment_of, with_events
from console.platforms.times import time_of
from tests.platforms.refusing import Serve
from tests.platforms.render_use import SERVICE, render, replay


async def test_variable_names_are_read_from_what_render_once_answered(serve: Serve):
    recorded = replay("env_var", 97)
    async with render(serve(recorded.answer)) as platform:
        found = await platform.variables()
    assert found == ["baz", "foo"]  # their values, `qux` and `bar`, are dropped


def test_a_recorded_deployment_of_an_image_has_no_commit_and_no_build():
    told = {
        "id": "dep-ct6vn15j0q5s700ckg2g",
        "commit": None,
        "image": {"ref": "docker.io/library/nginx:stable-perl", "sha": "sha256:62"},
        "status": "update_in_progress",
        "trigger": "api",
        "createdAt": "2024-12-02T18:25:08.813852Z",
        "updatedAt": "2024-12-02T18:25:09.055981Z",
        "finishedAt": None,
    }
    found = deployment_of(told)
    assert found is not None
    assert (found.commit, found.state) == ("", DeploymentState.RUNNING)
    states = [stage.state for stage in found.stages]
    assert states == ["unknown", "done", "skipped", "running", "waiting"]
    assert found.message == "docker.io/library/nginx:stable-perl"


def made(number: int, status: str = "deactivated", **more: Any) -> dict[str, Any]:
    at = f"2026-11-24T{number // 60:02}:{number % 60:02}:"
    commit = {"id": f"{number:040x}", "message": f"Change {number}", "createdAt": f"{at}00Z"}
    return {
        "id": f"dep-{number}",
        "commit": commit,
        "status": status,
        "trigger": "new_commit",
        "createdAt": f"{at}05Z",
        "startedAt": f"{at}06Z",
        "finishedAt": f"{at}50Z",
        **more,
    }


class Many:
    """A service with very many deployments, in pages as Render gives them."""

    def __init__(self, deployments: list[dict[str, Any]], events: list[dict[str, Any]]) -> None:
        self.lists = {"deploys": deployments, "events": events}
        self.asked: list[httpx.QueryParams] = []

    async def answer(self, request: Asked) -> Response:
        name = request.url.path.rpartition("/")[2]
        self.asked.append(httpx.QueryParams(str(request.url.query)))
        size = int(request.query_params.get("limit", "20"))
        begin = int(request.query_params.get("cursor", "0"))
        part = self.lists[name][begin : begin + size]
        key = name.removesuffix("s").replace("deploy", "deploy")
        return JSONResponse(
            [{key: one, "cursor": str(begin + place + 1)} for place, one in enumerate(part)]
        )


async def test_every_page_is_read_to_the_end_and_no_further(serve: Serve):
    many = Many([made(number) for number in range(250, 0, -1)], [])
    async with render(serve(many.answer)) as platform:
        found = await platform.deployments(1000)
        assert [one.id for one in found] == [f"dep-{number}" for number in range(250, 0, -1)]
        assert [asked.get("cursor") for asked in many.asked] == [None, "100", "200", None]
        many.asked.clear()
        assert len(await platform.deployments(30)) == 30
        assert many.asked[0]["limit"] == "30"


async def test_the_stages_get_their_times_from_the_events(serve: Serve):
    def event(kind: str, at: str, **details: Any) -> dict[str, Any]:
        return {"id": "evt-1", "timestamp": at, "type": kind, "details": details}

    events = [
        event("build_started", "2026-11-24T00:02:07Z", buildId="bld-2"),
        event("build_ended", "2026-11-24T00:02:30Z", buildId="bld-2"),
        event("deploy_started", "2026-11-24T00:02:31Z", deployId="dep-2"),
        event(
            "deploy_ended",
            "2026-11-24T00:02:45Z",
            deployId="dep-2",
            reason={"failure": {"nonZeroExit": 3}},
        ),
        event("build_started", "2026-11-24T00:01:07Z", buildId="bld-1"),
        event("deploy_ended", "not a time", deployId="dep-1"),
        event("server_available", "2026-11-24T00:02:46Z"),
    ]
    many = Many([made(2, "update_failed"), made(1)], events)
    async with render(serve(many.answer)) as platform:
        second, first = await platform.deployments(10)
    assert second.stage(StageName.BUILD).seconds(0) == 23
    assert second.stage(StageName.DEPLOY).seconds(0) == 14
    assert second.stage(StageName.DEPLOY).state is StageState.FAILED
    assert second.reason == "The new version ended with code 3."
    assert first.stage(StageName.BUILD).started_at == time_of("2026-11-24T00:01:07Z")
    assert first.stage(StageName.BUILD).seconds(0) is None
    assert many.asked[-1]["startTime"].startswith("2026-11-24T00:00:05")


def test_a_word_that_is_not_known_is_unknown_and_never_live():
    found = deployment_of(made(1, "quantum_superposition", trigger="dream"))
    assert found is not None
    assert (found.state, found.trigger) == (DeploymentState.UNKNOWN, Trigger.OTHER)
    assert found.stage(StageName.DEPLOY).state is StageState.UNKNOWN
    assert found.raw_state == "quantum_superposition"


@pytest.mark.parametrize(
    "told", [{}, {"id": 7}, {"id": "d"}, {"id": "d", "createdAt": "?"}, {"createdAt": 5, "id": ""}]
)
def test_a_deployment_without_id_or_time_is_left_out(told: dict[str, Any]):
    assert deployment_of(told) is None
    assert with_events([], [told, {"timestamp": None, "details": 3}]) == []


async def test_the_lines_of_the_instances_come_page_by_page_the_oldest_first(serve: Serve):
    asked: list[dict[str, str]] = []

    async def answer(request: Asked) -> Response:
        if not request.url.path.endswith("/logs"):
            return JSONResponse({"ownerId": "own-1"})
        query = dict(request.query_params)
        asked.append(query)
        first = int(query["endTime"] == "2026-11-24T04:00:00Z")  # the older page
        logs = [
            {
                "id": f"l{number}",
                "message": f"number {number}",
                "timestamp": f"2026-11-24T03:57:0{number}Z",
                "labels": [{"name": "instance", "value": "srv-1-abc"}],
            }
            for number in ((1, 0) if first else (3, 2))
        ]
        return JSONResponse(
            {
                "logs": logs,
                "hasMore": not first,
                "nextStartTime": "2026-11-24T03:00:00Z",
                "nextEndTime": "2026-11-24T04:00:00Z",
            }
        )

    async with render(serve(answer)) as platform:
        found = await lines_of(platform, 1_795_490_000.0, 10)
        newest = await lines_of(platform, 1_795_490_000.0, 3)
    assert [one.text for one in found] == [f"number {number}" for number in range(4)]
    assert found[0] == RuntimeLine("number 0", time_of("2026-11-24T03:57:00Z"), "srv-1-abc", "l0")
    assert [one.id for one in newest] == ["l1", "l2", "l3"]
    assert asked[0]["type"] == "app"


async def test_response_times_come_share_by_share_in_the_unit_that_is_told(serve: Serve):
    asked: list[dict[str, str]] = []
    unit = ["ms"]

    async def answer(request: Asked) -> Response:
        query = dict(request.query_params)
        asked.append(query)
        at, value = "2026-11-24T06:40:00Z", 1000 * float(query["quantile"])
        point = {"timestamp": at, "value": value}
        slower = {"timestamp": at, "value": 2 * value, "unit": unit[0]}
        empty = {"timestamp": at, "value": None}
        return JSONResponse(
            [
                {"labels": [], "values": [point, empty, 3], "unit": unit[0]},
                {"labels": [], "values": [slower]},  # the unit is where the specification has it
            ]
        )

    async with render(serve(answer)) as platform:
        assert isinstance(platform, TellsTimes)
        (told,) = await platform.response_times(1_795_498_800.0, 1_795_502_400.0)
        assert (told.at, told.p50, told.p90) == (1_795_502_400.0, 1.0, 1.8)
        assert (asked[0]["resource"], asked[0]["resolutionSeconds"]) == (SERVICE, "60")
        unit[0] = "bananas"
        with pytest.raises(PlatformUnreadable, match="in bananas"):
            await platform.response_times(1_795_498_800.0, 1_795_502_400.0)

"""Render: its recorded answers replayed, its pages, its refusals, and what it is sent."""

import json
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from starlette.requests import Request as Asked
from starlette.responses import JSONResponse, PlainTextResponse, Response

from console.errors import (
    PlatformAway,
    PlatformError,
    PlatformLimited,
    PlatformMissing,
    PlatformRefused,
    PlatformUnreadable,
)
from console.platforms.budget import Budget
from console.platforms.extras import RuntimeLine, TellsTimes, lines_of
from console.platforms.model import (
    DeploymentState,
    InstanceRange,
    Redeploy,
    Rollback,
    Scale,
    SetVariable,
    StageName,
    StageState,
    Trigger,
)
from console.platforms.render.platform import Render
from console.platforms.render.words import deployment_of, instances_of, with_events
from console.platforms.times import time_of
from tests.platforms.prism import prism
from tests.platforms.recorded import ABSENT, Replay, shared
from tests.platforms.refusing import Serve, refusing
from tests.processes import free_port

TOKEN = "rnd_token-of-the-test-0123456789"
SERVICE = "srv-ct6vn35j0q5s700ckga0"
CONTRACTED = "srv-abcdefghijklmnopqrst"  # as the specification wants an id to look


@pytest.fixture
def serve(serving: Serve) -> Serve:
    return lambda answer: f"{serving(answer)}/v1"


@asynccontextmanager
async def render(url: str, service: str = SERVICE, **more: Any) -> AsyncIterator[Render]:
    platform = Render(service, TOKEN, url=url, **more)
    try:
        yield platform
    finally:
        await platform.close()


def replay(cassette: str, until: int) -> Replay:
    found = shared(f"data/render_recorded/{cassette}_cassette.yaml")
    if found is None:
        pytest.skip(ABSENT)
    return Replay(found, until)


async def test_variable_names_are_read_from_what_render_once_answered(serve: Serve):
    recorded = replay("env_var", 97)
    async with render(serve(recorded.answer)) as platform:
        found = await platform.variables()
    assert found == ["baz", "foo"]  # their values, `qux` and `bar`, are dropped


async def test_a_redeployment_is_begun_by_what_render_once_accepted(serve: Serve):
    recorded = replay("env_var", 48)
    async with render(serve(recorded.answer)) as platform:
        receipt = await platform.perform(Redeploy())
    assert receipt.deployment == "dep-ct6vn5lj0q5s700ckgf0"
    assert recorded.asked == [f"POST /v1/services/{SERVICE}/deploys"]
    assert recorded.bodies == [b"{}"]


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


async def test_the_range_is_read_from_a_recorded_service_that_scales_itself(serve: Serve):
    service = "srv-ct6vmstj0q5s700ckfm0"
    recorded = replay("web_service_autoscaling", 24)
    assert instances_of(recorded.told("GET", f"/v1/services/{service}"), 2) == InstanceRange(
        2, None, 1, 3
    )
    async with render(serve(recorded.answer), service) as platform:
        with pytest.raises(PlatformError, match="ignores a fixed number"):
            await platform.perform(Scale(2, 2))


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


@pytest.mark.parametrize(
    ("status", "body", "error", "text"),
    [
        (401, '{"message":"unauthorized"}', PlatformRefused, "not accept the token: unauthorized."),
        (403, "", PlatformRefused, "the token may not do this."),
        (404, '{"message":"no srv"}', PlatformMissing, "knows no such thing: no srv."),
        (400, f'{{"message":"bad {TOKEN}"}}', PlatformError, "(400): bad •••."),
        (200, '[{"deploy": {"id"', PlatformUnreadable, "not JSON"),
        (200, "<html>Welcome</html>", PlatformUnreadable, "not JSON"),
        (200, '{"deploys": []}', PlatformUnreadable, "something else than a list"),
        (200, "[3, null]", None, ""),
        (200, "", PlatformUnreadable, "something else than a list"),
        (502, "<html>Bad gateway</html>", PlatformAway, "out of order (502)."),
    ],
)
async def test_what_goes_wrong_is_one_typed_error_without_the_token(
    serve: Serve, status: int, body: str, error: type[PlatformError] | None, text: str
):
    async with render(serve(refusing(status, body))) as platform:
        if error is None:
            assert await platform.deployments(5) == []
            return
        with pytest.raises(error) as raised:
            await platform.deployments(5)
    assert text in str(raised.value)
    assert TOKEN not in str(raised.value)


async def test_a_platform_that_is_not_there_is_away():
    async with render(f"http://127.0.0.1:{free_port()}") as platform:
        with pytest.raises(PlatformAway, match="cannot be reached"):
            await platform.deployments(5)


async def test_a_read_is_tried_again_after_the_time_that_render_asked_for(serve: Serve):
    asked: list[float] = []

    async def answer(_: Asked) -> Response:
        asked.append(time.time())
        if len(asked) == 1:
            return PlainTextResponse("{}", 429, {"Retry-After": "1"})
        return JSONResponse([])

    async with render(serve(answer)) as platform:
        assert await platform.deployments(5) == []
    assert 0.9 < asked[1] - asked[0] < 3.0


async def test_a_long_wait_is_left_to_the_next_poll_and_nobody_asks_before(serve: Serve):
    asked: list[str] = []

    async def answer(request: Asked) -> Response:
        asked.append(request.method)
        return PlainTextResponse('{"message":"slow down"}', 429, {"Ratelimit-Reset": "51"})

    budget = Budget(100)
    async with render(serve(answer), budget=budget) as platform:
        for _ in range(3):
            with pytest.raises(PlatformLimited) as raised:
                await platform.deployments(5)
            assert raised.value.retry_at == pytest.approx(time.time() + 51, abs=5)
    assert asked == ["GET"]


async def test_the_budget_of_a_token_is_kept_by_all_its_readers(serve: Serve):
    now, budget = 1000.0, Budget(3)
    url = serve(refusing(200, "[]"))
    async with (
        render(url, budget=budget, clock=lambda: now) as one,
        render(url, "srv-other", budget=budget, clock=lambda: now) as other,
    ):
        for platform in (one, other, one):
            await platform.deployments(5)
        with pytest.raises(PlatformLimited, match="at most 3 requests a minute") as raised:
            await other.deployments(5)
        assert raised.value.retry_at == 1060.0
        now = 1060.0
        assert await other.deployments(5) == []


async def test_an_action_is_sent_once_however_it_ends(serve: Serve):
    asked: list[str] = []

    async def answer(request: Asked) -> Response:
        asked.append(request.method)
        return PlainTextResponse("oops", 503)

    async with render(serve(answer)) as platform:
        with pytest.raises(PlatformAway):
            await platform.perform(Redeploy())
    assert asked == ["POST"]


async def test_a_queued_deployment_is_answered_without_a_body(serve: Serve):
    async with render(serve(refusing(202, ""))) as platform:
        receipt = await platform.perform(Redeploy())
    assert (receipt.text, receipt.deployment) == ("Render queued it.", "")


def test_what_will_be_sent_is_shown_without_the_value_of_a_variable():
    platform = Render("srv-1", TOKEN)
    shown = platform.preview(SetVariable("DB/URL", "hunter2-hunter2"))
    assert shown.text == "PUT https://api.render.com/v1/services/srv-1/env-vars/DB%2FURL"
    assert json.loads(shown.body) == {"value": "•••"}
    assert json.loads(platform.preview(Rollback("dep-1")).body) == {"deployId": "dep-1"}


@pytest.fixture
def contract() -> Iterator[str]:
    """A server of Render's own OpenAPI file that refuses wrong requests."""
    description = shared("specs/render.json")
    if description is None:
        pytest.skip("Render's OpenAPI file (shared/specs/render.json) is not on this machine")
    with prism(description) as url:
        yield url


class Judged(httpx.AsyncHTTPTransport):
    """Keeps what Prism found wrong with a request. What it finds wrong with its own example answers
    (an event without a cursor) is the specification's own matter."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []
        self.wrong: list[Any] = []
        self.scales = True

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await super().handle_async_request(request)
        body = await answer.aread()
        self.asked.append(f"{request.method} {request.url.path.rpartition('/')[2]}")
        if answer.status_code >= 400:
            found = json.loads(body).get("validation", [{"location": ["request"], "body": body}])
            self.wrong += [one for one in found if one["location"][0] != "response"]
        if self.asked[-1] == f"GET {CONTRACTED}":  # its example is of a kind that does not scale
            cpu = {"enabled": True, "percentage": 60}
            criteria = {"cpu": cpu, "memory": {"enabled": False, "percentage": 70}}
            scaling = {"enabled": self.scales, "min": 1, "max": 2, "criteria": criteria}
            told = {"ownerId": "own-1", "serviceDetails": {"autoscaling": scaling}}
            body = json.dumps(told).encode()
        return httpx.Response(answer.status_code, stream=httpx.ByteStream(body))


async def test_every_request_is_valid_by_renders_own_specification(contract: str):
    judged = Judged()
    async with render(contract, CONTRACTED, transport=judged) as platform:
        await platform.deployments(5)
        assert isinstance(await platform.instances(), InstanceRange)
        await platform.variables()
        await platform.log("dep-abcdefghijklmnopqrst", StageName.BUILD)
        assert await lines_of(platform, time.time() - 60, 10)
        with pytest.raises(PlatformAway):  # the example breaks its own specification
            await platform.response_times(time.time() - 3600, time.time())
        for action in (
            Redeploy(),
            Rollback("dep-abcdefghijklmnopqrst"),
            SetVariable("A", "b"),
            Scale(1, 3),
        ):
            await platform.perform(action)
        judged.scales = False
        await platform.perform(Scale(2, 2))
    assert judged.wrong == []
    assert {"GET events", "GET logs", "GET http-latency", "PUT autoscaling", "POST scale"} <= set(
        judged.asked
    )

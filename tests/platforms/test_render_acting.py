"""Render: what it is sent, by its recorded traffic and its own specification."""

import json
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from starlette.requests import Request as Asked
from starlette.responses import PlainTextResponse, Response

from console.errors import (
    PlatformAway,
    PlatformError,
)
from console.platforms.extras import lines_of
from console.platforms.model import (
    InstanceRange,
    Redeploy,
    Rollback,
    Scale,
    SetVariable,
    StageName,
)
from console.platforms.render.platform import Render
from console.platforms.render.words import instances_of
from tests.platforms.prism import prism
from tests.platforms.recorded import shared
from tests.platforms.refusing import Serve, refusing
from tests.platforms.render_use import CONTRACTED, SERVICE, TOKEN, render, replay


async def test_a_redeployment_is_begun_by_what_render_once_accepted(serve: Serve):
    recorded = replay("env_var", 48)
    async with render(serve(recorded.answer)) as platform:
        receipt = await platform.perform(Redeploy())
    assert receipt.deployment == "dep-ct6vn5lj0q5s700ckgf0"
    assert recorded.asked == [f"POST /v1/services/{SERVICE}/deploys"]
    assert recorded.bodies == [b"{}"]


async def test_the_range_is_read_from_a_recorded_service_that_scales_itself(serve: Serve):
    service = "srv-ct6vmstj0q5s700ckfm0"
    recorded = replay("web_service_autoscaling", 24)
    assert instances_of(recorded.told("GET", f"/v1/services/{service}"), 2) == InstanceRange(
        2, None, 1, 3
    )
    async with render(serve(recorded.answer), service) as platform:
        with pytest.raises(PlatformError, match="ignores a fixed number"):
            await platform.perform(Scale(2, 2))


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

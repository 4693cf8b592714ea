"""Railway: what it refuses, and what goes wrong on the way."""

import time
from typing import Any

import pytest
from starlette.responses import JSONResponse, PlainTextResponse

from console.errors import (
    PlatformAway,
    PlatformError,
    PlatformLimited,
    PlatformMissing,
    PlatformRefused,
    PlatformUnreadable,
)
from console.platforms import api
from console.platforms.model import (
    Scale,
)
from tests.health.gather.servers import serving, silent
from tests.platforms.railway_server import (
    TOKEN,
    World,
    deployment,
    railway,
)
from tests.processes import free_port


async def test_a_token_that_is_revoked_is_refused_in_either_header(world: World, railway_url: str):
    world.header = "nothing"
    async with railway(railway_url) as platform:
        for _ in range(2):
            with pytest.raises(PlatformRefused, match="does not accept the token for this") as no:
                await platform.deployments(5)
            assert TOKEN not in str(no.value)


def failing(status: int, body: Any, headers: dict[str, str] | None = None) -> Any:
    if isinstance(body, str):
        return lambda _: PlainTextResponse(body, status, headers)
    return lambda _: JSONResponse(body, status, headers)


def problem(message: Any, code: str = "INTERNAL_SERVER_ERROR") -> dict[str, Any]:
    return {"errors": [{"message": message, "extensions": {"code": code}}], "data": None}


@pytest.mark.parametrize(
    ("status", "body", "error", "text"),
    [
        (401, "", PlatformRefused, "does not accept the token."),
        (403, problem("no"), PlatformRefused, "the token may not do this."),
        (404, "<html>", PlatformMissing, "knows no such thing."),
        (500, "<html>Bad</html>", PlatformAway, "out of order (500)."),
        (400, problem("Cannot query field"), PlatformError, "refused the request: Cannot query"),
        (400, problem("x", "UNAUTHENTICATED"), PlatformRefused, "not accept the token for this: x"),
        (200, problem(f"bad {TOKEN}"), PlatformError, "refused the request: bad •••."),
        (200, problem("Project not found"), PlatformMissing, "no such thing: Project not found."),
        (200, problem("Problem processing request"), PlatformAway, "out of order: Problem"),
        (200, problem(None, "FORBIDDEN"), PlatformRefused, "not accept the token for this."),
        (200, problem("Too many requests"), PlatformLimited, "asked for fewer requests: Too"),
        (200, {"errors": "odd", "data": None}, PlatformUnreadable, "without what was asked for"),
        (200, {"data": {"deployments": None}}, PlatformUnreadable, "without what was asked for"),
        (200, {"data": {"deployments": {"edges": 3}}}, PlatformUnreadable, "else than a list"),
        (200, [1, 2], PlatformUnreadable, "without what was asked for"),
        (200, '{"data": {"depl', PlatformUnreadable, "not JSON"),
        (200, "<html>Welcome</html>", PlatformUnreadable, "not JSON"),
        (200, "", PlatformUnreadable, "without what was asked for"),
    ],
)
async def test_what_goes_wrong_is_one_typed_error_without_the_token(
    world: World, railway_url: str, status: int, body: Any, error: type[PlatformError], text: str
):
    world.answer = failing(status, body)
    async with railway(railway_url) as platform:
        with pytest.raises(error) as raised:
            await platform.deployments(5)
    assert text in str(raised.value)
    assert TOKEN not in str(raised.value)


async def test_data_beside_errors_is_used_as_far_as_it_goes(world: World, railway_url: str):
    node = deployment(1, "SUCCESS")
    page = {"edges": [{"node": node}, None, {"node": None}], "pageInfo": None}
    told = {**problem("Problem processing request"), "data": {"deployments": page}}
    world.answer = failing(200, told)
    async with railway(railway_url) as platform:
        found = await platform.deployments(5)
    assert [one.id for one in found] == ["dep-1"]


async def test_a_railway_that_is_not_there_is_away():
    async with railway(f"http://127.0.0.1:{free_port()}") as platform:
        with pytest.raises(PlatformAway, match="cannot be reached"):
            await platform.deployments(5)


async def test_a_railway_that_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(api, "TOTAL_SECONDS", 0.2)
    async with serving(silent) as port, railway(f"http://127.0.0.1:{port}") as platform:
        with pytest.raises(PlatformAway, match="did not answer in time"):
            await platform.deployments(5)


async def test_a_read_is_tried_again_and_an_action_is_not(world: World, railway_url: str):
    def failing_once(served: World) -> Any:
        served.answer = None
        return JSONResponse(problem("Problem processing request"))

    world.deployments = [deployment(1, "SUCCESS")]
    world.answer = failing_once
    async with railway(railway_url) as platform:
        assert len(await platform.deployments(5)) == 1
        world.answer = failing(503, "oops")
        world.asked.clear()
        with pytest.raises(PlatformAway):
            await platform.perform(Scale(2, 2))
    assert [name for name, _ in world.asked] == ["Scale"]


@pytest.mark.parametrize(
    "headers", [{"Retry-After": "51"}, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "51"}]
)
async def test_nobody_asks_again_before_the_time_that_railway_said(
    world: World, railway_url: str, headers: dict[str, str]
):
    world.answer = failing(429, problem("slow down"), headers)
    async with railway(railway_url) as platform:
        for _ in range(3):
            with pytest.raises(PlatformLimited) as raised:
                await platform.deployments(5)
            assert raised.value.retry_at == pytest.approx(time.time() + 51, abs=20)
    assert len(world.asked) == 1

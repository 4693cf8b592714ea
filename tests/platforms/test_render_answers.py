"""Render: what it refuses, what goes wrong, and when it is asked again."""

import time

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
from tests.platforms.refusing import Serve, refusing
from tests.platforms.render_use import TOKEN, render
from tests.processes import free_port


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

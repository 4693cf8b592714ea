"""Cloud Run: what goes wrong."""

import json

import pytest
from starlette.requests import Request as Asked
from starlette.responses import Response

from console.errors import (
    PlatformAway,
    PlatformError,
    PlatformLimited,
    PlatformMissing,
    PlatformRefused,
    PlatformUnreadable,
)
from console.platforms.model import (
    Rollback,
)
from tests.platforms.cloud_run_use import TOKEN, cloud_run
from tests.platforms.refusing import Serve


def google(status: int, word: str, message: str) -> tuple[int, str]:
    told = {"error": {"code": status, "status": word, "message": message}}
    return status, json.dumps(told)


@pytest.mark.parametrize(
    ("answer", "error", "text"),
    [
        (google(401, "UNAUTHENTICATED", "Invalid."), PlatformRefused, "lasts for an hour"),
        (google(403, "PERMISSION_DENIED", "No run.viewer."), PlatformRefused, "No run.viewer."),
        (google(404, "NOT_FOUND", f"None {TOKEN}"), PlatformMissing, "None •••."),
        (google(429, "RESOURCE_EXHAUSTED", "Quota."), PlatformLimited, "fewer requests"),
        (google(409, "ABORTED", "Conflict."), PlatformError, "(409): Conflict."),
        ((500, "<html>Error</html>"), PlatformAway, "out of order (500)."),
        ((200, '{"name": "x'), PlatformUnreadable, "not JSON"),
        ((200, "<html>Sign in</html>"), PlatformUnreadable, "not JSON"),
        ((200, '{"revisions": {"a": 1}}'), PlatformUnreadable, "something else than a list"),
    ],
)
async def test_what_goes_wrong_is_one_typed_error_without_the_token(
    serving: Serve, answer: tuple[int, str], error: type[PlatformError], text: str
):
    async def broken(_: Asked) -> Response:
        return Response(answer[1], answer[0])

    async with cloud_run(serving(broken)) as platform:
        with pytest.raises(error) as raised:
            await platform.deployments(5)
    assert text in str(raised.value)
    assert TOKEN not in str(raised.value)


async def test_an_answer_without_a_body_is_taken(serving: Serve):
    async def empty(_: Asked) -> Response:
        return Response(status_code=202)

    async with cloud_run(serving(empty)) as platform:
        assert (await platform.perform(Rollback("r1"))).deployment == ""
        assert await platform.deployments(5) == []

"""What a platform's server answers in a test where it says the same to everything."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response

Serve = Callable[[Callable[[Request], Awaitable[Response]]], str]


def refusing(
    status: int, body: str, headers: dict[str, str] | None = None
) -> Callable[[Request], Awaitable[Response]]:
    async def answer(_: Request) -> Response:
        return Response(body, status, headers)

    return answer

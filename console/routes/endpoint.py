"""One way in for every route: method, entrance, body, and the answer within its time.

Handlers are plain functions and run in a few threads of their own, because the store's client
blocks and the event loop also carries every page. Whatever goes wrong becomes problem+json: the
pages' server would answer most mistakes with a page of HTML and the status 200.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from pydantic import SecretStr
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from console.errors import ConsoleError, StoreAway, StoreError
from console.health.check import Check, Service
from console.health.verdict import Summary, summarise
from console.routes.entrance import admit
from console.routes.problem import Problem
from console.runtime import Runtime, get_runtime

log = logging.getLogger(__name__)

ANSWER_LIMIT = 4.0  # seconds for one answer, a little more than the store's local read time-out
BODY_LIMIT = 4096  # bytes; a heartbeat needs a few hundred
BODY_TIMEOUT = 5.0  # seconds for a body to arrive
RETRY_AFTER = 30  # seconds
THREADS = 4  # requests that wait for the store at a time; more of them queue

T = TypeVar("T")
_threads = ThreadPoolExecutor(THREADS, thread_name_prefix="routes")


@dataclass(frozen=True, slots=True)
class Call:
    """One admitted request."""

    request: Request
    runtime: Runtime
    now: float  # Unix seconds
    body: bytes = b""

    def service(self) -> Service:
        """The service that the path names. Raises Problem 404."""
        found = self.runtime.config.service(self.request.path_params["service"])
        if found is None:
            raise Problem(404, "There is no such service.", "No service of that name is watched.")
        return found

    def check(self) -> Check:
        """The check that the path names. Raises Problem 404."""
        found = self.service().check(self.request.path_params["check"])
        if found is None:
            raise Problem(404, "There is no such check.", "The service has no check of that name.")
        return found

    def summary(self, service: Service) -> Summary:
        """How a service stands, from the snapshots that all sessions share. Raises StoreError."""
        store, zone = self.runtime.store, self.runtime.config.settings.zone
        states = store.states(service.name)
        return summarise(service, states, store.collector(), self.now, zone)


Handler = Callable[[Call], Response]
Entrance = Callable[[Request, SecretStr | None], None]


class Endpoint:
    """An ASGI application around one handler. `entrance` of `None` lets everybody in."""

    def __init__(
        self,
        handler: Handler,
        *,
        method: str = "GET",
        entrance: Entrance | None = admit,
        body_limit: int = BODY_LIMIT,
    ) -> None:
        self.handler = handler
        self.body_limit = body_limit
        self.methods = ("GET", "HEAD") if method == "GET" else (method,)
        self.entrance = entrance

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        try:
            response = await self._answer(request)
        except Problem as problem:
            response = problem.response()
            if request.method not in ("GET", "HEAD"):  # nothing reads what may still come of a body
                response.headers.setdefault("Connection", "close")
        except ClientDisconnect:
            return
        except ConsoleError as error:
            log.warning("a route is not answered: %s", error)
            response = _not_ready(error).response()
        except Exception:  # border of a route: the text of an unexpected error stays in the log
            log.exception("a defect in a route")
            response = Problem(
                500, "The console failed.", "It is a defect; its log says more."
            ).response()
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        if request.method not in self.methods:
            allowed = ", ".join(self.methods)
            raise Problem(405, "Not that way.", f"This route knows {allowed}.", {"Allow": allowed})
        runtime = await _in_thread(get_runtime)
        if self.entrance is not None:
            self.entrance(request, runtime.config.settings.api_token)
        body = b"" if request.method in ("GET", "HEAD") else await _body(request, self.body_limit)
        call = Call(request, runtime, time.time(), body)
        return await _in_thread(lambda: self.handler(call))


async def _in_thread(work: Callable[[], T]) -> T:
    """Run blocking work beside the event loop. Raises Problem 503 when it takes too long.

    The thread itself goes on until the time-out of the store's client ends it.
    """
    waiting = asyncio.get_running_loop().run_in_executor(_threads, work)
    try:
        return await asyncio.wait_for(waiting, ANSWER_LIMIT)
    except TimeoutError:
        raise _not_ready(StoreAway()) from None


async def _body(request: Request, limit: int) -> bytes:
    """The body, if it is small and comes soon. Raises Problem."""
    too_large = Problem(413, "The body is too large.", f"At most {limit} bytes are taken.")
    length = request.headers.get("content-length", "0")
    # Python refuses to read numbers of thousands of digits, hence the look at their number first.
    if not length.isdecimal() or len(length) > 9 or int(length) > limit:
        raise too_large
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_TIMEOUT):
            async for chunk in request.stream():
                body += chunk
                if len(body) > limit:
                    raise too_large
    except TimeoutError:
        raise Problem(
            408, "The body did not come.", f"It must be here within {BODY_TIMEOUT:g} s."
        ) from None
    return bytes(body)


def _not_ready(error: ConsoleError) -> Problem:
    """503. What the error says (addresses, names of hosts) stays in the log."""
    title = "The console is not ready."
    if isinstance(error, StoreError):
        away = isinstance(error, StoreAway)
        title = "The store does not answer." if away else "The store cannot be used."
    detail = "The console says more on its pages and in its log."
    return Problem(503, title, detail, {"Retry-After": str(RETRY_AFTER)})

"""The ASGI middleware: deadline, histogram, log context, heartbeat, /health and the run endpoints.

kit = Kit(load(KitSettings))
app.add_middleware(OpsMiddleware, kit=kit)
"""

import asyncio
import time
from typing import Any

from . import context, deadlines
from .context import Work, trace_of
from .deadlines import DeadlineExceeded
from .endpoints import Endpoints
from .errors import KitError
from .histograms import Outcome, series
from .kit import Kit
from .problems import problem_of
from .wire import (
    App,
    Headers,
    Message,
    Receive,
    Scope,
    Send,
    answer_problem,
    request_id,
    timeout_of,
    wanted,
)

CLEAN_UP_SECONDS = 0.5
"""After its deadline a request may clean up for this long; then the 504 is sent regardless."""

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class OpsMiddleware:
    """Wraps a Starlette, FastAPI or any other ASGI application."""

    def __init__(self, app: App, kit: Kit, *, health: bool = True) -> None:
        """`health=False` leaves /health to an application that has its own."""
        self._app, self._kit = app, kit
        self._endpoints = Endpoints(kit, health=health)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One connection."""
        if scope["type"] == "lifespan":
            await self._lifespan(scope, receive, send)
        elif scope["type"] == "http":
            if not self._kit.running:  # a server that does not speak the lifespan protocol
                await self._kit.start()
            headers = wanted(scope["headers"])
            serve = self._endpoints.find(scope["method"], scope["path"])
            if serve is not None:
                await serve(scope, headers, receive, send)
            else:
                await _Request(self._kit, self._app, scope, receive, send, headers).run()
        else:
            await self._app(scope, receive, send)

    async def _lifespan(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def told() -> Message:
            message = await receive()
            if message["type"] == "lifespan.startup":
                await self._kit.start()
            return message

        async def tell(message: Message) -> None:
            if message["type"] == "lifespan.shutdown.complete":
                await self._kit.stop()
            await send(message)

        await self._app(scope, told, tell)


class _Request:
    """One request on its way through the application."""

    __slots__ = (
        "_app", "_began", "_deadline", "_kit", "_receive", "_scope", "_send", "_status",
        "_taken_over", "_work",
    )  # fmt: skip

    def __init__(
        self,
        kit: Kit,
        app: App,
        scope: Scope,
        receive: Receive,
        send: Send,
        headers: Headers,
    ) -> None:
        self._kit, self._app, self._scope = kit, app, scope
        self._receive, self._send = receive, send
        self._status = 0
        self._taken_over = False  # the kit answered: what the application sends is dropped
        self._began = time.monotonic()
        self._work = Work(
            request_id=request_id(headers),
            trace_id=trace_of(headers.get(b"traceparent")),
            epoch=kit.mode.epoch,
        )
        limit = timeout_of(headers, kit.settings.request_timeout_seconds)
        self._deadline = deadlines.Deadline(limit, self._began)

    async def run(self) -> None:
        """Serve it. Exceptions that are not the kit's go on to the server."""
        kit, deadline = self._kit, self._deadline
        kept = context.current.set(self._work), deadlines.set_current(deadline)
        ticket = kit.in_flight.begin(self._work.epoch)
        loop = asyncio.get_running_loop()
        timer = asyncio.timeout_at(deadline.expires_at)
        late = loop.call_at(deadline.expires_at + CLEAN_UP_SECONDS, self._answer_late, loop)
        outcome = Outcome.OK
        try:
            async with timer:
                await self._app(self._scope, self._receive, self._tell)
        except TimeoutError:
            if not timer.expired():
                outcome = Outcome.INTERNAL
                raise
            outcome = await self._failed(DeadlineExceeded(deadline))
        except KitError as error:
            outcome = await self._failed(error)
        except Exception:
            # The border of the application: counted here, handled by the server.
            outcome = Outcome.INTERNAL
            raise
        finally:
            late.cancel()
            kit.in_flight.end(ticket)
            self._count(outcome)
            context.current.reset(kept[0])
            deadlines.reset_current(kept[1])

    async def _tell(self, message: Message) -> None:
        if self._taken_over:
            return
        if message["type"] == "http.response.start":
            # A handler that swallowed its cancellation does not get its late answer through.
            deadlines.check()
            self._status = message["status"]
            identity = (b"x-request-id", self._work.request_id.encode())
            message["headers"] = [*message.get("headers", ()), identity]
        await self._send(message)

    async def _failed(self, error: KitError) -> Outcome:
        """Answer with a problem, if nothing was answered yet."""
        document = problem_of(error)
        late = isinstance(error, DeadlineExceeded)
        if document is None:
            raise error
        if self._taken_over:
            return Outcome.TIMEOUT
        if self._status:
            # Part of the answer is out: ending it properly would make it look complete.
            self._kit.log.error("answer cut off", reason=str(error))
            raise error
        await self._answer(document)
        return Outcome.TIMEOUT if late else Outcome.CONDITION

    def _answer_late(self, loop: asyncio.AbstractEventLoop) -> None:
        """The application does not come to an end: answer in its place."""
        if self._status == 0:
            document = DeadlineExceeded(self._deadline).problem()
            task = loop.create_task(self._answer(document))
            task.add_done_callback(lambda done: done.cancelled() or done.exception())

    async def _answer(self, document: dict[str, Any]) -> None:
        self._taken_over, self._status = True, document["status"]
        await answer_problem(self._send, document, self._work.request_id)

    def _count(self, outcome: Outcome) -> None:
        seconds = time.monotonic() - self._began
        if outcome is Outcome.TIMEOUT:
            seconds = self._deadline.limit  # a time-out counts at its limit
        elif outcome is Outcome.OK and (self._status >= 500 or self._status in (0, 408, 429)):
            outcome = Outcome.CONDITION
        route = _route(self._scope)
        self._kit.histograms.record(series("route", route), seconds, time.time(), outcome)
        told: dict[str, Any] = {
            "method": self._scope["method"],
            "route": route,
            "status": self._status,
            "outcome": outcome.value,
            "ms": round(seconds * 1000, 2),
        }
        # 502 to 504 tell of something else that failed, which has lines of its own.
        if self._status == 500 or outcome is Outcome.INTERNAL:
            self._kit.log.error("request", error=f"{route} answered 500", **told)
        else:
            self._kit.log.info("request", **told)


def _route(scope: Scope) -> str:
    """Method and path template: a raw path would make a series of every item."""
    method = scope["method"] if scope["method"] in _METHODS else "OTHER"
    route = scope.get("route")
    path = getattr(route, "path_format", None) or getattr(route, "path", None)
    if not isinstance(path, str):
        path = "(no route)"
    return f"{method} {path}"

"""The contract's HTTP endpoints: GET /health, POST /ops/run, POST /ops/batch."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import aclosing
from typing import Any, TypeVar

from . import wire
from .batches import run_batch
from .context import trace_of
from .errors import KitError
from .identity import kit_version
from .intake import Problem, batch_order, dry_of, item_of, read_order
from .keys import CONTRACT
from .kit import Kit
from .orders import Order
from .problems import problem, problem_of
from .runs import Refused, run_one
from .wire import Headers, Receive, Scope, Send

T = TypeVar("T")
Serve = Callable[[Scope, Headers, Receive, Send], Awaitable[None]]
_RANK = {"pass": 0, "warn": 1, "fail": 2}


class _Left(Exception):
    """The caller closed the connection: the run was cut off."""


class Endpoints:
    """Finds and serves the endpoints of the contract."""

    def __init__(self, kit: Kit, *, health: bool = True) -> None:
        self._kit = kit
        self._table: dict[tuple[str, str], Serve] = {
            ("POST", "/ops/run"): self._run,
            ("POST", "/ops/batch"): self._batch,
        }
        if health:
            self._table |= {("GET", "/health"): self._health, ("HEAD", "/health"): self._health}

    def find(self, method: str, path: str) -> Serve | None:
        """The endpoint of the contract at this place."""
        return self._table.get((method, path))

    async def _health(self, scope: Scope, headers: Headers, receive: Receive, send: Send) -> None:
        document = health(self._kit)
        status = 503 if document["status"] == "fail" else 200
        body = b"" if scope["method"] == "HEAD" else wire.encode(document)
        await wire.answer(send, status, wire.HEALTH, body, wire.request_id(headers))

    async def _run(self, scope: Scope, headers: Headers, receive: Receive, send: Send) -> None:
        request = wire.request_id(headers)
        seconds = wire.timeout_of(headers, self._kit.settings.run_timeout_seconds)
        try:
            key, body = await read_order(self._kit, headers, receive)
            order = Order(
                item_of(body.get("item")),
                key,
                dry=dry_of(body),
                grant=str(body.get("grant") or "")[:200],
                request_id=request,
                trace_id=trace_of(headers.get(b"traceparent")),
            )
            report = await _while_connected(run_one(self._kit, order, seconds), receive)
        except _Left:
            return
        except (Problem, KitError) as error:
            await _send_problem(send, error, request)
            return
        await wire.answer(send, 200, wire.JSON, wire.encode(report.document()), request)

    async def _batch(self, scope: Scope, headers: Headers, receive: Receive, send: Send) -> None:
        request = wire.request_id(headers)
        seconds = wire.timeout_of(headers, self._kit.settings.run_timeout_seconds)
        try:
            key, body = await read_order(self._kit, headers, receive)
            order = batch_order(key, body)
        except Problem as error:
            await _send_problem(send, error, request)
            return
        gone = asyncio.Event()
        watch = asyncio.create_task(_watch(receive, gone))
        started = False
        try:
            async with aclosing(run_batch(self._kit, order, seconds, gone.is_set)) as documents:
                async for document in documents:
                    if not started:
                        await wire.begin(send, 200, wire.LINES, request)
                        started = True
                    line = wire.encode(document) + b"\n"
                    await send({"type": "http.response.body", "body": line, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        except KitError as error:
            if started:
                raise
            await _send_problem(send, error, request)
        finally:
            watch.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await watch


def health(kit: Kit) -> dict[str, Any]:
    """The health+json document. No I/O: what is said was seen by the last heartbeat."""
    view, heart = kit.mode.view(), kit.heart
    checks: dict[str, list[dict[str, Any]]] = {}
    if heart is not None:
        # Not `fail`: a platform would kill every instance because the cache is away.
        status = "warn" if heart.last_error or not heart.beats else "pass"
        output = heart.last_error or ("" if heart.beats else "no heartbeat sent yet")
        checks["redis:heartbeat"] = [{"status": status, "output": output}]
    checks["mode:present"] = [
        {"status": "pass", "observedValue": view.mode, "output": f"{view.reason}, {view.epoch}"}
    ]
    for name, check in kit.checks.items():
        try:
            status, output = check()
        except Exception as error:
            # The border of the service's own check.
            kit.log.warning("health check failed", check=name, exc_info=True)
            status, output = "fail", type(error).__name__
        status = status if status in _RANK else "fail"
        checks[name] = [{"status": status, "output": kit.masker.text(output)[:500]}]
    worst = max((c[0]["status"] for c in checks.values()), key=_RANK.__getitem__)
    return {
        "status": worst,
        "version": str(CONTRACT),
        "releaseId": kit.identity.commit,
        "serviceId": kit.keys.service,
        "description": f"instance {kit.identity.instance}, opskit {kit_version()}",
        "checks": checks,
    }


async def _while_connected(work: Coroutine[Any, Any, T], receive: Receive) -> T:
    """What `work` gives, unless the caller leaves: then it is cancelled, and cleans up."""
    task, gone = asyncio.create_task(work), asyncio.Event()
    watch = asyncio.create_task(_watch(receive, gone))
    try:
        await asyncio.wait((task, watch), return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
            raise _Left
        return task.result()
    finally:
        task.cancel()
        watch.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watch


async def _watch(receive: Receive, gone: asyncio.Event) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    gone.set()


async def _send_problem(send: Send, error: Exception, request: str) -> None:
    if isinstance(error, Problem):
        document = error.document
    elif isinstance(error, Refused):
        document = problem(409, "mode-refuses", "The present mode does not allow this", str(error))
    else:
        found = problem_of(error) if isinstance(error, KitError) else None
        document = found or problem(500, "kit", "The run could not be made", str(error))
    await wire.answer_problem(send, document, request)

"""The contract's HTTP endpoints: GET /health, POST /ops/run, POST /ops/batch."""

import asyncio
import contextlib
import hmac
import json
import math
import re
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import aclosing
from typing import Any, TypeVar, cast

from . import wire
from .batches import run_batch
from .context import trace_of
from .errors import KitError
from .identity import kit_version
from .keys import CONTRACT
from .kit import Kit
from .orders import BatchOrder, Order
from .problems import problem, problem_of
from .runs import Refused, run_one
from .wire import Headers, Receive, Scope, Send

BODY_LIMIT = 1_000_000  # bytes of a request
ITEM_LIMIT = 200  # characters of an item's name
BATCH_LIMIT = 1000  # items of one batch
_KEY = re.compile(r'"?([\x21\x23-\x5b\x5d-\x7e]{8,200})"?')

T = TypeVar("T")
Serve = Callable[[Scope, Headers, Receive, Send], Awaitable[None]]
_RANK = {"pass": 0, "warn": 1, "fail": 2}


class _Problem(Exception):
    """Answered as it is."""

    def __init__(self, status: int, kind: str, title: str, detail: str) -> None:
        super().__init__(detail)
        self.document = problem(status, kind, title, detail)


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
            key, body = await self._order(headers, receive)
            order = Order(
                _item(body.get("item")),
                key,
                dry=_dry(body),
                grant=str(body.get("grant") or "")[:200],
                request_id=request,
                trace_id=trace_of(headers.get(b"traceparent")),
            )
            report = await _while_connected(run_one(self._kit, order, seconds), receive)
        except _Left:
            return
        except (_Problem, KitError) as error:
            await _send_problem(send, error, request)
            return
        await wire.answer(send, 200, wire.JSON, wire.encode(report.document()), request)

    async def _batch(self, scope: Scope, headers: Headers, receive: Receive, send: Send) -> None:
        request = wire.request_id(headers)
        seconds = wire.timeout_of(headers, self._kit.settings.run_timeout_seconds)
        try:
            key, body = await self._order(headers, receive)
            order = _batch_order(key, body)
        except _Problem as error:
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

    async def _order(self, headers: Headers, receive: Receive) -> tuple[str, dict[str, Any]]:
        """Check who asks, and read key and body. Raises _Problem."""
        token = self._kit.settings.run_token
        if token is None or self._kit.handler is None:
            why = "set RUN_TOKEN" if token is None else "register a function with @kit.item"
            raise _Problem(501, "not-offered", "This service offers no runs", why)
        given = headers.get(b"authorization", "")
        wanted = f"Bearer {token.get_secret_value()}"
        if not hmac.compare_digest(given.encode(), wanted.encode()):
            raise _Problem(401, "not-allowed", "The token is missing or wrong", "send RUN_TOKEN")
        key = _KEY.fullmatch(headers.get(b"idempotency-key", ""))
        if key is None:
            raise _Problem(400, "no-key", "Idempotency-Key is missing", "8 to 200 characters")
        try:
            body = json.loads(await _body(receive))
        except (ValueError, UnicodeDecodeError) as error:
            raise _Problem(400, "bad-body", "The body is not JSON", "send an object") from error
        if not isinstance(body, dict):
            raise _Problem(400, "bad-body", "The body is not an object", "see CONTRACT.md")
        return key[1], cast("dict[str, Any]", body)


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


def _item(value: object) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= ITEM_LIMIT or not value.isprintable():
        raise _Problem(400, "bad-item", "The item is not usable", f"1 to {ITEM_LIMIT} characters")
    return value


def _dry(body: dict[str, Any]) -> bool:
    mode = body.get("mode", "dry_run")
    if mode not in ("live", "dry_run"):
        raise _Problem(400, "bad-mode", "The mode is not usable", "live or dry_run")
    return mode == "dry_run"


def _batch_order(key: str, body: dict[str, Any]) -> BatchOrder:
    items, percent = body.get("items"), body.get("percent")
    if (items is None) == (percent is None):
        raise _Problem(400, "bad-batch", "What to run is not clear", "either items or percent")
    if percent is not None and not _within(percent, 100):
        raise _Problem(400, "bad-batch", "The percentage is not usable", "above 0, up to 100")
    if items is not None and not isinstance(items, list):
        raise _Problem(400, "bad-batch", "The items are not a list", "names of items")
    names = [_item(item) for item in cast("list[object]", items or [])]
    if len(names) > BATCH_LIMIT or len(set(names)) != len(names):
        raise _Problem(
            400, "bad-batch", "The items are not usable", f"{BATCH_LIMIT} different ones"
        )
    stop_after, most = body.get("stop_after", 1), body.get("max_items", BATCH_LIMIT)
    if not _within(stop_after, BATCH_LIMIT) or not _within(most, BATCH_LIMIT):
        raise _Problem(400, "bad-batch", "A limit is not usable", f"1 to {BATCH_LIMIT}")
    share = None if percent is None else float(percent)
    return BatchOrder(key, _dry(body), names, share, math.ceil(stop_after), int(most))


def _within(value: Any, most: float) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= most


async def _body(receive: Receive) -> bytes:
    parts, size = list[bytes](), 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _Problem(400, "bad-body", "The body is incomplete", "the caller left")
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > BODY_LIMIT:
            raise _Problem(413, "bad-body", "The body is too large", f"at most {BODY_LIMIT} bytes")
        if not message.get("more_body"):
            return b"".join(parts)


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
    if isinstance(error, _Problem):
        document = error.document
    elif isinstance(error, Refused):
        document = problem(409, "mode-refuses", "The present mode does not allow this", str(error))
    else:
        found = problem_of(error) if isinstance(error, KitError) else None
        document = found or problem(500, "kit", "The run could not be made", str(error))
    await wire.answer_problem(send, document, request)

"""Reading and sending over ASGI: the few things that the middleware and the endpoints share."""

import json
import math
import re
import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Headers = dict[bytes, str]

JSON = b"application/json"
PROBLEM = b"application/problem+json"
HEALTH = b"application/health+json"
LINES = b"application/x-ndjson"

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_WANTED = frozenset(
    {b"x-request-id", b"traceparent", b"ops-timeout-ms", b"authorization", b"idempotency-key"}
)


def wanted(headers: list[tuple[bytes, bytes]]) -> Headers:
    """The request headers that the contract knows."""
    return {name: text.decode("latin-1") for name, text in headers if name in _WANTED}


def request_id(headers: Headers) -> str:
    """The caller's request id where it is harmless, else a new one."""
    given = headers.get(b"x-request-id", "")
    return given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(8)


def timeout_of(headers: Headers, most: float) -> float:
    """Seconds that the caller will wait (Ops-Timeout-Ms), at most `most`."""
    try:
        asked = float(headers[b"ops-timeout-ms"]) / 1000
    except (KeyError, ValueError):
        return most
    return min(asked, most) if math.isfinite(asked) and asked > 0 else most


def encode(document: dict[str, Any]) -> bytes:
    """JSON in UTF-8; what is not JSON becomes text."""
    return json.dumps(document, default=str, ensure_ascii=False).encode()


async def begin(
    send: Send, status: int, kind: bytes, request: str, *more: tuple[bytes, bytes]
) -> None:
    """Send the head of an answer."""
    headers = [
        (b"content-type", kind),
        (b"cache-control", b"no-store"),
        (b"x-request-id", request.encode()),
        *more,
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})


async def answer(send: Send, status: int, kind: bytes, body: bytes, request: str) -> None:
    """Send a whole answer."""
    length = (b"content-length", str(len(body)).encode())
    await begin(send, status, kind, request, length)
    await send({"type": "http.response.body", "body": body})


async def answer_problem(send: Send, document: dict[str, Any], request: str) -> None:
    """Send a problem document; its `retry_after` becomes a header too."""
    body = encode({**document, "request_id": request})
    more = [(b"content-length", str(len(body)).encode())]
    if "retry_after" in document:
        more.append((b"retry-after", str(math.ceil(document["retry_after"])).encode()))
    await begin(send, document["status"], PROBLEM, request, *more)
    await send({"type": "http.response.body", "body": body})

"""Reads what is asked of the run endpoints; what is not usable is answered as a problem."""

import hmac
import json
import math
import re
from typing import Any, cast

from .kit import Kit
from .orders import BatchOrder
from .problems import problem
from .wire import Headers, Receive

BODY_LIMIT = 1_000_000  # bytes of a request
ITEM_LIMIT = 200  # characters of an item's name
BATCH_LIMIT = 1000  # items of one batch
_KEY = re.compile(r'"?([\x21\x23-\x5b\x5d-\x7e]{8,200})"?')


class Problem(Exception):
    """Answered as it is."""

    def __init__(self, status: int, kind: str, title: str, detail: str) -> None:
        super().__init__(detail)
        self.document = problem(status, kind, title, detail)


async def read_order(kit: Kit, headers: Headers, receive: Receive) -> tuple[str, dict[str, Any]]:
    """Check who asks, and read key and body. Raises Problem."""
    token = kit.settings.run_token
    if token is None or kit.handler is None:
        why = "set RUN_TOKEN" if token is None else "register a function with @kit.item"
        raise Problem(501, "not-offered", "This service offers no runs", why)
    given = headers.get(b"authorization", "")
    wanted = f"Bearer {token.get_secret_value()}"
    if not hmac.compare_digest(given.encode(), wanted.encode()):
        raise Problem(401, "not-allowed", "The token is missing or wrong", "send RUN_TOKEN")
    key = _KEY.fullmatch(headers.get(b"idempotency-key", ""))
    if key is None:
        raise Problem(400, "no-key", "Idempotency-Key is missing", "8 to 200 characters")
    try:
        body = json.loads(await _body(receive))
    except (ValueError, UnicodeDecodeError) as error:
        raise Problem(400, "bad-body", "The body is not JSON", "send an object") from error
    if not isinstance(body, dict):
        raise Problem(400, "bad-body", "The body is not an object", "see CONTRACT.md")
    return key[1], cast("dict[str, Any]", body)


def item_of(value: object) -> str:
    """The name of an item. Raises Problem."""
    if not isinstance(value, str) or not 0 < len(value) <= ITEM_LIMIT or not value.isprintable():
        raise Problem(400, "bad-item", "The item is not usable", f"1 to {ITEM_LIMIT} characters")
    return value


def dry_of(body: dict[str, Any]) -> bool:
    """Whether a dry run is asked for, as it is where nothing is said. Raises Problem."""
    mode = body.get("mode", "dry_run")
    if mode not in ("live", "dry_run"):
        raise Problem(400, "bad-mode", "The mode is not usable", "live or dry_run")
    return mode == "dry_run"


def batch_order(key: str, body: dict[str, Any]) -> BatchOrder:
    """The batch that is asked for. Raises Problem."""
    items, percent = body.get("items"), body.get("percent")
    if (items is None) == (percent is None):
        raise Problem(400, "bad-batch", "What to run is not clear", "either items or percent")
    if percent is not None and not _within(percent, 100):
        raise Problem(400, "bad-batch", "The percentage is not usable", "above 0, up to 100")
    if items is not None and not isinstance(items, list):
        raise Problem(400, "bad-batch", "The items are not a list", "names of items")
    names = [item_of(item) for item in cast("list[object]", items or [])]
    if len(names) > BATCH_LIMIT or len(set(names)) != len(names):
        raise Problem(400, "bad-batch", "The items are not usable", f"{BATCH_LIMIT} different ones")
    stop_after, most = body.get("stop_after", 1), body.get("max_items", BATCH_LIMIT)
    if not _within(stop_after, BATCH_LIMIT) or not _within(most, BATCH_LIMIT):
        raise Problem(400, "bad-batch", "A limit is not usable", f"1 to {BATCH_LIMIT}")
    share = None if percent is None else float(percent)
    return BatchOrder(key, dry_of(body), names, share, math.ceil(stop_after), int(most))


def _within(value: Any, most: float) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= most


async def _body(receive: Receive) -> bytes:
    parts, size = list[bytes](), 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Problem(400, "bad-body", "The body is incomplete", "the caller left")
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > BODY_LIMIT:
            raise Problem(413, "bad-body", "The body is too large", f"at most {BODY_LIMIT} bytes")
        if not message.get("more_body"):
            return b"".join(parts)

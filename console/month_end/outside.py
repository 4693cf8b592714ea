"""Reads from the service's Redis what may get into the way of a closing: OAuth tokens that expire,
and the quotas of external APIs. Two exchanges. What is not of the contract is left out.
"""

import json
import math
from typing import Any, cast

from console.instances.gather import key
from console.month_end.snapshot import Outside, Quota, Token
from console.service_redis import ServiceRedis, ServiceRedisError

MOST_TOKENS, MOST_QUOTAS = 50, 100
NAME_LIMIT = 80  # characters
TEXT_LIMIT = 4000  # bytes of one quota
TOKEN_FIELDS = ("refresh_expires_at", "state")


async def read_outside(redis: ServiceRedis, service: str, now: float) -> Outside:
    """Tokens and quotas. Never raises: a failure is in `problem`."""
    try:
        names, limits = await redis.commands(
            ("SMEMBERS", key(service, "tokens")), ("HGETALL", key(service, "limits"))
        )
        for answer in (names, limits):
            if isinstance(answer, ServiceRedisError):
                raise answer
        known = sorted(_text(one) for one in cast("list[bytes]", names or []))[:MOST_TOKENS]
        facts: list[Any] = []
        if known:
            asked = (("HMGET", key(service, "token", name), *TOKEN_FIELDS) for name in known)
            facts = await redis.commands(*asked)
    except ServiceRedisError as error:
        return Outside(now, str(error))
    tokens = [_token(name, fact) for name, fact in zip(known, facts, strict=True)]
    return Outside(now, "", tuple(tokens), _quotas(limits))


def _token(name: str, fact: Any) -> Token:
    values = cast("list[Any]", fact) if isinstance(fact, list) else [None, None]
    state = _text(values[1]) if values[1] is not None else ""
    return Token(name, state, _number(values[0]))


def _quotas(answer: Any) -> tuple[Quota, ...]:
    fields = cast("dict[Any, Any]", answer) if isinstance(answer, dict) else {}
    found: list[Quota] = []
    for field, text in sorted(fields.items())[:MOST_QUOTAS]:
        api, slash, name = _text(field).partition("/")
        told = _document(text)
        if not slash or told is None:
            continue
        found.append(
            Quota(
                api,
                name,
                _number(told.get("limit")),
                _number(told.get("remaining")),
                _number(told.get("reset_at")),
                _number(told.get("window")),
                _number(told.get("at")),
                _number(told.get("blocked_until")),
            )
        )
    return tuple(found)


def _document(text: Any) -> dict[str, Any] | None:
    if not isinstance(text, bytes) or len(text) > TEXT_LIMIT:
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return cast("dict[str, Any]", found) if isinstance(found, dict) else None


def _text(value: Any) -> str:
    return value[:NAME_LIMIT].decode("utf-8", "replace") if isinstance(value, bytes) else ""


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | bytes):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) and found >= 0 else None

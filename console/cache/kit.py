"""What the service itself tells of its cache, its quotas and its tokens (the kit's contract). Pure.

Text of somebody else's program: what is not of the contract is left out.
"""

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from typing import Any, cast

from console.cache.model import Prefix, Quota, Token

TEXT_LIMIT = 120  # characters
MOST = 200  # prefixes, quotas
_COUNTERS = tuple(field.name for field in fields(Prefix) if field.name != "name")


def prefixes(hours: Iterable[Mapping[bytes, bytes]]) -> tuple[Prefix, ...]:
    """The counters of several hours, added up over hours and instances; the most used first."""
    found: dict[str, Prefix] = {}
    for hour in hours:
        for name, text in hour.items():
            prefix, at, _ = name.decode("utf-8", "replace").rpartition("@")
            told = _document(text)
            if not at or told is None or (prefix not in found and len(found) >= MOST):
                continue
            sums = found.get(prefix, Prefix(prefix[:TEXT_LIMIT]))
            more = {one: getattr(sums, one) + _counter(told.get(one), one) for one in _COUNTERS}
            found[prefix] = replace(sums, **more)
    return tuple(sorted(found.values(), key=lambda one: (-one.lookups, one.name)))


def quotas(told: Mapping[bytes, bytes]) -> tuple[Quota, ...]:
    """What is left of every quota, by API."""
    found: list[Quota] = []
    for name, text in list(told.items())[:MOST]:
        document = _document(text)
        at = _number(document.get("at")) if document else None
        api, slash, quota = name.decode("utf-8", "replace").rpartition("/")
        if document is None or at is None or not slash:
            continue
        found.append(
            Quota(
                api[:TEXT_LIMIT],
                quota[:TEXT_LIMIT],
                at,
                _number(document.get("limit")),
                _number(document.get("remaining")),
                _number(document.get("reset_at")),
                _number(document.get("window")),
                _number(document.get("blocked_until")),
                _text(document.get("dialect")),
            )
        )
    return tuple(sorted(found, key=lambda one: (one.api, one.name)))


def token(name: str, stored: Mapping[bytes, bytes]) -> Token:
    """What may be shown of a token."""
    told = {key.decode("utf-8", "replace"): value for key, value in stored.items()}

    def text(field: str) -> str:
        return told.get(field, b"").decode("utf-8", "replace")[:TEXT_LIMIT]

    def moment(field: str) -> float | None:
        try:
            return _number(float(text(field)))
        except ValueError:
            return None

    return Token(
        name[:TEXT_LIMIT],
        text("state"),
        text("reason"),
        moment("expires_at"),
        moment("refresh_expires_at"),
        moment("rotated_at"),
        text("rotated_by"),
    )


def _document(text: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return cast("dict[str, Any]", found) if isinstance(found, dict) else None


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value) if math.isfinite(value) and 0 <= value < 1e15 else None
    except OverflowError:
        return None


def _counter(value: object, name: str) -> int | float:
    number = _number(value) or 0
    return number if name == "saved_ms" else int(number)


def _text(value: object) -> str:
    return value[:TEXT_LIMIT] if isinstance(value, str) else ""

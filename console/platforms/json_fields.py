"""The JSON of a platform, taken as what it should be: what it is not gives an empty value."""

import json
from collections.abc import Mapping
from typing import Any, cast

from console.errors import PlatformUnreadable


def parsed(body: bytes) -> Any:
    """The JSON of a body. Raises ValueError, RecursionError.

    JSON can carry half of a surrogate pair (a text that was cut within an emoji), which UTF-8
    cannot: it becomes a question mark here, or nothing that holds it could be stored.
    """
    text = body.decode("utf-8-sig", errors="replace")
    told = json.loads(text)
    if "\\ud" not in text.lower():
        return told
    return json.loads(json.dumps(told, ensure_ascii=False).encode(errors="replace"))


def json_of(body: bytes) -> Any:
    """The JSON of an answer; `None` where it is none."""
    try:
        return parsed(body)
    except (ValueError, RecursionError):
        return None


def fields(told: Any) -> Mapping[str, Any]:
    """A JSON object, or an empty one in its place."""
    return cast("Mapping[str, Any]", told) if isinstance(told, dict) else {}


def items(told: Any, platform: str) -> list[Mapping[str, Any]]:
    """The objects of a JSON list. Raises PlatformUnreadable where it is no list."""
    if not isinstance(told, list):
        raise PlatformUnreadable(f"{platform} answered something else than a list.")
    return [fields(one) for one in cast("list[Any]", told) if isinstance(one, dict)]


def objects(told: Any) -> list[Mapping[str, Any]]:
    """The same; nothing where it is no list."""
    return items(told, "") if isinstance(told, list) else []


def text_of(told: Any, limit: int = 500) -> str:
    """Text from a platform, bounded; empty for anything else."""
    return told[:limit] if isinstance(told, str) else ""


def whole(told: Any) -> int | None:
    """A whole number, or `None`."""
    return told if isinstance(told, int) and not isinstance(told, bool) else None

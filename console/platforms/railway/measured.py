"""What Railway measured and kept of a service: its log and its response times. Pure."""

import json
from typing import Any

from console.platforms.extras import RuntimeLine, Times
from console.platforms.json_fields import fields, objects, text_of
from console.platforms.response_times import SHARES, seconds_of
from console.platforms.times import time_of

LINE_LIMIT = 16_000  # characters of a line
MILLISECOND = 0.001


def log_of(told: Any) -> str:
    """The lines of a log in the order of their times."""
    lines = [
        (text_of(one.get("timestamp")), text_of(one.get("message"), 4000)) for one in objects(told)
    ]
    return "\n".join(f"{at} {message}" for at, message in sorted(lines, key=lambda one: one[0]))


def lines_of(told: Any, service: str) -> list[RuntimeLine]:
    """Lines of the instances of one service, the oldest first; none of another service."""
    found: list[RuntimeLine] = []
    for one in objects(told):
        tags = fields(one.get("tags"))
        text = _text(text_of(one.get("message"), LINE_LIMIT), one)
        if text and text_of(tags.get("serviceId")) in ("", service):
            instance = text_of(tags.get("deploymentInstanceId"), 100)
            found.append(RuntimeLine(text, time_of(one.get("timestamp")), instance[-12:]))
    return sorted(found, key=lambda one: one.at or 0.0)


def times_of(told: Any) -> list[Times]:
    """Response times in seconds; Railway tells milliseconds."""
    found: list[Times] = []
    for one in objects(fields(told).get("samples")):
        at = time_of(one.get("ts"))
        if at is not None:
            shares = {name: seconds_of(one.get(name), MILLISECOND) for name in SHARES}
            found.append(Times(at, **shares))
    return sorted(found, key=lambda one: one.at)


def _text(message: str, told: Any) -> str:
    """The line as it was written. Of a line of JSON Railway tells the message and the fields
    apart; of any other line it has no field but a level that it guessed."""
    attributes = {
        text_of(each.get("key"), 100): _value(text_of(each.get("value"), LINE_LIMIT))
        for each in objects(fields(told).get("attributes"))
    }
    if not set(attributes) - {"", "level"}:
        return message
    return json.dumps({"message": message, **attributes}, ensure_ascii=False)[:LINE_LIMIT]


def _value(text: str) -> Any:
    """The value of a field, which is JSON in a text."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text

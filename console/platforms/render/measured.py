"""What Render measured and kept of a service: its log and its response times. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from console.errors import PlatformUnreadable
from console.platforms.extras import RuntimeLine
from console.platforms.json_fields import items, objects, text_of
from console.platforms.response_times import seconds_of
from console.platforms.times import time_of

LINE_LIMIT = 16_000  # characters of a line
_UNITS = {
    "s": 1.0,
    "second": 1.0,
    "seconds": 1.0,
    "ms": 0.001,
    "millisecond": 0.001,
    "milliseconds": 0.001,
}


def line_of(told: Mapping[str, Any]) -> RuntimeLine:
    """One line of the log."""
    labels = {
        text_of(one.get("name")): text_of(one.get("value"))
        for one in items(told.get("labels") or [], "Render")
    }
    text = text_of(told.get("message"), LINE_LIMIT)
    at = time_of(told.get("timestamp"))
    return RuntimeLine(text, at, labels.get("instance", ""), text_of(told.get("id")))


def latency_of(series: Sequence[Mapping[str, Any]]) -> dict[float, float]:
    """Seconds by moment; of several series (one a host) the slowest one.

    Raises PlatformUnreadable for a unit that is not known: its numbers could mean anything. By the
    specification the unit is on each value, and on the series too; its example has it there alone.
    """
    found: dict[float, float] = {}
    for each in series:
        for one in objects(each.get("values")):
            unit = text_of(one.get("unit"), 20) or text_of(each.get("unit"), 20)
            scale = _UNITS.get(unit.strip().lower())
            if scale is None:
                what = f"in {unit}" if unit else "without a unit"
                raise PlatformUnreadable(f"Render tells response times {what}.")
            at, seconds = time_of(one.get("timestamp")), seconds_of(one.get("value"), scale)
            if at is not None and seconds is not None:
                found[at] = max(seconds, found.get(at, 0.0))
    return found


def as_text(told: Mapping[str, Any]) -> str:
    """One line of the log of a stage, with its time."""
    return f"{text_of(told.get('timestamp'))} {text_of(told.get('message'))}"

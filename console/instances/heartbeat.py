"""Heartbeats of instances, as the kit's contract describes them. Pure; nothing in them is trusted.

A heartbeat is text from a program of somebody else: a field of the wrong type is as good as
missing, text is cut, and what cannot be read at all is counted, never raised.
"""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

MODES = ("live", "dry_run", "paused")
TEXT_LIMIT = 80  # characters of any text field
DOCUMENT_LIMIT = 20_000  # characters; the contract's heartbeat has about 700
ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


@dataclass(frozen=True, slots=True)
class Beat:
    """One heartbeat. `None` and empty text are what was not told. Times are Unix seconds."""

    instance: str
    at: float | None = None  # by the instance's own clock
    started_at: float | None = None
    interval: float | None = None  # seconds between two heartbeats
    commit: str = ""
    region: str = ""
    host: str = ""
    kit: str = ""
    mode: str = ""  # that it obeys; empty where it told none that exists
    epoch: int | None = None  # that it has seen
    mode_reason: str = ""
    in_flight: int | None = None
    in_flight_older_epoch: int | None = None
    oldest_in_flight: float | None = None  # seconds
    draining: bool = False
    writes: Mapping[str, int] | None = None  # verdict -> count since its start
    journal: int = 0  # unverified writes that wait
    memory_bytes: int | None = None
    cpu_percent: float | None = None  # of one core
    settings: str = ""  # fingerprint; "not comparable" where there is no key


def parse(instance: str, text: str) -> Beat | None:
    """The heartbeat in a stored text, or None where it is none at all."""
    if not ID.fullmatch(instance) or len(text) > DOCUMENT_LIMIT:
        return None
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(document, dict):
        return None
    told = cast("dict[str, Any]", document)
    mode = _text(told.get("mode"))
    return Beat(
        instance=instance,
        at=_number(told.get("at")),
        started_at=_number(told.get("started_at")),
        interval=_number(told.get("interval")),
        commit=_text(told.get("commit")),
        region=_text(told.get("region")),
        host=_text(told.get("host")),
        kit=_text(told.get("kit")),
        mode=mode if mode in MODES else "",
        epoch=_whole(told.get("epoch")),
        mode_reason=_text(told.get("mode_reason")),
        in_flight=_whole(told.get("in_flight")),
        in_flight_older_epoch=_whole(told.get("in_flight_older_epoch")),
        oldest_in_flight=_number(told.get("oldest_in_flight")),
        draining=told.get("draining") is True,
        writes=_counts(told.get("writes")),
        journal=_whole(told.get("journal")) or 0,
        memory_bytes=_whole(told.get("memory_bytes")),
        cpu_percent=_number(told.get("cpu_percent")),
        settings=_text(told.get("settings")),
    )


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        found = float(value)
    except OverflowError:
        return None
    return found if math.isfinite(found) and 0 <= found < 1e15 else None


def _whole(value: object) -> int | None:
    found = _number(value)
    return None if found is None else int(found)


def _text(value: object) -> str:
    return value[:TEXT_LIMIT] if isinstance(value, str) else ""


def _counts(value: object) -> dict[str, int] | None:
    if not isinstance(value, dict):
        return None
    pairs = cast("dict[str, object]", value)
    counts = {_text(name): _whole(count) for name, count in list(pairs.items())[:20]}
    return {name: count for name, count in counts.items() if count is not None}

"""Times as platforms write them: RFC 3339, Go's own format, epochs in seconds or milliseconds."""

import math
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

_TOLD = re.compile(
    r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(\.\d+)?\s*(Z|[+-]\d\d:?\d\d)?(?:\s+[A-Z]{1,5})?",
    re.IGNORECASE,
)
MILLISECONDS_ABOVE = 1e11  # in seconds that would be the year 5138
LATEST = 4102444800.0  # the year 2100: what is later is a mistake


def time_of(told: Any) -> float | None:
    """Unix seconds, or `None` for what is no time, or Go's zero time, or far from ours."""
    if isinstance(told, bool) or told is None:
        return None
    if isinstance(told, int | float):
        if not 0 < told < 1000 * LATEST:  # also of whole numbers that no float can hold
            return None
        seconds = float(told) / 1000 if told > MILLISECONDS_ABOVE else float(told)
    else:
        found = _of_text(str(told).strip())
        if found is None:
            return None
        seconds = found
    return seconds if math.isfinite(seconds) and 0 < seconds < LATEST else None


def stamp(at: float) -> str:
    """`2026-11-24T06:40:00.000Z`, as platforms want a time."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def retry_moment(text: str, now: float) -> float | None:
    """Unix seconds of a Retry-After or a reset in any dialect; `None` where it is none."""
    text = text.strip()
    try:
        value = float(text)
    except ValueError:
        try:
            return time_of(text) or parsedate_to_datetime(text).timestamp()
        except (ValueError, TypeError, OverflowError):
            return None
    if not 0 <= value < 1e15:
        return None
    return time_of(value) if value > 1e9 else now + value


def _of_text(text: str) -> float | None:
    if re.fullmatch(r"\d{9,16}(\.\d+)?", text):
        return time_of(float(text))
    found = _TOLD.fullmatch(text)
    if not found:
        return None
    day, clock, fraction, zone = found.groups()
    zone = "+00:00" if zone in (None, "Z", "z") else zone
    zone = zone if ":" in zone else f"{zone[:3]}:{zone[3:]}"
    try:
        # nanoseconds are more than a datetime holds
        moment = datetime.fromisoformat(f"{day}T{clock}{(fraction or '')[:7]}{zone}")
        return moment.astimezone(UTC).timestamp() if moment.year > 1 else None
    except (ValueError, OverflowError):  # the last day of the year 9999 is none in other zones
        return None

"""Time limits as people write them: `30`, `30s`, `1500ms`, `2m`, and what their name says.

A bare number takes its unit from the end of the variable's name (`API_PAGE_WAIT_MS`), else it is
seconds. A unit in the text wins over the name.
"""

import re
from dataclasses import dataclass

UNITS = {
    "ms": 0.001,
    "s": 1.0,
    "sec": 1.0,
    "m": 60.0,
    "min": 60.0,
    "h": 3600.0,
    "d": 86400.0,
}
_NAMES = {  # the last word of a variable's name
    "MS": "ms",
    "MILLISECONDS": "ms",
    "MILLIS": "ms",
    "SECONDS": "s",
    "SECS": "s",
    "SEC": "s",
    "S": "s",
    "MINUTES": "m",
    "HOURS": "h",
    "DAYS": "d",
}
NO_LIMIT = frozenset({"none", "off", "never", "infinite", "inf", "unlimited"})

# Rule T20: a number this large is hardly seconds, one this small hardly milliseconds.
LOOKS_LIKE_MS = 1000.0
LOOKS_LIKE_SECONDS = 50.0

_TEXT = re.compile(r"(\d+(?:\.\d+)?|\.\d+)\s*([a-z]*)", re.ASCII)
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)", re.ASCII)
_LONGEST = 10 * 365 * 86400.0  # seconds; more is a mistake


class DurationError(ValueError):
    """A text that is no time limit."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """A time limit that was read."""

    seconds: float | None  # None: explicitly without a limit
    unit: str  # that it was written in
    bare: float | None = None  # the number, where the text itself carries no unit


def unit_of(name: str) -> str:
    """The unit that a variable's name ends with, `s` where it says none."""
    return _NAMES.get(name.upper().rpartition("_")[2], "s")


def parse(text: str, name: str = "") -> Parsed:
    """Read a time limit. Raises DurationError, which does not repeat the text."""
    word = text.strip().lower()
    if word in NO_LIMIT:
        return Parsed(None, unit_of(name))
    match = _TEXT.fullmatch(word)
    if match:
        number, unit = float(match[1]), match[2] or unit_of(name)
        if unit not in UNITS:
            raise DurationError(f"has the unknown unit {unit[:12]!r}: use ms, s, m, h or d")
        return Parsed(_bounded(number * UNITS[unit]), unit, None if match[2] else number)
    parts = _PART.findall(word)
    if parts and "".join(number + unit for number, unit in parts) == word:
        return Parsed(_bounded(sum(float(number) * UNITS[unit] for number, unit in parts)), "s")
    raise DurationError("is no time: write 30, 30s, 1500ms, 2m or 1m30s, or none")


def written(seconds: float | None, name: str) -> str:
    """A limit as the variable wants it: the number in the unit of its name."""
    if seconds is None:
        return "none"
    return f"{seconds / UNITS[unit_of(name)]:.3f}".rstrip("0").rstrip(".")


def shown(seconds: float | None) -> str:
    """A limit for people, exact enough to add up: `122.7 s`, `300 ms`, `no limit`."""
    if seconds is None:
        return "no limit"
    if 0 < abs(seconds) < 1:
        return f"{seconds * 1000:.0f} ms"
    return f"{seconds:,.1f}".rstrip("0").rstrip(".") + " s"


def suspicious(name: str, parsed: Parsed) -> str:
    """The unit that a bare number looks to be in, where that is not the one of its name."""
    last = name.upper().rpartition("_")[2]
    if parsed.bare is None or last not in _NAMES:
        return ""
    if _NAMES[last] == "s" and parsed.bare >= LOOKS_LIKE_MS:
        return "ms"
    if _NAMES[last] == "ms" and 0 < parsed.bare < LOOKS_LIKE_SECONDS:
        return "s"
    return ""


def _bounded(seconds: float) -> float:
    if seconds > _LONGEST:
        raise DurationError("is longer than ten years")
    return seconds

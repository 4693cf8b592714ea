"""What a query compares with: a level, a time, a duration or a size with a unit, a number. Pure."""

import re
from datetime import datetime, timedelta

from console.logs.fields import WITH_UNIT_NAMES, level_of, plain_name
from console.logs.model import Level
from console.logs.query import And, Compare, Node, rank_of
from console.logs.query_tokens import QueryError, Token
from console.logs.times import Clock, of_value

_NUMBER = re.compile(r"(?P<number>[+-]?\d+(?:\.\d+)?)(?P<unit>[a-zµ%]*)", re.IGNORECASE)
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_MINUTE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d")
_MILLISECONDS = {"": 1, "ms": 1, "s": 1e3, "m": 6e4, "min": 6e4, "h": 3.6e6, "us": 1e-3, "ns": 1e-6}
_SECONDS = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86400, "w": 604800}
_BYTES = {"": 1, "b": 1, "k": 1e3, "kb": 1e3, "m": 1e6, "mb": 1e6, "g": 1e9, "gb": 1e9,
          "kib": 1024, "mib": 1024**2, "gib": 1024**3}  # fmt: skip
LEVELS = ", ".join(level.value for level in Level if level is not Level.UNKNOWN)
TIMES = "write `time:>-15m`, `time:2026-11-24` or `time:2026-11-24T03:00..2026-11-24T04:00`"


def number_of(name: str, token: Token, clock: Clock) -> float:
    """The number that a limit of a field is. Raises `QueryError`."""
    text = token.text
    if name == "level":
        return _rank(token)
    match = _NUMBER.fullmatch(text)
    if name == "time":
        return _time(token, match, clock)
    units = _units(name)
    factor = units.get(match["unit"].lower()) if match else None
    if match is None or factor is None:
        known = ", ".join(unit for unit in units if unit)
        raise QueryError(
            token.column, f"`{text}` is no number{f' with a unit: {known}' if known else ''}."
        )
    return float(match["number"]) * factor


def field_of(name: str, limit: Token) -> str:
    """The field that is compared: `duration:>1s` means the one that is in milliseconds."""
    match = _NUMBER.fullmatch(limit.text)
    timed = match is not None and match["unit"].lower() in _MILLISECONDS and match["unit"]
    return "duration_ms" if timed and plain_name(name) in WITH_UNIT_NAMES else name


def level_named(token: Token) -> str:
    """The level of that name. Raises `QueryError`: no line would ever match."""
    level = level_of(token.text)
    if level is Level.UNKNOWN and token.text.lower() != Level.UNKNOWN.value:
        raise QueryError(token.column, f"`{token.text}` is no level: {LEVELS}.")
    return level.value


def at_time(token: Token, clock: Clock) -> Node:
    """A day, or a minute. Raises `QueryError`."""
    if _DAY.fullmatch(token.text):
        start = _time(token, None, clock)
        day = datetime.fromtimestamp(start, clock.zone)
        return _between(start, (day + timedelta(1)).timestamp())
    if _MINUTE.fullmatch(token.text):
        start = _time(token, None, clock)
        return _between(start, start + 60)
    raise QueryError(token.column, f"`{token.text}` is no time: {TIMES}.")


def _between(start: float, end: float) -> Node:
    return And((Compare("time", ">=", start), Compare("time", "<", end)))


def _rank(token: Token) -> float:
    rank = rank_of(level_of(token.text).value)
    if rank is None:
        raise QueryError(token.column, f"`{token.text}` is no level: {LEVELS}.")
    return rank


def _time(token: Token, match: re.Match[str] | None, clock: Clock) -> float:
    if match and match["number"][0] == "-" and match["unit"].lower() in _SECONDS:
        return clock.now + float(match["number"]) * _SECONDS[match["unit"].lower()]
    for text in (token.text, f"{token.text}:00", f"{token.text}T00:00:00"):
        if (moment := of_value(text, clock)) and moment.at:
            return moment.at
    raise QueryError(token.column, f"`{token.text}` is no time: {TIMES}.")


def _units(name: str) -> dict[str, float]:
    if name.endswith("_ms"):
        return dict(_MILLISECONDS)
    return dict(_BYTES) if name == "bytes" else {"": 1.0}

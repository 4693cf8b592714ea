"""What must stand in the bytes of a line for one term of a query to match. Pure.

Patterns are in the language of RE2, and are looked for in bytes in lower case; a line feed at the
beginning stands for the beginning of a line. They find too much rather than too little.
"""

import json
import re
from collections.abc import Iterable
from math import inf

from console.logs.model import Level
from console.logs.query import Compare, Exists, Match, Node, Text

Patterns = tuple[bytes, ...]  # of which a line holds at least one

# Text may be written in these, or in JSON with escapes.
_ENCODINGS = ("utf-8", "cp932", "cp1252")
# Of these characters a JSON line may hold an escape.
_BREAKS = re.compile(r"[\s\"\\/\x00-\x1f\x7f-\x9f]+")
# How levels are written: as words, by a letter (klog, Android), as a number (pino, syslog), by the
# status of an access log, or by a trace that follows. OpenTelemetry's numbers and syslog's
# priorities are looked for whatever the level.
_NUMBERED = b'(?:lvl|level|name|severity|text)"? ?[:=] ?"?'
_LEVELS = {
    Level.TRACE: (b"trace", b"verbose", b"finest", b"silly", _NUMBERED + b'10', b"\nv", b" v "),
    Level.DEBUG: (b"debug", b"dbg", b"fine", _NUMBERED + b'(?:20|7\\D)', b"\nd", b" d "),
    Level.WARN: (b"w(?:arn|rn)", _NUMBERED + b'(?:40|4\\D)', b"\nw", b" w ", b'" 4'),
    Level.ERROR: (
        b"e(?:rr|xception)", b"t(?:raceback|hrowable)", b"panic:", _NUMBERED + b'(?:50|3\\D)',
        b"\ne", b" e ", b'" 5',
    ),
    Level.FATAL: (
        b"fatal", b"crit", b"alert", b"emerg", b"panic", _NUMBERED + b'(?:60|[012]\\D)', b"\nf",
        b" f ",
    ),
}  # fmt: skip
_ANY_LEVEL = (b"sever(?:e|itynumber)", b"\n<")
_SERIOUS = tuple(_LEVELS)
# Fields that a line may tell without their name, or in another unit: their numbers give no pattern.
_UNNAMED = frozenset(("bytes", "time", "status", "level", "message", "raw", "stack"))
# Their values are not written as they are told.
_CONVERTED = frozenset(("duration_ms", "time", "level"))
_VALUE = b'"? ?[:=] ?"?'  # between a name and its number
# Durations whose unit their name does not tell: their numbers are not looked at.
_UNITLESS = (b"dur(?:ation)?", b"elapsed", b"latency", b"re(?:sponse|quest)[_-]?time", b"took")


def alternatives(term: Node) -> list[Patterns]:
    """What every line that matches a term holds one of, any number of times; nothing where a line
    may match without."""
    if isinstance(term, Text):
        return _words(term.parts)
    if isinstance(term, Match):
        if term.name == "level":
            return _levels(_named(term.parts))
        return [] if term.name in _CONVERTED else _words(term.parts)
    if isinstance(term, Compare):
        return _compared(term)
    if isinstance(term, Exists):
        return _existing(term.name)
    return []


def _words(parts: Iterable[str]) -> list[Patterns]:
    """Patterns for each piece of text that is written as it is in every case and encoding."""
    found: list[Patterns] = []
    for part in parts:
        for piece in _pieces(part):
            forms = {json.dumps(piece)[1:-1].lower().encode()}
            for encoding in _ENCODINGS:
                try:
                    forms.add(piece.encode(encoding).lower())
                except UnicodeEncodeError:
                    continue
            found.append(tuple(re.escape(form) for form in sorted(forms)))
    return found


def _pieces(text: str) -> list[str]:
    """Text between breaks and letters outside of ASCII that have another case."""
    cut = "".join(
        " " if not c.isascii() and c.lower() != c.upper() else c for c in _BREAKS.sub(" ", text)
    )
    return cut.split()


def _named(parts: tuple[str, ...]) -> list[Level]:
    return [level for level in Level if level.value in parts] if len(parts) == 1 else []


def _levels(levels: Iterable[Level]) -> list[Patterns]:
    """How these levels may be written; nothing for levels that most lines have."""
    wanted = list(levels)
    if not wanted or any(level not in _SERIOUS for level in wanted):
        return []
    return [(*(one for level in wanted for one in _LEVELS[level]), *_ANY_LEVEL)]


def _compared(query: Compare) -> list[Patterns]:
    above = query.operator in (">", ">=")
    low, high = (query.limit, inf) if above else (-inf, query.limit)
    if query.name == "level":
        order = [level for level in Level if level != Level.UNKNOWN]
        return _levels(order[int(low) :] if above else order[: int(high) + 1])
    return _number(query.name, low, high)


def _number(name: str, low: float, high: float) -> list[Patterns]:
    """A field's name with a number after it that has enough digits."""
    if name == "status":
        return _status(low, high)
    number = _digits(low)
    if name == "duration_ms":
        return [(b"ms" + _VALUE + number, *(one + b'["=]' for one in _UNITLESS))]
    if name in _UNNAMED or not name.isascii():
        return []
    last = re.escape(name.rpartition(".")[2].lower().encode())
    return [(last + _VALUE + number,)]


def _digits(low: float) -> bytes:
    """What a number that is not below a limit begins with, as far as its first digit and their
    number tell."""
    if not 1 <= low < 1e15:
        return b""
    digits = str(int(low))
    longer, first = len(digits) + 1, digits[0].encode()
    return b"(?:[%b-9]\\d{%d}|\\d{%d}|[\\d.]+e)" % (first, len(digits) - 1, longer)


def _status(low: float, high: float) -> list[Patterns]:
    """The first digits of a status, where a line's status may be."""
    firsts = "".join(str(one) for one in range(1, 6) if one * 100 + 99 >= low and one * 100 <= high)
    if low < 100 or len(firsts) in (0, 5):
        return []
    digit = b"[%b]" % firsts.encode()
    places = (b'" ', b"status" + _VALUE, b"code" + _VALUE, b'intvalue" ?: ?"')
    return [tuple(place + digit for place in places)]


def _existing(name: str) -> list[Patterns]:
    """A field that is called by one name only."""
    if "." not in name or not name.isascii():
        return []
    last = re.escape(name.rpartition(".")[2].lower().encode())
    return [(last + b'["=]',)]

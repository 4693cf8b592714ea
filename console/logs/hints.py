"""What must stand in the bytes of a log for a query to match, so that few lines need parsing. Pure.

A clause is a set of patterns of which every matching entry holds at least one, in any of its lines.
A query has any number of clauses; with none, every line is parsed. Patterns are looked for in bytes
in lower case. They find too much rather than too little: what they find is parsed and held against
the query. Each begins with letters that are looked for in one fast pass, and costs about 0.6 ms a
megabyte; alternatives at the beginning would cost ten times as much.
"""

import json
import re
from collections.abc import Iterable
from math import inf

from console.logs.model import Level
from console.logs.query import And, Compare, Exists, Match, Node, Or, Text

MOST_PATTERNS = 40  # in one clause; each costs a pass over the file

Clause = tuple[re.Pattern[bytes], ...]

# Text may be written in these, or in JSON with escapes.
_ENCODINGS = ("utf-8", "cp932", "cp1252")
# Of these characters a JSON line may hold an escape.
_BREAKS = re.compile(r"[\s\"\\/\x00-\x1f\x7f-\x9f]+")
# How levels are written: as words, by a letter (klog, Android), as a number (pino, syslog), by the
# status of an access log, or by a trace that follows. OpenTelemetry's numbers and syslog's
# priorities are looked for whatever the level.
_LEVELS = {
    Level.WARN: (b"w(?:arn|rn)", b'level" ?: ?(?:40|4\\D)', b"\nw", b" w ", b'" 4'),
    Level.ERROR: (
        b"e(?:rr|xception)", b"t(?:raceback|hrowable)", b"panic:", b'level" ?: ?(?:50|3\\D)',
        b"\ne", b" e ", b'" 5',
    ),
    Level.FATAL: (
        b"fatal", b"crit", b"alert", b"emerg", b"panic", b'level" ?: ?(?:60|[012]\\D)', b"\nf",
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
_UNITLESS = (b"dur(?:ation)?", b"elapsed", b"latency", b"re(?:sponse|quest)_?time", b"took")


def clauses(query: Node) -> list[Clause]:
    """The clauses of a query; none where it could match any line."""
    if isinstance(query, And):
        together = _between(query)
        return [*together, *(clause for one in query.inner for clause in clauses(one))]
    if isinstance(query, Or):
        return _either(query)
    if isinstance(query, Text):
        return _words(query.parts)
    if isinstance(query, Match):
        if query.name == "level":
            return _levels(_named(query.parts))
        return [] if query.name in _CONVERTED else _words(query.parts)
    if isinstance(query, Compare):
        return _compared(query)
    if isinstance(query, Exists):
        return _existing(query.name)
    return []  # what is not there leaves no trace


def _either(query: Or) -> list[Clause]:
    """One clause of each side put together, or none where one side has none."""
    patterns: list[re.Pattern[bytes]] = []
    for one in query.inner:
        found = clauses(one)
        if not found:
            return []
        patterns += min(found, key=lambda clause: (len(clause), -len(clause[0].pattern)))
    return [tuple(patterns)] if len(patterns) <= MOST_PATTERNS else []


def _clause(patterns: Iterable[bytes]) -> Clause:
    return tuple(re.compile(pattern) for pattern in dict.fromkeys(patterns))


def _words(parts: Iterable[str]) -> list[Clause]:
    """A clause for each piece of text that is written as it is in every case and encoding."""
    found: list[Clause] = []
    for part in parts:
        for piece in _pieces(part):
            forms = {json.dumps(piece)[1:-1].lower().encode()}
            for encoding in _ENCODINGS:
                try:
                    forms.add(piece.encode(encoding).lower())
                except UnicodeEncodeError:
                    continue
            found.append(_clause(re.escape(form) for form in sorted(forms)))
    return found


def _pieces(text: str) -> list[str]:
    """Text between breaks and letters outside of ASCII that have another case."""
    cut = "".join(
        " " if not c.isascii() and c.lower() != c.upper() else c for c in _BREAKS.sub(" ", text)
    )
    return cut.split()


def _named(parts: tuple[str, ...]) -> list[Level]:
    return [level for level in Level if level.value in parts] if len(parts) == 1 else []


def _levels(levels: Iterable[Level]) -> list[Clause]:
    """How these levels may be written; nothing for levels that most lines have."""
    wanted = list(levels)
    if not wanted or any(level not in _SERIOUS for level in wanted):
        return []
    return [_clause([*(one for level in wanted for one in _LEVELS[level]), *_ANY_LEVEL])]


def _compared(query: Compare) -> list[Clause]:
    above = query.operator in (">", ">=")
    low, high = (query.limit, inf) if above else (-inf, query.limit)
    if query.name == "level":
        order = [level for level in Level if level != Level.UNKNOWN]
        return _levels(order[int(low) :]) if above else []
    return _number(query.name, low, high)


def _between(query: And) -> list[Clause]:
    """Both ends of a range of one field at once."""
    ends: dict[str, list[float]] = {}
    for one in query.inner:
        if isinstance(one, Compare):
            low, high = ends.setdefault(one.name, [-inf, inf])
            if one.operator in (">", ">="):
                ends[one.name][0] = max(low, one.limit)
            else:
                ends[one.name][1] = min(high, one.limit)
    return [
        clause
        for name, (low, high) in ends.items()
        if low > -inf and high < inf
        for clause in _number(name, low, high)
    ]


def _number(name: str, low: float, high: float) -> list[Clause]:
    """A field's name with a number after it that has enough digits."""
    if name == "status":
        return _status(low, high)
    number = _digits(low)
    if name == "duration_ms":
        return [_clause([b"ms" + _VALUE + number, *(one + b'["=]' for one in _UNITLESS)])]
    if name in _UNNAMED or not name.isascii():
        return []
    last = re.escape(name.rpartition(".")[2].lower().encode())
    return [_clause([last + _VALUE + number])]


def _digits(low: float) -> bytes:
    """What a number that is not below a limit begins with, as far as its first digit and their
    number tell."""
    if not 1 <= low < 1e15:
        return b""
    digits = str(int(low))
    longer, first = len(digits) + 1, digits[0].encode()
    return b"(?:[%b-9]\\d{%d}|\\d{%d}|[\\d.]+e)" % (first, len(digits) - 1, longer)


def _status(low: float, high: float) -> list[Clause]:
    """The first digits of a status, where a line's status may be."""
    firsts = "".join(str(one) for one in range(1, 6) if one * 100 + 99 >= low and one * 100 <= high)
    if not firsts or len(firsts) > 2:
        return []
    digit = b"[%b]" % firsts.encode()
    places = (b'" ', b"status" + _VALUE, b"code" + _VALUE, b'intvalue" ?: ?"')
    return [_clause(place + digit for place in places)]


def _existing(name: str) -> list[Clause]:
    """A field that is called by one name only."""
    if "." not in name or not name.isascii():
        return []
    last = re.escape(name.rpartition(".")[2].lower().encode())
    return [_clause([last + b'["=]'])]

"""What must stand in the bytes of a log for a query to match, so that few lines need parsing. Pure.

A clause is a set of needles of which every matching entry holds at least one, in any of its lines.
A query has any number of clauses; with none, every line is parsed. Needles are looked for in bytes
in lower case. They find too much rather than too little: what they find is parsed and held against
the query.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from math import inf

from console.logs.model import Level
from console.logs.query import And, Compare, Exists, Match, Node, Or, Text

MOST_NEEDLES = 80  # in one clause; each costs a pass over the file


@dataclass(frozen=True, slots=True)
class Needle:
    """Bytes to look for; where `low` and `high` are given, a number between them must follow."""

    text: bytes
    low: float = -inf
    high: float = inf

    @property
    def numeric(self) -> bool:
        """Whether a number must follow."""
        return self.low > -inf or self.high < inf


Clause = tuple[Needle, ...]

# Text may be written in these, or in JSON with escapes.
_ENCODINGS = ("utf-8", "cp932", "cp1252")
# Of these characters a JSON line may hold an escape.
_BREAKS = re.compile(r"[\s\"\\/\x00-\x1f\x7f-\x9f]+")
_ERROR = ("err", "severe", "exception", "traceback", "throwable", "panic:")
_FATAL = ("fatal", "crit", "alert", "emerg", "panic", "dpanic")
_WARN = ("warn", "wrn")
# Levels told by a letter or a number: klog and Android, syslog, pino, OpenTelemetry; and by status.
_LETTERS = {Level.WARN: "w", Level.ERROR: "e", Level.FATAL: "f"}
_NUMBERS = {
    Level.WARN: ("40", "4,", "4}"),
    Level.ERROR: ("50", "3,", "3}"),
    Level.FATAL: ("60", "0,", "1,", "2,", "0}", "1}", "2}"),
}
_STATUS = {Level.WARN: "4", Level.ERROR: "5", Level.FATAL: ""}
_WORDS = {Level.WARN: _WARN, Level.ERROR: _ERROR, Level.FATAL: _FATAL}
_SERIOUS = (Level.WARN, Level.ERROR, Level.FATAL)
# Fields that a line may tell without their name, or in another unit: their numbers give no needle.
_UNNAMED = frozenset(("bytes", "time", "status", "level", "message", "raw", "stack"))
_DURATIONS = (
    "duration", "elapsed", "latency", "responsetime", "response_time", "requesttime",
    "request_time", "took", "dur=",
)  # fmt: skip
# Their values are always written as they are.
_CONVERTED = frozenset(("duration_ms", "time", "level"))


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
    needles: list[Needle] = []
    for one in query.inner:
        found = clauses(one)
        if not found:
            return []
        needles += min(found, key=lambda clause: (len(clause), -min(len(n.text) for n in clause)))
    return [tuple(needles)] if len(needles) <= MOST_NEEDLES else []


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
            found.append(tuple(Needle(form) for form in sorted(forms)))
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
    texts: list[str] = ["severitynumber", "\n<"]
    for level in wanted:
        letter = _LETTERS[level]
        texts += [*_WORDS[level], f"\n{letter}", f" {letter} "]
        texts += [f'" {first}' for first in _STATUS[level]]
        texts += [
            f'"{name}":{space}{number}'
            for name in ("level", "severity")
            for space in ("", " ")
            for number in _NUMBERS[level]
        ]
    needles = tuple(Needle(text.encode()) for text in dict.fromkeys(texts))
    return [needles] if len(needles) <= MOST_NEEDLES else []


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
    """A field's name with a number after it, in the range where its unit is known."""
    if name == "status":
        return _status(low, high)
    if name == "duration_ms":
        exact = ('_ms"', '"ms"', "_ms=", " ms=", "\nms=")
        # A name that tells no unit may be in any: its number is not looked at.
        return [
            (
                *(Needle(text.encode(), low, high) for text in exact),
                *(Needle(text.encode()) for text in _unitless()),
            )
        ]
    if name in _UNNAMED or not name.isascii():
        return []
    last = name.rpartition(".")[2].lower()
    return [(Needle(f'{last}"'.encode(), low, high), Needle(f"{last}=".encode(), low, high))]


def _unitless() -> list[str]:
    """Names of durations, as they end in JSON and in logfmt: `duration_ms` is none of these."""
    ends = [name if name.endswith("=") else f'{name}"' for name in _DURATIONS]
    return [*ends, *(f"{name}=" for name in _DURATIONS if not name.endswith("="))]


def _status(low: float, high: float) -> list[Clause]:
    """The first digits of a status, where a line's status may be."""
    firsts = [
        str(first) for first in range(1, 6) if first * 100 + 99 >= low and first * 100 <= high
    ]
    if not firsts or len(firsts) > 2:
        return []
    starts = ('" ', 'status":', 'status": ', 'status":"', 'status": "', "status=", 'code":',
              'code": ', 'code":"', "code=", 'intvalue":"', 'intvalue": "')  # fmt: skip
    return [tuple(Needle(f"{start}{first}".encode()) for first in firsts for start in starts)]


def _existing(name: str) -> list[Clause]:
    """A field that is called by one name only."""
    if name in _UNNAMED or name in _CONVERTED or not name.isascii() or "_" in name:
        return []
    last = name.rpartition(".")[2].lower()
    return [(Needle(f'{last}"'.encode()), Needle(f"{last}=".encode()))] if "." in name else []

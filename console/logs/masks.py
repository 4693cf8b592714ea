"""What varies in a message, whatever program wrote it: numbers, times, addresses, paths. Pure.

A message becomes its *shape*: every such value is one `VARIABLE`, white space is one space, and
values that follow each other are one. Lines of one shape say the same thing. Nothing here knows a
program or a log format, and no pattern looks at which digit stands somewhere, so that a shape is
computed once for all messages that differ in digits only.

Every pattern is anchored to where a value begins, so that a hostile line costs linear time; longer
messages are told apart by their first `MESSAGE_LIMIT` characters.
"""

import re
from typing import NamedTuple

VARIABLE = "\0"
MESSAGE_LIMIT = 4000  # characters of a message that count
CACHED_SHAPES = 20_000  # about 5 MB

_MONTH = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_WEEKDAY = "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)"
_CLOCK = r"\d\d:\d\d:\d\d(?:[.,]\d+)?"
_TIME = (
    # Jun 14 15:16:01, Sat Jun 14 15:16:01 2005, Tue, 14 Jun 2005 15:16:01 +0200
    rf"(?:\b{_WEEKDAY},? )?\b(?:{_MONTH} \d{{1,2}}|\d{{1,2}}[ /-]{_MONTH}[ /-]\d{{4}})"
    rf"[ ,:]+{_CLOCK}"
    r"(?: [A-Z]{3,4}| [+-]\d{4})?(?: \d{4})?\b"
    # 2005-06-14, 2005-06-14T15:16:01.123Z, 2005/06/14 15:16:01
    r"|\b\d{4}[-/.]\d\d[-/.]\d\d"
    r"(?:[T -]\d\d[:.]\d\d(?:[:.]\d\d)?(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?(?!\w)"
    r"|(?<![\w.:])\d{1,2}:\d\d(?::\d\d(?:[.,]\d+)?)?(?![\w:])"
)
_HEX = "[0-9a-fA-F]"
# A value after `=`: quoted, in brackets, or up to the next separator, with what it calls: a{b}.
_VALUE = (
    r"(?:\"[^\"]*\"|'[^']*'|\[[^\[\]]*\]"
    r"|[^\s,;(){}\[\]\"'<>|=]+(?:\{[^{}]*\}|\([^()]*\)|\[[^\[\]]*\])?)"
)
# What an identifier is made of; two dots in a row (`address....0`) are not part of one.
_NAME = r"(?:[\w$@%#+/\\~-]|\.(?!\.))"
_METHODS = "GET|POST|PUT|DELETE|PATCH|HEAD|OPTIONS"  # of a quoted request line; they tell apart

_MASKS = (
    ("time", _TIME),
    ("uuid", rf"\b{_HEX}{{8}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{12}}\b"),
    # also a path with its query: /items?page=2
    (
        "url",
        r"\b[a-zA-Z][a-zA-Z0-9+.-]{1,20}://[^\s\"'<>,;)\]}]+"
        r"|(?<![^\s\"'])/[^\s\"'<>?]*\?[\w.%~\[\]-]+=[^\s\"'<>]*",
    ),
    # IPv4 with port, IPv6, and MAC addresses
    (
        "address",
        r"(?<![\w.])/?\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?(?!\.?\w)"
        rf"|(?<![\w:])(?:{_HEX}{{1,4}}:{{1,2}}){{3,20}}{_HEX}{{1,4}}(?![\w:])",
    ),
    # a host's name with its port, a place in a program: name.of.Class.method:123
    (
        "place",
        r"(?<![\w.@/-])(?:(?:[a-z0-9_-]+\.)+[a-z][a-z0-9-]*|localhost):\d{1,5}(?![\w.])"
        r"|(?<![\w.@/-])(?:[\w$]+\.){2,}[\w$]+:\d+(?![\w.])",
    ),
    ("value", rf"(?<=[\w\]) ])(?<!= )=(?:{_VALUE}| {_VALUE}(?![=\w]))"),
    ("text", rf"\"(?!(?:{_METHODS}) )[^\"]*\"|(?<!\w)'[^'\s]*'(?!\w)"),
    (
        "size",
        r"(?<![\w.])[-+]?\d[\d,.]*\s?(?:bytes?|[KMGTkmgt]i?[bB]|[BkKMGT])\b(?: \([^()]*\))?",
    ),
    (
        "duration",
        r"(?:<\s?)?(?<![\w.])\d+(?:\.\d+)?\s?"
        r"(?:ms|us|ns|µs|s|secs?|seconds?|min|minutes?|hours?|h|d|days?)\b",
    ),
    ("number", r"(?<![\w.])[-+]?\d+(?:[.,]\d+)*%?(?!\.?[\w$@/\\-])"),
    # anything with a digit in it, unless it is called like a function
    ("id", rf"(?:(?<![\w.$@%#+/\\~-])|(?<=\.\.))(?={_NAME}*\d){_NAME}*\w(?![\w(])"),
    ("path", r"(?<![\w.<>*/\\-])(?:[A-Za-z]:|~|\.{1,2})?(?:[/\\]+[\w.@%+:~$-]*\w)+/?"),
    ("flag", r"\b(?:true|false|null|None|nil|True|False)\b(?!\()"),
    ("nothing", r"(?<= )(?:\(\)|\[\])(?= )"),
)
_MASK = re.compile("|".join(f"(?P<{name}>{pattern})" for name, pattern in _MASKS), re.ASCII)
_PARTLY = frozenset(("value", "nothing"))  # of these something stays around the variable
_RUN = re.compile(f"{VARIABLE}(?:[\\s,:|/+-]*{VARIABLE})+")
# Digits of both widths become one, so that messages which differ in digits only are masked once.
DIGITS = str.maketrans("123456789０１２３４５６７８９" + VARIABLE, "0" * 19 + " ")

_cache: dict[str, str] = {}


class Piece(NamedTuple):
    """A part of a message: literal text, or a value of some kind."""

    text: str
    kind: str = ""  # the name of a mask, `values` for several in a row, empty for literal text


def shape(message: str) -> str:
    """The message with `VARIABLE` in place of what varies."""
    key = _flat(message).translate(DIGITS)
    known = _cache.get(key)
    if known is None:
        known = _RUN.sub(VARIABLE, _MASK.sub(_replace, key))
        if len(_cache) >= CACHED_SHAPES:
            _cache.clear()
        _cache[key] = known
    return known


def pieces(message: str) -> list[Piece]:
    """The same with the texts that the variables stand for; slower, for showing."""
    flat = _flat(message).replace(VARIABLE, " ")
    key = flat.translate(DIGITS)
    found: list[Piece] = []
    at = 0
    for match in _MASK.finditer(key):
        before, after = _around(match)
        start, end = match.start() + len(before), match.end() - len(after)
        _add_literal(found, flat[at:start])
        found.append(Piece(flat[start:end], match.lastgroup or ""))
        at = end
    _add_literal(found, flat[at:])
    return _runs(found)


def forget() -> None:
    """Empty the cache of shapes."""
    _cache.clear()


def _flat(message: str) -> str:
    return " ".join(message[:MESSAGE_LIMIT].split())


def _around(match: re.Match[str]) -> tuple[str, str]:
    """What stays of a match before and after the variable."""
    if match.lastgroup == "value":
        return "=", ""
    if match.lastgroup == "nothing":
        return match[0][0], match[0][1]
    return "", ""


def _replace(match: re.Match[str]) -> str:
    if match.lastgroup in _PARTLY:
        return VARIABLE.join(_around(match))
    return VARIABLE


def _add_literal(found: list[Piece], text: str) -> None:
    if text:
        found.append(Piece(text))


def _runs(found: list[Piece]) -> list[Piece]:
    """Values with nothing but separators between them are one."""
    text = "".join(VARIABLE if one.kind else one.text for one in found)
    merged: list[Piece] = []
    at = 0  # in `text`
    rest = iter(found)
    runs = {run.start(): run.end() for run in _RUN.finditer(text)}
    for one in rest:
        end = runs.get(at) if one.kind else None
        at += 1 if one.kind else len(one.text)
        if end is None:
            merged.append(one)
            continue
        parts = [one.text]
        while at < end:
            more = next(rest)
            parts.append(more.text)
            at += 1 if more.kind else len(more.text)
        merged.append(Piece("".join(parts), "values"))
    return merged

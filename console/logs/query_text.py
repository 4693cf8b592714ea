"""The text of a query, read; every mistake is told with its column. Pure.

A query is refused where answering it could cost more than looking at each line once: it is at most
`LENGTH_LIMIT` characters, `MOST_TERMS` terms, `MOST_DEPTH` brackets deep, and a value has at most
`MOST_STARS` wildcards. There are no regular expressions.
"""

import re
from dataclasses import dataclass
from typing import NamedTuple

from console.logs.fields import canonical, level_of
from console.logs.model import Level
from console.logs.query import (
    And,
    Compare,
    Everything,
    Exists,
    Match,
    Node,
    Not,
    Operator,
    Or,
    Text,
    rank_of,
)
from console.logs.times import Clock, of_value

LENGTH_LIMIT = 2000
MOST_TERMS = 100
MOST_DEPTH = 20
MOST_STARS = 8

_TOKEN = re.compile(
    r"\s*(?:(?P<open>\()|(?P<close>\))|(?P<minus>[-!](?=[^\s]))"
    r"|(?P<quoted>\"(?:[^\"\\]|\\.)*+\"?)|(?P<word>[^\s()\"]++))"
)
_FIELD = re.compile(r"(?P<name>[A-Za-z_@][\w.@-]*+):(?!//)")
_COMPARISON = re.compile(r"(?P<operator>[<>]=?)(?P<limit>.*)", re.DOTALL)
_RANGE = re.compile(r"(?P<low>.+?)\.\.(?P<high>.+)")
_NUMBER = re.compile(r"(?P<number>[+-]?\d+(?:\.\d+)?)(?P<unit>[a-zµ%]*)", re.IGNORECASE)
_STATUS_CLASS = re.compile(r"([1-5])xx", re.IGNORECASE)
_MILLISECONDS = {"": 1, "ms": 1, "s": 1e3, "m": 6e4, "min": 6e4, "h": 3.6e6, "us": 1e-3, "ns": 1e-6}
_SECONDS = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86400, "w": 604800}
_BYTES = {"": 1, "b": 1, "k": 1e3, "kb": 1e3, "m": 1e6, "mb": 1e6, "g": 1e9, "gb": 1e9,
          "kib": 1024, "mib": 1024**2, "gib": 1024**3}  # fmt: skip


class QueryError(ValueError):
    """A query that cannot be answered. `column` counts from 1."""

    def __init__(self, column: int, reason: str):
        self.column, self.reason = column, reason
        super().__init__(f"Column {column}: {reason}")


class Token(NamedTuple):
    """A piece of a query."""

    kind: str  # open, close, minus, quoted, word, and, or, not, end
    text: str
    column: int


def parse_query(text: str, clock: Clock) -> Node:
    """The query that a text asks. Raises `QueryError`."""
    if len(text) > LENGTH_LIMIT:
        raise QueryError(LENGTH_LIMIT + 1, f"a query has at most {LENGTH_LIMIT:,} characters.")
    return _Reader(_tokens(text), clock).whole()


def _tokens(text: str) -> list[Token]:
    found: list[Token] = []
    at = 0
    while match := _TOKEN.match(text, at):
        kind = match.lastgroup or ""
        word, column = match[kind], match.start(kind) + 1
        if kind == "quoted" and (len(word) < 2 or not _closed(word)):
            raise QueryError(column, "this quotation mark is not closed.")
        if kind == "word" and word in ("AND", "OR", "NOT", "&&", "||"):
            kind = {"&&": "and", "||": "or"}.get(word, word.lower())
        found.append(Token(kind, word, column))
        at = match.end()
    return [*found, Token("end", "", len(text) + 1)]


def _closed(word: str) -> bool:
    return re.fullmatch(r"\"(?:[^\"\\]|\\.)*+\"", word, re.DOTALL) is not None


@dataclass(slots=True)
class _Reader:
    """Reads from left to right: OR binds least, then AND, which may be left out, then NOT."""

    tokens: list[Token]
    clock: Clock
    at: int = 0
    terms: int = 0
    depth: int = 0

    def whole(self) -> Node:
        """The query; an empty one is everything."""
        if self._next.kind == "end":
            return Everything()
        node = self._either("")
        if self._next.kind != "end":
            raise QueryError(self._next.column, "this bracket closes nothing.")
        return node

    @property
    def _next(self) -> Token:
        return self.tokens[self.at]

    def _take(self) -> Token:
        token = self.tokens[self.at]
        self.at += token.kind != "end"
        return token

    def _either(self, name: str) -> Node:
        found = [self._all(name)]
        while self._next.kind == "or":
            self._take()
            found.append(self._all(name))
        return found[0] if len(found) == 1 else Or(tuple(found))

    def _all(self, name: str) -> Node:
        found = [self._one(name)]
        while self._next.kind not in ("or", "close", "end"):
            if self._next.kind == "and":
                self._take()
            found.append(self._one(name))
        return found[0] if len(found) == 1 else And(tuple(found))

    def _one(self, name: str) -> Node:
        token = self._take()
        if token.kind in ("not", "minus"):
            return Not(self._deeper(token, name, brackets=False))
        if token.kind == "open":
            return self._deeper(token, name, brackets=True)
        if token.kind not in ("word", "quoted"):
            found = "the end" if token.kind == "end" else f"`{token.text}`"
            raise QueryError(token.column, f"a word or a field is missing before {found}.")
        self.terms += 1
        if self.terms > MOST_TERMS:
            raise QueryError(token.column, f"a query has at most {MOST_TERMS} terms.")
        return self._term(token, name)

    def _deeper(self, token: Token, name: str, *, brackets: bool) -> Node:
        self.depth += 1
        if self.depth > MOST_DEPTH:
            raise QueryError(token.column, f"a query is at most {MOST_DEPTH} brackets deep.")
        if not brackets:
            node = self._one(name)
        else:
            node = self._either(name)
            if self._take().kind != "close":
                raise QueryError(token.column, "this bracket is not closed.")
        self.depth -= 1
        return node

    def _term(self, token: Token, name: str) -> Node:
        if token.kind == "quoted":
            text = _unquoted(token.text)
            return Match(name, (text,)) if name else Text((text,))
        match = None if name else _FIELD.match(token.text)
        if match is None:
            return self._value(name, token) if name else self._free(token)
        name = canonical(match["name"])
        rest = token.text[match.end() :]
        value = Token("word", rest, token.column + match.end())
        if rest in (">", ">=", "<", "<="):
            raise QueryError(value.column + len(rest), f"a number is missing after `{rest}`.")
        if rest:
            return self._value(name, value)
        if self._next.column == value.column and self._next.kind in ("quoted", "open"):
            return self._one(name)
        raise QueryError(value.column, f"a value is missing after `{token.text}`.")

    def _free(self, token: Token) -> Node:
        if token.text == "*":
            return Everything()
        parts = _parts(token)
        return Text(tuple(part for part in parts if part))

    def _value(self, name: str, token: Token) -> Node:
        if token.text == "*":
            return Exists(name)
        if match := _COMPARISON.fullmatch(token.text):
            operator: Operator = match["operator"]  # pyright: ignore[reportAssignmentType]  # one of the four, by the pattern
            limit = Token("word", match["limit"], token.column + match.start("limit"))
            return Compare(name, operator, self._number(name, limit))
        if match := _RANGE.fullmatch(token.text):
            low = Token("word", match["low"], token.column)
            high = Token("word", match["high"], token.column + match.start("high"))
            return self._between(name, low, high)
        if name == "status" and (match := _STATUS_CLASS.fullmatch(token.text)):
            least = int(match[1]) * 100
            return And((Compare(name, ">=", least), Compare(name, "<", least + 100)))
        if name == "level" and (level := level_of(token.text)) != Level.UNKNOWN:
            return Match(name, (level.value,))
        if len(token.text) > 1 and token.text[0] == token.text[-1] == "/" and "*" not in token.text:
            raise QueryError(token.column, "there are no regular expressions; `*` is anything.")
        return Match(name, _parts(token))

    def _between(self, name: str, low: Token, high: Token) -> Node:
        least, most = self._number(name, low), self._number(name, high)
        if least > most:
            raise QueryError(low.column, f"{low.text} is more than {high.text}.")
        return And((Compare(name, ">=", least), Compare(name, "<=", most)))

    def _number(self, name: str, token: Token) -> float:
        """A limit: a level, a time, a duration or a size with its unit, or a number."""
        text = token.text
        if name == "level":
            rank = rank_of(level_of(text).value)
            if rank is None:
                raise QueryError(token.column, f"`{text}` is no level.")
            return rank
        match = _NUMBER.fullmatch(text)
        if name == "time":
            return self._time(token, match)
        units = _units(name)
        factor = units.get(match["unit"].lower()) if match else None
        if match is None or factor is None:
            known = ", ".join(unit for unit in units if unit)
            raise QueryError(
                token.column, f"`{text}` is no number{f' with a unit: {known}' if known else ''}."
            )
        return float(match["number"]) * factor

    def _time(self, token: Token, match: re.Match[str] | None) -> float:
        if match and match["number"][0] == "-" and match["unit"].lower() in _SECONDS:
            return self.clock.now + float(match["number"]) * _SECONDS[match["unit"].lower()]
        for text in (token.text, f"{token.text}:00", f"{token.text}T00:00:00"):
            if (moment := of_value(text, self.clock)) and moment.at:
                return moment.at
        raise QueryError(token.column, f"`{token.text}` is no time: 2026-11-24T03:57 or -15m.")


def _units(name: str) -> dict[str, float]:
    if name.endswith("_ms"):
        return dict(_MILLISECONDS)
    return dict(_BYTES) if name == "bytes" else {"": 1.0}


def _parts(token: Token) -> tuple[str, ...]:
    parts = tuple(part.lower() for part in re.split(r"\*+", token.text))
    if len(parts) > MOST_STARS + 1:
        raise QueryError(token.column, f"a value has at most {MOST_STARS} wildcards.")
    return parts


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1]).lower()

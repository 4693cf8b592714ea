"""The text of a query, read; every mistake is told with its column. Pure.

A query is refused where answering it could cost more than looking at each line once: it is at most
`LENGTH_LIMIT` characters, `MOST_TERMS` terms, `MOST_DEPTH` brackets deep, and a value has at most
`MOST_STARS` wildcards. There are no regular expressions.
"""

import re
from dataclasses import dataclass

from console.logs.fields import canonical
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
)
from console.logs.query_limits import at_time, field_of, level_named, number_of
from console.logs.query_tokens import FIELD, QueryError, Token, tokens
from console.logs.times import Clock

__all__ = ["LENGTH_LIMIT", "MOST_DEPTH", "MOST_TERMS", "QueryError", "parse_query"]
LENGTH_LIMIT = 2000
MOST_TERMS = 100
MOST_DEPTH = 20
MOST_STARS = 8

_COMPARISON = re.compile(r"(?P<operator>[<>]=?)(?P<limit>.*)", re.DOTALL)
_RANGE = re.compile(r"(?P<low>.+?)\.\.(?P<high>.+)")
_LUCENE, _HYPHEN = re.compile(r"[\[{][^\]}]*$"), re.compile(r"\d+-\d+")  # `[500 TO 599]`, `500-599`
_NO_PATTERNS = "there are no regular expressions; `*` is anything."
_STATUS_CLASS = re.compile(r"([1-5])xx", re.IGNORECASE)
# Written as programs do; with `=` it may as well be the text of a line.
_WRITTEN = re.compile(r"(?P<name>[A-Za-z_][\w.]*+)(?P<operator>==?|!=|>=|<=|>|<)(?P<value>[^=<>]+)")


def parse_query(text: str, clock: Clock) -> Node:
    """The query that a text asks. Raises `QueryError`."""
    if len(text) > LENGTH_LIMIT:
        raise QueryError(LENGTH_LIMIT + 1, f"a query has at most {LENGTH_LIMIT:,} characters.")
    return _Reader(tokens(text), clock).whole()


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
        match = None if name else FIELD.match(token.text)
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
        if _in_slashes(token.text) and ".*" in token.text:
            raise QueryError(token.column, _NO_PATTERNS)
        parts = _parts(token)
        text = Text(tuple(part for part in parts if part))
        match = _WRITTEN.fullmatch(token.text)
        return text if match is None else self._written(match, token, text)

    def _written(self, match: re.Match[str], token: Token, text: Node) -> Node:
        """`status>=500`, `api!=bank`, `level=error`."""
        name, operator = canonical(match["name"]), match["operator"]
        value = Token("word", match["value"], token.column + match.start("value"))
        if operator in ("=", "=="):
            return Or((text, Match(name, _parts(value))))
        if operator == "!=":
            return Not(self._value(name, value))
        limit = Token("word", operator + value.text, token.column + match.start("operator"))
        return self._value(name, limit)

    def _value(self, name: str, token: Token) -> Node:
        if token.text == "*":
            return Exists(name)
        if match := _COMPARISON.fullmatch(token.text):
            operator: Operator = match["operator"]  # pyright: ignore[reportAssignmentType]  # one of the four, by the pattern
            limit = Token("word", match["limit"], token.column + match.start("limit"))
            name = field_of(name, limit)
            return Compare(name, operator, number_of(name, limit, self.clock))
        if match := _RANGE.fullmatch(token.text):
            low = Token("word", match["low"], token.column)
            high = Token("word", match["high"], token.column + match.start("high"))
            return self._between(name, low, high)
        if name == "status" and (match := _STATUS_CLASS.fullmatch(token.text)):
            least = int(match[1]) * 100
            return And((Compare(name, ">=", least), Compare(name, "<", least + 100)))
        if _LUCENE.match(token.text) or (name == "status" and _HYPHEN.fullmatch(token.text)):
            raise QueryError(token.column, f"write a range as `{name}:500..599`.")
        if name == "level" and "*" not in token.text:
            return Match(name, (level_named(token),))
        if name == "time":
            return at_time(token, self.clock)
        if _in_slashes(token.text) and "*" not in token.text:
            raise QueryError(token.column, _NO_PATTERNS)
        return Match(name, _parts(token))

    def _between(self, name: str, low: Token, high: Token) -> Node:
        name = field_of(name, high)
        least, most = number_of(name, low, self.clock), number_of(name, high, self.clock)
        if least > most:
            raise QueryError(low.column, f"{low.text} is more than {high.text}.")
        return And((Compare(name, ">=", least), Compare(name, "<=", most)))


def _in_slashes(text: str) -> bool:
    return len(text) > 1 and text[0] == text[-1] == "/"


def _parts(token: Token) -> tuple[str, ...]:
    parts = tuple(part.lower() for part in re.split(r"\*+", token.text))
    if len(parts) > MOST_STARS + 1:
        raise QueryError(token.column, f"a value has at most {MOST_STARS} wildcards.")
    return parts


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1]).lower()

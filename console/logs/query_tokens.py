"""The pieces of a query's text, and what is wrong with one, told with its column. Pure."""

import re
from typing import NamedTuple

FIELD = re.compile(r"(?P<name>[A-Za-z_@][\w.@-]*+):(?!//)")
_TOKEN = re.compile(
    r"\s*(?:(?P<open>\()|(?P<close>\))|(?P<minus>[-!](?=[^\s]))"
    r"|(?P<quoted>\"(?:[^\"\\]|\\.)*+\"?)|(?P<word>[^\s()\"]++))"
)
_WORDS = {"AND": "and", "&&": "and", "OR": "or", "||": "or", "NOT": "not"}


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


def tokens(text: str) -> list[Token]:
    """The pieces, with one of kind `end` after them. Raises `QueryError`."""
    found: list[Token] = []
    at = 0
    while match := _TOKEN.match(text, at):
        kind = match.lastgroup or ""
        word, column = match[kind], match.start(kind) + 1
        if kind == "quoted" and (len(word) < 2 or not _closed(word)):
            raise QueryError(column, "this quotation mark is not closed.")
        if kind == "word":
            kind = _WORDS.get(word, kind)
        found.append(Token(kind, word, column))
        at = match.end()
    end = Token("end", "", len(text) + 1)
    around = zip([end, *found], found, [*found[1:], end], strict=False)
    return [*(_as_operator(*three) for three in around), end]


def _as_operator(before: Token, one: Token, after: Token) -> Token:
    """`and`, `or` and `not` beside a field or a bracket are meant as such; between words they are
    words that are looked for."""
    if one.kind != "word" or one.text not in ("and", "or", "not"):
        return one
    if one.text == "not":
        return one._replace(kind="not") if _is_term(after) else one
    both = before.kind != "end" and after.kind != "end"
    return one._replace(kind=one.text) if both and (_is_term(before) or _is_term(after)) else one


def _is_term(token: Token) -> bool:
    """Whether it can only be a part of a query: a field, or a bracket."""
    is_field = token.kind == "word" and FIELD.match(token.text) is not None
    return is_field or token.kind in ("open", "close")


def _closed(word: str) -> bool:
    return re.fullmatch(r"\"(?:[^\"\\]|\\.)*+\"", word, re.DOTALL) is not None

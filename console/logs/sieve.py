"""Which groups of lines may match a query, and which surely do, without parsing them.

Words are looked for in the bytes. Where that leaves many lines, their fields are read as columns
(`columns.py`). What surely matches is needed for its opposite: lines that surely match need not be
parsed for `NOT`. What a sieve lets through is parsed and held against the query.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from console.logs.arrow import Flags, Floats, every
from console.logs.column_times import NEAR, seconds_of
from console.logs.columns import Column, Columns
from console.logs.hints import alternatives
from console.logs.json_columns import Reader
from console.logs.logfmt_columns import pairs
from console.logs.query import (
    CONTAINED,
    And,
    Compare,
    Everything,
    Exists,
    Match,
    Node,
    Not,
    Or,
    Text,
)
from console.logs.rows import Groups, Rows
from console.logs.text_columns import texts
from console.logs.times import Clock
from console.masking import MASK

FEW = 100  # lines that are parsed sooner than read as columns
_BREAK = re.compile(r"[\x00-\x1f\x7f\"]")
_JSON = ord("{")


@dataclass(frozen=True, slots=True)
class Sifted:
    """For each group: it may match, and it surely matches."""

    may: Flags
    must: Flags

    def __invert__(self) -> "Sifted":
        return Sifted(~self.must, ~self.may)

    def __and__(self, other: "Sifted") -> "Sifted":
        return Sifted(self.may & other.may, self.must & other.must)

    def __or__(self, other: "Sifted") -> "Sifted":
        return Sifted(self.may | other.may, self.must | other.must)

    def narrowed(self, told: Flags, sure: Flags) -> "Sifted":
        """The same with what columns tell, where they are sure."""
        return Sifted(np.where(sure, told, self.may), np.where(sure, told, self.must))


def candidates(query: Node, data: bytes, clock: Clock, reader: Reader) -> tuple[Rows, Flags]:
    """The groups of a block that have to be parsed."""
    rows = Rows(data)
    words = Words(rows, negates(query))
    may = sift(query, words).may
    names = frozenset(names_of(query))
    if may.sum() <= FEW or not names:
        return rows, may
    found = may.copy()
    for part, columns in columns_of(rows, may, names, reader):
        found[part] = sift(query, Fields(columns, clock, words, part)).may
    return rows, found


def columns_of(
    rows: Rows, chosen: Flags, names: frozenset[str], reader: Reader
) -> Iterator[tuple[Groups, Columns]]:
    """Those of the groups that can be read as columns, with the fields that are asked for."""
    heads = rows.starts[rows.heads]
    json = np.frombuffer(rows.data, np.uint8)[heads] == _JSON
    clear = chosen & rows.clear
    yield from _of_json(rows, np.flatnonzero(clear & json), reader)
    yield from _of_text(rows, np.flatnonzero(clear & ~json), names)


def _of_json(rows: Rows, chosen: Groups, reader: Reader) -> Iterator[tuple[Groups, Columns]]:
    if len(chosen) <= FEW:
        return
    at = 0
    for count, columns in reader.read(rows.joined(chosen), len(chosen)):
        if columns is not None:
            yield chosen[at : at + count], columns
        at += count


def _of_text(rows: Rows, chosen: Groups, names: frozenset[str]) -> Iterator[tuple[Groups, Columns]]:
    for part, columns in texts(rows, chosen, names):
        yield part, columns
        chosen = np.setdiff1d(chosen, part, assume_unique=True)
    yield from pairs(rows, chosen, names)


@dataclass(slots=True)
class Words:
    """Answers from the bytes. What was found of a part of the query is kept."""

    rows: Rows
    negated: bool  # whether it matters what surely matches
    known: dict[int, Sifted] = field(default_factory=dict[int, Sifted])

    def leaf(self, node: Node) -> Sifted:
        """What the bytes tell of one term."""
        found = self.known.get(id(node))
        if found is None:
            found = self.known[id(node)] = self._leaf(node)
        return found

    def _leaf(self, node: Node) -> Sifted:
        rows = self.rows
        nothing, everything = np.zeros(len(rows), np.bool_), every(len(rows))
        if isinstance(node, Everything):
            return Sifted(everything, everything)
        held = self._held(node)
        if held is not None and rows.clear.all():
            may = held
        else:
            may = everything
            for patterns in alternatives(node):
                may = may & rows.any_line(rows.matching(b"|".join(patterns)))
        if held is None:
            return Sifted(may, nothing)
        if isinstance(node, Match) and node.name != "raw":  # a message is a part of its line
            return Sifted(may & (held | ~rows.clear), nothing)
        told = Sifted(may, nothing).narrowed(held, rows.clear)
        # what is masked is found in the bytes, and not in the text
        return Sifted(told.may, told.must & rows.open if self.negated else told.must)

    def _held(self, node: Node) -> Flags | None:
        """Groups that hold the text of a term as it is; None where that cannot be told so."""
        parts = _searched(node)
        if not parts:
            return None
        if len(parts) == 1:
            return self.rows.any_line(self.rows.holding(parts[0]))
        return self.rows.any_line(self.rows.matching(b".*".join(map(re.escape, parts))))


@dataclass(slots=True)
class Fields:
    """Answers from columns, and from the bytes where columns do not tell."""

    columns: Columns
    clock: Clock
    words: Words
    part: Groups  # the groups that the columns are of

    def leaf(self, node: Node) -> Sifted:
        """What columns and bytes tell of one term."""
        whole = self.words.leaf(node)
        found = Sifted(whole.may[self.part], whole.must[self.part])
        if isinstance(node, Compare) and node.name == "time":
            return self._time(node, found)
        if not isinstance(node, Match | Exists | Compare):
            return found
        column = self.columns.column(node.name)
        if column is None:
            return found
        told, sure = self._told(node, column)
        return found.narrowed(told, sure & column.sure)

    def _told(self, node: Match | Exists | Compare, column: Column) -> tuple[Flags, Flags]:
        """What a column tells of a term, and where that is sure. Where many values are different,
        they are not converted one by one."""
        everywhere = every(self.columns.count)
        if isinstance(node, Compare) and (numbers := column.numbers()) is not None:
            told = _beyond(numbers, node)
            near = np.abs(numbers - node.limit) <= NEAR * max(1.0, abs(node.limit))
            if near.any():  # what is rounded in parsing
                told[near] = column.only(near).which(node.accepts)
            return told, everywhere
        if isinstance(node, Exists) and column.missing is None and column.factor is not None:
            return column.there(), everywhere
        if isinstance(node, Match) and _searched(node, every=True) and column.various:
            contained = node.name in CONTAINED
            told = column.like(node.parts, contained=contained)
            return told, self.words.rows.open[self.part]
        return column.which(node.accepts), everywhere

    def _time(self, node: Compare, found: Sifted) -> Sifted:
        seconds, sure = seconds_of(self.columns, self.clock)
        return found.narrowed(_beyond(seconds, node), sure & ~(np.abs(seconds - node.limit) < NEAR))


def _beyond(numbers: Floats, node: Compare) -> Flags:
    """Numbers on the side of the limit; those at the limit do not matter."""
    return numbers > node.limit if node.operator in (">", ">=") else numbers < node.limit


def sift(node: Node, by: Words | Fields) -> Sifted:
    """What a query may match, and surely does."""
    if isinstance(node, Not):
        return ~sift(node.inner, by)
    if isinstance(node, And | Or):
        first, *rest = node.inner
        found = sift(first, by)
        for one in rest:
            more = sift(one, by)
            found = found & more if isinstance(node, And) else found | more
        return found
    return by.leaf(node)


def _searched(node: Node, *, every: bool = False) -> list[bytes]:
    """What has to stand in a clear line in this order; nothing where that cannot be told. `every`:
    of any field, not only of those of which a part is enough."""
    if not isinstance(node, Text | Match):
        return []
    if isinstance(node, Match) and node.name not in CONTAINED and not every:
        return []
    parts = [part for part in node.parts if part]
    # what is quoted may be written in another way in JSON
    odd = any(_BREAK.search(part) or MASK[0] in part or _cased(part) for part in parts)
    return [] if odd else [part.encode() for part in parts]


def _cased(text: str) -> bool:
    """Whether a letter outside of ASCII has another case."""
    return any(not c.isascii() and (c.upper() != c or c.lower() != c) for c in text)


def negates(node: Node) -> bool:
    """Whether a query asks for what does not match."""
    if isinstance(node, And | Or):
        return any(map(negates, node.inner))
    return isinstance(node, Not)


def names_of(node: Node) -> Iterator[str]:
    """The fields that a query asks for."""
    if isinstance(node, Not):
        yield from names_of(node.inner)
    elif isinstance(node, And | Or):
        for one in node.inner:
            yield from names_of(one)
    elif isinstance(node, Match | Exists | Compare):
        yield node.name

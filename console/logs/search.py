"""Search in a log file: bytes first, and only what they find is parsed. Memory is bounded.

The file is read in blocks that end between two entries. In each block the patterns of one clause of
the query (`hints.py`) are looked for; the entries around them are parsed and held against the
query. The newest blocks come first, so that a search which ends early has seen what is newest.
"""

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from console.logs import decode
from console.logs.blocks import ENTRY_LINES, Blocks, FileBlocks, Index, begins, next_line
from console.logs.hints import Clause, clauses
from console.logs.model import Line
from console.logs.parse import assemble
from console.logs.query import Node
from console.logs.times import Clock

MOST_HITS = 5000
BUDGET = 10.0  # seconds
CLOCK_CHECK = 200  # entries between two looks at the clock

PIECE = 256 << 10  # bytes
AROUND = 10  # entries to both sides of one
NEAR_LINES = 100  # lines to both sides that are looked at for them
SAMPLED = 10_000  # occurrences in a block; what is found more often is common


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found. `whole` is False where it ended before the file did."""

    lines: tuple[Line, ...]  # in the file's order
    whole: bool
    reason: str  # why it ended early, a sentence
    bytes_searched: int
    total_lines: int
    seconds: float


def search(
    path: Path,
    query: Node,
    clock: Clock,
    *,
    known: Index | None = None,
    most: int = MOST_HITS,
    budget: float = BUDGET,
) -> Found:
    """The entries of a file that match: the newest `most`, or as many as `budget` seconds allow."""
    return search_in(FileBlocks(path, known), query, clock, most=most, budget=budget)


def search_in(
    blocks: Blocks, query: Node, clock: Clock, *, most: int = MOST_HITS, budget: float = BUDGET
) -> Found:
    """The same in any log."""
    began = time.monotonic()
    asked = clauses(query)
    hits: list[list[Line]] = []
    searched, count, reason = 0, 0, ""
    clause: Clause | None = None
    for number in reversed(range(blocks.count)):
        data = blocks.read(number)
        if asked and clause is None:
            clause = _rarest(asked, data)
        for piece, first in _pieces(data, blocks.first(number)):
            entries = _entries(piece, clause, first, clock)
            found, over = _matching(entries, query, began + budget)
            hits.append(found)
            searched += len(piece)
            count += len(found)
            if over:
                reason = f"It was ended after {budget:.0f} s."
            elif count > most:
                reason = f"There are more than the newest {most:,} that are shown."
            if reason:
                break
        if reason:
            break
    lines = [line for block in reversed(hits) for line in block]
    return Found(
        tuple(lines[-most:]), not reason, reason, searched, blocks.total, time.monotonic() - began
    )


def around(blocks: Blocks, number: int, clock: Clock, each: int = AROUND) -> tuple[Line, ...]:
    """The entries before and after the one that begins at a line, with it, oldest first.

    Empty where the log no longer has that line.
    """
    block = _block_of(blocks, number)
    if block is None:
        return ()
    found: list[Line] = []
    for near in (block - 1, block, block + 1):
        if 0 <= near < blocks.count:
            found += _near(blocks.read(near), blocks.first(near), number, clock)
    place = max((at for at, line in enumerate(found) if line.number <= number), default=None)
    if place is None:
        return ()
    return tuple(found[max(0, place - each) : place + each + 1])


def _block_of(blocks: Blocks, number: int) -> int | None:
    begun = [at for at in range(blocks.count) if blocks.first(at) <= number]
    if not begun:
        return None
    block = begun[-1]
    data = blocks.read(block)
    lines = data.count(b"\n") + (not data.endswith(b"\n"))
    return block if number - blocks.first(block) < lines else None


def _near(data: bytes, first: int, number: int, clock: Clock) -> list[Line]:
    """The entries of a block within some lines of a line that may be in another block."""
    lines = data.split(b"\n")
    at = number - first
    begin = min(max(0, at - NEAR_LINES), max(0, len(lines) - NEAR_LINES))
    end = min(len(lines), max(at + NEAR_LINES, NEAR_LINES))
    return list(_parsed(b"\n".join(lines[begin:end]), first + begin, clock))


def _pieces(data: bytes, first: int) -> Iterator[tuple[bytes, int]]:
    """A block in smaller parts that begin where entries do, the newest first, each with the number
    of its first line: a search that has enough parses no more than one of them too much."""
    end, line = len(data), first + data.count(b"\n")
    while end:
        start = _piece_start(data, end)
        line -= data.count(b"\n", start, end)
        yield data[start:end], line
        end = start


def _piece_start(data: bytes, end: int) -> int:
    """Where the part that ends at `end` begins: at an entry, or with the block."""
    start = end - PIECE
    for _ in range(ENTRY_LINES):
        if start <= 0:
            return 0
        start = next_line(data, start)
        if start >= end:  # one entry that is longer than a part
            return 0
        if begins(data, start):
            return start
    return 0


def _matching(entries: Iterator[Line], query: Node, end: float) -> tuple[list[Line], bool]:
    """The entries that match, and whether time ran out."""
    found: list[Line] = []
    for number, line in enumerate(entries, 1):
        if query.matches(line):
            found.append(line)
        if number % CLOCK_CHECK == 0 and time.monotonic() > end:
            return found, True
    return found, time.monotonic() > end


def _entries(data: bytes, clause: Clause | None, first: int, clock: Clock) -> Iterator[Line]:
    """The entries of a block that hold a pattern of the clause; all of them without a clause."""
    if clause is None:
        yield from _parsed(data, first, clock)
        return
    low = b"\n" + data.lower()  # patterns may ask for the beginning of a line
    places = [_next(low, pattern, 0) for pattern in clause]
    number, counted, end = first, 0, 0
    while any(places):
        # The last byte is inside of the line it was found in, whatever the pattern begins with.
        start, after = _entry(data, min(one for one in places if one) - 2)
        start, end = max(start, end), max(after, end)
        number += data.count(b"\n", counted, start)
        counted = start
        yield from _parsed(data[start:end], number, clock)
        if end >= len(data):
            return
        # The line feed before the next entry may be where a pattern begins.
        places = [
            _next(low, pattern, end) if 0 < one <= end + 1 else one
            for one, pattern in zip(places, clause, strict=True)
        ]


def _parsed(data: bytes, first: int, clock: Clock) -> Iterator[Line]:
    for line in assemble(decode.lines([data]), clock):
        yield replace(line, number=line.number + first - 1)


def _next(low: bytes, pattern: re.Pattern[bytes], at: int) -> int:
    """Where the next match of a pattern ends, 0 where there is none."""
    match = pattern.search(low, at)
    return match.end() if match else 0


def _rarest(asked: list[Clause], sample: bytes) -> Clause:
    """The clause that is found least often."""
    low = sample.lower()

    def often(clause: Clause) -> int:
        return sum(1 for pattern in clause for _ in islice(pattern.finditer(low), SAMPLED))

    return min(asked, key=lambda clause: (often(clause), len(clause)))


def _entry(data: bytes, at: int) -> tuple[int, int]:
    """Where the entry around a place begins and ends; several entries where that is not clear."""
    start = data.rfind(b"\n", 0, at) + 1
    for _ in range(ENTRY_LINES):
        if start == 0 or begins(data, start):
            break
        start = data.rfind(b"\n", 0, start - 1) + 1
    end = next_line(data, at)
    for _ in range(ENTRY_LINES):
        if end >= len(data) or begins(data, end):
            break
        end = next_line(data, end)
    return start, end

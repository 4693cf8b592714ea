"""Search in a log file: only what may match is parsed. Memory is bounded.

The file is read in blocks that end between two entries. In each block a sieve (`sieve.py`) tells
which lines may match; they are parsed and held against the query. The newest blocks come first, so
that a search which ends early has seen what is newest.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from console.logs import decode
from console.logs.arrow import Flags
from console.logs.blocks import Blocks, FileBlocks, Index
from console.logs.json_columns import Reader
from console.logs.model import Line
from console.logs.parse import assemble
from console.logs.query import Node
from console.logs.rows import Groups, Rows
from console.logs.sieve import candidates
from console.logs.times import Clock

MOST_HITS = 5000
BUDGET = 10.0  # seconds
CLOCK_CHECK = 200  # entries between two looks at the clock

PORTION = 500  # groups of lines that are parsed before it is asked whether that is enough
AROUND = 10  # entries to both sides of one
NEAR_LINES = 100  # lines to both sides that are looked at for them


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
    reader = Reader()
    hits: list[list[Line]] = []
    searched, count, reason = 0, 0, ""
    for number in reversed(range(blocks.count)):
        data = blocks.read(number)
        rows, may = candidates(query, data, clock, reader)
        upto = len(data)
        for start, entries in _portions(rows, may, blocks.first(number), clock):
            found, over = _matching(entries, query, began + budget)
            hits.append(found)
            searched, upto = searched + upto - start, start
            count += len(found)
            if over:
                reason = f"It was ended after {budget:.0f} s."
            elif count > most:
                reason = f"There are more than the newest {most:,} that are shown."
            if reason:
                break
        if reason:
            break
        searched += upto
        if number and time.monotonic() > began + budget:
            reason = f"It was ended after {budget:.0f} s."
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


def _portions(
    rows: Rows, may: Flags, first: int, clock: Clock
) -> Iterator[tuple[int, Iterator[Line]]]:
    """What has to be parsed of a block, the newest first, and where each portion begins: a search
    that has enough parses no more than one of them too much."""
    groups = np.flatnonzero(may)
    for end in range(len(groups), 0, -PORTION):
        chosen = groups[max(0, end - PORTION) : end]
        yield rows.span(chosen[0])[0], entries_of(rows, chosen, first, clock)


def entries_of(rows: Rows, chosen: Groups, first: int, clock: Clock) -> Iterator[Line]:
    """The entries of these groups."""
    if not len(chosen):
        return
    for run in np.split(chosen, np.flatnonzero(np.diff(chosen) > 1) + 1):
        start, end = rows.span(run[0])[0], rows.span(run[-1])[1]
        yield from _parsed(rows.data[start:end], first + int(rows.heads[run[0]]), clock)


def _matching(entries: Iterator[Line], query: Node, end: float) -> tuple[list[Line], bool]:
    """The entries that match, and whether time ran out."""
    found: list[Line] = []
    for number, line in enumerate(entries, 1):
        if query.matches(line):
            found.append(line)
        if number % CLOCK_CHECK == 0 and time.monotonic() > end:
            return found, True
    return found, time.monotonic() > end


def _parsed(data: bytes, first: int, clock: Clock) -> Iterator[Line]:
    for line in assemble(decode.lines([data]), clock):
        yield replace(line, number=line.number + first - 1)

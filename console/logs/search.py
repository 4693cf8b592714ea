"""Search in a log file: bytes first, and only what they find is parsed. Memory is bounded.

The file is read in blocks that end between two entries. In each block the patterns of one clause of
the query (`hints.py`) are looked for; the entries around them are parsed and held against the
query. The newest blocks come first, so that a search which ends early has seen what is newest.
"""

import os
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from console.logs import decode, stacks
from console.logs.hints import Clause, clauses
from console.logs.model import Line
from console.logs.parse import assemble
from console.logs.query import Node
from console.logs.times import Clock

BLOCK = 4 << 20  # bytes
BORDER = 1 << 16  # bytes that are read at a time to find where an entry ends
MOST_HITS = 5000
BUDGET = 10.0  # seconds
ENTRY_LINES = 600  # of an entry; a little more than are kept of a stack
CLOCK_CHECK = 200  # entries between two looks at the clock

SAMPLED = 10_000  # occurrences in a block; what is found more often is common


@dataclass(frozen=True, slots=True)
class Index:
    """Where blocks begin, and which line is the first of each. Good for one version of a file."""

    offsets: tuple[int, ...]  # one more than there are blocks
    lines: tuple[int, ...]

    @property
    def total(self) -> int:
        """Lines of the file."""
        return self.lines[-1] - 1


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found. `whole` is False where it ended before the file did."""

    lines: tuple[Line, ...]  # in the file's order
    whole: bool
    reason: str  # why it ended early, a sentence
    bytes_searched: int
    total_lines: int
    seconds: float


def index(path: Path) -> Index:
    """Read a file once and tell where its blocks are."""
    offsets, lines = [0], [1]
    with path.open("rb", buffering=0) as file:
        size = os.fstat(file.fileno()).st_size
        while offsets[-1] < size:
            end = _border(file.fileno(), min(size, offsets[-1] + BLOCK), size)
            block = os.pread(file.fileno(), end - offsets[-1], offsets[-1])
            ends = block.count(b"\n") + (end == size and not block.endswith(b"\n"))
            offsets.append(end)
            lines.append(lines[-1] + ends)
    return Index(tuple(offsets), tuple(lines))


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
    began = time.monotonic()
    blocks = known or index(path)
    asked = clauses(query)
    hits: list[list[Line]] = []
    searched, count, reason = 0, 0, ""
    with path.open("rb", buffering=0) as file:
        clause: Clause | None = None
        for number in reversed(range(len(blocks.offsets) - 1)):
            start, end = blocks.offsets[number], blocks.offsets[number + 1]
            data = os.pread(file.fileno(), end - start, start)
            if asked and clause is None:
                clause = _rarest(asked, data)
            entries = _entries(data, clause, blocks.lines[number], clock)
            found, over = _matching(entries, query, began + budget)
            hits.append(found)
            searched += end - start
            count += len(found)
            if over:
                reason = f"It was ended after {budget:.0f} s."
            elif count > most:
                reason = f"There are more than the newest {most:,} that are shown."
            if reason:
                break
    lines = [line for block in reversed(hits) for line in block]
    return Found(
        tuple(lines[-most:]), not reason, reason, searched, blocks.total, time.monotonic() - began
    )


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
        if start == 0 or _begins(data, start):
            break
        start = data.rfind(b"\n", 0, start - 1) + 1
    end = _after(data, at)
    for _ in range(ENTRY_LINES):
        if end >= len(data) or _begins(data, end):
            break
        end = _after(data, end)
    return start, end


def _after(data: bytes, at: int) -> int:
    """Where the next line begins."""
    found = data.find(b"\n", at)
    return len(data) if found < 0 else found + 1


def _begins(data: bytes, start: int) -> bool:
    """Whether an entry surely begins at this line: it continues nothing, and neither did the line
    before, which could be inside of a traceback that ends here."""
    if _continues(data, start):
        return False
    before = data.rfind(b"\n", 0, start - 1) + 1
    return before >= start or not _continues(data, before)


def _continues(data: bytes, start: int) -> bool:
    first = data[start : start + 1]
    if first in (b" ", b"\t", b"\n", b"\r", b""):
        return True
    # Words that continue an entry begin with these; most lines do not.
    if first not in b"TCSD.gp]})-":
        return False
    end = data.find(b"\n", start, start + 200)
    text = data[start : end if end >= 0 else start + 200].decode("utf-8", "replace")
    return stacks.continues(text)


def _border(descriptor: int, at: int, size: int) -> int:
    """The first place at or after `at` where an entry surely begins, or the end of the file."""
    seen = b""
    begin = max(0, at - BORDER)
    while at < size:
        end = min(size, begin + len(seen) + 2 * BORDER)
        seen += os.pread(descriptor, end - begin - len(seen), begin + len(seen))
        place = _after(seen, max(0, at - begin - 1))
        for _ in range(ENTRY_LINES):
            if place >= len(seen):
                break
            if _begins(seen, place):
                return begin + place
            place = _after(seen, place)
        else:
            return begin + place  # a trace without an end is cut somewhere
        if begin + len(seen) >= size:
            return size
        if len(seen) > BLOCK:  # one long line: what was read of it need not be kept
            begin, seen = begin + len(seen) - BORDER, seen[-BORDER:]
            at = begin + BORDER
    return size

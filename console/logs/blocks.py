"""A log in blocks that end between two entries: a file on the disk, or portions of the store.

A block is read when it is asked for, so memory is bounded whatever the log's size.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from console.logs import stacks

BLOCK = 4 << 20  # bytes
BORDER = 1 << 16  # bytes that are read at a time to find where an entry ends
ENTRY_LINES = 600  # of an entry; a little more than are kept of a stack
PORTION_NUMBERS = 1_000_000  # line numbers that each portion has for itself


class Blocks(Protocol):
    """A log to search in."""

    @property
    def count(self) -> int:
        """How many blocks there are, the oldest first."""
        ...

    @property
    def total(self) -> int:
        """Lines of the log."""
        ...

    def read(self, number: int) -> bytes:
        """The bytes of a block."""
        ...

    def first(self, number: int) -> int:
        """Number of the first line of a block."""
        ...


@dataclass(frozen=True, slots=True)
class Index:
    """Where blocks begin, and which line is the first of each. Good for one version of a file."""

    offsets: tuple[int, ...]  # one more than there are blocks
    lines: tuple[int, ...]

    @property
    def total(self) -> int:
        """Lines of the file."""
        return self.lines[-1] - 1


class FileBlocks:
    """A file. Raises OSError where it is gone."""

    def __init__(self, path: Path, known: Index | None = None) -> None:
        self._path = path
        self._index = known or index(path)

    @property
    def count(self) -> int:
        """How many blocks there are."""
        return len(self._index.offsets) - 1

    @property
    def total(self) -> int:
        """Lines of the file."""
        return self._index.total

    def read(self, number: int) -> bytes:
        """The bytes of a block."""
        start, end = self._index.offsets[number], self._index.offsets[number + 1]
        with self._path.open("rb", buffering=0) as file:
            return os.pread(file.fileno(), end - start, start)

    def first(self, number: int) -> int:
        """Number of the first line of a block."""
        return self._index.lines[number]


class Portions:
    """What the store keeps. Line numbers stay the same while older portions go."""

    def __init__(self, texts: Mapping[int, bytes]) -> None:
        self._texts = sorted(texts.items())

    @property
    def count(self) -> int:
        """How many blocks there are."""
        return len(self._texts)

    @property
    def total(self) -> int:
        """Lines that are kept."""
        return sum(text.count(b"\n") for _, text in self._texts)

    def read(self, number: int) -> bytes:
        """The bytes of a block."""
        return self._texts[number][1]

    def first(self, number: int) -> int:
        """Number of the first line of a block."""
        return self._texts[number][0] * PORTION_NUMBERS + 1


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


def next_line(data: bytes, at: int) -> int:
    """Where the next line begins."""
    found = data.find(b"\n", at)
    return len(data) if found < 0 else found + 1


def begins(data: bytes, start: int) -> bool:
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
    if first not in b"TCSD.gp]})-cdeijknou":
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
        place = next_line(seen, max(0, at - begin - 1))
        for _ in range(ENTRY_LINES):
            if place >= len(seen):
                break
            if begins(seen, place):
                return begin + place
            place = next_line(seen, place)
        else:
            return begin + place  # a trace without an end is cut somewhere
        if begin + len(seen) >= size:
            return size
        if len(seen) > BLOCK:  # one long line: what was read of it need not be kept
            begin, seen = begin + len(seen) - BORDER, seen[-BORDER:]
            at = begin + BORDER
    return size

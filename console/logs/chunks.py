"""The newest lines of a log in numbered, packed portions, as the store keeps them. Pure.

Only the last portion grows; it is sealed when it is full. There are at most `MOST_CHUNKS`, so a
log of any volume costs the store and a reader a bounded number of bytes. Writing a portion again
changes nothing, which is what a flush that is repeated needs.
"""

import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

CHUNK_BYTES = 64 * 1024  # of text; a log packs to a tenth of that, a single line badly
MOST_CHUNKS = 160  # 10 MB of text, about 30,000 lines of the kit
LARGEST_CHUNK = 4 * CHUNK_BYTES  # bytes of text that are unpacked: a line may exceed the chunk


@dataclass(frozen=True, slots=True)
class Changes:
    """What is to be written: portions by number, and the numbers to let go of."""

    changed: Mapping[int, bytes]
    gone: tuple[int, ...]


class Chunks:
    """Takes lines and keeps the newest."""

    def __init__(self, stored: Mapping[int, bytes] | None = None) -> None:
        """Go on where the store's portions end. The last one goes on growing, if it can be read."""
        self._packed = dict(sorted((stored or {}).items()))
        self.last = max(self._packed, default=0)
        self._open = unpack(self._packed[self.last]) if self._packed else b""
        if not self._open or len(self._open) >= CHUNK_BYTES:
            self._begin()
        self._changed: set[int] = set()
        self._gone: list[int] = []

    @property
    def first(self) -> int:
        """Number of the oldest portion; one more than the last where there is none."""
        return next(iter(self._packed), self.last + 1)

    def add(self, texts: Iterable[str]) -> None:
        """Append lines; each is one line of text without its end."""
        added = False
        for text in texts:
            self._open += text.encode("utf-8", "replace") + b"\n"
            added = True
            if len(self._open) >= CHUNK_BYTES:
                self._pack()
                self._begin()
                added = False
        if added:
            self._pack()

    def take(self) -> Changes:
        """What changed since the last time."""
        changed = {number: self._packed[number] for number in sorted(self._changed)}
        gone, self._gone = tuple(self._gone), []
        self._changed.clear()
        return Changes(changed, gone)

    def _begin(self) -> None:
        self.last += 1
        self._open = b""

    def _pack(self) -> None:
        self._packed[self.last] = zlib.compress(self._open, 6)
        self._changed.add(self.last)
        while len(self._packed) > MOST_CHUNKS:
            oldest = next(iter(self._packed))
            del self._packed[oldest]
            self._changed.discard(oldest)
            self._gone.append(oldest)


def unpack(packed: bytes) -> bytes:
    """The text of a portion; empty for one that is damaged, and never more than is allowed."""
    try:
        return zlib.decompressobj().decompress(packed, LARGEST_CHUNK)
    except zlib.error:
        return b""

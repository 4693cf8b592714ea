"""The log of one service as the collector has it: its newest lines, and what they tell. Pure.

Lines are held twice, both bounded: parsed, for the reading, and packed, for the store.
"""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from console.logs import decode
from console.logs.chunks import Changes, Chunks, unpack
from console.logs.deployment import Deployed, newest
from console.logs.keeping import kept
from console.logs.model import ERRORS, Decision, Line, LogsReading, Source
from console.logs.parse import assemble
from console.logs.summary import Known, summarise
from console.logs.times import Clock

MOST_LINES = 10_000  # parsed ones; about 15 MB


@dataclass(frozen=True, slots=True)
class Taken:
    """What is to be written together: the reading says which portions there are."""

    reading: LogsReading
    changes: Changes


class Tail:
    """The newest lines. Not thread-safe: one thing at a time."""

    def __init__(
        self, stored: LogsReading | None, chunks: Mapping[int, bytes], clock: Clock
    ) -> None:
        """Go on from what the store has; costs about a second where it has all it may."""
        before = stored or LogsReading(0.0)
        self.marks = dict(before.marks)
        self._chunks = Chunks(chunks)
        self._lines = deque(_newest(chunks, clock), maxlen=MOST_LINES)
        self._seen = before.seen
        self._since = before.known_since
        self._deployed = (
            None
            if before.deployed is None
            else Deployed(before.commit, before.deployed, before.earlier)
        )

    def add(self, lines: Sequence[Line], clock: Clock) -> None:
        """Take lines, oldest first. A time that is yet to come is taken for now."""
        fitted = [
            replace(line, time=clock.now) if line.time is not None and line.time > clock.now
            else line
            for line in lines
        ]  # fmt: skip
        self._chunks.add(kept(line, clock) for line in fitted)
        self._lines.extend(map(_lean, fitted))

    def take(
        self,
        sources: Sequence[Source],
        instances: Iterable[tuple[str, float]],
        decisions: Sequence[Decision],
        now: float,
        deployed: Deployed | None = None,
    ) -> Taken:
        """The reading now, and what of the lines is to be written with it. `deployed` is what the
        platform says; where it says nothing, instances and lines tell."""
        self._deployed = deployed or newest(self._deployed, instances, self._lines)
        known = Known(self._seen, decisions, self._deployed, self._since)
        reading = summarise(self._lines, known, sources, now)
        self._seen, self._since = reading.seen, reading.known_since
        chunks = (self._chunks.first, self._chunks.last)
        cut = len(self._lines) == MOST_LINES
        told = replace(reading, marks=dict(self.marks), chunks=chunks, cut=cut)
        return Taken(told, self._chunks.take())


def _newest(chunks: Mapping[int, bytes], clock: Clock) -> list[Line]:
    """The newest lines of the portions, oldest first."""
    found: list[Line] = []
    for number in sorted(chunks, reverse=True):
        found[:0] = map(_lean, assemble(decode.lines([unpack(chunks[number])]), clock))
        if len(found) >= MOST_LINES:
            break
    return found[-MOST_LINES:]


def _lean(line: Line) -> Line:
    """Only an error is shown as an example, and needs its raw text."""
    return line if line.level in ERRORS or not line.raw else replace(line, raw="")

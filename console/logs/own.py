"""A log that somebody pastes or uploads: on the disk for as long as their session lasts, no longer.

It is triaged as the service's own log is; of a large file the newest lines speak for the others.
"""

import io
import shutil
import tempfile
import time
import weakref
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from console.logs.area import with_kind
from console.logs.blocks import FileBlocks, Index, index
from console.logs.causes import diagnose
from console.logs.model import ERRORS, Diagnosis, Line, PatternReading
from console.logs.query import And, Everything, Node, Not
from console.logs.query_text import parse_query
from console.logs.search import search_in
from console.logs.spool import Refused, Spooled, spool
from console.logs.spread import spread
from console.logs.summary import tell, urgency
from console.logs.terms import words
from console.logs.times import Clock
from console.logs.triage import Window, triage

FOLDER = "own-logs"  # below the data directory
PASTE_LIMIT = 300_000  # characters
MOST_ERRORS = 20_000  # error lines that are grouped, the newest
SAMPLE = 5_000  # lines that errors are compared with, the newest
ROUNDS = 3  # of looking for errors besides those that were found
COMMON = 0.05  # share of the errors found from which on a kind is left out in the next round
FAR = 1e12  # seconds: a time in the future is no reason to leave an error out
TRIAGE_SECONDS = 20.0  # of searching for errors
OLD = 86_400.0  # seconds after which what a killed console left is removed
ANY_LEVEL = "level:>=error"


@dataclass(frozen=True, slots=True)
class OwnTriage:
    """The errors of a file. Times are Unix seconds."""

    patterns: tuple[PatternReading, ...]
    diagnosis: Diagnosis
    errors: int  # that were grouped
    whole: bool  # whether those are all
    counted: int  # all that there are, as far as they could be counted in the time
    all_counted: bool  # whether they could
    since: float | None
    until: float | None


class OwnLog:
    """One file on the disk. It is removed when nothing refers to it any more."""

    def __init__(self, spooled: Spooled, folder: Path, known: Index) -> None:
        self.name, self.size, self.path = spooled.name, spooled.size, spooled.path
        self.blocks = FileBlocks(spooled.path, known)
        self._finalizer = weakref.finalize(self, shutil.rmtree, folder, True)

    def remove(self) -> None:
        """Take it from the disk now."""
        self._finalizer()


def take(source: BinaryIO, name: str, size: int, data_dir: Path) -> OwnLog:
    """Put a file on the disk. Raises Refused with a sentence, and leaves nothing."""
    parent = data_dir / FOLDER
    try:
        parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _remove_old(parent)
        folder = Path(tempfile.mkdtemp(dir=parent))
    except OSError as error:
        raise Refused(f"There is no room for it on the disk: {error.strerror}.") from error
    try:
        spooled = spool(source, name, size, folder / "log")
        return OwnLog(spooled, folder, index(spooled.path))
    except (Refused, OSError) as error:
        shutil.rmtree(folder, ignore_errors=True)
        if isinstance(error, Refused):
            raise
        raise Refused(f"{name} could not be read: {error.strerror}.") from error


def take_text(text: str, data_dir: Path) -> OwnLog:
    """Put pasted lines on the disk. Raises Refused."""
    if not text.strip():
        raise Refused("There is nothing to read; paste some lines.")
    if len(text) > PASTE_LIMIT:
        raise Refused(f"Up to {PASTE_LIMIT:,} characters can be pasted; upload a file instead.")
    data = text.encode("utf-8", "replace")
    return take(io.BytesIO(data), "pasted lines", len(data), data_dir)


def look(log: OwnLog, clock: Clock) -> OwnTriage:
    """Group its errors. Raises OSError where the file is gone."""
    errors, whole = _errors(log, clock)
    sample = search_in(log.blocks, Everything(), clock, most=SAMPLE, budget=TRIAGE_SECONDS).lines
    times = [one.time for one in (*errors, *sample) if one.time is not None]
    since, until = min(times, default=None), max(times, default=None)
    window = Window(since or 0.0, (until or clock.now) + 1)
    groups = triage(errors, window)
    counted, all_counted = (len(errors), True) if whole else _counted(log, len(errors), clock)
    told = sorted((tell(one, None, (), clock.now) for one in groups), key=urgency)
    others = [line for line in sample if line.level not in ERRORS]
    return OwnTriage(
        tuple(told),
        with_kind(diagnose([*errors, *others]), groups, clock.now),
        len(errors),
        whole,
        counted,
        all_counted,
        since,
        until,
    )


def _counted(log: OwnLog, grouped: int, clock: Clock) -> tuple[int, bool]:
    """How many errors there are, and whether that is all of them."""
    found = spread(log.blocks, _errors_of(clock), clock)
    return max(grouped, found.lines), found.whole


def _errors_of(clock: Clock) -> Node:
    return parse_query(ANY_LEVEL, clock)


def _errors(log: OwnLog, clock: Clock) -> tuple[list[Line], bool]:
    """The newest errors, and whether those are all. An error that comes again and again must not
    hide the others: they are looked for without it."""
    query = _errors_of(clock)
    errors: dict[tuple[int, str], Line] = {}
    whole = True
    for number in range(ROUNDS):
        found = search_in(log.blocks, query, clock, most=MOST_ERRORS, budget=TRIAGE_SECONDS)
        for line in found.lines:
            errors.setdefault((line.number, line.message), line)
        whole &= found.whole
        if found.whole or number == ROUNDS - 1:
            break
        groups = triage(found.lines, Window(0.0, clock.now + FAR))
        common = [one for one in groups if one.count >= COMMON * len(found.lines)]
        texts = [text for one in common if (text := words(one.pattern.template))]
        if not texts:
            break
        query = And((query, *(Not(parse_query(text, clock)) for text in texts)))
    return sorted(errors.values(), key=lambda line: line.number), whole


def _remove_old(parent: Path) -> None:
    for folder in parent.iterdir():
        if time.time() - folder.stat().st_mtime > OLD:
            shutil.rmtree(folder, ignore_errors=True)

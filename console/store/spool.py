"""Results on disk while the store is away, bounded, in order, and never in the way of probing.

Lines (spool_lines.py) go into segment files of a sixteenth of the bound each;
when the bound is reached the oldest segment goes. Nothing here raises for a disk that is full or
broken: what cannot be kept is counted in `dropped` and said in the log.

Sequence numbers begin at the present Unix milliseconds and grow by one for each result, so those
of a later process are always higher (fewer than 1,000 results a second arrive for long). The store
keeps, for each spool id, the last number whose effect it has; replaying what comes after counts
nothing twice, even where a process is killed between writing to the store and `truncate`.

Durability: a line is handed to the kernel before `append` returns, so it survives the death of the
process; the disk is synced in a thread every SYNC_PERIOD seconds, so a power cut costs at most the
results of that time. A line torn by either is recognised by its checksum and left out.
"""

import fcntl
import logging
import os
import re
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from console.errors import ConsoleError
from console.store.spool_lines import line_of, lines_of, record_of, sequence_of, type_of_record

log = logging.getLogger(__name__)

LIMIT = 64 * 1024 * 1024  # bytes: about 130,000 results, half a day of 100 checks every 30 s
SEGMENTS = 16
SYNC_PERIOD = 5.0  # seconds

_SUFFIX = ".spool"
_ID = re.compile(r"[0-9a-f]{16}")


class SpoolBusy(ConsoleError):
    """Another collector uses the same spool."""


class Spool:
    """The spool in one directory, used by one process at a time.

    Raises SpoolBusy where another process has it.
    """

    def __init__(
        self, directory: Path, limit: int = LIMIT, clock: Callable[[], float] = time.time
    ) -> None:
        self.dropped = 0  # results lost: no room, or the oldest beyond the bound
        self.id = secrets.token_hex(8)
        self._directory = directory
        self._limit = limit
        self._clock = clock
        self._sizes: dict[Path, int] = {}  # bytes of each segment, oldest first
        self._file: int | None = None  # descriptor of the newest segment, while it is written to
        self._lock: int | None = None
        self._trouble = ""  # what was last said about the disk
        self._syncer = ThreadPoolExecutor(1, thread_name_prefix="spool-sync")
        self._sync: Future[None] | None = None
        self._synced_at = 0.0
        try:
            directory.mkdir(parents=True, exist_ok=True)
            self._take_lock()
            self._find_segments()
        except OSError as error:
            self._say(
                f"cannot be used ({error.strerror}); results are lost while the store is away"
            )
        self.last_sequence = max(int(clock() * 1000), self._highest_sequence())

    @property
    def size(self) -> int:
        """Bytes on disk."""
        return sum(self._sizes.values())

    def append(self, records: Sequence[type_of_record]) -> None:
        """Keep results. What cannot be kept is counted; nothing is raised."""
        if not records:
            return
        self.last_sequence = max(self.last_sequence, records[-1][0])
        data = b"".join(map(line_of, records))
        try:
            self._write(data, first=records[0][0])
        except OSError as error:
            self.dropped += len(records)
            self._say(f"does not take results ({error.strerror}); they are lost")
        else:
            self._trouble = ""
        self._make_room()

    def replay(self, after: int) -> Iterator[type_of_record]:
        """The results with a higher sequence number, in order. Damaged lines are left out."""
        damaged = 0
        for path in list(self._sizes):
            for line in lines_of(path):
                record = record_of(line)
                if record is None:
                    damaged += 1
                elif record[0] > after:
                    yield record
        if damaged:
            log.warning("%d results in the spool cannot be read (torn by a crash).", damaged)

    def truncate(self) -> None:
        """Everything in the spool is in the store now: let go of it."""
        for path in list(self._sizes):
            self._remove(path)

    def close(self) -> None:
        """Let another process have the spool. What is in it stays."""
        self._close_file()
        self._syncer.shutdown()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _take_lock(self) -> None:
        self._lock = os.open(self._directory / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._lock)
            raise SpoolBusy(
                f"Another collector uses the spool in {self._directory}. Stop it, or give this one "
                "a CONSOLE_DATA_DIR of its own."
            ) from None
        written = os.read(self._lock, 64).decode(errors="replace")
        if _ID.fullmatch(written):
            self.id = written
        else:
            os.ftruncate(self._lock, 0)
            os.pwrite(self._lock, self.id.encode(), 0)

    def _find_segments(self) -> None:
        paths = sorted(self._directory.glob(f"*{_SUFFIX}"))
        self._sizes = {path: path.stat().st_size for path in paths}

    def _highest_sequence(self) -> int:
        lines = (line for path in self._sizes for line in lines_of(path))
        return max(
            (number for line in lines if (number := sequence_of(line)) is not None), default=0
        )

    def _write(self, data: bytes, first: int) -> None:
        path = next(reversed(self._sizes), None)
        if self._file is None or path is None or self._sizes[path] >= self._limit // SEGMENTS:
            self._close_file()
            path = self._directory / f"{first:016d}{_SUFFIX}"
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
            self._file = os.open(path, flags, 0o600)
            self._sizes[path] = os.fstat(self._file).st_size
        before = self._sizes[path]
        try:
            written = 0
            while written < len(data):
                written += os.write(self._file, data[written:])
        except OSError:
            self._cut_back(before)
            raise
        self._sizes[path] = before + len(data)
        self._sync_soon()

    def _cut_back(self, size: int) -> None:
        """Leave no half a line where the next one is to begin."""
        try:
            if self._file is not None:
                os.ftruncate(self._file, size)
        except OSError:
            self._close_file()  # the next line begins a new file

    def _sync_soon(self) -> None:
        busy = self._sync is not None and not self._sync.done()
        if self._file is None or busy or self._clock() - self._synced_at < SYNC_PERIOD:
            return
        self._synced_at = self._clock()
        self._sync = self._syncer.submit(_sync, os.dup(self._file))

    def _make_room(self) -> None:
        while self.size > self._limit and len(self._sizes) > 1:
            oldest = next(iter(self._sizes))
            lost = sum(1 for line in lines_of(oldest) if sequence_of(line) is not None)
            self.dropped += lost
            self._remove(oldest)
            log.warning("The spool reached its bound; the oldest %d results are lost.", lost)

    def _remove(self, path: Path) -> None:
        if path == next(reversed(self._sizes), None):
            self._close_file()
        del self._sizes[path]
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            self._say(f"cannot let go of a file ({error.strerror})")

    def _close_file(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _say(self, trouble: str) -> None:
        if trouble != self._trouble:
            self._trouble = trouble
            log.error("The spool in %s %s.", self._directory, trouble)


def _sync(descriptor: int) -> None:
    try:
        os.fsync(descriptor)
    except OSError as error:
        log.error("The spool cannot be synced to disk (%s).", error.strerror)
    finally:
        os.close(descriptor)

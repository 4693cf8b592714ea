"""A log file that stays small."""

from pathlib import Path
from typing import IO

LOG_LIMIT = 1024 * 1024  # bytes; beyond, the log becomes `.log.1` and a new one begins


class Log:
    """A log file of at most two times LOG_LIMIT bytes."""

    def __init__(self, path: Path, limit: int = LOG_LIMIT) -> None:
        self._path = path
        self._limit = limit
        self._file: IO[bytes] = path.open("ab")

    def write(self, line: bytes) -> None:
        """Append one line."""
        if self._file.tell() + len(line) > self._limit:
            self._file.close()
            self._path.replace(self._path.with_suffix(".log.1"))
            self._file = self._path.open("ab")
        self._file.write(line)
        self._file.flush()

    def close(self) -> None:
        """Close the file."""
        self._file.close()

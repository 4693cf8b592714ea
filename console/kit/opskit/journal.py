"""Writes that could not be verified while Redis was away, kept until they are delivered.

Bounded, because a journal that grows without end fails at the worst moment. On disk where a path
is given (one JSON line each, flushed before the write is sent; a torn last line is tolerated),
else in memory. Delivery is idempotent: the same entry twice is one member of the same sorted set.
"""

import contextlib
import json
import os
import threading
from pathlib import Path
from typing import Any

LIMIT = 1000
"""Entries kept: enough for 33 writes a second until writing stops anyway (MAX_STALE)."""


class Journal:
    """Thread-safe. `append` says no when the journal is full or its disk is."""

    def __init__(self, path: Path | None = None, limit: int = LIMIT) -> None:
        self._path = path
        self._limit = limit
        self._lock = threading.Lock()
        self._lines: list[str] = _load(path)[:limit] if path else []

    def __len__(self) -> int:
        return len(self._lines)

    def append(self, entry: dict[str, Any]) -> bool:
        """Keep one entry; False where it cannot be kept, and then the write must not be sent."""
        line = json.dumps(entry, separators=(",", ":"), sort_keys=True)
        with self._lock:
            if len(self._lines) >= self._limit:
                return False
            if self._path is not None:
                try:
                    with self._path.open("a", encoding="utf-8") as file:
                        file.write(line + "\n")
                        file.flush()
                        os.fsync(file.fileno())
                except OSError:
                    return False
            self._lines.append(line)
            return True

    def pending(self, most: int = 200) -> list[str]:
        """The oldest entries, as JSON."""
        with self._lock:
            return self._lines[:most]

    def delivered(self, lines: list[str]) -> None:
        """Forget entries that reached Redis; a file that cannot be rewritten delivers twice."""
        with self._lock:
            gone = set(lines)
            self._lines = [line for line in self._lines if line not in gone]
            if self._path is None:
                return
            with contextlib.suppress(OSError):
                spare = self._path.with_suffix(".new")
                spare.write_text("".join(f"{line}\n" for line in self._lines), "utf-8")
                spare.replace(self._path)


def _load(path: Path) -> list[str]:
    try:
        text = path.read_text("utf-8", errors="replace")
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        return []
    return [line for line in text.splitlines() if _whole(line)]


def _whole(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False

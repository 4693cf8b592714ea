"""Who may upload a file: a session whose page offers it to an operator at this very time. Pure.

The page says so each time it is drawn for somebody who may act; nothing else opens the door, and it
shuts by itself. Streamlit's own limit (`server.maxUploadSize`) holds besides.
"""

import threading
import time
from collections.abc import Callable

MOST_BYTES = 50 << 20  # of one file, as `server.maxUploadSize` in .streamlit/config.toml
FRAMING = 1 << 20  # bytes that a form may add to its file
OPEN_FOR = 3600.0  # seconds after the page was drawn: somebody has to choose a file
MOST_SESSIONS = 1000
SETTINGS_MB = 6  # of a .env: read up to 5 MB, and told what is beyond
IN_MEMORY = (SETTINGS_MB << 20) + 65_536  # bytes of a form that never touch the disk: secrets


class Uploads:
    """The sessions that may send a file now. Thread-safe."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._until: dict[str, float] = {}

    def allow(self, session: str) -> None:
        """Let a session send a file from now on, for a while."""
        with self._lock:
            self._until.pop(session, None)
            self._until[session] = self._clock() + OPEN_FOR
            while len(self._until) > MOST_SESSIONS:
                del self._until[next(iter(self._until))]

    def refuse(self, session: str) -> None:
        """Let it send none any more."""
        with self._lock:
            self._until.pop(session, None)

    def allowed(self, session: str) -> bool:
        """Whether it may send one now."""
        with self._lock:
            return self._clock() < self._until.get(session, float("-inf"))


def too_large(size: int) -> str:
    """The refusal of a file of that many bytes, a sentence."""
    return f"The file has {size >> 20:,} MB; up to {MOST_BYTES >> 20:,} MB are taken."

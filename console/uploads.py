"""Which sessions may hand in a file: those of an operator whose page offers it.

The door lets in no other file (`console/routes/door.py`): Streamlit itself takes files from every
open session. The number of a session is known to its own browser only.
"""

import threading
from collections import OrderedDict

LIMIT = 6 * 1024 * 1024  # bytes of a file; a .env is read up to 5 MB, and told what is beyond
LIMIT_MB = LIMIT // 1024 // 1024
SPOOL = LIMIT + 64 * 1024  # bytes of a form that stay in memory; a larger one is refused anyway
MOST_SESSIONS = 1000  # that may; the one that asked first goes first


class Uploads:
    """The sessions that may. Thread-safe."""

    def __init__(self) -> None:
        self._sessions: OrderedDict[str, None] = OrderedDict()
        self._lock = threading.Lock()

    def permit(self, session: str) -> None:
        """Let files of this session in, until `refuse`."""
        with self._lock:
            self._sessions[session] = None
            self._sessions.move_to_end(session)
            while len(self._sessions) > MOST_SESSIONS:
                self._sessions.popitem(last=False)

    def refuse(self, session: str) -> None:
        """No longer; harmless where it never might."""
        with self._lock:
            self._sessions.pop(session, None)

    def may(self, session: str) -> bool:
        """Whether files of this session are let in."""
        with self._lock:
            return session in self._sessions

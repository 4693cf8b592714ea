"""What belongs to the work at hand: identifiers, the epoch it carries, what it planned to write.

Context variables follow tasks and, through `asyncio.to_thread` or `deadlines.submit`, threads.
"""

import itertools
import re
import secrets
import time
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from dataclasses import dataclass, field

_TRACEPARENT = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}")


@dataclass(slots=True)
class Work:
    """One request, or one item of a run."""

    request_id: str
    trace_id: str
    epoch: int  # of the mode that held when the work began: every write of it carries this
    dry: bool = False  # a run that was asked to be dry, whatever the mode is
    item: str = ""
    run: str = ""  # id of the run, for a grant
    grant: str = ""
    idempotency_key: str = ""
    uncertain: bool = False  # an earlier try may have written and died: read back before writing
    before_write: Callable[[], Awaitable[None]] | None = None  # write-ahead of the first write
    waited: float = 0.0  # seconds that it stood still for a quota
    writes: dict[str, int] = field(default_factory=dict[str, int])  # verdict -> count
    planned: list[str] = field(default_factory=list[str])  # writes that a dry run did not send

    @property
    def traceparent(self) -> str:
        """A W3C traceparent that continues this work's trace."""
        return f"00-{self.trace_id}-{secrets.token_hex(8)}-01"


current: ContextVar[Work | None] = ContextVar("opskit_work", default=None)


def trace_of(traceparent: str | None) -> str:
    """The trace id of a traceparent header, or a new one where it is missing or malformed."""
    found = _TRACEPARENT.fullmatch(traceparent or "")
    if found and found[1].strip("0") and found[2].strip("0"):
        return found[1]
    return secrets.token_hex(16)


class InFlight:
    """Counts work that has begun and not ended. Thread-safe: each step is atomic."""

    def __init__(self) -> None:
        self._ids = itertools.count()
        self._open: dict[int, tuple[float, int]] = {}

    def __len__(self) -> int:
        return len(self._open)

    def begin(self, epoch: int) -> int:
        """Count one in; returns what `end` wants."""
        ticket = next(self._ids)
        self._open[ticket] = (time.monotonic(), epoch)
        return ticket

    def end(self, ticket: int) -> None:
        """Count one out."""
        self._open.pop(ticket, None)

    def figures(self, epoch: int) -> dict[str, float]:
        """How many, how many of them carry an older epoch, and how old the oldest is (s)."""
        now = time.monotonic()
        entries = list(self._open.values())
        return {
            "in_flight": len(entries),
            "in_flight_older_epoch": sum(1 for _, carried in entries if carried != epoch),
            "oldest_in_flight": round(max((now - at for at, _ in entries), default=0.0), 3),
        }

"""What was found of the newest closing, and of what stands around it, at one moment. Plain data."""

from dataclasses import dataclass

from console.month_end.sums import Sums


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What was found of the ledger. Times are Unix seconds, by the clock of its Redis."""

    at: float
    problem: str = ""  # why nothing could be read, one sentence
    name: str = ""  # of the newest closing; empty where there is none
    done: int = 0
    running: int = 0
    waiting: int = 0
    held: int = 0
    failed: int = 0
    total: int = 0
    blocks: tuple[int, ...] = ()  # items done in the last whole quarters of an hour, oldest first
    blocks_end: float = 0.0
    retryable: int = 0  # of those failed; the rest needs a person
    unsorted: int = 0  # of those failed, not looked at: they count as needing a person
    oldest_failed: float | None = None
    late: int | None = None  # items done after the deadline; None: it has none
    hours_start: float = 0.0  # items done by whole hours from here on, up to `at`
    hours: tuple[int, ...] = ()
    last_done: float | None = None

    def sums(self, expected: int | None = None) -> Sums | None:
        """The sums; None where there is no closing. `expected`: items it will have."""
        if not self.name:
            return None
        return Sums(
            self.at, self.done, self.running, self.waiting, self.held, self.failed, self.total,
            self.failed - self.retryable, expected, self.late or 0,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Token:
    """An OAuth token that the service keeps. None and empty text are what was not told."""

    name: str
    state: str = ""  # ok, spent_unknown, refused
    refresh_expires_at: float | None = None  # Unix seconds; after it a person must sign in again


@dataclass(frozen=True, slots=True)
class Quota:
    """What an external API told of its rate limit. Times are Unix seconds."""

    api: str
    name: str  # `own`: the service's own limit, shared by its instances
    limit: float | None = None  # calls in a window
    remaining: float | None = None
    reset_at: float | None = None
    window: float | None = None  # seconds
    at: float | None = None  # when it was told
    blocked_until: float | None = None

    @property
    def a_minute(self) -> float | None:
        """Calls a minute that it allows."""
        if self.limit is None or not self.window:
            return None
        return self.limit / self.window * 60


@dataclass(frozen=True, slots=True)
class Outside:
    """What may get into the way of a closing, as it was found at `at`."""

    at: float
    problem: str = ""  # why nothing could be read, one sentence
    tokens: tuple[Token, ...] = ()
    quotas: tuple[Quota, ...] = ()

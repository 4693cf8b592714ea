"""What a platform may offer beyond the protocol: each a small protocol of its own.

An adapter that has one of these methods declares it by its capability, where it has one, and
callers ask with `isinstance`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from console.errors import NotOffered
from console.platforms.model import Action, Capability, Platform, Receipt, Request


@runtime_checkable
class TellsCommits(Protocol):
    """A platform that has the repository at hand."""

    async def commits(self, before: str, after: str) -> Sequence[str]:
        """What came between two commits, the newest first: `a1b2c3d Pay twice (Ann)`.

        Raises PlatformError.
        """
        ...


@dataclass(frozen=True, slots=True)
class Times:
    """Response times of one step of time, as the platform's own proxy measured them, in seconds."""

    at: float
    p50: float | None = None
    p90: float | None = None
    p95: float | None = None
    p99: float | None = None


@dataclass(frozen=True, slots=True)
class RuntimeLine:
    """One line that a running instance wrote. Text from outside."""

    text: str
    at: float | None = None  # Unix seconds; `None` where the platform tells none of its own
    instance: str = ""
    id: str = ""  # the same whenever the line is told again; empty where there is none


@runtime_checkable
class TellsTimes(Protocol):
    """A platform that offers RESPONSE_TIMES."""

    async def response_times(self, since: float, until: float) -> Sequence[Times]:
        """The steps between two Unix seconds, the oldest first. Raises PlatformError."""
        ...


@runtime_checkable
class Rehearses(Protocol):
    """A platform that offers DRY_RUN."""

    async def rehearse(self, action: Action) -> Receipt:
        """Let the platform check what `perform` would send, without doing it.

        Raises PlatformError where it would refuse it.
        """
        ...


@runtime_checkable
class RuntimeLog(Protocol):
    """What an adapter has besides where it offers RUNTIME_LOGS."""

    async def lines(self, since: float, limit: int) -> Sequence[RuntimeLine]:
        """What was written at or after `since`: the newest `limit`, oldest first. Lines from before
        may come again.

        Raises PlatformError, as the methods of Platform do.
        """
        ...


async def lines_of(platform: Platform, since: float, limit: int) -> Sequence[RuntimeLine]:
    """The newest lines of a platform's instances. Raises PlatformError; NotOffered where the
    adapter has no RUNTIME_LOGS."""
    platform.capabilities.require(Capability.RUNTIME_LOGS)
    if not isinstance(platform, RuntimeLog):
        raise NotOffered(f"Not offered by {platform.capabilities.platform}: log lines.")
    return await platform.lines(since, limit)


@runtime_checkable
class ShowsExactly(Protocol):
    """A platform that has to look at what is there before it knows what it would send."""

    async def exact(self, action: Action) -> Request:
        """What `perform` would send. Raises PlatformError."""
        ...

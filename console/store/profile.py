"""How often the console talks to its store: often where that is free, rarely where it is billed."""

from dataclasses import dataclass
from typing import Literal

ProfileName = Literal["auto", "local", "economy"]


@dataclass(frozen=True, slots=True)
class Profile:
    """Intervals and time-outs for one sort of server, all in seconds."""

    name: str
    flush_interval: float  # between two writes of the collector
    page_refresh: float  # between two looks of a page
    snapshot_ttl: float  # how long one read of the states serves every viewer
    read_timeout: float  # until an answer must have come
    ping_interval: float  # between two signs of life of the subscription
    analysis_ttl: float = 0.0  # how long the analysis of a window serves; it is many commands

    @property
    def lease_ttl(self) -> float:
        """How long a lease holds without a flush: two missed flushes do not lose it."""
        return max(30.0, 2.5 * self.flush_interval)


LOCAL = Profile(
    "local",
    flush_interval=10.0,
    page_refresh=2.0,
    snapshot_ttl=1.0,
    read_timeout=3.0,
    ping_interval=15.0,
)

# For servers that bill each command (Upstash: 500,000 a month are free, 16,600 a day).
ECONOMY = Profile(
    "economy",
    flush_interval=60.0,
    page_refresh=60.0,  # more often would mostly show the same flush again, at six commands a look
    snapshot_ttl=30.0,
    read_timeout=10.0,
    ping_interval=300.0,
    analysis_ttl=600.0,
)


def choose(name: ProfileName, billed: bool) -> Profile:
    """The profile of that name; `auto` follows whether the server bills its commands."""
    if name == "auto":
        return ECONOMY if billed else LOCAL
    return ECONOMY if name == "economy" else LOCAL

"""What the cache of one instance counts, by prefix and hour, and how the others come to know it."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass

from .heartbeat import Outbox, Post
from .keys import Keys

COUNTER_SECONDS = 8 * 86_400
"""The counters of an hour are kept in Redis for eight days."""


@dataclass(slots=True)
class Counters:
    """Of one prefix, this instance, this hour."""

    hits_memory: int = 0
    hits_redis: int = 0
    misses: int = 0
    stale: int = 0
    shared: int = 0  # waited for another's load instead of loading
    errors: int = 0
    saved_ms: float = 0.0
    calls_saved: int = 0


class HourlyCounters:
    """The counters of one instance."""

    def __init__(
        self, keys: Keys, outbox: Outbox, instance: str, clock: Callable[[], float]
    ) -> None:
        self._keys, self._outbox, self._instance, self._clock = keys, outbox, instance, clock
        self._counters: dict[tuple[int, str], Counters] = {}

    def of(self, prefix: str) -> Counters:
        """The counters of a prefix in the present hour."""
        return self._counters.setdefault((int(self._clock()) // 3600, prefix), Counters())

    def publish(self) -> None:
        """Put the counters into the next heartbeat; they are cumulative for this hour."""
        hour = int(self._clock()) // 3600
        for (of_hour, prefix), counters in list(self._counters.items()):
            fields = asdict(counters)
            fields["saved_ms"] = round(counters.saved_ms, 1)
            text = json.dumps(fields, separators=(",", ":"))
            key = self._keys.of("cachestats", of_hour)
            field = f"{prefix}@{self._instance}"
            self._outbox.put(Post("H", key, COUNTER_SECONDS, field, text))
            if of_hour < hour:
                del self._counters[of_hour, prefix]

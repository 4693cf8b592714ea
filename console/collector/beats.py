"""What jobs reported by themselves: read from the store for all push checks of a service."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field

from console.errors import StoreError
from console.store.model import PushBeat
from console.store.write import CollectorStore

log = logging.getLogger(__name__)

MIN_PERIOD = 5.0  # seconds between two readings; a billed server is read once a flush interval


@dataclass(slots=True)
class Beats:
    """The last report of each job, and which of them was told before."""

    store: CollectorStore
    _read_at: dict[str, float] = field(default_factory=dict[str, float])
    _known: dict[str, Mapping[str, PushBeat]] = field(
        default_factory=dict[str, Mapping[str, PushBeat]]
    )

    async def of(self, service: str, now: float) -> Mapping[str, PushBeat] | None:
        """The reports of a service by check, a few seconds old at most; `None` while the store is
        away, which is no reason to call a job silent."""
        period = (
            MIN_PERIOD if self.store.profile.name == "local" else self.store.profile.flush_interval
        )
        if not 0 <= now - self._read_at.get(service, float("-inf")) < period:
            try:
                self._known[service] = await self.store.pushes(service)
            except StoreError as error:
                log.debug("The reports of %s cannot be read: %s", service, error)
                return None
            self._read_at[service] = now
        return self._known[service]

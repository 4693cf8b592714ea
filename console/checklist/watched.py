"""The items of checklists as alerts take them, looked at no more often than they can change.

What other rooms raise alerts for themselves is left out: tokens, certificates and quotas. So is the
problem area, which is a diagnosis and no trouble of its own.
"""

from console.checklist.load import load, signal_items
from console.checklist.questions import AREA, LIMITS, TOKENS
from console.config import Config
from console.health.model import Status
from console.store.read import Store

LEFT_OUT = (TOKENS, LIMITS, AREA)
SECONDS, BILLED_SECONDS = 10.0, 60.0  # between two looks; each is about ten commands of the store

Signalled = list[tuple[str, str, Status, str, str]]


class Watched:
    """Looks at the checklists of one console. Called in a thread; not for two at once."""

    def __init__(self, store: Store, config: Config) -> None:
        self._store, self._config = store, config
        self._last: dict[str, tuple[float, Signalled]] = {}

    def items(self, service: str, now: float) -> Signalled:
        """Key, title, status, summary and page of each item. Raises StoreError."""
        at, last = self._last.get(service, (0.0, []))
        rest = BILLED_SECONDS if self._store.profile.name == "economy" else SECONDS
        if 0 <= now - at < rest:
            return last
        found = self._config.service(service)
        if found is None:
            return []
        told = signal_items(load(self._store, self._config, found, now))
        fresh = [one for one in told if one[0] not in LEFT_OUT]
        self._last[service] = now, fresh
        return fresh

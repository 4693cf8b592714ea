"""The checklist for the alerts: answered from the store, not more often than that is worth."""

import threading
import time
from collections.abc import Callable, Iterable

from console.alerts.rooms import of_checklist
from console.alerts.signal import Signal
from console.checklist.load import load
from console.config import Config
from console.store.read import Store

LOCAL_SECONDS = 30.0  # between two answers
BILLED_SECONDS = 900.0  # where commands are billed: each answer is some dozens of them


class Answers:
    """A source of signals; called in a thread, and slow compared with the others."""

    def __init__(self, config: Config, clock: Callable[[], float] = time.time) -> None:
        self._config, self._clock = config, clock
        self._store: Store | None = None
        self._lock = threading.Lock()
        self._known: dict[str, tuple[float, list[Signal]]] = {}

    def __call__(self, service: str, now: float) -> Iterable[Signal]:
        """What of the checklist fires. Raises StoreError."""
        found = self._config.service(service)
        if found is None:
            return []
        with self._lock:
            store = self._connected()
            period = LOCAL_SECONDS if store.profile.name == "local" else BILLED_SECONDS
            at, signals = self._known.get(service, (0.0, []))
            if now - at >= period:
                signals = of_checklist(load(store, self._config, found, now))
                self._known[service] = (now, signals)
            return signals

    def close(self) -> None:
        """Disconnect."""
        if self._store is not None:
            self._store.close()

    def _connected(self) -> Store:
        if self._store is None:
            self._store = Store(self._config.store_url, self._config.settings.store_profile)
        return self._store

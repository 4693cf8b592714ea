"""What the collector knows of a service, as signals; documents are read again only when new."""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from console.alerts import sources
from console.alerts.causes import by_deployment
from console.alerts.deployments import of_deployments
from console.alerts.rooms import explained, of_logs
from console.alerts.signal import Signal
from console.cache.model import Snapshot as CacheSnapshot
from console.collector.reader import CACHE, INSTANCES
from console.collector.recorder import Recorder
from console.deployments.load import ADAPTER as _DEPLOYMENTS
from console.deployments.load import NAME as DEPLOYMENTS
from console.errors import ConsoleError
from console.health.check import Service
from console.instances.model import Snapshot as InstancesSnapshot
from console.logs.load import NAME as LOGS
from console.logs.model import LogsReading
from console.store.documents import DocumentError, unpacked

log = logging.getLogger(__name__)

_INSTANCES, _CACHE = TypeAdapter(InstancesSnapshot), TypeAdapter(CacheSnapshot)
_LOGS = TypeAdapter(LogsReading)

T = TypeVar("T")
# What other rooms add: a function of a service's name and the time. It may read the store, and is
# called in a thread.
Source = Callable[[str, float], Iterable[Signal]]


class Signals:
    """Gathers the signals of services."""

    def __init__(
        self,
        recorder: Recorder,
        clock: Callable[[], float] = time.time,
        more: Sequence[Source] = (),
    ) -> None:
        self._recorder, self._clock, self._more = recorder, clock, more
        self._failed_at: dict[str, dict[str, float]] = {}  # service -> check -> seen to fail last
        self._read: dict[tuple[str, str], tuple[bytes, object]] = {}

    async def of(self, service: Service) -> list[Signal]:
        """How everything of a service stands now."""
        now, name = self._clock(), service.name
        states = self._recorder.watches[name].states
        found = sources.of_checks(service, states)
        found += sources.of_certificates(service, states, now)
        found += sources.of_cache(self._document(name, CACHE, _CACHE), now)
        found += sources.of_instances(self._document(name, INSTANCES, _INSTANCES), now)
        failed = self._failed_at.setdefault(name, {})
        failed |= {check: now for check, state in states.items() if state.alert.active}
        found += of_logs(self._document(name, LOGS, _LOGS), now, service, states, failed)
        deployments = self._document(name, DEPLOYMENTS, _DEPLOYMENTS)
        found += of_deployments(deployments, now)
        for source in self._more:
            found += await self._added(source, name, now)
        return by_deployment(explained(found), deployments, service)

    async def _added(self, source: Source, service: str, now: float) -> list[Signal]:
        try:
            return list(await asyncio.to_thread(source, service, now))
        except ConsoleError as error:  # what is not known now keeps its alerts as they are
            log.debug("Signals of %s are not known: %s", service, error)
            return []

    def _document(self, service: str, name: str, adapter: TypeAdapter[T]) -> T | None:
        stored = self._recorder.latest.get((service, name))
        if stored is None:
            return None
        known = self._read.get((service, name))
        if known is None or known[0] is not stored:
            known = self._read[service, name] = (stored, _decoded(stored, adapter))
        return known[1]  # pyright: ignore[reportReturnType]  # what this adapter has read


def _decoded(stored: bytes, adapter: TypeAdapter[T]) -> T | None:
    try:
        return adapter.validate_json(unpacked(stored))
    except (DocumentError, ValidationError):
        return None

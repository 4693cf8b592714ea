"""Reads the logs of the services, beside the probes, and hands what is new to the recorder.

One task for each service whose log is known: the kit's stream in its Redis, a Loki, or both. What
was decided about patterns comes from the console's store, one command a reading.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress

from console.collector.recorder import Recorder
from console.config import Config
from console.errors import StoreError
from console.health.check import Service
from console.logs import load as document
from console.logs.deployment import Deployed
from console.logs.gather.collect import PLATFORM_SECONDS, LogsReader, LokiQuery
from console.logs.gather.loki import Loki
from console.logs.gather.platform import PlatformLog, offered
from console.logs.model import Decision, LogsReading
from console.logs.settings import loki_tenant_of, loki_token_of, loki_url_of, selector_of
from console.platforms.choose import platform_of
from console.service_redis import ServiceRedis, ServiceRedisError, url_of
from console.store import keys
from console.store.controls import DECISIONS
from console.store.documents import Document, DocumentError, packed, unpacked
from console.store.write import CollectorStore

log = logging.getLogger(__name__)

LOCAL_SECONDS = 5.0  # between two looks
BILLED_SECONDS = 60.0  # where commands are billed: one of the service's, one of the store's
CANCEL_AGAIN = 0.5  # seconds between two requests to end

_DECISION = Document(Decision)


class LogReaders:
    """Reads the log of every service that has one."""

    def __init__(
        self,
        config: Config,
        recorder: Recorder,
        store: CollectorStore,
        instances: Callable[[str], Iterable[tuple[str, float]]],
        clock: Callable[[], float] = time.time,
        deployed: Callable[[str], Deployed | None] = lambda _service: None,
    ) -> None:
        """`instances` gives the commit and the start of each instance of a service, `deployed` what
        its platform says."""
        self._config, self._recorder, self._store = config, recorder, store
        self._instances, self._clock, self._deployed = instances, clock, deployed
        self._tasks: list[asyncio.Task[None]] = []
        self._stored: dict[str, tuple[LogsReading | None, dict[int, bytes]]] = {}
        self._decisions: dict[str, list[Decision]] = {}
        self._asked = {one.name: asyncio.Event() for one in config.services}

    def remember(
        self, service: str, documents: Mapping[bytes, bytes], portions: Mapping[bytes, bytes]
    ) -> None:
        """Go on from what the store has of a log."""
        reading: LogsReading | None = None
        stored = documents.get(document.NAME.encode())
        if stored is not None:
            try:
                reading = document.decode(unpacked(stored))
            except DocumentError as error:
                log.warning("%s", error)
        numbered = {int(name): text for name, text in portions.items() if name.isdigit()}
        self._stored[service] = reading, numbered

    def start(self) -> None:
        """Begin to read; harmless when it has begun, and before it is known what was read."""
        if self._tasks or not self._recorder.attached:
            return
        for service in self._config.services:
            known = url_of(self._config, service) or loki_url_of(self._config, service)
            if known or service.platform:
                self._tasks.append(asyncio.create_task(self._run(service)))

    def read_now(self, service: str) -> None:
        """Have a log read at once: what is judged by it waits for it."""
        self._asked[service].set()

    async def stop(self) -> None:
        """End."""
        waiting = set(self._tasks)
        while waiting:  # redis-py loses a cancellation that comes while it connects: ask again
            for task in waiting:
                task.cancel()
            _, waiting = await asyncio.wait(waiting, timeout=CANCEL_AGAIN)
        self._tasks = []

    async def _run(self, service: Service) -> None:
        url = url_of(self._config, service)
        try:
            redis = ServiceRedis(url) if url else None
        except ServiceRedisError as error:
            log.warning("%s", error)
            redis = None
        loki = loki_of(self._config, service)
        try:
            async with platform_of(self._config, service) as platform:
                source = PlatformLog(platform) if platform and offered(platform) else None
                if redis is None and loki is None and source is None:
                    return
                await self._follow(service, redis, loki, source)
        finally:
            if redis is not None:
                await redis.close()

    async def _follow(
        self,
        service: Service,
        redis: ServiceRedis | None,
        loki: LokiQuery | None,
        platform: PlatformLog | None,
    ) -> None:
        zone = self._config.settings.zone
        seconds = LOCAL_SECONDS if service.platform == "local" else PLATFORM_SECONDS
        reader = LogsReader(service.name, redis, loki, zone, platform, seconds)
        asked = self._asked[service.name]
        while True:
            at_once = asked.is_set()
            asked.clear()
            try:
                stored = self._stored.pop(service.name, None)
                if stored is not None:  # the lease was taken, for the first time or again
                    await reader.resume(*stored, self._clock())
                if self._recorder.attached:
                    await self._read(service.name, reader, at_once)
            except Exception:
                # The border of the task: a defect here must not end the reading for good.
                log.exception("Reading the log of %s failed", service.name)
            economy = self._store.profile.name == "economy"
            billed = economy or (redis is not None and redis.billed)
            with suppress(TimeoutError):
                async with asyncio.timeout(BILLED_SECONDS if billed else LOCAL_SECONDS):
                    await asked.wait()

    async def _read(self, service: str, reader: LogsReader, at_once: bool) -> None:
        taken = await reader.read(
            self._clock(),
            self._instances(service),
            await self._decided(service),
            self._deployed(service),
            at_once=at_once,
        )
        if taken is None:
            return
        self._recorder.find(service, document.NAME, packed(document.encode(taken.reading)))
        self._recorder.keep_lines(service, taken.changes.changed, taken.changes.gone)

    async def _decided(self, service: str) -> list[Decision]:
        """What was decided about patterns; what was known before while the store is away."""
        try:
            (stored,) = await self._store.hashes(keys.control(service, DECISIONS))
        except StoreError as error:
            log.debug("What was decided about %s cannot be read: %s", service, error)
            return self._decisions.get(service, [])
        decided = self._decisions[service] = list(_DECISION.decode_each(stored).values())
        return decided


def loki_of(config: Config, service: Service) -> LokiQuery | None:
    """The Loki of a service, where it has one."""
    url = loki_url_of(config, service)
    if not url:
        return None
    loki = Loki(url, loki_token_of(config, service), loki_tenant_of(config, service))
    return LokiQuery(loki, selector_of(config, service))

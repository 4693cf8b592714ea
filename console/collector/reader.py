"""Reads what services write into their own Redis, beside the probes, and hands it to the recorder.

One task for each service that has a Redis. What is found goes into the next write: documents for
the pages, counts for the history. Nothing here may stop the probing: a Redis that is away is a
sentence in a document.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Mapping

from pydantic import TypeAdapter

from console.cache.gather import CacheReader
from console.cache.model import Snapshot as CacheSnapshot
from console.cache.upstash.gather import read_usage
from console.cache.upstash.model import Usage
from console.collector.recorder import Recorder
from console.config import Config
from console.health.check import Service
from console.instances.collect import InstancesCollector
from console.instances.gather import TRAFFIC_MINUTES, read_instances, read_minutes
from console.instances.model import Snapshot as InstancesSnapshot
from console.instances.traffic import Minute
from console.month_end.collect import ClosingReader
from console.service_redis import ServiceRedis, ServiceRedisError, url_of
from console.settings import load as settings_document
from console.settings.gather.reports import SettingsReader
from console.settings.reports import Snapshot as SettingsSnapshot
from console.store.documents import DocumentError, packed, unpacked
from console.store.series import SeriesId, parse_series

log = logging.getLogger(__name__)

LOCAL_SECONDS = 5.0  # between two readings
BILLED_SECONDS = 60.0  # where commands are billed: about five of them a reading, 7,200 a day
UPSTASH_SECONDS = 900.0  # between two readings of Upstash's Developer API, which limits requests
BILLED_CACHE_SECONDS = 900.0  # the cache's statistics there: about thirty a reading, 2,900 a day
CANCEL_AGAIN = 0.5  # seconds between two requests to end
CLOSING_SECONDS, BILLED_CLOSING_SECONDS = 30.0, 900.0  # the ledger: about thirty commands
# names of the documents
INSTANCES, CACHE, UPSTASH = "instances", "cache", "upstash"

_INSTANCES = TypeAdapter(InstancesSnapshot)
_CACHE = TypeAdapter(CacheSnapshot)
_UPSTASH = TypeAdapter(Usage)


def mark_of(service: str) -> str:
    """Under which the store remembers how far the traffic of a service was taken over."""
    return f"traffic:{service}"


class Reader:
    """Reads the Redis of every service that has one."""

    def __init__(
        self, config: Config, recorder: Recorder, clock: Callable[[], float] = time.time
    ) -> None:
        self._config, self._recorder, self._clock = config, recorder, clock
        self._tasks: list[asyncio.Task[None]] = []
        self._instances = InstancesCollector()
        self._cache_at: dict[str, float] = {}  # when the statistics of a cache were read last
        self._settings: dict[str, SettingsSnapshot] = {}  # what was found before this process
        self._upstash_at: dict[str, float] = {}
        self._closing_at: dict[str, float] = {}  # the same of a ledger
        self._heard: dict[str, InstancesSnapshot] = {}  # as they were found last
        self._ledgers: dict[str, ClosingReader] = {}

    def resume(self, marks: Mapping[str, int]) -> None:
        """Go on with the traffic where the store says that it was taken over to."""
        for service in self._config.services:
            mark = mark_of(service.name)
            self._recorder.marks.pop(mark, None)
            if mark in marks:
                self._recorder.marks[mark] = marks[mark]

    def remember(self, service: str, documents: Mapping[bytes, bytes]) -> None:
        """Go on with the deployments whose settings, and the closings, that the store remembers."""
        self._ledger(service).remember(documents)
        stored = documents.get(settings_document.NAME.encode())
        if stored is None:
            return
        try:
            self._settings[service] = settings_document.decode(unpacked(stored))
        except DocumentError as error:
            log.warning("%s", error)

    def starts(self, service: str) -> list[tuple[str, float]]:
        """The commit and the start of each instance that was heard of last."""
        found = self._heard.get(service)
        beats = [one.beat for one in found.heard if one.beat] if found else []
        return [(beat.commit, beat.started_at) for beat in beats if beat.started_at is not None]

    def heard(self, service: str) -> InstancesSnapshot | None:
        """The instances as they were read last; None before the first reading."""
        return self._heard.get(service)

    def remember_instances(self, service: str, documents: Mapping[bytes, bytes]) -> None:
        """Go on with what the store remembers of a service's instances."""
        self._instances.remember(service, documents)

    def start(self) -> None:
        """Begin to read; harmless when it has begun."""
        if self._tasks:
            return
        for service in self._config.services:
            url = url_of(self._config, service)
            if url:
                self._tasks.append(asyncio.create_task(self._run(service, url)))

    async def stop(self) -> None:
        """End."""
        waiting = set(self._tasks)
        while waiting:  # redis-py loses a cancellation that comes while it connects: ask again
            for task in waiting:
                task.cancel()
            _, waiting = await asyncio.wait(waiting, timeout=CANCEL_AGAIN)
        self._tasks = []

    async def _run(self, service: Service, url: str) -> None:
        try:
            redis = ServiceRedis(url)
        except ServiceRedisError as error:
            log.warning("%s", error)
            return
        recent: deque[Minute] = deque(maxlen=TRAFFIC_MINUTES)
        cache = CacheReader(redis, service.name)
        settings = SettingsReader(redis, service.name)
        settings.last = self._settings.get(service.name)
        try:
            while True:
                try:
                    await self._read(service.name, redis, cache, settings, recent)
                except Exception:
                    # The border of the task: a defect in one gather must not end the others.
                    log.exception("Reading the Redis of %s failed", service.name)
                # found out while reading, where the address does not tell
                await asyncio.sleep(BILLED_SECONDS if redis.billed else LOCAL_SECONDS)
        finally:
            await redis.close()

    async def _read(
        self,
        service: str,
        redis: ServiceRedis,
        cache: CacheReader,
        settings: SettingsReader,
        recent: deque[Minute],
    ) -> None:
        now = self._clock()
        await self._take_traffic(service, redis, recent, now)
        found = await read_instances(redis, service, now, recent)
        self._heard[service] = found
        self._recorder.find(service, INSTANCES, packed(_INSTANCES.dump_json(found)))
        self._instances.take(service, found, self._recorder, now)
        told = settings_document.ADAPTER.dump_json(await settings.read(found))
        self._recorder.find(service, settings_document.NAME, packed(told))
        rest = BILLED_CLOSING_SECONDS if redis.billed else CLOSING_SECONDS
        if now - self._closing_at.get(service, 0.0) >= rest:
            self._closing_at[service] = now
            own = self._config.settings
            ledger = await self._ledger(service).read(redis, now, own, self._recorder)
            self._instances.take_waiting(service, ledger, self._recorder, now)
        if redis.billed and now - self._cache_at.get(service, 0.0) < BILLED_CACHE_SECONDS:
            return
        self._cache_at[service] = now
        snapshot = await cache.read(now)
        for series, code, count in cache.history():
            self._recorder.count(service, series, now, code, count)
        self._recorder.find(service, CACHE, packed(_CACHE.dump_json(snapshot)))
        if redis.billed:
            await self._read_upstash(service, redis, now)

    def _ledger(self, service: str) -> ClosingReader:
        return self._ledgers.setdefault(service, ClosingReader(service))

    async def _read_upstash(self, service: str, redis: ServiceRedis, now: float) -> None:
        """The plan and its usage, where the console was told an account."""
        account = self._config.settings.upstash
        if account is None or now - self._upstash_at.get(service, 0.0) < UPSTASH_SECONDS:
            return
        self._upstash_at[service] = now
        usage = await read_usage(account, redis.place.partition(":")[0], now)
        self._recorder.find(service, UPSTASH, packed(_UPSTASH.dump_json(usage)))

    async def _take_traffic(
        self, service: str, redis: ServiceRedis, recent: deque[Minute], now: float
    ) -> None:
        """The closed minutes of the real traffic, each counted once."""
        mark = mark_of(service)
        after = self._recorder.marks.get(mark, 0)
        try:
            minutes = await read_minutes(redis, service, after, now)
        except ServiceRedisError:
            return  # read_instances says why
        if not self._recorder.attached or self._recorder.marks.get(mark, 0) != after:
            return  # the lease changed meanwhile: what is counted now would be lost, or twice
        for minute in minutes:
            for name, counts in minute.series.items():
                series = _series(name)
                if series is not None:
                    for code, count in counts.items():
                        self._recorder.count(service, series, minute.minute * 60.0, code, count)
            self._recorder.mark(mark, minute.minute)
            recent.append(minute)


def _series(name: str) -> SeriesId | None:
    try:
        return parse_series(name)
    except ValueError:
        return None

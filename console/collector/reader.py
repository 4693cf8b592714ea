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
from console.collector.recorder import Recorder
from console.config import Config
from console.health.check import Service
from console.instances.gather import TRAFFIC_MINUTES, Minute, read_instances, read_minutes
from console.instances.history import COUNT, code_of_count
from console.instances.model import Snapshot as InstancesSnapshot
from console.instances.model import summarise
from console.month_end.gather import read_closing
from console.month_end.model import Snapshot as ClosingSnapshot
from console.service_redis import ServiceRedis, ServiceRedisError, url_of
from console.store.documents import packed
from console.store.series import SeriesId, parse_series

log = logging.getLogger(__name__)

LOCAL_SECONDS = 5.0  # between two readings
BILLED_SECONDS = 60.0  # where commands are billed: about five of them a reading, 7,200 a day
BILLED_CACHE_SECONDS = 900.0  # the cache's statistics there: about thirty a reading, 2,900 a day
CLOSING_SECONDS, BILLED_CLOSING_SECONDS = 30.0, 900.0  # the ledger: about thirty commands
INSTANCES, CACHE, CLOSING = "instances", "cache", "month_end"  # names of the documents

_INSTANCES = TypeAdapter(InstancesSnapshot)
_CACHE = TypeAdapter(CacheSnapshot)
_CLOSING = TypeAdapter(ClosingSnapshot)


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
        self._cache_at: dict[str, float] = {}  # when the statistics of a cache were read last
        self._closing_at: dict[str, float] = {}  # the same of a ledger

    def resume(self, marks: Mapping[str, int]) -> None:
        """Go on with the traffic where the store says that it was taken over to."""
        for service in self._config.services:
            mark = mark_of(service.name)
            self._recorder.marks.pop(mark, None)
            if mark in marks:
                self._recorder.marks[mark] = marks[mark]

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
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []

    async def _run(self, service: Service, url: str) -> None:
        try:
            redis = ServiceRedis(url)
        except ServiceRedisError as error:
            log.warning("%s", error)
            return
        recent: deque[Minute] = deque(maxlen=TRAFFIC_MINUTES)
        cache = CacheReader(redis, service.name)
        every = BILLED_SECONDS if redis.billed else LOCAL_SECONDS
        try:
            while True:
                try:
                    await self._read(service.name, redis, cache, recent)
                except Exception:
                    # The border of the task: a defect in one gather must not end the others.
                    log.exception("Reading the Redis of %s failed", service.name)
                await asyncio.sleep(every)
        finally:
            await redis.close()

    async def _read(
        self, service: str, redis: ServiceRedis, cache: CacheReader, recent: deque[Minute]
    ) -> None:
        now = self._clock()
        await self._take_traffic(service, redis, recent, now)
        found = await read_instances(redis, service, now, recent)
        self._recorder.find(service, INSTANCES, packed(_INSTANCES.dump_json(found)))
        if not found.problem and found.heard:
            alive = summarise(found, now).alive
            self._recorder.count(service, COUNT, now, code_of_count(alive))
        rest = BILLED_CLOSING_SECONDS if redis.billed else CLOSING_SECONDS
        if now - self._closing_at.get(service, 0.0) >= rest:
            self._closing_at[service] = now
            ledger = await read_closing(redis, service, now)
            self._recorder.find(service, CLOSING, packed(_CLOSING.dump_json(ledger)))
        if redis.billed and now - self._cache_at.get(service, 0.0) < BILLED_CACHE_SECONDS:
            return
        self._cache_at[service] = now
        snapshot = await cache.read(now)
        for series, code, count in cache.history():
            self._recorder.count(service, series, now, code, count)
        self._recorder.find(service, CACHE, packed(_CACHE.dump_json(snapshot)))

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

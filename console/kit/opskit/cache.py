"""Two-tier cache: memory, then Redis; one load for all instances; stale values when loading fails.

    rates = await cache.get("rates", currency, lambda: fetch_rates(currency), ttl=300)

Values are JSON. What is counted, per prefix: hits in memory and in Redis, misses, stale answers,
loads that waited for another instance's, milliseconds and external calls saved.
"""

import asyncio
import hashlib
import json
import random
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

from . import deadlines
from .cache_counters import Counters, HourlyCounters
from .errors import RedisError
from .heartbeat import Outbox
from .keys import Keys
from .locks import acquire, release
from .server import Server

JITTER = 0.1
"""A TTL is shortened by up to this share, so that what was loaded together does not expire so."""

FLIGHT_SECONDS = 30.0
"""A load is another instance's business for this long; then the next one loads itself."""

POLL_SECONDS = 0.05
"""How often a waiting instance looks for the value that another one loads."""

STALE_SECONDS = 5.0
"""After a failed load a stale value is given out for this long before loading is tried again."""

MEMORY_ENTRIES = 1000


@dataclass(frozen=True, slots=True)
class _Entry:
    value: Any
    fresh_until: float  # Unix seconds
    usable_until: float
    cost_ms: float  # what loading it took


class Cache:
    """Cache of one service. Redis may be away: then it is the memory of this instance."""

    def __init__(
        self,
        server: Server | None,
        keys: Keys,
        outbox: Outbox,
        instance: str,
        *,
        entries: int = MEMORY_ENTRIES,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._server, self._keys = server, keys
        self._clock, self._entries = clock, entries
        self._memory: OrderedDict[str, _Entry] = OrderedDict()
        self._flights: dict[str, asyncio.Task[_Entry]] = {}
        self.counters = HourlyCounters(keys, outbox, instance, clock)
        self._random = random.Random()  # noqa: S311  spreading expiry is no secret

    async def get(
        self,
        prefix: str,
        key: str,
        load: Callable[[], Awaitable[Any]],
        *,
        ttl: float,
        stale: float = 3600.0,
        calls: int = 1,
    ) -> Any:
        """The value of `prefix:key`, loaded at most once for all instances.

        `ttl` and `stale` (how much longer it may stand in when loading fails) are seconds.
        `calls` is how many external calls one load makes, for the figures. Raises what `load`
        raises when there is nothing that may stand in.
        """
        name = self._name(prefix, key)
        counters, now = self.counters.of(prefix), self._clock()
        entry = self._remembered(name)
        if entry is not None and now < entry.fresh_until:
            counters.hits_memory += 1
        else:
            found = await self._fetch(name)
            if found is not None and now < found.fresh_until:
                counters.hits_redis += 1
                entry = found
                self._remember(name, found)
            else:
                return await self._miss(name, prefix, load, ttl, stale, found or entry)
        counters.saved_ms += entry.cost_ms
        counters.calls_saved += calls
        return entry.value

    async def forget(self, prefix: str, key: str) -> None:
        """Drop a value here and in Redis; other instances keep theirs until it expires."""
        name = self._name(prefix, key)
        self._memory.pop(name, None)
        if self._server is not None:
            await self._server.command("DEL", name)

    async def _miss(
        self,
        name: str,
        prefix: str,
        load: Callable[[], Awaitable[Any]],
        ttl: float,
        stale: float,
        old: _Entry | None,
    ) -> Any:
        counters = self.counters.of(prefix)
        counters.misses += 1
        task = self._flights.get(name)
        if task is None:
            task = asyncio.create_task(self._load(name, counters, load, ttl, stale))
            self._flights[name] = task
            task.add_done_callback(lambda done: self._landed(name, done))
        else:
            counters.shared += 1
        try:
            # Shielded: a caller that gives up must not take the value from those that wait.
            return (await asyncio.shield(task)).value
        except asyncio.CancelledError:
            raise
        except Exception:
            # Whatever the loader raises, an old value is better, if it may still be used.
            counters.errors += 1
            if old is None or self._clock() >= old.usable_until:
                raise
            counters.stale += 1
            rest = self._clock() + STALE_SECONDS
            self._remember(name, replace(old, fresh_until=min(rest, old.usable_until)))
            return old.value

    async def _load(
        self,
        name: str,
        counters: Counters,
        load: Callable[[], Awaitable[Any]],
        ttl: float,
        stale: float,
    ) -> _Entry:
        flight = self._keys.of("flight", name.removeprefix(self._keys.of("cache")).lstrip(":"))
        owner = None
        give_up = time.monotonic() + (deadlines.remaining(FLIGHT_SECONDS) or 0.0)
        while self._server is not None:
            try:
                owner = await acquire(self._server, flight, FLIGHT_SECONDS)
                found = await self._fetch(name)
            except RedisError:
                break
            if found is not None and self._clock() < found.fresh_until:
                counters.shared += owner is None
                await self._give_back(flight, owner)
                self._remember(name, found)
                return found
            if owner is not None or time.monotonic() >= give_up:
                break
            await asyncio.sleep(POLL_SECONDS)
        try:
            began = time.monotonic()
            value = await load()
            cost = (time.monotonic() - began) * 1000
            fresh = self._clock() + ttl * (1 - JITTER * self._random.random())
            entry = _Entry(value, fresh, fresh + stale, round(cost, 1))
            await self._store(name, entry)
        finally:
            await self._give_back(flight, owner)
        self._remember(name, entry)
        return entry

    def _landed(self, name: str, task: asyncio.Task[_Entry]) -> None:
        self._flights.pop(name, None)
        if not task.cancelled():
            task.exception()  # seen here, in case that every caller has gone

    async def _give_back(self, flight: str, owner: str | None) -> None:
        if owner is not None and self._server is not None:
            try:
                await release(self._server, flight, owner)
            except RedisError:
                return  # it runs out by itself

    async def _fetch(self, name: str) -> _Entry | None:
        if self._server is None:
            return None
        try:
            text = await self._server.command("GET", name)
            if text is None:
                return None
            value, fresh, usable, cost = json.loads(text)
            return _Entry(value, float(fresh), float(usable), float(cost))
        except (RedisError, ValueError, TypeError):
            return None  # away, or not written by the kit: load it

    async def _store(self, name: str, entry: _Entry) -> None:
        if self._server is None:
            return
        fields = (entry.value, entry.fresh_until, entry.usable_until, entry.cost_ms)
        px = max(1, int((entry.usable_until - self._clock()) * 1000))
        try:
            await self._server.command("SET", name, json.dumps(fields), "PX", px)
        except RedisError:
            return  # this instance remembers it

    def _remembered(self, name: str) -> _Entry | None:
        entry = self._memory.get(name)
        if entry is not None:
            self._memory.move_to_end(name)
        return entry

    def _remember(self, name: str, entry: _Entry) -> None:
        self._memory[name] = entry
        self._memory.move_to_end(name)
        while len(self._memory) > self._entries:
            self._memory.popitem(last=False)

    def _name(self, prefix: str, key: str) -> str:
        short = key if len(key) <= 200 else hashlib.sha256(key.encode()).hexdigest()
        return self._keys.of("cache", prefix, short)

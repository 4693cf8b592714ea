"""What the collector does with the store: hold the lease, flush, load, pack history, hear requests.

Order of a collector's life:

1. `acquire()` until it answers a fencing number. With it comes a new `open_period`.
2. `load()` each service, then replay the spool after `flushed[spool.id]`.
3. For each result: `open_period.add(…)`. Every flush interval, in one step without `await` between:
   build a Batch with `open_period.take()`; then `flush(batch)`.
4. `compact(now)` every minute or so; it does something once an hour.

StoreAway and StoreRefused from any of it: keep probing, keep results in the spool, try again at the
next interval; nothing is lost, because the next batch holds what the failed one held. LeaseLost:
begin again at 1; what this fence has counted and not flushed comes back from the spool.
"""

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

from redis.exceptions import NoPermissionError, NoScriptError

from console.errors import LeaseLost, StoreError
from console.health.model import CheckState, Result
from console.health.uptime import UptimeRecord
from console.store import client, keys
from console.store.batch import Batch, documents_of, facts_of
from console.store.compaction import Compaction, Compactor
from console.store.documents import PUSH, RESULT, STATE, UPTIME
from console.store.inspection import Server, judge
from console.store.model import ProbeRequest, PushBeat
from console.store.open_period import OpenPeriod
from console.store.operations import Operations
from console.store.profile import Profile, ProfileName, choose
from console.store.scripts import ACQUIRE, APPLY, RELEASE, Script
from console.store.subscription import probe_requests

log = logging.getLogger(__name__)

MEMBERS_AT_ONCE = 1000  # of a set in one answer
ANSWER_TTL = 120  # seconds an answer to a probe request is kept
TOTAL_TIMEOUTS = 3  # a command with its answer takes at most so many read time-outs


class CollectorStore:
    """The writing side of the store, for one event loop.

    Every method raises StoreAway or StoreRefused; those that write also LeaseLost.
    """

    def __init__(self, url: str, profile: ProfileName = "auto", owner: str = "") -> None:
        self.owner = owner or secrets.token_hex(8)
        self.profile: Profile = choose(profile, client.is_billed_host(url))
        self.server: Server | None = None  # known once it was reached
        self.fence = 0
        self.open_period = OpenPeriod(0)
        self._url = url
        self._profile_name: ProfileName = profile
        # The commands of redis-py have incomplete types; each answer is given its own here.
        self._redis: Any = client.connect_async(url, self.profile.read_timeout)
        self._known_series: set[str] = set()  # by their open key
        self._compactor = Compactor(self)
        self._flushing = asyncio.Lock()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Give the lease back, if the store answers, and disconnect."""
        if self.fence:
            try:
                await self.run(RELEASE, [keys.LEASE], [self.owner])
            except StoreError as error:
                log.info("The lease runs out by itself: %s", error)
        await self._redis.aclose()

    async def inspect(self) -> Server:
        """Ask the server what it is. Raises StoreRefused for one that cannot be the store."""
        with client.told(self._url):
            async with self._limit():
                try:
                    info: dict[str, object] = await self._redis.info()
                except NoPermissionError:
                    info = {}  # what a server does not say is not held against it
        self.server = judge(self._url, info)
        self.profile = choose(self._profile_name, self.server.billed)
        return self.server

    async def acquire(self) -> int | None:
        """Take the lease. Returns its fencing number, or None while another collector holds it.

        Begins a new open period; the server is inspected first, every time.
        """
        await self.inspect()
        answer = await self.run(ACQUIRE, [keys.LEASE, keys.FENCE], [self.owner, self._lease_ms])
        fence = int(answer)
        if not fence:
            return None
        self.fence = fence
        self.open_period = OpenPeriod(fence)
        self._known_series.clear()
        self._compactor = Compactor(self)
        return fence

    async def load(
        self, service: str
    ) -> tuple[dict[str, CheckState], dict[str, UptimeRecord], dict[str, int]]:
        """What is remembered of a service, and the last sequence number stored of each spool."""
        states, uptimes, flushed = await self.hashes(
            keys.states(service), keys.uptime(service), keys.FLUSHED
        )
        sequences = {
            spool.decode(errors="replace"): int(value.split(b",")[0])
            for spool, value in flushed.items()
        }
        return STATE.decode_each(states), UPTIME.decode_each(uptimes), sequences

    async def flush(self, batch: Batch) -> None:
        """Write a batch, renew the lease, and confirm its cells to the open period: one command.

        Raises LeaseLost, with nothing written, when the lease is not this collector's.
        """
        if batch.fence != self.fence:
            raise LeaseLost("This batch was counted under an earlier lease; it is in the spool.")
        async with self._flushing:
            new_series = self._new_series(batch)
            operations = await documents_of(batch)
            operations.extend(facts_of(batch, new_series))
            await self.apply(operations)
            self._known_series.update(
                keys.open_cells(service, name)
                for service, names in new_series.items()
                for name in names
            )
            self.open_period.confirm(batch.cells, batch.at)

    async def pushes(self, service: str) -> dict[str, PushBeat]:
        """The last beat of each push check."""
        (beats,) = await self.hashes(keys.pushes(service))
        return PUSH.decode_each(beats)

    async def notes(self, service: str, since: float) -> list[tuple[bytes, float]]:
        """What the deploy hook was told first from a time on, each with that time."""
        name, first = keys.notes(service), int(since * 1000)
        with client.told(self._url):
            async with self._limit():
                found: list[tuple[bytes, float]] = await self._redis.zrangebyscore(
                    name, first, "+inf", withscores=True
                )
        return [(note, at / 1000) for note, at in found]

    async def answer(self, request: str, result: Result) -> None:
        """Answer a probe request; the answer is kept for two minutes."""
        with client.told(self._url):
            async with self._limit():
                await self._redis.set(keys.answer(request), RESULT.encode(result), ex=ANSWER_TTL)

    async def compact(self, now: float) -> Compaction:
        """Pack closed hours and days and let go of what is old; does something once an hour."""
        done, removed = await self._compactor.compact(now, self.open_period.oldest)
        self._known_series -= removed
        return done

    def requests(self) -> AsyncIterator[ProbeRequest]:
        """Probe requests as they are made, without end; a store that is away is waited for."""
        return probe_requests(self._url, lambda: self.profile)

    async def apply(self, operations: Operations) -> None:
        """Run write operations under the lease. Raises LeaseLost, with nothing written."""
        answer = await self.run(
            APPLY,
            [keys.LEASE, keys.FENCE, *operations.keys],
            [self.owner, self.fence, self._lease_ms, *operations.arguments],
        )
        if not int(answer):
            self.fence = 0
            raise LeaseLost("Another collector holds the lease; this one stops writing.")

    def _new_series(self, batch: Batch) -> dict[str, list[str]]:
        new: dict[str, list[str]] = {}
        for service, name in {(cell.service, cell.series) for cell in batch.cells}:
            if keys.open_cells(service, name) not in self._known_series:
                new.setdefault(service, []).append(name)
        return new

    @property
    def _lease_ms(self) -> int:
        return int(self.profile.lease_ttl * 1000)

    def _limit(self) -> asyncio.Timeout:
        return asyncio.timeout(client.CONNECT_TIMEOUT + TOTAL_TIMEOUTS * self.profile.read_timeout)

    async def hashes(self, *names: str) -> list[Mapping[bytes, bytes]]:
        """Read whole hashes in one round trip."""
        with client.told(self._url):
            async with self._limit():
                pipeline = self._redis.pipeline(transaction=False)
                for name in names:
                    pipeline.hgetall(name)
                return await pipeline.execute()

    async def intend(
        self, service: str, what: str, text: bytes, seconds: float, *, again: bool = False
    ) -> bytes | None:
        """Write down what is about to be done, for so long; `None`, or what another collector
        wrote down of it before, which `again` takes the place of."""
        name, limit = keys.claim(service, what), int(1000 * seconds)
        with client.told(self._url):
            async with self._limit():
                if await self._redis.set(name, text, nx=not again, px=limit):
                    return None
                return await self._redis.get(name)

    async def intended(self, service: str, what: str) -> bytes | None:
        """What a collector wrote down before it did it; `None` where none did."""
        with client.told(self._url):
            async with self._limit():
                return await self._redis.get(keys.claim(service, what))

    async def members(self, name: str) -> AsyncIterator[list[str]]:
        """Read a set in parts of about a thousand."""
        cursor = 0
        while True:
            with client.told(self._url):
                async with self._limit():
                    part: list[bytes]
                    cursor, part = await self._redis.sscan(name, cursor, count=MEMBERS_AT_ONCE)
            yield [member.decode() for member in part]
            if not cursor:
                return

    async def run(self, script: Script, names: Sequence[str], arguments: Sequence[Any]) -> Any:
        """Run a script: by its name, or in full where the server does not know it (any more)."""
        with client.told(self._url):
            async with self._limit():
                try:
                    return await self._redis.evalsha(script.sha, len(names), *names, *arguments)
                except NoScriptError:
                    return await self._redis.eval(script.text, len(names), *names, *arguments)

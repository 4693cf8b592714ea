"""The life of a collector: take the lease, load, probe, write; go on while the store is away.

Several collectors may run on one store: the lease lets exactly one of them probe, the others stand
by. While the store is away probing goes on and results wait in the spool.
"""

import asyncio
import logging
import os
import socket
import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack

from console import __version__
from console.collector import chronicle
from console.collector.alerter import Alerter
from console.collector.beats import Beats
from console.collector.deployments import Deployments
from console.collector.log_reader import LogReaders
from console.collector.prober import Prober
from console.collector.reader import Reader
from console.collector.recorder import Entry, Recorder
from console.collector.rooms import Rooms
from console.collector.witness import Witness
from console.config import Config
from console.errors import LeaseLost, StoreError
from console.health.check import Service
from console.health.gather import ProbeContext
from console.logs.deployment import of_platform
from console.store import keys
from console.store.model import CollectorBeat, ProbeRequest
from console.store.spool import Spool
from console.store.write import CollectorStore

log = logging.getLogger(__name__)

LIVELY_FLUSH = 2.0  # seconds; on a server that does not bill, for an installation of ordinary size
LIVELY_CHECKS = 200  # checks up to which that is cheap
FLIP_SPACING = 0.5  # seconds: a status that changes is written at once, but not in a storm
COMPACT_PERIOD = 60.0  # seconds between two looks for history to pack
LAST_FLUSH_LIMIT = 5.0  # seconds a stopping collector gives its last write


class Collector:
    """Probes, records and writes, for as long as it runs."""

    def __init__(
        self,
        config: Config,
        store: CollectorStore,
        spool: Spool,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._config = config
        self._store = store
        self._spool = spool
        self._clock = clock
        self._recorder = Recorder(config.services, config.settings.zone)
        self._recorder.sequence = spool.last_sequence
        self._flipped = asyncio.Event()
        self._reader = Reader(config, self._recorder, clock)
        witness = Witness(
            config,
            self._recorder,
            store,
            self._reader.heard,
            lambda service: self._logs.read_now(service),
        )
        deployments = self._deployments = Deployments(
            config, self._recorder, witness, store, store.notes, clock, self._flip
        )
        self._logs = LogReaders(
            config,
            self._recorder,
            store,
            self._reader.starts,
            clock,
            lambda service: of_platform(deployments.last(service)),
        )
        self._started_at = clock()
        self._away = ""  # why the store is away, once it has been said
        self._away_since = 0.0
        self._lost = spool.dropped  # before the store went away
        self._compacted_at = 0.0

    async def run(self, stop: asyncio.Event) -> None:
        """Collect until `stop` is set; then write what is left and give the lease back."""
        async with AsyncExitStack() as stack:
            context = await stack.enter_async_context(self._probe_context())
            await stack.enter_async_context(self._store)
            self._prober = Prober(
                self._services,
                self._recorder,
                context,
                Beats(self._store),
                self._flip,
                self._clock,
            )
            rooms = Rooms(self._config, self._clock)
            stack.callback(rooms.close)
            self._alerter = Alerter(
                self._config,
                self._store,
                self._recorder,
                context.connectivity.is_offline,
                self._beat,
                self._clock,
                [rooms.checklist, rooms.closing],
                rooms.closing_words,
            )
            stack.push_async_callback(self._prober.stop)
            stack.push_async_callback(self._reader.stop)
            stack.push_async_callback(self._logs.stop)
            stack.push_async_callback(self._alerter.stop)
            stack.push_async_callback(self._deployments.stop)
            listener = asyncio.create_task(self._answer_requests())
            stack.callback(listener.cancel)
            while not stop.is_set():
                await self._step(stop)
            await self._prober.stop()
            await self._alerter.stop()
            await self._last_flush()

    def _probe_context(self) -> ProbeContext:
        return ProbeContext(
            self._config.secrets, self._config.settings.connectivity_target, clock=self._clock
        )

    async def _step(self, stop: asyncio.Event) -> None:
        """One interval: attach or stand by while there is no lease, write while there is."""
        try:
            if not self._store.fence and not await self._attach():
                await self._prober.stop()
                await self._reader.stop()
                await self._logs.stop()
                await self._deployments.stop()
                await _until(stop, self._store.profile.lease_ttl / 3)
                return
            self._prober.start()
            self._reader.start()
            self._logs.start()
            self._alerter.start()
            self._deployments.start()
            await self._write()
            self._say_back()
            wait = self._flush_interval
        except LeaseLost as lost:
            log.warning("%s", lost)
            self._recorder.detach()
            self._spool_entries()
            return
        except StoreError as error:
            self._say_away(error)
            self._prober.start()
            self._spool_entries()
            wait = self._flush_interval
        await self._pause(stop, wait)

    async def _attach(self) -> bool:
        """Take the lease and begin from what the store remembers; False while another has it."""
        fence = await self._store.acquire()
        if fence is None:
            log.info("Another collector holds the lease; standing by.")
            self._recorder.detach()
            return False
        loaded = {service.name: await self._store.load(service.name) for service in self._services}
        flushed = max(
            (sequences.get(self._spool.id, 0) for *_, sequences in loaded.values()), default=0
        )
        self._spool_entries()
        waiting = [
            Entry(sequence, service, result)
            for sequence, service, result in self._spool.replay(flushed)
            if service in self._recorder.watches
        ]
        self._recorder.attach(
            self._store.open_period,
            {name: (states, uptimes) for name, (states, uptimes, _) in loaded.items()},
            waiting,
        )
        for *_, sequences in loaded.values():
            self._reader.resume(sequences)
        for name in loaded:
            documents, lines = await self._store.hashes(keys.found(name), keys.log_lines(name))
            self._reader.remember(name, documents)
            self._logs.remember(name, documents, lines)
            self._reader.remember_instances(name, documents)
            self._deployments.remember(name, documents)
        for name, (states, *_) in loaded.items():
            event = chronicle.unwatched(states.values(), self._first_of(name, waiting))
            if event is not None:
                self._recorder.note(event, name)
        log.info("Holding the lease (fence %d); %d results replayed.", fence, len(waiting))
        return True

    def _first_of(self, service: str, waiting: Sequence[Entry]) -> float:
        """When probing went on: with the first result that waits, else now."""
        return min((e.result.at for e in waiting if e.service == service), default=self._clock())

    async def _write(self) -> None:
        batch = self._recorder.batch(self._store.fence, self._clock(), self._beat(), self._spool.id)
        await self._store.flush(batch)
        self._recorder.confirm(batch)
        self._alerter.watchman.wrote_at = batch.at
        self._spool.truncate()
        if batch.at - self._compacted_at >= COMPACT_PERIOD:
            self._compacted_at = batch.at
            await self._store.compact(batch.at)

    async def _last_flush(self) -> None:
        if self._store.fence:
            self._recorder.all_uptime()
            try:
                async with asyncio.timeout(LAST_FLUSH_LIMIT):
                    await self._write()
            except (StoreError, LeaseLost, TimeoutError) as error:
                log.warning("The last results wait in the spool: %s", error)
        self._spool_entries()

    def _spool_entries(self) -> None:
        entries = self._recorder.hand_over()
        self._spool.append([(e.sequence, e.service, e.result) for e in entries])

    def _say_away(self, error: StoreError) -> None:
        if not self._away:
            self._away_since, self._lost = self._clock(), self._spool.dropped
        if str(error) != self._away:
            self._away = str(error)
            log.warning("%s Probing goes on; results wait in the spool.", error)

    def _say_back(self) -> None:
        if self._away:
            log.info("The store is back; what waited in the spool is written.")
            lost = self._spool.dropped - self._lost
            self._recorder.note(chronicle.store_back(self._away_since, self._clock(), lost))
            self._away = ""

    def _beat(self) -> CollectorBeat:
        return CollectorBeat(
            at=self._clock(),
            fence=self._store.fence,
            started_at=self._started_at,
            owner=self._store.owner,
            host=socket.gethostname(),
            pid=os.getpid(),
            version=__version__,
            profile=self._store.profile.name,
            flush_interval=self._flush_interval,
            spool_bytes=self._spool.size,
            dropped=self._spool.dropped,
            checks=sum(len(service.checks) for service in self._services),
            lag_p99_ms=round(self._prober.lags.p99() * 1000, 1),
        )

    @property
    def _services(self) -> Sequence[Service]:
        return self._config.services

    @property
    def _flush_interval(self) -> float:
        chosen = self._config.settings.flush_interval
        if chosen is not None:
            return chosen
        profile = self._store.profile
        checks = sum(len(service.checks) for service in self._services)
        lively = profile.name == "local" and checks <= LIVELY_CHECKS
        return LIVELY_FLUSH if lively else profile.flush_interval

    def _flip(self) -> None:
        """A status has changed: write it, and tell who is to know, at once."""
        self._flipped.set()
        self._alerter.wake()

    async def _answer_requests(self) -> None:
        """Probe at once what an operator asks for, and answer with the result. A request without
        a check asks for the deployments."""
        async for request in self._store.requests():
            if self._store.fence and not request.check:
                self._deployments.look_now(request.service)
            elif self._store.fence:
                await self._answer(request)

    async def _answer(self, request: ProbeRequest) -> None:
        service = self._config.service(request.service)
        check = service.check(request.check) if service else None
        if service is None or check is None:
            log.warning("A request for a check that is not configured is ignored.")
            return
        result = await self._prober.probe(service, check)
        if result is None:
            return
        self._flipped.set()
        try:
            await self._store.answer(request.id, result)
        except StoreError as error:
            log.warning("A requested probe ran, its answer is lost: %s", error)

    async def _pause(self, stop: asyncio.Event, seconds: float) -> None:
        """Wait for the next write: it comes early when a status has changed."""
        await _until(stop, min(FLIP_SPACING, seconds))
        waits = [asyncio.create_task(event.wait()) for event in (stop, self._flipped)]
        await asyncio.wait(
            waits, timeout=max(0.0, seconds - FLIP_SPACING), return_when=asyncio.FIRST_COMPLETED
        )
        for task in waits:
            task.cancel()
        self._flipped.clear()


async def _until(event: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return

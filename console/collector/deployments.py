"""Reads the platforms of services beside the probes, and hands deployments to the recorder.

One task for each service that names a platform, and for each whose instances are heard of: their
commits tell of deployments too. A platform that is away is a sentence in the document; nothing here
may stop the probing.
"""

import asyncio
import logging
import math
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial

from console.collector.recorder import Recorder
from console.collector.witness import Witness
from console.config import Config
from console.deployments.act_auto import events as automatic_events
from console.deployments.act_auto import is_on
from console.deployments.act_auto_order import AutomaticRollback, Intents
from console.deployments.evidence import ON_THE_WAY
from console.deployments.gather import Around, observe, read
from console.deployments.history import ASKED, Snapshot, watched, with_records
from console.deployments.load import ADAPTER, NAME, decode
from console.deployments.model import Evidence, Record
from console.deployments.timeline import events, moved
from console.health.check import Service
from console.health.model import Status
from console.instances.model import Life, commit_of, judge, started
from console.platforms.choose import Notes, observed, repository_of
from console.platforms.github.platform import beside
from console.platforms.github.reader import GitHubReader
from console.platforms.hook.heard import Heard
from console.platforms.model import DeploymentState, Platform
from console.service_redis import ServiceRedis, ServiceRedisError, url_of
from console.settings import load as settings_documents
from console.settings.gather.platform import NamesReader
from console.store.documents import DocumentError, packed, unpacked

log = logging.getLogger(__name__)

LOCAL_SECONDS = 1.0  # between two readings on this machine
REMOTE_SECONDS = 30.0  # of a platform's API: about four requests a reading
BUSY_SECONDS = 10.0  # of an API while a deployment is under way
WAKE_SPACING = 0.5  # seconds at least between two readings
WRITE_SECONDS = 60.0  # between two writings of a document that did not change
CANCEL_AGAIN = 0.5  # seconds between two requests to end


class Deployments:
    """Reads the platform of every service that names one."""

    def __init__(
        self,
        config: Config,
        recorder: Recorder,
        witness: Witness,
        intents: Intents,
        notes: Notes,
        clock: Callable[[], float] = time.time,
        wake: Callable[[], None] = lambda: None,
    ) -> None:
        """`wake` is called for what is worth writing at once."""
        self._notes = notes
        self._config, self._recorder, self._clock = config, recorder, clock
        self._witness, self._wake = witness, wake
        self._automatic = {
            one.name: AutomaticRollback(one.name, intents, one.verify_window)
            for one in config.services
        }
        self._tasks: list[asyncio.Task[None]] = []
        self._last: dict[str, Snapshot] = {}
        self._written: dict[str, Snapshot] = {}
        self._names = NamesReader(clock)
        self._woken = {service.name: asyncio.Event() for service in config.services}

    def remember(self, service: str, documents: Mapping[bytes, bytes]) -> None:
        """Go on with what the store remembers; called before `start`."""
        self._written.pop(service, None)
        stored = documents.get(NAME.encode())
        if stored is None:
            return
        try:
            self._last[service] = decode(unpacked(stored))
        except DocumentError as error:
            log.warning("%s", error)

    def last(self, service: str) -> Snapshot | None:
        """What was found last; `None` where no platform was read."""
        return self._last.get(service)

    def look_now(self, service: str) -> None:
        """Read now: somebody told that a deployment moved."""
        if service in self._woken:
            self._woken[service].set()

    def start(self) -> None:
        """Begin to read; harmless when it has begun."""
        if not self._tasks:
            self._tasks = [
                asyncio.create_task(self._run(service))
                for service in self._config.services
                if service.platform or url_of(self._config, service)
            ]

    async def stop(self) -> None:
        """End."""
        waiting = set(self._tasks)
        while waiting:  # redis-py loses a cancellation that comes while it connects: ask again
            for task in waiting:
                task.cancel()
            _, waiting = await asyncio.wait(waiting, timeout=CANCEL_AGAIN)
        self._tasks = []

    async def _run(self, service: Service) -> None:
        redis = _redis_of(self._config, service)
        heard = partial(self._heard, service.name)
        async with (
            observed(self._config, service, self._notes, heard) as platform,
            repository_of(self._config, service) as repository,
        ):
            try:
                while True:
                    try:
                        await self._look(service, platform, repository, redis)
                        if platform is not None:
                            await self._take_names(service.name, platform)
                    except Exception:
                        # The border of the task: a defect in one adapter must not end the others.
                        log.exception("Reading the deployments of %s failed", service.name)
                    await self._sleep(service)
            finally:
                if redis is not None:
                    await redis.close()

    async def _sleep(self, service: Service) -> None:
        """Until the next reading is due, or until somebody wakes it; in a storm not at once."""
        woken, rest = self._woken[service.name], self._rest(service)
        spacing = min(WAKE_SPACING, rest)
        await asyncio.sleep(spacing)
        with suppress(TimeoutError):
            async with asyncio.timeout(rest - spacing):
                await woken.wait()
        woken.clear()

    async def _look(
        self,
        service: Service,
        platform: Platform | None,
        repository: GitHubReader | None,
        redis: ServiceRedis | None,
    ) -> None:
        name, now = service.name, self._clock()
        before = self._last.get(name, Snapshot(0.0))
        around = self._around(service, redis, now)
        if platform is not None:
            found = await read(platform, name, before, around, now)
            self._take(name, before, found, now)
            acts = is_on(service, self._config.settings.auto_rollback)
            if acts and self._recorder.is_written(name, NAME):
                made = await self._automatic[name].look(platform, found, now)
                self._take(name, found, made, now)
            return
        heard = self._witness.heard(name)
        if heard is not None and (heard.heard or before.records):
            found = await observe(heard, name, before, around, now)
            if repository is not None:
                newest = found.records[:ASKED]
                told = await beside([one.deployment for one in newest], repository)
                more = [replace(a, deployment=b) for a, b in zip(newest, told, strict=True)]
                found = with_records(found, more)
            self._take(name, before, found, now)

    def _heard(self, name: str) -> Heard:
        """What a deploy hook is told by the instances themselves."""
        last, found = self._last.get(name), self._witness.heard(name)
        beats = found.heard if found is not None and not found.problem else ()
        alive = [
            (commit, started(one))
            for one in beats
            if found and judge(one, found).life is Life.ALIVE and (commit := commit_of(one))
        ]
        return Heard(alive, [one.deployment for one in last.records] if last else [])

    def _around(self, service: Service, redis: ServiceRedis | None, now: float) -> Around:
        async def others(
            record: Record, apart: Sequence[tuple[float, float]]
        ) -> tuple[Evidence, ...]:
            return await self._witness.tell(service, record, now, apart)

        window = service.verify_window
        probes = sum(int(window / one.interval) for one in service.checks if one.type == "http")
        token = service.platform_token_env
        states = self._recorder.watches[service.name].states
        samples = {name: state.recent for name, state in states.items()}
        return Around(self._checks(service), redis, window, probes, token, others, samples)

    def _take(self, service: str, before: Snapshot, found: Snapshot, now: float) -> None:
        self._last[service] = found
        told = (*events(before, found), *automatic_events(before, found))
        for event in told:
            self._recorder.note(event, service)
        written = self._written.get(service)
        if written is None or replace(found, at=0.0) != replace(written, at=0.0):
            due = True
        else:
            due = now - written.at >= WRITE_SECONDS
        if due:
            self._written[service] = found
            self._recorder.find(service, NAME, packed(ADAPTER.dump_json(found)))
        if told or moved(before, found):
            self._wake()

    async def _take_names(self, service: str, platform: Platform) -> None:
        """The names of its variables, for the Settings page."""
        names = await self._names.read(service, platform)
        if names is not None:
            document = settings_documents.READING.dump_json(names)
            self._recorder.find(service, settings_documents.PLATFORM, packed(document))

    def _checks(self, service: Service) -> dict[str, tuple[str, Status]]:
        states = self._recorder.watches[service.name].states
        return {
            check.name: (check.title or check.name, states[check.name].status)
            for check in service.checks
            if check.name in states
        }

    def _rest(self, service: Service) -> float:
        if service.platform in ("", "local"):  # what instances told is in memory
            return LOCAL_SECONDS
        last = self._last.get(service.name)
        states = [one.deployment.state for one in last.records] if last else []
        busy = DeploymentState.RUNNING in states
        ends = [one.verification.until for one in watched(last) if one.verification] if last else []
        left = min(ends, default=math.inf) + ON_THE_WAY - self._clock()
        if left <= 0:  # a watch is over, and waits for what is read by others
            busy = True
        rest = BUSY_SECONDS if busy else REMOTE_SECONDS
        return min(rest, left) if left > LOCAL_SECONDS else rest


def _redis_of(config: Config, service: Service) -> ServiceRedis | None:
    url = url_of(config, service)
    try:
        return ServiceRedis(url) if url else None
    except ServiceRedisError as error:
        log.warning("%s", error)
        return None

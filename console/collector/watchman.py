"""Watches the console itself: pings the dead man's switch, and tells how delivery is set up."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

from pydantic import TypeAdapter

from console.alerts.channels import Channel
from console.alerts.gather.deadman import ping
from console.alerts.gather.sender import problems
from console.alerts.setup import NAME, Setup
from console.collector.recorder import Recorder
from console.config import Config
from console.store.documents import packed

DEADMAN_SECONDS = 60.0  # between two pings
SETUP_SECONDS = 60.0  # between two writings of how delivery is set up
_SETUP = TypeAdapter(Setup)


class Watchman:
    """The dead man's switch and the state of delivery."""

    def __init__(self, config: Config, recorder: Recorder, clock: Callable[[], float]) -> None:
        self._config, self._recorder, self._clock = config, recorder, clock
        channels: tuple[Channel, ...] = config.settings.all_channels
        self._channels = channels
        self._setup = Setup(0.0, tuple(channel.id for channel in channels))
        self._written_at = 0.0
        self._ping: asyncio.Task[None] | None = None
        self._judge: asyncio.Task[None] | None = None
        self.wrote_at = 0.0  # when the store was written to last

    def look(self, offline: bool, flush_interval: float) -> None:
        """One look. Waits for nothing."""
        now = self._clock()
        before = self._setup
        if self._judge is None:
            self._judge = asyncio.create_task(self._judged())
        since = (self._setup.offline_since or now) if offline else None
        self._setup = replace(self._setup, offline_since=since)
        writes = now - self.wrote_at <= 3 * flush_interval + 5
        if not offline and writes:
            self._ping_if_due(now)
        if self._setup != before or now - self._written_at >= SETUP_SECONDS:
            self._write(now)

    async def stop(self) -> None:
        """End what is under way."""
        for task in filter(None, (self._ping, self._judge)):
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _judged(self) -> None:
        """Find out, once, which addresses cannot be sent to."""
        found = await problems(self._channels)
        self._setup = replace(self._setup, problems=found, judged=True)
        self._write(self._clock())

    def _ping_if_due(self, now: float) -> None:
        address = self._config.settings.deadman_url
        if address is None or (self._ping is not None and not self._ping.done()):
            return
        if now - (self._setup.deadman_at or 0.0) >= DEADMAN_SECONDS:
            self._setup = replace(self._setup, deadman_at=now)
            self._ping = asyncio.create_task(self._pinged(address.get_secret_value()))

    async def _pinged(self, address: str) -> None:
        problem = await ping(address)
        now = self._clock()
        known = replace(self._setup, deadman_problem=problem)
        self._setup = known if problem else replace(known, deadman_ok_at=now)
        self._write(now)

    def _write(self, now: float) -> None:
        self._written_at = now
        document = packed(_SETUP.dump_json(replace(self._setup, at=now)))
        for service in self._config.services:
            self._recorder.find(service.name, NAME, document)

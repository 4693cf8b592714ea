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
        channels: tuple[Channel, ...] = config.settings.channels
        self._channels = channels
        self._setup = Setup(0.0, tuple(channel.id for channel in channels))
        self._checked = not channels
        self._written_at = 0.0
        self._ping: asyncio.Task[None] | None = None
        self.wrote_at = 0.0  # when the store was written to last

    async def look(self, offline: bool, flush_interval: float) -> None:
        """One look. Waits for nothing but, once, for the addresses to be judged."""
        now = self._clock()
        before = self._setup
        if not self._checked:
            self._checked = True
            self._setup = replace(self._setup, problems=await problems(self._channels))
        since = (self._setup.offline_since or now) if offline else None
        self._setup = replace(self._setup, offline_since=since)
        writes = now - self.wrote_at <= 3 * flush_interval + 5
        if not offline and writes:
            self._ping_if_due(now)
        if self._setup != before or now - self._written_at >= SETUP_SECONDS:
            self._write(now)

    async def stop(self) -> None:
        """End a ping that is under way."""
        if self._ping is not None:
            self._ping.cancel()
            await asyncio.gather(self._ping, return_exceptions=True)

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

"""The heartbeat: one command says how this instance is, reads the mode, publishes the rest.

Cost: one command every `interval` seconds. On a server that bills commands (Upstash) the economy
profile sends one every 30 s: 2,880 commands a day and instance, whatever the traffic is; the
local profile sends 43,200. Guarded writes, cache reads and limits cost one command each on top.
"""

import asyncio
import contextlib
import json
import logging
import time
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from .errors import RedisAway, RedisError
from .histograms import Histograms, Row
from .keys import Keys
from .mode import ModeKeeper
from .present import BEAT, known_mode
from .server import Part, Server

HIST_SECONDS = 21_600
"""Histogram minutes stay six hours, for a collector that was away."""

UNVERIFIED_LIMIT = 10_000


@dataclass(frozen=True, slots=True)
class Profile:
    """How often an instance speaks. `ttl`: silence after which an instance counts as gone."""

    name: str
    interval: float
    ttl: float
    listen: bool  # for the bell: a connection of its own, which some plans count

    @property
    def commands_a_day(self) -> int:
        """Heartbeat commands of one instance."""
        return round(86_400 / self.interval)


LOCAL = Profile("local", 2.0, 20.0, True)
ECONOMY = Profile("economy", 30.0, 100.0, False)


def profile_for(url: str, wanted: str = "auto") -> Profile:
    """The profile asked for; `auto` is economy for a server that bills commands."""
    if wanted in ("local", "economy"):
        return LOCAL if wanted == "local" else ECONOMY
    host = urlsplit(url).hostname or ""
    return ECONOMY if host.endswith("upstash.io") else LOCAL


@dataclass(frozen=True, slots=True)
class Post:
    """Something that travels with the next heartbeat: kind H, X or Z of the contract's `beat`."""

    kind: str
    key: str
    n: int
    field: str
    value: str


class Outbox:
    """What waits for the next heartbeat. The newest value of a field replaces an older one."""

    def __init__(self, limit: int = 1000) -> None:
        self._fields: dict[tuple[str, str], Post] = {}
        self._limit = limit

    def put(self, post: Post) -> None:
        """Queue a hash field."""
        if len(self._fields) < self._limit or (post.key, post.field) in self._fields:
            self._fields[post.key, post.field] = post

    def take(self) -> list[Post]:
        """Everything that waits; it is put back with `restore` where it did not arrive."""
        taken, self._fields = list(self._fields.values()), {}
        return taken

    def restore(self, posts: list[Post]) -> None:
        """Put back what did not arrive, unless something newer waits."""
        for post in posts:
            self._fields.setdefault((post.key, post.field), post)


class Heart:
    """Beats until stopped. `describe()` gives the fields of the heartbeat, `lines(n)` log lines."""

    def __init__(
        self,
        server: Server,
        keys: Keys,
        instance: str,
        mode: ModeKeeper,
        histograms: Histograms,
        profile: Profile,
        outbox: Outbox,
        describe: Callable[[], dict[str, Any]],
    ) -> None:
        self._server, self._keys, self._instance = server, keys, instance
        self._mode, self._histograms, self._describe = mode, histograms, describe
        self._wake = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self.profile = profile
        self.outbox = outbox
        self.gatherers: list[Callable[[], None]] = []  # called before a beat, to fill the outbox
        self.lines: Callable[[], list[Post]] = list
        self.unsent: Callable[[list[Post]], None] = lambda posts: None
        self.instances = 1
        self.last_error = ""
        self.beats = 0

    def wake(self) -> None:
        """Beat at once. Only from the event loop's thread."""
        self._wake.set()

    async def start(self) -> None:
        """Send the first heartbeat and go on in the background. Redis may be away."""
        self._mode.on_change = self.wake
        if await self.beat():
            self._wake.clear()
            await self.beat()  # the first one could not know the mode yet
        self._tasks = [asyncio.create_task(self._run(), name="opskit-heartbeat")]
        if self.profile.listen:
            self._tasks.append(asyncio.create_task(self._listen(), name="opskit-bell"))

    async def stop(self) -> None:
        """Send what waits, then take this instance off the list: it left, it did not go silent."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []
        await self.beat()
        with contextlib.suppress(RedisError):
            await self._server.atomic(
                [
                    ("DEL", self._keys.of("inst", self._instance)),
                    ("ZREM", self._keys.of("instances"), self._instance),
                ]
            )

    async def _listen(self) -> None:
        """Beat when the bell rings: an accelerator, the poll finds every switch without it."""
        while True:
            async with aclosing(self._server.heard(self._keys.of("bell"))) as rings:
                async for _ in rings:
                    self._wake.set()
            await asyncio.sleep(self.profile.interval)

    async def _run(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self.profile.interval):
                    await self._wake.wait()
            self._wake.clear()
            try:
                await self.beat()
            except Exception as error:
                # The border of the task: one that ends here would stop the mode from being read.
                # The mode ages from now on, as when Redis is away.
                self._mode.lost()
                self.last_error = type(error).__name__
                logging.getLogger("opskit").exception("heartbeat failed")

    async def beat(self) -> bool:
        """One heartbeat. A changed mode is answered with a second one at once."""
        for gather in self.gatherers:
            gather()
        rows, posts = self._histograms.pending(), self.outbox.take()
        lines, unverified = self.lines(), self._mode.journal.pending()
        everything = [
            *(self._row(row) for row in rows),
            *posts,
            *lines,
            *(self._entry(line) for line in unverified),
        ]
        try:
            changed = await self._send(everything)
        except RedisError as error:
            self.outbox.restore(posts)
            self.unsent(lines)
            await self._fall_back(error)
            return False
        self.beats += 1
        self.last_error = ""
        self._histograms.published(rows, time.time())
        if unverified:
            self._mode.journal.delivered(unverified)
        if changed or len(self._mode.journal) > 0:
            self._wake.set()
        return True

    async def _send(self, posts: list[Post]) -> bool:
        names = ("inst", self._instance)
        keys = [self._keys.of(*names), *(self._keys.of(k) for k in ("instances", "mode", "epoch"))]
        places = {key: at for at, key in enumerate(keys, 1)}
        args: list[Part] = []
        for post in posts:
            if post.key not in places:
                keys.append(post.key)
                places[post.key] = len(keys)
            args += [post.kind, places[post.key], post.n, post.field, post.value]
        document = json.dumps(self._describe(), separators=(",", ":"))
        ttl = int(self.profile.ttl * 1000)
        mode, epoch, _, alive = await self._server.run(
            BEAT, keys, [self._instance, document, ttl, *args]
        )
        self.instances = max(1, int(alive))
        return self._mode.learn(known_mode(mode), int(epoch))

    async def _fall_back(self, error: RedisError) -> None:
        """A server that cannot be written to (full, replica) may still say what the mode is."""
        self.last_error = getattr(error, "code", "") or type(error).__name__
        if isinstance(error, RedisAway):
            self._mode.lost()
            return
        with contextlib.suppress(RedisError):
            await self._mode.refresh()

    def _row(self, row: Row) -> Post:
        key = self._keys.of("hist", row.minute)
        return Post("H", key, HIST_SECONDS, f"{row.series}@{self._instance}", row.cells)

    def _entry(self, line: str) -> Post:
        at = int(json.loads(line)["at"] * 1000)
        return Post("Z", self._keys.of("unverified"), UNVERIFIED_LIMIT, str(at), line)

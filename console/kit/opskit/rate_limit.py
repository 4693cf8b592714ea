"""One quota for all instances, and what external APIs say is left of theirs.

A sliding log in Redis: never more than `limit` calls in any window, whoever makes them. A call
that was taken and not made (a killed process) costs its place until the window has passed and
holds nothing else. While Redis is away each instance keeps its share: limit / instances.
"""

import asyncio
import json
import secrets
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass

from . import context, deadlines
from .errors import RateLimited, RedisAway, RedisRefused
from .heartbeat import Outbox, Post
from .keys import Keys
from .quotas import Advice, read
from .server import Command, Part, Read, Server, script

LIMITS_SECONDS = 86_400
"""What was published about limits is forgotten a day after the last answer."""

BLOCK_LIMIT = 3600.0
"""A Retry-After further away than this is honoured for this long, then tried once."""

BLOCK_DEFAULT = 5.0
"""Seconds to wait after a 429 that does not say for how long."""


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `calls` in any `window` seconds, for all instances together."""

    calls: int
    window: float = 60.0


async def _take(server: Server, keys: Sequence[str], args: Sequence[Part]) -> list[int]:
    limit, window_ms, call = int(args[0]), int(args[1]), args[2]

    async def work(read: Read) -> tuple[list[int], list[Command]]:
        blocked = int(await read("PTTL", keys[1]))
        if blocked > 0:
            return [0, 0, blocked], []
        now = int(await server.now(read) * 1e6)
        since = now - window_ms * 1000
        used = int(await read("ZCOUNT", keys[0], f"({since}", "+inf"))
        if used < limit:
            return [1, limit - used - 1, 0], [
                ("ZREMRANGEBYSCORE", keys[0], "-inf", since),
                ("ZADD", keys[0], now, call),
                ("PEXPIRE", keys[0], window_ms),
            ]
        # The one whose leaving makes room; entries are counted from the newest.
        oldest = await read("ZREVRANGE", keys[0], limit - 1, limit - 1, "WITHSCORES")
        at = float(oldest[0][1] if isinstance(oldest[0], tuple | list) else oldest[1])
        return [0, 0, max(1, int((at - since) / 1000 + 0.999))], []

    return await server.transaction(keys, work)


TAKE = script("take", 2, _take)


class RateLimiter:
    """Takes calls from shared quotas, waits where the deadline allows, tells what is left."""

    def __init__(
        self,
        server: Server | None,
        keys: Keys,
        outbox: Outbox,
        instances: Callable[[], int] = lambda: 1,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._server, self._keys, self._outbox = server, keys, outbox
        self._instances, self._clock = instances, clock
        self._own: dict[str, deque[float]] = {}
        self._blocked: dict[str, float] = {}

    async def take(self, name: str, limit: Limit) -> float:
        """Take one call, or raise RateLimited. Returns how many are left for now."""
        blocked = self._blocked.get(name, 0.0) - self._clock()
        if blocked > 0:
            raise RateLimited(name, blocked, "the API's Retry-After")
        try:
            taken, left, wait = await self._ask(name, limit)
        except (RedisAway, RedisRefused):
            taken, left, wait = self._share(name, limit)
        self._publish(name, "own", limit.calls, left, self._clock() + (wait or 0), limit.window)
        if not taken:
            raise RateLimited(name, wait)
        return left

    async def acquire(self, name: str, limit: Limit, *, patience: float = 60.0) -> None:
        """Take one call, waiting for up to `patience` seconds and never past the deadline.

        Raises RateLimited at once when the wait would be longer: waiting in vain helps nobody.
        """
        give_up = time.monotonic() + (deadlines.remaining(patience) or 0.0)
        while True:
            try:
                await self.take(name, limit)
            except RateLimited as full:
                if time.monotonic() + full.retry_after > give_up:
                    raise
                began = time.monotonic()
                try:
                    await asyncio.sleep(full.retry_after + 0.001)
                finally:
                    if (work := context.current.get()) is not None:
                        work.waited += time.monotonic() - began
            else:
                return

    async def heard(self, api: str, status: int, headers: Mapping[str, str]) -> Advice:
        """Take in what an answer of an external API says; 429 and 503 stop all instances."""
        now = self._clock()
        advice = read(headers, now)
        for quota in advice.quotas:
            fields = asdict(quota)
            fields["at"] = round(now, 3)
            self._put(f"{api}/{quota.name}", fields)
        if status == 429 or (status == 503 and advice.retry_at is not None):
            await self._block(api, advice, now)
        return advice

    async def _block(self, api: str, advice: Advice, now: float) -> None:
        resets = [q.reset_at for q in advice.quotas if q.remaining == 0 and q.reset_at]
        until = advice.retry_at or max(resets, default=now + BLOCK_DEFAULT)
        seconds = min(BLOCK_LIMIT, max(0.0, until - now))
        if seconds <= 0:
            return
        self._blocked[api] = now + seconds
        told = {"at": round(now, 3), "blocked_until": round(now + seconds, 3)}
        self._put(f"{api}/blocked", {"name": "blocked", "dialect": "retry-after", **told})
        if self._server is not None:
            key = self._keys.of("block", api)
            try:
                await self._server.command("SET", key, "1", "PX", max(1, int(seconds * 1000)))
            except (RedisAway, RedisRefused):
                return  # this instance keeps its own block; the others find out by themselves

    async def _ask(self, name: str, limit: Limit) -> tuple[bool, float, float]:
        if self._server is None:
            return self._share(name, limit)
        keys = [self._keys.of("quota", name), self._keys.of("block", name)]
        args = (limit.calls, int(limit.window * 1000), secrets.token_hex(8))
        taken, left, wait = await self._server.run(TAKE, keys, args)
        return bool(taken), float(left), int(wait) / 1000

    def _share(self, name: str, limit: Limit) -> tuple[bool, float, float]:
        now, calls = self._clock(), self._own.setdefault(name, deque())
        while calls and calls[0] <= now - limit.window:
            calls.popleft()
        share = max(1, limit.calls // max(1, self._instances()))
        if len(calls) >= share:
            return False, 0.0, calls[0] + limit.window - now
        calls.append(now)
        return True, float(share - len(calls)), 0.0

    def _publish(
        self, name: str, dialect: str, limit: float, left: float, reset_at: float, window: float
    ) -> None:
        told = {"limit": limit, "remaining": left, "reset_at": round(reset_at, 3)}
        at = round(self._clock(), 3)
        fields = {"name": "own", "dialect": dialect, **told, "window": window, "at": at}
        self._put(f"{name}/own", fields)

    def _put(self, field: str, fields: Mapping[str, object]) -> None:
        text = json.dumps(fields, separators=(",", ":"))
        self._outbox.put(Post("H", self._keys.of("limits"), LIMITS_SECONDS, field, text))

"""The service's Redis: one thin, typed, asyncio client with limits and typed errors.

Every call is bounded (connect, read, total) and never retried behind the caller's back. Scripts
run as EVALSHA; where a server or user may not run scripts, the script's own fallback does the
same in an optimistic transaction (WATCH, MULTI, EXEC).
"""

import asyncio
import hashlib
import re
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib import resources
from typing import Any, Protocol, cast
from urllib.parse import urlsplit

import redis.asyncio
from redis import exceptions
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from .errors import Contended, RedisAway
from .refusals import ScriptsRefused, refusal

CALL_SECONDS = 1.0
"""Connecting, and each answer, may take this long: far more than a healthy server needs."""

AWAY_PAUSE = 0.25
"""After a failed connection, calls fail at once for this long, so that requests do not queue up."""

CONFLICTS = 20
"""Attempts of an optimistic transaction before it gives up."""

LISTEN_SECONDS = 60.0
"""A listener looks after its connection this often."""

Part = str | bytes | int | float
Command = tuple[Part, ...]
Read = Callable[..., Awaitable[Any]]
Decide = Callable[[Read], Awaitable[tuple[Any, list[Command]]]]


class _Client(Protocol):
    async def execute_command(self, *args: Part) -> Any: ...
    def pipeline(self, transaction: bool = True) -> Any: ...
    async def aclose(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Script:
    """One script of the contract and what does the same without scripts."""

    name: str
    source: str
    sha: str
    keys: int
    fallback: Callable[["Server", Sequence[str], Sequence[Part]], Awaitable[Any]]


def script(
    name: str,
    keys: int,
    fallback: Callable[["Server", Sequence[str], Sequence[Part]], Awaitable[Any]],
) -> Script:
    """Load `scripts/<name>.lua`. A first line `-- with: other` puts that script before it."""
    folder = resources.files("opskit") / "scripts"
    source = (folder / f"{name}.lua").read_text("utf-8")
    if found := re.match(r"-- with: (\w+)\n", source):
        source = (folder / f"{found[1]}.lua").read_text("utf-8") + source
    # The protocol names a script by its SHA-1; nothing here rests on that being secure.
    sha = hashlib.sha1(source.encode(), usedforsecurity=False).hexdigest()
    return Script(name, source, sha, keys, fallback)


def place(url: str) -> str:
    """Host and port of a Redis URL, for messages: no user, no password."""
    parts = urlsplit(url)
    return f"{parts.hostname or parts.path}{f':{parts.port}' if parts.port else ''}"


class Server:
    """The connection of one event loop to one Redis server."""

    def __init__(self, url: str, *, timeout: float = CALL_SECONDS) -> None:
        self.place = place(url)
        self.scripts_refused = False
        self._timeout = timeout
        self._away_until = 0.0
        connect = cast("Callable[..., _Client]", cast(Any, redis.asyncio.Redis).from_url)
        self._client = connect(
            url,
            decode_responses=True,
            encoding_errors="replace",  # binary garbage under a key is garbage, not a crash
            protocol=2,
            socket_timeout=timeout,
            socket_connect_timeout=timeout,
            retry=Retry(NoBackoff(), 0),
            client_name="opskit",
        )

    async def close(self) -> None:
        """Close every connection."""
        await self._client.aclose()

    async def command(self, *parts: Part) -> Any:
        """Run one command. Raises RedisAway or RedisRefused."""
        async with self._guarded():
            return await self._client.execute_command(*parts)

    async def atomic(self, commands: Sequence[Command]) -> list[Any]:
        """Run commands as one MULTI/EXEC in one round trip."""
        async with self._guarded():
            pipe = self._client.pipeline(transaction=True)
            async with pipe:
                for parts in commands:
                    pipe.execute_command(*parts)
                return cast("list[Any]", await pipe.execute())

    async def run(self, wanted: Script, keys: Sequence[str], args: Sequence[Part]) -> Any:
        """Run a script in one command, or its fallback where scripts are refused."""
        if not self.scripts_refused:
            try:
                async with self._guarded():
                    return await self._evaluate(wanted, keys, args)
            except ScriptsRefused:
                self.scripts_refused = True
        return await wanted.fallback(self, keys, args)

    async def transaction(self, keys: Sequence[str], decide: Decide) -> Any:
        """Read, decide, write, all or nothing: `decide(read)` returns (result, commands).

        Nothing is written, and it is decided anew, when any of `keys` changed in between.
        Raises Contended after CONFLICTS attempts.
        """
        for attempt in range(CONFLICTS):
            try:
                async with self._guarded():
                    pipe = self._client.pipeline(transaction=True)
                    async with pipe:
                        await pipe.watch(*keys)
                        result, commands = await decide(pipe.immediate_execute_command)
                        pipe.multi()
                        for parts in commands:
                            pipe.execute_command(*parts)
                        await pipe.execute()
                        return result
            except _Conflict:
                await asyncio.sleep(0.001 * attempt)
        raise Contended(f"{self.place}: {CONFLICTS} attempts on {keys[0]} lost to others")

    async def heard(self, channel: str) -> AsyncGenerator[None]:
        """Yield once for each message of a channel, on a connection of its own.

        Ends without an error when the connection does; a server may not offer it at all.
        """
        listener = cast(Any, self._client).pubsub()
        asked = _cancellations()
        try:
            await listener.subscribe(channel)
            while True:
                message = await listener.get_message(timeout=LISTEN_SECONDS)
                _pass_on(asked)
                if message is not None and message["type"] == "message":
                    yield
        except (exceptions.RedisError, OSError, TimeoutError):
            return
        finally:
            await listener.aclose()
            _pass_on(asked)

    async def now(self, read: Read | None = None) -> float:
        """The server's clock in Unix seconds."""
        reply = await (read or self.command)("TIME")
        return int(reply[0]) + int(reply[1]) / 1e6

    async def _evaluate(self, wanted: Script, keys: Sequence[str], args: Sequence[Part]) -> Any:
        try:
            return await self._client.execute_command(
                "EVALSHA", wanted.sha, len(keys), *keys, *args
            )
        except exceptions.NoScriptError:
            return await self._client.execute_command(
                "EVAL", wanted.source, len(keys), *keys, *args
            )

    @asynccontextmanager
    async def _guarded(self) -> AsyncGenerator[None]:
        """Bound the total time, and turn every failure into one of the kit's errors."""
        if time.monotonic() < self._away_until:
            raise RedisAway(f"Redis at {self.place} did not answer a moment ago")
        asked = _cancellations()
        try:
            try:
                async with asyncio.timeout(2 * self._timeout + 0.5):
                    yield
            finally:
                _pass_on(asked)
        except exceptions.WatchError as error:
            raise _Conflict from error
        except exceptions.RedisError as error:
            raise refusal(error, self.place) or self._away(type(error).__name__) from error
        except (OSError, TimeoutError) as error:
            raise self._away(type(error).__name__) from error

    def _away(self, why: str) -> RedisAway:
        self._away_until = time.monotonic() + AWAY_PAUSE
        return RedisAway(f"Redis at {self.place} does not answer ({why})")


def _cancellations() -> int:
    """How often the present task was asked to end."""
    task = asyncio.current_task()
    return task.cancelling() if task else 0


def _pass_on(asked: int) -> None:
    """Raise a cancellation that redis-py answered by finishing its command.

    Else a deadline would be lost, and a task that is being stopped would go on for ever.
    """
    if _cancellations() > asked:
        raise asyncio.CancelledError


class _Conflict(Exception):
    """A watched key changed."""

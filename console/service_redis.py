"""The service's own Redis, as the console reads it: bounded, never retried, never trusted.

It is another server than the console's store: it may evict, fill up, be flushed or refuse, and none
of that may stop the console. Every failure is one ServiceRedisError with a sentence for people.
"""

import asyncio
import re
import ssl
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

from redis import exceptions
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from console.config import Config
from console.errors import ConsoleError
from console.health.check import Service

CONNECT_SECONDS = 2.0
READ_SECONDS = 3.0
TOTAL_SECONDS = 8.0  # of one exchange, however its answers trickle
CLIENT_NAME = "ops-console-reader"
TEXT_LIMIT = 120  # characters of a server's own words
BILLED_HOST = ".upstash.io"

# What a server says first when it refuses, and what that means.
REFUSALS = {
    "NOAUTH": "asks for a password; add it to REDIS_URL",
    "WRONGPASS": "does not accept the user or password in REDIS_URL",
    "NOPERM": "does not allow this user to read it",
    "LOADING": "is still loading its data",
    "READONLY": "is a read-only replica",
    "OOM": "is full",
    "MASTERDOWN": "has lost its primary",
    "BUSY": "is busy with a script",
    "MISCONF": "cannot save to its disk and refuses writes",
}
# What Redis says at its own limit, and Upstash at those of a plan (upstash/docs, troubleshooting).
LIMITS = {
    "max number of clients reached": "has no connection left (maxclients)",
    "max daily request limit exceeded": "has used up the commands of its plan for today",
    "max requests limit exceeded": "has used up the commands of its plan",
    "max concurrent connections exceeded": "has no connection left in its plan",
    "max request size exceeded": "does not take a request of this size in its plan",
    "max single record size exceeded": "does not take a value of this size in its plan",
    "DB capacity quota exceeded": "is full: the storage of its plan is used up",
}
_CODE = re.compile(r"\b(" + "|".join(REFUSALS) + r")\b")
NO_PASSWORD = re.compile(r"authentication required", re.I)
NOT_TLS = ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "UNEXPECTED_MESSAGE")
WANTS_TLS = "; where it wants TLS, as Upstash does, begin REDIS_URL with rediss://"
NO_TLS = "; where it speaks no TLS, begin REDIS_URL with redis://"
BROKEN = re.compile(r"closed by server|while reading from|reset by peer|connection lost", re.I)
UNSUPPORTED = re.compile(
    r"unknown (sub)?command|not (available|supported|allowed)|ERR syntax", re.I
)


class ServiceRedisError(ConsoleError):
    """The service's Redis cannot be read. `code` is the server's own word, or empty."""

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.code = code


def url_of(config: Config, service: Service) -> str:
    """The URL of a service's Redis: that of its first check of this type; empty where it has none.

    May hold a password.
    """
    for check in service.checks:
        if check.type == "redis":
            return config.secrets.get(check.url_env, "") if check.url_env else check.url
    return ""


def is_billed(url: str) -> bool:
    """Whether the host is known to bill each command."""
    return (urlsplit(url).hostname or "").endswith(BILLED_HOST)


def place_of(url: str) -> str:
    """Host and port, for messages: no user, no password."""
    try:
        parts = urlsplit(url)
        return f"{parts.hostname or parts.path}{f':{parts.port}' if parts.port else ''}"
    except ValueError:
        return "an address that cannot be read"


class ServiceRedis:
    """One connection pool of one event loop. Values come as bytes: keys may be binary."""

    def __init__(self, url: str) -> None:
        self.place, self.billed = place_of(url), is_billed(url)
        self._tls = url.startswith("rediss:")
        self._answered = False  # whether it ever did
        try:
            # The commands of redis-py have incomplete types; who reads gives an answer its own.
            self._client: Any = Redis.from_url(  # pyright: ignore[reportUnknownMemberType]  same
                url,
                socket_connect_timeout=CONNECT_SECONDS,
                socket_timeout=READ_SECONDS,
                retry=Retry(NoBackoff(), 0),
                client_name=CLIENT_NAME,
                protocol=2,
                max_connections=4,
            )
        except ValueError:
            raise ServiceRedisError("The URL of the service's Redis is not valid.") from None

    async def close(self) -> None:
        """Disconnect."""
        await self._client.aclose()

    async def command(self, *words: str | bytes | int | float) -> Any:
        """The answer to one command. Raises ServiceRedisError."""
        async with self._told():
            return await self._client.execute_command(*words)

    async def commands(self, *each: Sequence[str | bytes | int | float]) -> list[Any]:
        """The answers to several commands in one round trip; a refused one answers its error."""
        async with self._told():
            pipeline = self._client.pipeline(transaction=False)
            for words in each:
                pipeline.execute_command(*words)
            answers: list[Any] = await pipeline.execute(raise_on_error=False)
        for answer in answers:
            if isinstance(answer, exceptions.ConnectionError | exceptions.TimeoutError):
                raise self._typed(answer)
        return [
            self._typed(answer) if isinstance(answer, exceptions.RedisError) else answer
            for answer in answers
        ]

    @asynccontextmanager
    async def watching(self, *keys: str) -> AsyncGenerator[Any]:
        """A pipeline that watches keys, for an optimistic transaction. Raises ServiceRedisError.

        Its `execute` fails with the code WATCH where one of them changed meanwhile.
        """
        async with self._told(), self._client.pipeline(transaction=True) as pipeline:
            await pipeline.watch(*keys)
            yield pipeline

    @asynccontextmanager
    async def _told(self) -> AsyncGenerator[None]:
        try:
            async with asyncio.timeout(TOTAL_SECONDS):
                yield
            self._answered = True
        except (exceptions.RedisError, OSError) as error:  # the time-outs of asyncio are an OSError
            raise self._typed(error) from None

    def _typed(self, error: Exception) -> ServiceRedisError:
        server = f"Redis at {self.place}"
        text = f"{_class_code(error)} {error}"
        found = _CODE.search(text)
        if found:
            return ServiceRedisError(f"{server} {REFUSALS[found[1]]}.", found[1])
        limit = next((said for said in LIMITS if said.lower() in text.lower()), "")
        if limit:
            return ServiceRedisError(f"{server} {LIMITS[limit]}.", "LIMIT")
        if UNSUPPORTED.search(text):
            return ServiceRedisError(f"{server} does not offer this.", "UNSUPPORTED")
        if isinstance(error, exceptions.WatchError):
            return ServiceRedisError(f"Somebody else changed the same in {server}.", "WATCH")
        if isinstance(error, exceptions.AuthenticationError):
            if NO_PASSWORD.search(text):
                return ServiceRedisError(f"{server} {REFUSALS['NOAUTH']}.", "NOAUTH")
            return ServiceRedisError(f"{server} {REFUSALS['WRONGPASS']}.", "WRONGPASS")
        if isinstance(error, exceptions.TimeoutError | TimeoutError):
            hint = NO_TLS * (self._tls and not self._answered)  # it may wait for plain commands
            return ServiceRedisError(f"{server} does not answer in time{hint}.", "TIMEOUT")
        if isinstance(error, exceptions.ConnectionError | OSError):
            what, code = _of_connection(error, hint=not self._tls and not self._answered)
            return ServiceRedisError(f"{server} {what}.", code)
        words = str(error).splitlines()[0][:TEXT_LIMIT] if str(error) else type(error).__name__
        return ServiceRedisError(f"{server} answers with an error: {words}.", "ERR")


def _of_connection(error: Exception, *, hint: bool) -> tuple[str, str]:
    """Why there is no connection, and its code. redis-py keeps the cause in the context or text.

    `hint`: it may be that the server wants TLS.
    """
    cause = error.__cause__ or error.__context__ or error
    if isinstance(cause, ssl.SSLCertVerificationError):
        why = cause.verify_message.rstrip(".")[:TEXT_LIMIT]
        return f"has a certificate that is not trusted: {why}", "TLS"
    if isinstance(cause, ssl.SSLError):
        if cause.reason in NOT_TLS:
            return "does not speak TLS there; begin REDIS_URL with redis://", "TLS"
        return f"and the console do not agree on TLS ({cause.reason or 'no reason told'})", "TLS"
    broken = isinstance(cause, ConnectionResetError | BrokenPipeError)
    if broken or BROKEN.search(str(error)):
        return f"broke the connection off before it had answered{WANTS_TLS * hint}", "BROKEN"
    return "cannot be reached", "AWAY"


def _class_code(error: Exception) -> str:
    """The code that redis-py takes out of a message when it has a class for it."""
    classes = {
        exceptions.NoPermissionError: "NOPERM",
        exceptions.ReadOnlyError: "READONLY",
        exceptions.OutOfMemoryError: "OOM",
        exceptions.BusyLoadingError: "LOADING",
        exceptions.MasterDownError: "MASTERDOWN",
    }
    return next((code for kind, code in classes.items() if isinstance(error, kind)), "")

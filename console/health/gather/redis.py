"""Redis probes: does the server answer PING."""

import asyncio
import socket
import ssl
from typing import Any
from urllib.parse import urlsplit

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import AuthenticationError, RedisError, ResponseError

from console.health.check import Check
from console.health.gather import network
from console.health.gather.context import ProbeContext
from console.health.gather.trail import Failed, Found, Target, Trail
from console.health.model import Outcome
from console.masking import one_line

PORT = 6379
ANSWER_LENGTH = 120  # characters of what the server says


async def gather(check: Check, trail: Trail, context: ProbeContext) -> Found:
    """PING over a connection of its own. Raises Failed; no message holds a password."""
    url = context.url(check)
    if url is None:
        message = f"The variable {check.url_env} is not set, so nothing was probed; set it."
        raise Failed(Outcome.CONDITION, message)
    try:
        parts = urlsplit(url)
        trail.target = Target(parts.hostname or parts.path, parts.port or PORT)
        trail.secrets += [parts.password] if parts.password else []
        client: Any = Redis.from_url(  # pyright: ignore[reportUnknownMemberType] - incomplete stub
            url,
            socket_timeout=check.timeout,
            socket_connect_timeout=check.connect_timeout,
            retry=Retry(NoBackoff(), 0),
        )
    except ValueError:
        raise Failed(Outcome.CONDITION, "The URL of the Redis server is not valid.") from None
    try:
        async with client:
            await client.ping()
    except (RedisError, OSError) as error:
        raise _failed(error, trail) from None
    trail.connected = True
    return Found(trail.answer(), "PONG")


def _failed(error: Exception, trail: Trail) -> Failed:
    """The typed failure. redis-py wraps what the network says; the cause tells the two apart."""
    cause = error.__cause__ or error.__context__ or error
    target = trail.target
    if isinstance(error, AuthenticationError) or str(error).startswith(("NOAUTH", "WRONGPASS")):
        message = f"{target} refuses the user name or password; check those in the URL."
        return Failed(Outcome.CONDITION, message)
    if isinstance(error, ResponseError):
        said = one_line(str(error), ANSWER_LENGTH, trail.secrets)
        return Failed(Outcome.CONDITION, f"{target} answers, but not to PING: {said}.")
    if isinstance(cause, socket.gaierror):
        return network.unresolved(cause, target)
    if isinstance(cause, ssl.SSLCertVerificationError):
        return network.unverified(cause, target)
    if isinstance(cause, ssl.SSLError):
        message = f"The TLS handshake with {target} failed; check that it speaks TLS there."
        return Failed(Outcome.TLS, message)
    if isinstance(cause, TimeoutError | asyncio.TimeoutError):
        return trail.timed_out(trail.check.connect_timeout)
    if isinstance(cause, OSError) and cause.errno:
        return network.unreachable(cause, target)
    message = f"{target} closed the connection, or speaks no Redis; check host and port."
    return Failed(Outcome.CONNECT, message)

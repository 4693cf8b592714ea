"""One question to the service's Redis, over a connection that is opened and closed for it."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from console.controls.gather import redis as service_side
from console.controls.gather.redis import Switched, Unverified
from console.controls.rules import Wish, end_mode
from console.instances.gather import read_instances
from console.instances.model import Snapshot
from console.service_redis import ServiceRedis, ServiceRedisError

MOST_FAILED = 20  # items that failed last, to choose from
MOST_UNVERIFIED = 200
LOG_LINES = 2000  # of the stream that are searched for those of a run
T = TypeVar("T")


async def instances(url: str, service: str, now: float) -> Snapshot:
    """How the instances stand. Never raises: a failure is in the snapshot's `problem`."""
    try:
        redis = ServiceRedis(url)
    except ServiceRedisError as error:
        return Snapshot(now, problem=str(error))
    try:
        return await read_instances(redis, service, now)
    finally:
        await redis.close()


async def switch(
    url: str,
    service: str,
    wish: Wish,
    by: str,
    reason: str,
    expires_at: float | None,
    floor: int,
) -> Switched:
    """Set the mode if the epoch is that of the wish. Raises ServiceRedisError."""
    redis = ServiceRedis(url)
    try:
        return await service_side.switch(
            redis,
            service,
            wish.mode,
            epoch=wish.epoch,
            by=by,
            reason=reason,
            expires_at=expires_at,
            on_expiry=end_mode(wish.mode),
            floor=floor,
        )
    except ServiceRedisError as error:
        if error.code == "WATCH":  # decided in a transaction, and somebody else was first
            return Switched(False, wish.epoch + 1)
        raise
    finally:
        await redis.close()


async def log_lines(url: str, service: str, request: str) -> list[str]:
    """The log lines of one request; empty where they cannot be read."""
    return await _listed(url, lambda r: service_side.log_lines(r, service, request, LOG_LINES))


async def failed_items(url: str, service: str) -> list[tuple[str, str]]:
    """The items that failed last, with why; empty where they cannot be read."""
    return await _listed(url, lambda r: service_side.failed_items(r, service, MOST_FAILED))


async def unverified(url: str, service: str, since: float) -> list[Unverified]:
    """The writes made without Redis since then, newest first; empty where they cannot be read."""
    return await _listed(url, lambda r: service_side.unverified(r, service, since, MOST_UNVERIFIED))


async def _listed(url: str, ask: Callable[[ServiceRedis], Awaitable[list[T]]]) -> list[T]:
    try:
        redis = ServiceRedis(url)
    except ServiceRedisError:
        return []
    try:
        return await ask(redis)
    except ServiceRedisError:
        return []
    finally:
        await redis.close()

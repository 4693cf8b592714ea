"""Probe requests as they are made: a subscription that outlives the server's absences."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from typing import Any

from console.errors import StoreError
from console.store import client, keys
from console.store.documents import REQUEST, DocumentError
from console.store.model import ProbeRequest
from console.store.profile import Profile

log = logging.getLogger(__name__)

FIRST_PAUSE = 1.0  # seconds before the first attempt to connect again
LONGEST_PAUSE = 30.0


async def probe_requests(url: str, profile: Callable[[], Profile]) -> AsyncIterator[ProbeRequest]:
    """Every request made while subscribed. Never ends by itself, and never raises for the store.

    One connection of its own. It waits in the kernel, not in a loop; a ping after each silent
    `ping_interval` finds a connection that died without a word.
    """
    pause = FIRST_PAUSE
    while True:
        redis = client.connect_async(url, profile().read_timeout)
        try:
            async for request in _subscribed(url, redis, profile):
                pause = FIRST_PAUSE
                if request is not None:
                    yield request
        except StoreError as error:
            log.info("No probe requests for %.0f s: %s", pause, error)
        finally:
            await redis.aclose()
        await asyncio.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE)


async def _subscribed(
    url: str, redis: Any, profile: Callable[[], Profile]
) -> AsyncIterator[ProbeRequest | None]:
    """Requests, and None for each other sign of life, until the connection fails."""
    with client.told(url):
        async with redis.pubsub() as subscription:
            async with asyncio.timeout(client.CONNECT_TIMEOUT + profile().read_timeout):
                await subscription.subscribe(keys.REQUESTS)
            silent = False
            while True:
                message = await subscription.get_message(timeout=profile().ping_interval)
                if message is None:
                    if silent:
                        raise TimeoutError("no answer to a ping")
                    silent = True
                    async with asyncio.timeout(profile().read_timeout):
                        await subscription.ping()
                    continue
                silent = False
                yield _read(message)


def _read(message: dict[str, Any]) -> ProbeRequest | None:
    if message["type"] != "message":
        return None
    try:
        return REQUEST.decode(message["data"])
    except DocumentError as error:
        log.warning("A probe request is left out: %s", error)
        return None

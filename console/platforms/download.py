"""What a platform leads to on another host, as a log in a store of files: fetched without the
token, and only its end is kept."""

import asyncio
import ipaddress
from collections import deque
from contextlib import suppress

import httpx

from console.errors import PlatformAway, PlatformMissing, PlatformUnreadable
from console.platforms.api import CONNECT_SECONDS, READ_SECONDS, TOTAL_SECONDS

MOST_BYTES = 64 * 1024 * 1024  # that are read of a file at all
KEPT_BYTES = 64 * 1024  # of its end


async def end_of(
    platform: str, address: str, *, plain: bool = False, most: int = MOST_BYTES
) -> str:
    """The end of a text at an address. Raises PlatformError.

    `plain` allows http and addresses without a name, where the platform itself is such a one.
    """
    try:
        url = httpx.URL(address)
    except httpx.InvalidURL:
        raise PlatformUnreadable(f"{platform} leads to an address that is none.") from None
    if url.scheme not in ("https", "http") or not (plain or _is_public(url)):
        raise PlatformUnreadable(f"{platform} leads to an address that is not asked.")
    timeout = httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS)
    try:
        async with (
            asyncio.timeout(TOTAL_SECONDS),
            httpx.AsyncClient(timeout=timeout, headers={"Accept-Encoding": "identity"}) as client,
            client.stream("GET", url) as answer,
        ):
            if not answer.is_success:
                raise PlatformMissing(f"{platform} does not keep it any more.")
            return (await _end(platform, answer, most)).decode(errors="replace")
    except (TimeoutError, httpx.TimeoutException):
        raise PlatformAway(f"What {platform} leads to did not come in time.") from None
    except httpx.HTTPError as error:
        why = type(error).__name__
        raise PlatformAway(f"What {platform} leads to cannot be reached ({why}).") from None


async def _end(platform: str, answer: httpx.Response, most: int) -> bytes:
    parts, kept, read = deque[bytes](), 0, 0
    async for part in answer.aiter_raw():
        parts.append(part)
        kept, read = kept + len(part), read + len(part)
        if read > most:
            raise PlatformUnreadable(f"{platform} keeps more than {most} bytes of it.")
        while kept - len(parts[0]) >= KEPT_BYTES:
            kept -= len(parts.popleft())
    return b"".join(parts)[-KEPT_BYTES:]


def _is_public(url: httpx.URL) -> bool:
    """Whether it is a name of the internet, and asked for under TLS."""
    with suppress(ValueError):
        ipaddress.ip_address(url.host)
        return False
    return url.scheme == "https" and "." in url.host

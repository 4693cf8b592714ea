"""The body of an answer, no more of it than is bearable."""

import zlib

import httpx

from console.errors import PlatformUnreadable

MOST_BYTES = 8 * 1024 * 1024  # of an answer


async def body_of(platform: str, answer: httpx.Response) -> bytes:
    """The body, unpacked as far as the limit: httpx would unpack all of it.

    Raises PlatformUnreadable, and httpx.HTTPError.
    """
    packed = answer.headers.get("content-encoding", "").strip().lower()
    if packed not in ("", "identity", "gzip"):
        raise PlatformUnreadable(f"{platform} answered in a compression not asked for.")
    unpack = zlib.decompressobj(zlib.MAX_WBITS | 16) if packed == "gzip" else None
    found, came = bytearray(), False
    async for part in answer.aiter_raw():
        came = came or bool(part)
        try:
            found += unpack.decompress(part, MOST_BYTES + 1 - len(found)) if unpack else part
        except zlib.error:
            raise PlatformUnreadable(f"{platform} answered no gzip as it said.") from None
        if len(found) > MOST_BYTES:
            raise PlatformUnreadable(f"{platform} answered more than {MOST_BYTES} bytes.")
    if unpack and came and not unpack.eof:  # cut off; what is missing may be all of it
        raise PlatformUnreadable(f"{platform} answered no gzip as it said.")
    return bytes(found)

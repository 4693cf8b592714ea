"""How httpx reaches a host in a probe: one fresh connection for each request, measured.

httpx does the requests and redirects, httpcore the HTTP; between them this transport takes the
place of the connection pool, which has nothing to pool here, and does the connecting itself.
"""

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Protocol, cast

import httpcore
import httpx

from console import __version__
from console.health.gather import network
from console.health.gather.resolver import Resolver
from console.health.gather.trail import Failed, Target, Trail
from console.health.model import Outcome

HEADERS = {
    "User-Agent": f"ops-console/{__version__}",
    "Accept": "application/health+json, application/json, text/plain;q=0.9, */*;q=0.8",
    "Accept-Encoding": "identity",  # a health body is small, and a compressed one may be a bomb
    "Cache-Control": "no-cache",
    "Connection": "close",
}
PORTS = {"http": 80, "https": 443}
MAX_PORT = 65535  # the operating system takes a larger one for another


class Shared(Protocol):
    """What a transport needs of the context."""

    resolver: Resolver

    def tls(self, verify: bool) -> ssl.SSLContext:
        """The TLS context that verifies certificates, or the one that takes any."""
        ...


class Stream(httpcore.AsyncNetworkStream):
    """An asyncio connection for httpcore; notes when the answer begins.

    The time-outs that httpcore hands over are not used: the probe's own covers everything.
    """

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, trail: Trail
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._trail = trail

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109  httpcore's signature
        """The next bytes, none at the end."""
        data = await self._reader.read(max_bytes)
        if data and self._trail.phase == "first_byte":
            self._trail.enter("transfer")
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109  httpcore's signature
        """Send all of it."""
        self._writer.write(buffer)
        await self._writer.drain()

    async def aclose(self) -> None:
        """Close at once, without waiting for a peer that may never answer."""
        self._writer.transport.abort()


class Body(httpx.AsyncByteStream):
    """The body of an answer; closing it closes the connection."""

    def __init__(self, stream: object, connection: httpcore.AsyncHTTP11Connection) -> None:
        self._stream = cast("AsyncIterator[bytes]", stream)
        self._connection = connection

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._stream:
            yield chunk

    async def aclose(self) -> None:
        """Close the connection."""
        await self._connection.aclose()


class Transport(httpx.AsyncBaseTransport):
    """Connects for each request. The request carries the probe's Trail as an extension."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request and read the head of its answer.

        Raises Failed, OSError, httpcore.ProtocolError and ssl.SSLCertVerificationError.
        """
        trail = cast("Trail", request.extensions["trail"])
        url = request.url
        if url.scheme not in PORTS or (url.port or 0) > MAX_PORT:
            message = f"{trail.target} redirects to something that is not HTTP; check its Location."
            raise Failed(Outcome.REDIRECT, message)
        host = url.raw_host.decode("ascii")
        target = Target(host, url.port or PORTS[url.scheme])
        connection = await self._connect(target, trail, url.scheme == "https")
        trail.enter("first_byte")
        response = await connection.handle_async_request(
            httpcore.Request(
                request.method,
                httpcore.URL(
                    scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
                ),
                headers=request.headers.raw,
                content=request.stream,
            )
        )
        return httpx.Response(
            response.status,
            headers=response.headers,
            stream=Body(response.stream, connection),
        )

    async def _connect(
        self, target: Target, trail: Trail, tls: bool
    ) -> httpcore.AsyncHTTP11Connection:
        connection = await network.dial(target, trail, self._shared.resolver)
        context = self._shared.tls(trail.check.verify_tls) if tls else None
        reader, writer = await network.open_streams(connection, trail, context)
        origin = httpcore.Origin(b"https" if tls else b"http", target.host.encode(), target.port)
        return httpcore.AsyncHTTP11Connection(origin, Stream(reader, writer, trail))


def make_client(transport: Transport) -> httpx.AsyncClient:
    """The client of all probes. It keeps no cookies: probes must not know of each other."""
    # httpx tells every URL at level INFO, and httpcore every header of an answer at DEBUG: both may
    # hold a token.
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)
    no_cookies = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
    return httpx.AsyncClient(
        transport=transport,
        trust_env=False,
        cookies=no_cookies,
        headers=HEADERS,
        timeout=None,  # noqa: S113 - the probe's own total time-out covers every phase
    )

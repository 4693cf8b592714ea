"""HTTP calls to external APIs: deadline, shared rate limit, write guard and histograms built in.

The transport sits under an ordinary `httpx.AsyncClient`. Before a call: the deadline bounds all
four phases and the true total; a place in the shared quota is taken; a method that writes asks
the mode. After it: duration and outcome are counted, a failure is logged with the API's name, and
the API's limit headers are read.

A POST that only reads (a search, a token request) says so with `extensions={"ops_read": True}`.
"""

import asyncio
import socket
import ssl
import time
from collections.abc import AsyncIterator
from typing import Any, cast

import httpx
import structlog

from . import context, deadlines
from .deadlines import DeadlineExceeded
from .histograms import Histograms, Outcome, series
from .mode import ModeKeeper
from .portal import Portal
from .rate_limit import Limit, RateLimiter

CALL_SECONDS = 30.0
"""The total of one call where nothing else is said: as a single freee request (30 s)."""

READS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
FAILURES = frozenset({408, 429})  # answers that count as `condition`, beside 5xx


class OpsTransport(httpx.AsyncBaseTransport):
    """Wraps a transport for one external API, named `api` in every figure."""

    def __init__(
        self,
        api: str,
        mode: ModeKeeper,
        histograms: Histograms,
        limiter: RateLimiter,
        *,
        limit: Limit | None = None,
        total: float = CALL_SECONDS,
        inner: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._api, self._mode, self._histograms = api, mode, histograms
        self._limiter, self._limit, self._total = limiter, limit, total
        self._inner = inner or httpx.AsyncHTTPTransport()

    async def aclose(self) -> None:
        """Close the wrapped transport."""
        await self._inner.aclose()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request. Raises what httpx raises, and the kit's errors."""
        deadlines.check()
        if self._limit is not None:
            await self._limiter.acquire(self._api, self._limit)
        if request.method not in READS and not request.extensions.get("ops_read"):
            await self._permit(request)
        work = context.current.get()
        if work is not None and "traceparent" not in request.headers:
            request.headers["traceparent"] = work.traceparent
        call = _Call(self._api, self._histograms, deadlines.remaining(self._total) or 0.0)
        request.extensions["timeout"] = _bounded(request.extensions.get("timeout"), call.limit)
        async with call:
            response = await self._inner.handle_async_request(request)
        call.status = response.status_code
        await self._limiter.heard(self._api, response.status_code, response.headers)
        stream = cast("httpx.AsyncByteStream", response.stream)
        response.stream = _Measured(stream, call)
        return response

    async def _permit(self, request: httpx.Request) -> None:
        """The last thing before sending: nothing may come between the permit and the write."""
        work = context.current.get()
        if work is not None and work.before_write is not None and not work.dry:
            ahead, work.before_write = work.before_write, None
            await ahead()
        what = f"{self._api}: {request.method} {request.url.host}{request.url.path}"
        await self._mode.guard(what)


class _Call:
    """One call: its total limit, and its figure, counted exactly once."""

    def __init__(self, api: str, histograms: Histograms, limit: float) -> None:
        self._api, self._series, self._histograms = api, series("api", api), histograms
        self._began = time.monotonic()
        self._timer: asyncio.Timeout | None = None
        self._counted = False
        self.limit = limit
        self.status = 0

    async def __aenter__(self) -> None:
        self._timer = asyncio.timeout_at(self._began + self.limit)
        await self._timer.__aenter__()

    async def __aexit__(self, kind: type[BaseException] | None, error: Any, trace: Any) -> None:
        timer = cast("asyncio.Timeout", self._timer)
        try:
            await timer.__aexit__(kind, error, trace)
        except TimeoutError as late:
            if not timer.expired():
                raise
            self.count(Outcome.TIMEOUT)
            deadline = deadlines.current()
            if deadline is not None and deadline.remaining() <= 0:
                raise DeadlineExceeded(deadline) from late
            raise httpx.ReadTimeout(f"no complete answer within {self.limit:g} s") from late
        if error is not None and not isinstance(error, StopAsyncIteration):
            deadline = deadlines.current()
            cut = deadline is not None and deadline.remaining() <= 0
            if cut and isinstance(error, asyncio.CancelledError):
                self.count(Outcome.TIMEOUT)
            elif isinstance(error, Exception):
                self.count(classify(error))

    def count(self, outcome: Outcome) -> None:
        """Count it; a time-out at its limit."""
        if self._counted:
            return
        self._counted = True
        seconds = time.monotonic() - self._began
        if outcome is Outcome.TIMEOUT:
            seconds = max(seconds, self.limit) if seconds > 0.9 * self.limit else seconds
        self._histograms.record(self._series, seconds, time.time(), outcome)
        if outcome is not Outcome.OK and structlog.is_configured():
            self._log(seconds, outcome)

    def _log(self, seconds: float, outcome: Outcome) -> None:
        """A line that names the API. Without the address: it may hold what nobody should read."""
        log = structlog.get_logger()
        write = log.warning if self.status in FAILURES else log.error
        milliseconds = round(seconds * 1000, 2)
        told = {"status": self.status} if self.status else {}
        why = f"status {self.status}" if self.status else outcome.value
        write(
            f"call of {self._api} failed: {why}",
            api=self._api, outcome=outcome.value, ms=milliseconds, **told,
        )  # fmt: skip

    def finish(self) -> None:
        """The answer is complete."""
        failed = self.status >= 500 or self.status in FAILURES
        self.count(Outcome.CONDITION if failed else Outcome.OK)


class _Measured(httpx.AsyncByteStream):
    """The answer's body under the same total limit; counted when it ends."""

    def __init__(self, inner: httpx.AsyncByteStream, call: _Call) -> None:
        self._inner, self._call = inner, call

    async def __aiter__(self) -> AsyncIterator[bytes]:
        chunks = aiter(self._inner)
        while True:
            try:
                async with self._call:
                    chunk = await anext(chunks)
            except StopAsyncIteration:
                self._call.finish()
                return
            yield chunk

    async def aclose(self) -> None:
        await self._inner.aclose()
        self._call.finish()


class SyncTransport(httpx.BaseTransport):
    """The same for threads: the call runs on the kit's event loop, so its total is a true total.

    The body is read whole before the call returns.
    """

    def __init__(self, transport: OpsTransport, portal: Portal) -> None:
        self._transport, self._portal = transport, portal

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request from a thread."""
        return self._portal.call(self._send, request)

    async def _send(self, request: httpx.Request) -> httpx.Response:
        body = request.read() if isinstance(request.stream, httpx.SyncByteStream) else b""
        twin = httpx.Request(
            request.method,
            request.url,
            headers=request.headers,
            content=body,
            extensions=request.extensions,
        )
        response = await self._transport.handle_async_request(twin)
        try:
            # Raw: decoding is the business of the client above, which sees the same headers.
            raw = b"".join([part async for part in response.aiter_raw()])
        finally:
            await response.aclose()
        return httpx.Response(
            response.status_code,
            headers=response.headers,
            stream=httpx.ByteStream(raw),
            extensions={"http_version": response.extensions.get("http_version", b"HTTP/1.1")},
        )


def _bounded(phases: Any, limit: float) -> dict[str, float]:
    """All four phases, none longer than what is left."""
    given = cast("dict[str, float | None]", phases or {})
    found: dict[str, float] = {}
    for phase in ("connect", "read", "write", "pool"):
        value = given.get(phase)
        found[phase] = limit if value is None else min(value, limit)
    return found


def classify(error: BaseException) -> Outcome:
    """The outcome that an exception of an HTTP call stands for."""
    if isinstance(error, httpx.TimeoutException | TimeoutError | DeadlineExceeded):
        return Outcome.TIMEOUT
    if isinstance(error, httpx.TooManyRedirects):
        return Outcome.REDIRECT
    causes = list(_causes(error))
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        return Outcome.RESOLVE
    if any(isinstance(cause, ssl.SSLError) for cause in causes):
        return Outcome.TLS
    if isinstance(error, httpx.ConnectError):
        return Outcome.CONNECT
    return Outcome.PROTOCOL if isinstance(error, httpx.TransportError) else Outcome.INTERNAL


def _causes(error: BaseException) -> list[BaseException]:
    found: list[BaseException] = []
    at: BaseException | None = error
    while at is not None and at not in found:
        found.append(at)
        at = at.__cause__ or at.__context__
    return found

"""One platform's HTTP API: time-outs, retries, rate limits and errors, the same for every adapter.

Only reading is tried again, and only where that may help. An action is sent once: whether a
platform carried out what it did not confirm is seen in what it then reports.
"""

import asyncio
import ssl
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

import httpx

from console.errors import (
    PlatformAway,
    PlatformError,
    PlatformLimited,
    PlatformMissing,
    PlatformUnreadable,
)
from console.platforms.body import body_of
from console.platforms.budget import Budget
from console.platforms.graphql import said
from console.platforms.json_fields import parsed
from console.platforms.page import Page, page_of
from console.platforms.refusal import MOVED, limit_of, refusal_of

CONNECT_SECONDS, READ_SECONDS = 3.0, 10.0
TOTAL_SECONDS = 20.0  # of one call, with its second try
PATIENCE = 5.0  # seconds that a call waits by itself where the platform asks for it
RETRY_AFTER = 0.5  # seconds until the second try of a read
NOT_MODIFIED = 304
REMEMBERED = 64  # answers whose ETag is kept, of at most so many bytes each
REMEMBERED_BYTES = 512 * 1024
_Told = TypeVar("_Told")


class Api:
    """Sends requests of one adapter. `transport` is for tests; `auth` sets the header of a token
    that may change, `trust` is of a server whose certificate no public authority signed.

    With `conditional`, what was read is asked for again by its ETag: a platform that answers 304
    counts no request.
    """

    def __init__(
        self,
        platform: str,
        url: str,
        headers: Mapping[str, str],
        budget: Budget,
        *,
        secrets: tuple[str, ...] = (),
        clock: Callable[[], float] = time.time,
        transport: httpx.AsyncBaseTransport | None = None,
        conditional: bool = False,
        auth: httpx.Auth | None = None,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        self.platform = platform
        self._budget, self._secrets, self._clock = budget, secrets, clock
        self._conditional = conditional
        self._remembered: OrderedDict[str, tuple[str, Page]] = OrderedDict()  # by address
        self._client = httpx.AsyncClient(
            base_url=url,
            headers={"Accept-Encoding": "gzip", **headers},
            timeout=httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS),
            transport=transport,
            auth=auth,
            verify=trust or True,
        )

    def hide(self, value: str) -> None:
        """Take this out of what the platform says from now on: it was sent, and may come back."""
        self._secrets = (*self._secrets, value)

    def said(self, error: Mapping[str, Any]) -> str:
        """The message of an error that the platform tells in an answer, without secrets."""
        return said(error, self._secrets)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def get(
        self, path: str, params: Mapping[str, Any] | None = None, *, accept: str = ""
    ) -> Any:
        """The JSON at a path. Raises PlatformError."""
        return (await self.page(path, params, accept=accept)).told

    async def page(
        self, path: str, params: Mapping[str, Any] | None = None, *, accept: str = ""
    ) -> Page:
        """The same with the address of the next page. Raises PlatformError."""
        chosen = {name: told for name, told in (params or {}).items() if told is not None}
        # an address that leads on has its own parameters: httpx would take them off
        more: dict[str, Any] = {"headers": {"Accept": accept}} if accept else {}
        return await self._read(lambda: self._call("GET", path, params=chosen or None, **more))

    async def ask(self, path: str, body: Any, examine: Callable[[Any], _Told]) -> _Told:
        """Read by POST, as GraphQL does. `examine` makes of the JSON what is wanted, or raises a
        PlatformError, after which it is asked again where that may help."""

        async def asked() -> _Told:
            return examine((await self._call("POST", path, json=body)).told)

        return await self._read(asked)

    async def text(self, path: str, params: Mapping[str, Any] | None = None) -> str:
        """The text at a path, of what is no JSON. Raises PlatformError."""
        return (await self._read(lambda: self._plain(path, params))).decode(errors="replace")

    async def leads_to(self, path: str) -> str:
        """The address that a redirect names, of whatever host: it is not followed with the token.

        Raises PlatformError.
        """
        address = await self._read(lambda: self._plain(path, None, moved=True))
        return address.decode(errors="replace")

    async def _plain(
        self, path: str, params: Mapping[str, Any] | None, *, moved: bool = False
    ) -> bytes:
        """The bytes at a path; with `moved`, of the address where they are."""
        answer, body = await self._exchange(self._request("GET", path, params=params))
        if moved and answer.status_code in MOVED:
            return answer.headers.get("location", "").encode()
        if not answer.is_success:
            raise self._error(answer, body)
        return b"" if moved else body

    async def _read(self, call: Callable[[], Awaitable[_Told]]) -> _Told:
        """What a call gives, tried a second time where that may help."""
        try:
            async with asyncio.timeout(TOTAL_SECONDS):
                return await self._twice(call)
        except TimeoutError:
            raise PlatformAway(f"{self.platform} did not answer in time.") from None

    async def _twice(self, call: Callable[[], Awaitable[_Told]]) -> _Told:
        for last in (False, True):
            self._budget.take(self.platform, self._clock())
            try:
                return await call()
            except PlatformLimited as limited:
                self._budget.pause_until = max(self._budget.pause_until, limited.retry_at)
                wait = limited.retry_at - self._clock()
                if last or wait > PATIENCE:
                    raise
                await asyncio.sleep(max(0.0, wait))
            except PlatformAway:
                if last:
                    raise
                await asyncio.sleep(RETRY_AFTER)
        raise AssertionError  # the second round returns or raises

    async def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        params: Mapping[str, Any] | None = None,
        content_type: str = "",
    ) -> Any:
        """Make one change, once; the JSON of the answer, `None` where it has no body."""
        more: dict[str, Any] = {"headers": {"Content-Type": content_type}} if content_type else {}
        return (await self._call(method, path, json=body, params=params, **more)).told

    async def _call(self, method: str, path: str, **more: Any) -> Page:
        request = self._request(method, path, **more)
        url = str(request.url)
        known = self._remembered.get(url) if method == "GET" else None
        if known is not None:
            request.headers["If-None-Match"] = known[0]
        answer, body = await self._exchange(request)
        if answer.status_code == NOT_MODIFIED and known is not None:
            self._remembered.move_to_end(url)
            return known[1]
        if not answer.is_success:
            raise self._error(answer, body)
        if not body.strip():
            return Page(None)  # 202 and 204
        try:
            told = parsed(body)
        except (ValueError, RecursionError):
            kind = answer.headers.get("content-type", "no type").partition(";")[0]
            text = f"{self.platform} answered something that is not JSON ({kind[:60]})."
            raise PlatformUnreadable(text) from None
        page = page_of(told, answer)
        if self._conditional and method == "GET":
            self._remember(url, answer.headers.get("etag", ""), page, len(body))
        return page

    def _request(self, method: str, path: str, **more: Any) -> httpx.Request:
        if not {".", ".."}.isdisjoint(path.split("/")):  # a name that would lead elsewhere
            raise PlatformMissing(f"{self.platform} knows no such name.")
        try:
            request = self._client.build_request(method, path, **more)
        except httpx.InvalidURL:
            raise PlatformUnreadable(f"{self.platform} leads to an address that is none.") from None
        except ValueError:  # infinity, in a configuration that is sent back
            raise PlatformUnreadable(f"{self.platform} told what cannot be sent back.") from None
        if not self._is_ours(request.url):
            raise PlatformUnreadable(f"{self.platform} leads to another host.")
        return request

    async def _exchange(self, request: httpx.Request) -> tuple[httpx.Response, bytes]:
        try:
            async with asyncio.timeout(TOTAL_SECONDS):
                answer = await self._client.send(request, stream=True)
                try:
                    return answer, await body_of(self.platform, answer)
                finally:
                    await answer.aclose()
        except (TimeoutError, httpx.TimeoutException):
            raise PlatformAway(f"{self.platform} did not answer in time.") from None
        except httpx.HTTPError as error:
            why = type(error).__name__
            raise PlatformAway(f"{self.platform} cannot be reached ({why}).") from None

    def _is_ours(self, url: httpx.URL) -> bool:
        """Whether an address is the platform's own: only there goes the token."""
        own = self._client.base_url
        return (url.scheme, url.host, url.port) == (own.scheme, own.host, own.port)

    def _remember(self, url: str, tag: str, page: Page, size: int) -> None:
        self._remembered.pop(url, None)
        if tag and size <= REMEMBERED_BYTES:
            self._remembered[url] = tag, page
            while len(self._remembered) > REMEMBERED:
                self._remembered.popitem(last=False)

    def _error(self, answer: httpx.Response, body: bytes) -> PlatformError:
        now = self._clock()
        limited = limit_of(self.platform, answer, body, now, self._secrets)
        if limited is None:
            return refusal_of(self.platform, answer, body, now, self._secrets)
        self._budget.pause_until = max(self._budget.pause_until, limited.retry_at)
        return limited

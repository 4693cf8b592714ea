"""The sample service: relays invoices from the accounting API, through a cache.

What is fresh comes from the cache. What is not is fetched, and where that fails an older copy is
given: a cache that is away makes it slow, an accounting API that is away makes it old.
"""

import asyncio
import json
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import redis.asyncio
from opskit import Kit, KitSettings, OpsMiddleware, load
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from console.parent import told
from console.sample.faults import broken
from console.sample.serving import serve

FRESH = 120  # seconds a copy is given without asking
KEPT = 1800  # seconds a copy is kept for when asking fails
CACHE_TIMEOUT = 0.5  # seconds
API_TIMEOUT = 2.0  # seconds for one call in all
TOKEN_MARGIN = 30.0  # seconds before its expiry a token is renewed
UNAUTHORIZED, NOT_FOUND, INTERNAL_ERROR = 401, 404, 500
CACHE_ERRORS = (redis.RedisError, OSError)  # the cache is optional: without it, ask


@dataclass
class Relay:
    """The service's state: its clients and its token."""

    accounting: str
    client_id: str
    client_secret: str
    faults: Path
    cache: Any  # redis.asyncio.Redis, whose commands have incomplete types
    http: httpx.AsyncClient  # the kit's: its calls are counted, and the API's limits published
    kit: Kit
    token: str = ""
    token_ends: float = 0.0
    token_lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def index(self, request: Request) -> Response:
        """What this is."""
        return JSONResponse({"service": "invoice-relay", "sample": True})

    async def items(self, request: Request) -> Response:
        """A page of items."""
        page = int(request.query_params.get("page", "1"))
        return await self._relay(f"/v1/invoices?page={page}")

    async def item(self, request: Request) -> Response:
        """One item."""
        return await self._relay(f"/v1/invoices/{request.path_params['number']}")

    async def health(self, request: Request) -> Response:
        """Health in application/health+json, with what the service depends on."""
        now = time.time()
        cache, accounting = await asyncio.gather(
            _timed(self.cache.ping()), _timed(self._get("/status"))
        )
        # without its cache the service is slow; without accounting it soon has nothing to give
        checks = {
            "cache:responseTime": [_sub_check("datastore", cache, "warn", now)],
            "accounting:responseTime": [_sub_check("component", accounting, "fail", now)],
        }
        statuses = {str(check["status"]) for found in checks.values() for check in found}
        status = next((s for s in ("fail", "warn") if s in statuses), "pass")
        body = {"status": status, "serviceId": "invoice-relay", "version": "1", "checks": checks}
        return JSONResponse(
            body, 503 if status == "fail" else 200, media_type="application/health+json"
        )

    async def _relay(self, path: str) -> Response:
        counters = self.kit.cache.counters("invoices")
        copy = await self._cached(path)
        if copy and time.time() - copy["at"] < FRESH:
            counters.hits_redis += 1
            counters.calls_saved += 1
            counters.saved_ms += copy.get("ms", 0.0)
            return JSONResponse(copy["body"], headers={"X-Cache": "hit"})
        counters.misses += 1
        began = time.perf_counter()
        try:
            body = await self._get(path, authorized=True)
        except (httpx.HTTPError, TimeoutError) as error:
            counters.errors += 1
            if isinstance(error, httpx.HTTPStatusError) and error.response.status_code == NOT_FOUND:
                return JSONResponse({"error": "no such item"}, 404)
            if copy:
                counters.stale += 1
                return JSONResponse(copy["body"], headers={"X-Cache": "stale"})
            return JSONResponse({"error": "accounting is away"}, 503, {"Retry-After": "10"})
        await self._keep(path, body, 1000 * (time.perf_counter() - began))
        return JSONResponse(body, headers={"X-Cache": "miss"})

    async def _cached(self, path: str) -> dict[str, Any] | None:
        try:
            found = await self.cache.get(path)
        except CACHE_ERRORS:
            return None
        return json.loads(found) if found else None

    async def _keep(self, path: str, body: object, milliseconds: float) -> None:
        copy = json.dumps({"at": time.time(), "body": body, "ms": round(milliseconds, 1)})
        try:
            await self.cache.set(path, copy, ex=KEPT)
        except CACHE_ERRORS:
            return

    async def _get(self, path: str, *, authorized: bool = False) -> Any:
        """One call of the API. Raises httpx.HTTPError or TimeoutError."""
        async with asyncio.timeout(API_TIMEOUT):
            bearer = {"Authorization": f"Bearer {await self._token()}"} if authorized else {}
            answer = await self.http.get(self.accounting + path, headers=bearer)
            if answer.status_code == INTERNAL_ERROR:  # a mood that mostly passes
                answer = await self.http.get(self.accounting + path, headers=bearer)
            if answer.status_code == UNAUTHORIZED:
                self.token_ends = 0.0  # the API was restarted: the next call gets a new token
            return answer.raise_for_status().json()

    async def _token(self) -> str:
        async with self.token_lock:
            if time.time() > self.token_ends - TOKEN_MARGIN:
                form = {"client_id": self.client_id, "client_secret": self.client_secret}
                form["grant_type"] = "client_credentials"
                answer = await self.http.post(
                    f"{self.accounting}/oauth/token",
                    data=form,
                    extensions={"ops_read": True},  # changes nothing there: no mode forbids it
                )
                found = answer.raise_for_status().json()
                self.token = found["access_token"]
                self.token_ends = time.time() + found["expires_in"]
            return self.token


async def _timed(call: Any) -> float | None:
    """Seconds that a call takes; `None` where it fails."""
    start = time.perf_counter()
    try:
        await call
    except (*CACHE_ERRORS, httpx.HTTPError):
        return None
    return time.perf_counter() - start


def _sub_check(kind: str, seconds: float | None, without: str, now: float) -> dict[str, object]:
    """A sub-check; `without` is its status where there was no answer."""
    told: dict[str, object] = {"componentType": kind, "status": without, "time": _iso(now)}
    if seconds is None:
        return {**told, "output": "no answer"}
    milliseconds = round(seconds * 1000, 1)
    return {**told, "status": "pass", "observedValue": milliseconds, "observedUnit": "ms"}


def _iso(at: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))


class Breakable:
    """Answers 500 to everything while the relay is to be broken."""

    def __init__(self, app: Any, faults: Path) -> None:
        self.app = app
        self.faults = faults

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Handle one request."""
        if scope["type"] == "http" and broken(self.faults, "relay", time.time()):
            await JSONResponse({"error": "broken for a demonstration"}, 500)(scope, receive, send)
            return
        await self.app(scope, receive, send)


def create(relay: Relay) -> Starlette:
    """The application."""

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncGenerator[None]:
        yield
        await relay.http.aclose()
        await relay.cache.aclose()

    app = Starlette(
        routes=[
            Route("/", relay.index),
            Route("/health", relay.health),
            Route("/items", relay.items),
            Route("/items/{number:int}", relay.item),
        ],
        lifespan=lifespan,
    )
    app.add_middleware(Breakable, faults=relay.faults)
    app.add_middleware(OpsMiddleware, kit=relay.kit, health=False)
    return app


def connect(given: dict[str, Any]) -> Relay:
    """The relay with its clients."""
    pools: Any = redis.asyncio.ConnectionPool  # its types are incomplete
    pool = pools.from_url(
        given["cache"],
        socket_timeout=CACHE_TIMEOUT,
        socket_connect_timeout=CACHE_TIMEOUT,
        retry=Retry(NoBackoff(), 0),
    )
    settings = {"OPS_SERVICE": "invoice-relay", "REDIS_URL": given["cache"], "DRY_RUN": "false"}
    settings["OPS_FINGERPRINT_KEY"] = given["fingerprint_key"]
    kit = Kit(load(KitSettings, settings), environ=settings)
    http = kit.client("accounting", total=API_TIMEOUT)
    keys = (given["accounting"], given["client_id"], given["client_secret"])
    return Relay(*keys, Path(given["faults"]), redis.asyncio.Redis.from_pool(pool), http, kit)


if __name__ == "__main__":
    told_by_parent = told()
    serve(create(connect(told_by_parent)), told_by_parent["port"])

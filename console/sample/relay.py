"""The sample service: an invoice relay, written as the users of the kit would write theirs.

It receives orders as items of the month's closing, and books each as an invoice in the accounting
API, which allows 60 requests a minute and wants OAuth with refresh tokens that work once. It shows
the invoices from a cache: what is not fresh is asked for, and where that fails an older copy does.
"""

import asyncio
import contextlib
import random
import time
import zlib
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from opskit import (
    ItemFailed,
    Kit,
    Limit,
    OpsMiddleware,
    RedisError,
    load,
    oauth_refresh,
    stage,
    within,
    work,
    work_through,
)
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from console.parent import told
from console.sample.faults import Breakable
from console.sample.relay_settings import RelaySettings
from console.sample.serving import serve

LOOK_EVERY = 2.0  # seconds between two looks at whether the accounting API is there
NOT_FOUND, UNUSABLE, CROWDED, SERVER_ERROR = 404, 422, 429, 500


class Relay:
    """The service."""

    def __init__(self, settings: RelaySettings, kit: Kit) -> None:
        self.settings, self.kit = settings, kit
        self.accounting = self.client("accounting", Limit(settings.rate_limit_per_minute))
        self.sign_in = self.client("accounting", None)  # not limited there
        self.probe = httpx.AsyncClient(  # no work of the relay: its calls are in no figure
            timeout=settings.api_timeout_seconds, base_url=settings.accounting_url
        )
        secret = settings.accounting_client_secret.get_secret_value()
        refresh = oauth_refresh(self.sign_in, "/oauth/token", settings.accounting_client_id, secret)
        seed = settings.accounting_refresh_token.get_secret_value()
        self.token = kit.token("accounting", refresh, seed=seed)
        self.ledger = kit.ledger(time.strftime("%Y-%m"))
        self.trouble = "was not asked yet"  # of the accounting API; empty while it answers
        kit.checks["accounting:status"] = self.status
        kit.item(self.book)

    def client(self, name: str, limit: Limit | None) -> httpx.AsyncClient:
        """A client of the accounting API, under that name in every figure."""
        total, connect = (
            self.settings.api_timeout_seconds,
            self.settings.api_connect_timeout_seconds,
        )
        return httpx.AsyncClient(
            transport=self.kit.transport(name, limit=limit, total=total),
            timeout=httpx.Timeout(total, connect=connect),
            base_url=self.settings.accounting_url,
        )

    async def book(self, item: str) -> dict[str, Any]:
        """One item: book the order as an invoice, once, whatever happens on the way."""
        customer, amount = order(item)
        present = work.get()
        if present is not None and present.uncertain:  # someone died while booking it: look first
            with stage("read back"):
                found = await self.call("GET", f"/v1/invoices/{item}")
                if found is not None:
                    return found
        with stage("customer"):
            patience = self.settings.item_timeout_seconds
            terms = await self.read("customers", f"/v1/customers/{customer}", patience)
        with stage("book"):
            invoice = {"number": item, "customer": customer, "amount": amount, **terms}
            return await self.call(
                "POST", "/v1/invoices", json=invoice, headers={"Idempotency-Key": item}
            )

    async def read(self, prefix: str, path: str, patience: float) -> Any:
        """What the accounting API has at `path`, through the cache. None where it has nothing.

        Asking waits `patience` seconds at most for the rate limit and the answer.
        """

        async def ask() -> Any:
            async with within(patience):
                return await self.call("GET", path)

        return await self.kit.cache.get(prefix, path, ask, ttl=self.settings.cache_fresh_seconds)

    async def call(self, method: str, path: str, **options: Any) -> Any:
        """One call, made again where the API answers 429 or 5xx: its writes have idempotency keys.
        After a 429 the kit's limit lets the second one wait for as long as the API has asked.

        Returns None for 404. Raises httpx.HTTPError, ItemFailed and the kit's other errors.
        """
        headers = options.pop("headers", {})
        headers["Authorization"] = f"Bearer {await self.token.get()}"
        answer = await self.accounting.request(method, path, headers=headers, **options)
        for attempt in range(self.settings.api_max_retries):
            if answer.status_code != CROWDED and answer.status_code < SERVER_ERROR:
                break
            await asyncio.sleep(self.wait(attempt))
            answer = await self.accounting.request(method, path, headers=headers, **options)
        if answer.status_code == NOT_FOUND:
            return None
        if answer.status_code == UNUSABLE:
            raise ItemFailed(answer.json()["error"])
        return answer.raise_for_status().json()

    def wait(self, attempt: int) -> float:
        """Seconds before the next attempt: callers that failed together do not return together."""
        jitter = random.uniform(0, self.settings.retry_jitter_ms)  # noqa: S311 - no secret
        return (self.settings.retry_base_ms * 2**attempt + jitter) / 1000

    async def receive(self, request: Request) -> Response:
        """POST /items: new orders, as items of this month's closing."""
        body = await request.json()
        month = time.strftime("%Y-%m")
        if month != self.ledger.closing:
            self.ledger = self.kit.ledger(month)
        with stage("ledger"):
            new = await self.ledger.add([str(item) for item in body["items"]])
        return JSONResponse({"new": new, "closing": month}, 202)

    async def items(self, request: Request) -> Response:
        """GET /items: a page of invoices."""
        page = int(request.query_params.get("page", "1"))
        patience = self.settings.api_timeout_seconds
        with stage("accounting"):
            found = await self.read("pages", f"/v1/invoices?page={page}", patience)
        return JSONResponse(found)

    async def item(self, request: Request) -> Response:
        """GET /items/{number}: one invoice."""
        path, patience = (
            f"/v1/invoices/{request.path_params['number']}",
            self.settings.api_timeout_seconds,
        )
        with stage("accounting"):
            found = await self.read("invoices", path, patience)
        return JSONResponse(found or {"error": "no such invoice"}, 200 if found else 404)

    def status(self) -> tuple[str, str]:
        """What /health says of the accounting API: without it, there soon is nothing to show."""
        return ("fail", self.trouble) if self.trouble else ("pass", "answers")

    async def watch(self) -> None:
        """Look again and again whether the accounting API is there."""
        while True:
            try:
                (await self.probe.get("/status")).raise_for_status()
                self.trouble = ""
            except httpx.HTTPStatusError as error:
                self.trouble = f"answers {error.response.status_code}"
            except httpx.HTTPError as error:
                self.trouble = f"does not answer ({type(error).__name__})"
            await asyncio.sleep(LOOK_EVERY)

    async def work_on(self) -> None:
        """Work on the closing of the month, until the instance is stopped."""
        with contextlib.suppress(RedisError):  # else the first order tells of it
            await self.ledger.add([])  # the closing is there from the start, though empty
        while not self.kit.draining.is_set():
            await work_through(self.kit, self.ledger, self.settings.item_timeout_seconds)


def order(item: str) -> tuple[str, float]:
    """Customer and amount of an order. The sample has no shop: both follow from the number."""
    number = zlib.crc32(item.encode())
    return f"C{number % 400:03}", (number % 90_000 + 10_000) / 100


async def away(_request: Request, _error: Exception) -> Response:
    """The answer while the accounting API is away and there is no copy."""
    return JSONResponse({"error": "accounting is away"}, 503, {"Retry-After": "10"})


def create(relay: Relay) -> Starlette:
    """The application: the routes, and the kit's middleware around them."""

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncGenerator[None]:
        workers = [asyncio.create_task(relay.work_on()) for _ in range(relay.settings.workers)]
        watcher = asyncio.create_task(relay.watch())
        yield
        # an item that waits for the rate limit comes back to another instance
        await relay.kit.drain(relay.settings.graceful_shutdown_seconds)
        for task in (*workers, watcher):
            task.cancel()
        await relay.accounting.aclose()
        await relay.sign_in.aclose()
        await relay.probe.aclose()

    app = Starlette(
        routes=[
            Route("/items", relay.items),
            Route("/items", relay.receive, methods=["POST"]),
            Route("/items/{number}", relay.item),
        ],
        exception_handlers={httpx.HTTPError: away},
        lifespan=lifespan,
    )
    app.add_middleware(OpsMiddleware, kit=relay.kit)
    return app


if __name__ == "__main__":
    given = told()
    environment: dict[str, str] = given["environment"]
    settings = load(RelaySettings, environment)
    kit = Kit(settings, environ=environment)
    app = Breakable(create(Relay(settings, kit)), given["faults"], kit.log)
    serve(app, given["port"], settings.graceful_shutdown_seconds)

"""One instance of a small service, as its users would write it; the tests start several."""

import asyncio
import os
import socket
from contextlib import asynccontextmanager

import uvicorn
from opskit import (
    Kit,
    KitSettings,
    Limit,
    OpsMiddleware,
    load,
    oauth_refresh,
    optional,
    required,
    stage,
    work,
    work_through,
)
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.kit.accounting_server import SEED


class Settings(KitSettings):
    accounting_url: str = required("Base URL of the accounting API")
    calls_a_minute: int = optional(600, "Its rate limit")
    closing: str = optional("", "Closing to work through")
    workers: int = optional(2, "Items at once")
    lease_seconds: float = optional(2.0, "Lease of an item")


settings = load(Settings)
kit = Kit(settings)
limit = Limit(settings.calls_a_minute, 60.0)
api = kit.client("accounting", limit=limit, total=20.0, base_url=settings.accounting_url)
oauth = kit.client("sign-in", total=20.0)
token = kit.token(
    "accounting",
    oauth_refresh(oauth, f"{settings.accounting_url}/token", "id", "secret"),
    seed=SEED,
    lock_seconds=float(os.environ.get("LOCK_SECONDS", "2")),
)


@kit.item
async def book(item: str) -> dict[str, object]:
    at_hand = work.get()
    assert at_hand is not None
    if at_hand.uncertain:
        with stage("read back"):
            found = (await api.get("/invoices", params={"number": item})).json()["items"]
            if found:
                return {"number": item, "found": True}
    with stage("post"):
        key = {"Idempotency-Key": at_hand.idempotency_key}
        answer = await api.post("/invoices", json={"number": item}, headers=key)
        answer.raise_for_status()
    return {"number": item, "id": answer.json()["id"]}


async def token_print(request: Request) -> Response:
    return JSONResponse({"token": await token.get()})


async def take(request: Request) -> Response:
    await kit.limits.take("accounting", limit)
    return JSONResponse({"instance": kit.identity.instance})


async def rate(request: Request) -> Response:
    async def load_it() -> dict[str, object]:
        response = await api.get("/invoices", params={"number": "rate"})
        return response.json()

    value = await kit.cache.get("rates", request.path_params["name"], load_it, ttl=60)
    return JSONResponse(value)


async def sleep(request: Request) -> Response:
    kit.log.info("sleeping")
    await asyncio.sleep(float(request.path_params["seconds"]))
    return JSONResponse({"slept": True})


@asynccontextmanager
async def lifespan(app: Starlette):
    tasks = []
    if settings.closing:
        ledger = kit.ledger(settings.closing, lease=settings.lease_seconds)
        seconds = settings.lease_seconds * 0.75
        tasks = [
            asyncio.create_task(work_through(kit, ledger, seconds)) for _ in range(settings.workers)
        ]
    yield
    await kit.drain()
    await asyncio.gather(*tasks)


app = Starlette(
    routes=[
        Route("/token", token_print),
        Route("/take", take),
        Route("/rates/{name}", rate),
        Route("/sleep/{seconds}", sleep),
    ],
    lifespan=lifespan,
)
app.add_middleware(OpsMiddleware, kit=kit)

if __name__ == "__main__":
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=5)
    print(f"listening on {listener.getsockname()[1]} ", flush=True)
    uvicorn.Server(config).run(sockets=[listener])

"""A small service that greets. Change it, commit, push, and watch it go out."""

import asyncio
import os

import uvicorn
from opskit import Kit, KitSettings, OpsMiddleware, load, optional
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route


class Settings(KitSettings):
    """Every environment variable of this service, beside the kit's."""

    greeting: str = optional("Hello", "What it says")


settings = load(Settings)
kit = Kit(settings)


async def greet(request: Request) -> PlainTextResponse:
    """Greets whoever `?name=` says."""
    await asyncio.sleep(0.005)  # the work
    name = request.query_params.get("name", "world")
    return PlainTextResponse(f"{settings.greeting}, {name}!\n")


app = Starlette(routes=[Route("/", greet)])
app.add_middleware(OpsMiddleware, kit=kit)  # also answers /health

if __name__ == "__main__":
    kit.log.info("greeter starts", greeting=settings.greeting)
    uvicorn.run(app, host="127.0.0.1", port=int(os.environ["PORT"]), log_level="warning")

"""The routes over a real Valkey server, without the web server around them."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
import streamlit
from pydantic import SecretStr
from starlette.applications import Starlette

from console.config import Config, Settings
from console.routes import routes
from console.runtime import Runtime, set_runtime
from console.store.read import Store
from tests.routes.shop import SHOP, TOKEN, fill


@pytest.fixture
def heartbeat_age() -> float | None:
    """How old the collector's last heartbeat is; `None`: there never was one."""
    return 5.0


@pytest.fixture
def store(valkey_url: str, heartbeat_age: float | None) -> Iterator[Store]:
    if heartbeat_age is not None:
        asyncio.run(fill(valkey_url, age=heartbeat_age))
    fresh = Store(valkey_url, "local")
    yield fresh
    fresh.close()


@pytest.fixture(autouse=True)
def runtime(store: Store) -> Iterator[Runtime]:
    settings = Settings(api_token=SecretStr(TOKEN))
    runtime = Runtime(Config(settings, (SHOP,)), store)
    set_runtime(runtime)
    yield runtime
    set_runtime(None)


@pytest.fixture(autouse=True)
def _on_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """Streamlit was told to listen on localhost, and no platform hosts it."""
    monkeypatch.setattr(streamlit, "get_option", lambda name: "localhost")
    for variable in ("HOSTNAME", "KUBERNETES_SERVICE_HOST", "RENDER", "DYNO"):
        monkeypatch.delenv(variable, raising=False)


def client(peer: str, host: str) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(Starlette(routes=routes), client=(peer, 50000))
    return httpx.AsyncClient(transport=transport, base_url=f"http://{host}")


@pytest.fixture
async def remote() -> AsyncIterator[httpx.AsyncClient]:
    """A caller from another machine."""
    async with client("192.0.2.7", "console.test") as calls:
        yield calls


@pytest.fixture
async def local() -> AsyncIterator[httpx.AsyncClient]:
    """A caller on the same machine."""
    async with client("127.0.0.1", "localhost:8501") as calls:
        yield calls

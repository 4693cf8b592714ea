"""A platform's API limits calls by the token: of several collectors only one may ask it."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from console.collector import deployments
from console.collector.collector import Collector
from console.config import Config, Settings
from console.deployments import load as document
from console.health.check import Check, Service
from console.store.profile import Profile
from console.store.read import Store
from console.store.spool import Spool
from console.store.write import CollectorStore
from tests.kit.support import Serving, until

LIMIT = 60.0  # seconds that anything may take on a loaded machine
DEPLOYED = {
    "deploy": {
        "id": "dep-1",
        "status": "live",
        "createdAt": "2026-11-24T03:00:00Z",
        "finishedAt": "2026-11-24T03:01:00Z",
        "commit": {"id": "3f2a1b9" + "0" * 33, "message": "Pay twice"},
    },
    "cursor": "",
}


@pytest.fixture
def asked() -> Counter[str]:
    """How often each collector asked, by the token it has."""
    return Counter()


@pytest.fixture
def url(asked: Counter[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    async def answer(request: Request) -> JSONResponse:
        asked[request.headers["authorization"].removeprefix("Bearer ")] += 1
        return JSONResponse([DEPLOYED] if request.url.path.endswith("/deploys") else [])

    serving = Serving(Starlette(routes=[Route("/{path:path}", answer)]))
    found = serving.begin()

    monkeypatch.setattr(deployments, "REMOTE_SECONDS", 0.1)
    monkeypatch.setattr(Profile, "lease_ttl", property(lambda self: 3.0))
    yield found
    serving.end()


class Running:
    """A collector that can be stopped."""

    def __init__(self, name: str, store_url: str, api: str, data: Path) -> None:
        check = Check(name="web", url="http://127.0.0.1:1", interval=3600)
        service = Service(
            name="shop", checks=(check,), platform="render", platform_service="srv-1",
            platform_token_env="TOKEN", platform_url=api,
        )  # fmt: skip
        settings = Settings.model_validate({"data_dir": data})
        config = Config(settings, (service,), secrets={"TOKEN": name}).with_store(store_url)
        self.spool, self._stop = Spool(data / name), asyncio.Event()
        self.store = CollectorStore(store_url, owner=self.spool.id)
        self._task = asyncio.create_task(
            Collector(config, self.store, self.spool).run(self._stop), name=name
        )

    async def stop(self) -> None:
        self._stop.set()
        await self._task
        self.spool.close()


async def test_of_two_collectors_one_asks_the_platform_and_the_other_goes_on_where_it_ends(
    asked: Counter[str], url: str, valkey_url: str, tmp_path: Path
):
    store = Store(valkey_url)
    first = Running("one", valkey_url, url, tmp_path)
    await until(lambda: asked["one"] >= 4, LIMIT)
    second = Running("two", valkey_url, url, tmp_path)
    try:
        before = asked["one"]
        await until(lambda: asked["one"] >= before + 20, LIMIT)  # the second one is there by then
        assert asked["two"] == 0
        await until(lambda: document.load(store, "shop") is not None, LIMIT)
        await first.stop()
        stopped = asked["one"]
        await until(lambda: asked["two"] >= 8, LIMIT)
        assert asked["one"] == stopped
        found = document.load(store, "shop")
        assert found is not None
        assert [one.deployment.commit[:7] for one in found.records] == ["3f2a1b9"]
        assert store.events("shop", 0, 1e12) == []  # it was there before both: no news of it
    finally:
        await second.stop()
        store.close()

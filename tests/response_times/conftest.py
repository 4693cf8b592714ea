"""The page over a real store with a past of its own."""

import asyncio
import time
from collections.abc import Callable, Iterator

import pytest

from console.config import Config, Settings
from console.health.check import Check, Service
from console.runtime import Runtime, set_runtime
from console.store.read import Store
from tests.pages.screen import Screen
from tests.response_times.made_history import Past, write

Open = Callable[..., Screen]

WEB = Check(name="web", title="Website", url="https://shop.example", slow_after=1.0)
SHOP = Service(name="shop", title="Shop", url="https://shop.example", checks=(WEB,))


@pytest.fixture(autouse=True)
def no_runtime_stays() -> Iterator[None]:
    yield
    set_runtime(None)


def use(url: str, *services: Service) -> None:
    """Make the store at `url` that of the running console."""
    config = Config(Settings.model_validate({}), services).with_store(url)
    set_runtime(Runtime(config, Store(url)))


@pytest.fixture
def open_page(valkey_url: str, operator: None) -> Open:
    """Write a past of the first service, and open the page as an operator."""

    def opened(past: Past | None = None, *services: Service, **query: str) -> Screen:
        services = services or (SHOP,)
        asyncio.run(write(valkey_url, services[0].name, past or Past(), time.time()))
        use(valkey_url, *services)
        return Screen("response_times", **query)

    return opened

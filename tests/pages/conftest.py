"""Pages over a real store that holds what a collector would have written."""

import asyncio
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from console.config import Config, Settings
from console.health.check import Service
from console.runtime import Runtime, set_runtime
from console.store.read import Store
from tests.pages.filling import fill
from tests.pages.screen import Screen

Show = Callable[..., Screen]


def use(url: str, *services: Service, **settings: str) -> None:
    """Make the store at `url` that of the running console."""
    config = Config(Settings.model_validate(settings), services).with_store(url)
    set_runtime(Runtime(config, Store(url)))


@pytest.fixture(autouse=True)
def no_runtime_stays() -> Iterator[None]:
    yield
    set_runtime(None)


@pytest.fixture
def show(valkey_url: str, operator: None) -> Show:
    """Fill the store for a service and open a page of it, as an operator."""
    return shower(valkey_url)


def shower(url: str) -> Show:
    def show(page: str, service: Service, *, query: dict[str, str] | None = None, **how: Any):
        now = how.pop("now", time.time())
        asyncio.run(fill(url, service, now, **how))
        use(url, service)
        return Screen(page, **(query or {}))

    return show

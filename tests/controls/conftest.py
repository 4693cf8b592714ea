"""A desk over a real store, and a service of real instances that run on the kit."""

from collections.abc import Callable, Iterator

import pytest

from console.access import Role, Visitor
from console.config import Config, Settings
from console.controls.desk import Desk
from console.controls.running import Running
from console.health.check import Check, Service
from tests.kit.conftest import accounting, own_valkey, serve_app, spawn
from tests.kit.support import RUN_TOKEN, SERVICE

__all__ = ["accounting", "own_valkey", "serve_app", "spawn"]

ANN = Visitor("ann", Role.OPERATOR, "")
BOB = Visitor("bob", Role.OPERATOR, "")
EVE = Visitor("eve", Role.VIEWER, "You may look.", "Ask for it.")

MakeDesk = Callable[..., tuple[Desk, Running, Service]]


@pytest.fixture
def make_desk(valkey_url: str) -> Iterator[MakeDesk]:
    """Makes desks: of a service's Redis and address, and of a store."""
    made: list[Desk] = []

    def make(
        url: str = "", *, redis: str = valkey_url, store: str = valkey_url, **more: object
    ) -> tuple[Desk, Running, Service]:
        settings = Settings.model_validate(more.pop("settings", {}))
        check = Check(name="cache", type="redis", url_env="REDIS_URL")
        told = {"name": SERVICE, "url": url, "checks": (check,), "run_token_env": "RUN_TOKEN"}
        service = Service.model_validate({**told, **more})
        secrets = {"REDIS_URL": redis, "RUN_TOKEN": RUN_TOKEN}
        config = Config(settings, (service,), secrets=secrets).with_store(store)
        made.append(Desk(config))
        return made[-1], Running(config, made[-1]), service

    yield make
    for desk in made:
        desk.stop()

"""Kits, instances in processes of their own, and an accounting API that remembers every write."""

import contextlib
import itertools
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from opskit import Kit, KitSettings, load
from opskit.keys import Keys
from opskit.server import Server

from tests.kit.accounting_server import Accounting
from tests.kit.support import HERE, ROOT, SERVICE, WAIT, Instance, MakeKit, Serving, Sink, Spawn
from tests.kit.support import environment as variables_of
from tests.valkey_process import ValkeyProcess


@pytest.fixture
def keys() -> Keys:
    return Keys(SERVICE)


@pytest.fixture
async def server(valkey_url: str) -> AsyncIterator[Server]:
    """A client of an empty server."""
    client = Server(valkey_url)
    yield client
    await client.close()


@pytest.fixture(params=["scripts", "transactions"])
async def either_server(valkey_url: str, request: pytest.FixtureRequest) -> AsyncIterator[Server]:
    """The same, with scripts and where scripts are refused."""
    client = Server(valkey_url)
    client.scripts_refused = request.param == "transactions"
    yield client
    await client.close()


@pytest.fixture
async def make_kit(valkey_url: str) -> AsyncIterator[MakeKit]:
    """Makes kits that run; all stop with the test."""
    made: list[Kit] = []

    async def make(
        start: bool = True,
        url: str = valkey_url,
        *,
        interval: float | None = None,
        **variables: str,
    ) -> Kit:
        environ = variables_of(url, **variables)
        environ = {name: text for name, text in environ.items() if text}
        kit = Kit(load(KitSettings, environ), environ=environ, log_stream=Sink())
        made.append(kit)
        if interval is not None:  # seconds between two heartbeats, for a test that waits for one
            kit.heart.profile = replace(kit.heart.profile, interval=interval)
        if start:
            await kit.start()
        return kit

    yield make
    for kit in made:
        kit.in_flight._open.clear()
        with contextlib.suppress(Exception):
            await kit.stop()


@pytest.fixture
async def kit(make_kit: MakeKit) -> Kit:
    """A running kit, live because DRY_RUN=false and no mode was ever set."""
    return await make_kit()


@pytest.fixture
def serve_app() -> Iterator[Callable[[Any], str]]:
    """Serve an ASGI app over real HTTP."""
    running: list[Serving] = []

    def serve(app: Any) -> str:
        running.append(Serving(app))
        return running[-1].begin()

    yield serve
    for serving in running:
        serving.end()


@pytest.fixture
def accounting(serve_app: Callable[[Any], str]) -> Accounting:
    """The accounting API over real HTTP."""
    api = Accounting()
    api.url = serve_app(api.app())
    return api


@pytest.fixture
def spawn(tmp_path: Path, valkey_url: str) -> Iterator[Spawn]:
    """Starts instances; what still runs is killed at the end of the test."""
    running: list[Instance] = []
    numbers = itertools.count()

    def start(api: str, url: str = valkey_url, **variables: str) -> Instance:
        log = tmp_path / f"instance-{next(numbers)}.log"
        path = f"{ROOT / 'console' / 'kit'}{os.pathsep}{ROOT}"
        environ = variables_of(url, ACCOUNTING_URL=api, PYTHONPATH=path, **variables)
        environ["PATH"] = os.environ["PATH"]
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, str(HERE / "instance.py")],
                env=environ,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        instance = Instance(process, log, 0)
        running.append(instance)
        end = time.monotonic() + WAIT
        while "listening on " not in instance.lines():
            if process.poll() is not None or time.monotonic() > end:
                pytest.fail(f"the instance did not start:\n{instance.lines()}")
            time.sleep(0.02)
        port = instance.lines().split("listening on ")[1].split()[0]
        instance.url = f"http://127.0.0.1:{port}"
        return instance

    yield start
    for instance in running:
        if instance.process.poll() is None:
            instance.kill()


@pytest.fixture
def own_valkey(tmp_path: Path) -> Iterator[ValkeyProcess]:
    """A server of the test's own, which may be killed and paused."""
    directory = tmp_path / "own"
    directory.mkdir()
    server = ValkeyProcess(directory)
    server.start()
    yield server
    server.resume()
    server.kill()

"""The checklist of the sample service: real processes, a real run, real figures."""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest
from pydantic import TypeAdapter

from console.access import Role, Visitor
from console.cache.gather import CacheReader
from console.cache.model import Snapshot as CacheSnapshot
from console.checklist.load import load
from console.checklist.model import Answer, Item
from console.config import Config
from console.controls.desk import Desk
from console.controls.running import Running
from console.instances.gather import read_instances
from console.instances.model import Snapshot as InstancesSnapshot
from console.sample.service import CACHE_VARIABLE, RUN_TOKEN_VARIABLE, SERVICE, service
from console.sample.world import World
from console.service_redis import ServiceRedis
from console.settings.gather.reports import SettingsReader
from console.settings.load import ADAPTER
from console.store import keys
from console.store.documents import packed
from console.store.read import Store
from tests.checklist.storing import config
from tests.pages.filling import fill
from tests.processes import wait_until
from tests.valkey_process import ValkeyProcess

ANN = Visitor("ann", Role.OPERATOR, "")
INSTANCES = 2  # of the sample
LIMIT = 40.0  # seconds for anything on a loaded machine


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, ValkeyProcess]]:
    server = ValkeyProcess(tmp_path_factory.mktemp("store"))
    server.start()
    made = World(tmp_path_factory.mktemp("data"), server.url, 2)
    try:
        made.start()
        yield made, server
    finally:
        made.stop()
        server.kill()


async def collect(url: str, server: ValkeyProcess) -> None:
    """What the collector would read of the service's Redis, into the console's store."""
    redis, now = ServiceRedis(url), time.time()
    try:
        instances = await read_instances(redis, SERVICE, now)
        told = await SettingsReader(redis, SERVICE).read(instances)
        cache = await CacheReader(redis, SERVICE).read(now)
    finally:
        await redis.close()
    documents = {
        "instances": TypeAdapter(InstancesSnapshot).dump_json(instances),
        "settings": ADAPTER.dump_json(told),
        "cache": TypeAdapter(CacheSnapshot).dump_json(cache),
    }
    with server.client() as client:
        for name, document in documents.items():
            client.hset(keys.found(SERVICE), name, packed(document))


async def test_the_sample_passes_what_it_can_and_a_dry_run_adds_the_rest(
    world: tuple[World, ValkeyProcess],
):
    sample, server = world
    at = sample.addresses
    assert at is not None
    wait_until(lambda: healthy(at.relay_url), LIMIT)
    secrets = {CACHE_VARIABLE: at.cache, RUN_TOKEN_VARIABLE: sample.run_token}
    made = replace(config(server.url, service(at)), secrets=secrets)
    store, desk = Store(server.url, "local"), Desk(made)
    try:
        await fill(server.url, made.services[0], time.time())  # its checks; other tests probe them
        found = await until(store, made, server, ("variables", "tokens", "switch"))
        assert found["dry_run"].answer is Answer.UNKNOWN
        assert found["single"].answer is Answer.UNKNOWN
        running = Running(made, desk)
        running.run(ANN, made.services[0], "INV-checklist", dry=True, key="k" * 16)
        wait_until(lambda: running.runs(SERVICE)[0].state == "ended", LIMIT)
        found = await until(store, made, server, ("dry_run", "single"))
        assert "commit sample" in " ".join(found["dry_run"].finding.evidence)
    finally:
        desk.stop()
        store.close()


async def until(
    store: Store, made: Config, server: ValkeyProcess, keys_of: tuple[str, ...]
) -> dict[str, Item]:
    """The items, once these pass for both instances: one may not have said everything yet."""
    deadline, url = time.monotonic() + LIMIT, made.secrets[CACHE_VARIABLE]
    while True:
        await collect(url, server)
        found = items(store, made)
        late = [found[key] for key in keys_of if found[key].answer is not Answer.PASS]
        if not late and found["variables"].finding.of == INSTANCES:
            return found
        assert time.monotonic() < deadline, [one.text for one in late]
        await asyncio.sleep(0.2)


def healthy(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health", timeout=5).json().get("status") == "pass"
    except (httpx.HTTPError, ValueError):
        return False


def items(store: Store, made: Config) -> dict[str, Item]:
    found = load(store, made, made.services[0], time.time())
    return {one.question.key: one for one in found.items}

"""What real instances of the kit report, over a real server."""

import asyncio
import time
from collections.abc import Iterable
from datetime import tzinfo

import pytest
from opskit import Kit, KitSettings, load

from console.collector.reader import Reader
from console.collector.recorder import Recorder
from console.config import Config, Settings
from console.health.check import Check, Service
from console.instances.gather import read_instances
from console.instances.model import Snapshot as Instances
from console.service_redis import ServiceRedis
from console.settings import load as settings_document
from console.settings.drift import between_instances
from console.settings.gather.reports import SettingsReader
from console.settings.model import Group
from console.settings.report_rules import spec_of
from console.settings.reports import Deployment, Report, Snapshot
from console.store.documents import packed, unpacked

SERVICE = "relay"
SECRET = "8f3c1e0a5b7d9264f1a8c3e7b5d90246"


@pytest.fixture
async def redis(valkey_url: str):
    client = ServiceRedis(valkey_url)
    yield client
    await client.close()


def kit(url: str, **more: str) -> Kit:
    environ = {
        "OPS_SERVICE": SERVICE,
        "REDIS_URL": url,
        "RUN_TOKEN": SECRET,
        "OPS_FINGERPRINT_KEY": "one key for all",
        **more,
    }
    return Kit(load(KitSettings, environ), environ=environ, configure_logs=False)


async def found(reader: SettingsReader, redis: ServiceRedis, now: float) -> Snapshot:
    return await reader.read(await read_instances(redis, SERVICE, now))


async def test_the_settings_of_instances_are_read_compared_and_remembered(
    valkey_url: str, redis: ServiceRedis
):
    one, other = kit(valkey_url, GIT_COMMIT="c1"), kit(valkey_url, LOG_LEVEL="debug")
    reader = SettingsReader(redis, SERVICE)
    try:
        await one.start()
        first = await found(reader, redis, time.time())
        assert (first.alive, len(first.variants), first.problem) == (1, 1, "")
        seen = first.variants[0].report.seen
        assert (seen["RUN_TOKEN"].is_set, seen["RUN_TOKEN"].secret) == (True, True)
        assert (seen["RUN_TOKEN"].length, seen["LOG_LEVEL"].source) == ("32-63", "default")
        spec = spec_of(first.variants[0].report)
        assert spec.variables["OPS_SERVICE"].group is Group.REQUIRED
        await other.start()
        second = await found(reader, redis, time.time())
    finally:
        await one.stop()
        await other.stop()
    assert [drift.name for drift in between_instances(second.variants)] == ["LOG_LEVEL"]
    assert len(second.deployments) == 2
    third = await found(reader, redis, time.time())
    assert (third.alive, third.variants) == (0, ())
    assert third.deployments == second.deployments
    assert SECRET not in repr(second)


async def test_a_report_is_asked_for_once(valkey_url: str, redis: ServiceRedis):
    one = kit(valkey_url)
    reader = SettingsReader(redis, SERVICE)
    await one.start()
    try:
        instances = await read_instances(redis, SERVICE, time.time())
        before = await calls(redis)
        for _ in range(5):
            await reader.read(instances)
        assert await calls(redis) - before == 1
    finally:
        await one.stop()


async def calls(redis: ServiceRedis) -> int:
    stats = await redis.command("INFO", "commandstats")
    return int(stats.get("cmdstat_hget", {"calls": 0})["calls"])


async def test_a_redis_that_is_away_is_a_sentence_and_deployments_stay(redis: ServiceRedis):
    reader = SettingsReader(redis, SERVICE)
    reader.last = Snapshot(1.0, deployments=(Deployment("c", Report("", ()), 1.0, 1.0),))
    snapshot = await reader.read(Instances(2.0, problem="Redis at x cannot be reached."))
    assert snapshot.problem == "Redis at x cannot be reached."
    assert [one.commit for one in snapshot.deployments] == ["c"]


async def test_a_report_that_is_none_is_left_out(valkey_url: str, redis: ServiceRedis):
    one = kit(valkey_url)
    await one.start()
    try:
        key = f"ops:1:{SERVICE}:settings:{one.identity.instance}"
        await redis.command("DEL", key)
        await redis.command("SET", key, "not a hash")
        snapshot = await found(SettingsReader(redis, SERVICE), redis, time.time())
    finally:
        await one.stop()
    assert (snapshot.alive, snapshot.variants, snapshot.problem) == (1, (), "")


async def test_the_collector_goes_on_with_the_deployments_that_the_store_remembers(
    valkey_url: str,
):
    service = Service(name=SERVICE, checks=(Check(name="cache", type="redis", url=valkey_url),))
    config = Config(Settings.model_validate({}), (service,))
    recorder = Listening(config.services, config.settings.zone)
    reader = Reader(config, recorder)
    old = Snapshot(1.0, deployments=(Deployment("c0", Report("", ()), 1.0, 1.0),))
    document = packed(settings_document.ADAPTER.dump_json(old))
    reader.remember(SERVICE, {b"settings": document})
    reader.start()
    try:
        async with asyncio.timeout(10):
            await recorder.told.wait()
    finally:
        await reader.stop()
    snapshot = settings_document.decode(unpacked(recorder.document))
    assert [one.commit for one in snapshot.deployments] == ["c0"]


class Listening(Recorder):
    """Tells when the settings were found."""

    def __init__(self, services: Iterable[Service], zone: tzinfo) -> None:
        super().__init__(services, zone)
        self.told, self.document = asyncio.Event(), b""

    def find(self, service: str, name: str, document: bytes) -> None:
        super().find(service, name, document)
        if name == "settings":
            self.document = document
            self.told.set()

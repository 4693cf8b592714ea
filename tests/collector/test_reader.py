"""What services write into their own Redis reaches the console's store, each count once."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from console.cache import load as cache_load
from console.cache.gather import CacheReader
from console.collector.collector import Collector
from console.collector.reader import mark_of
from console.config import Config, Settings
from console.health.check import Check, Service
from console.instances import load as instances_load
from console.instances.verdict import summarise
from console.service_redis import ServiceRedis, url_of
from console.store import keys
from console.store.histogram import MAX_CODE, code_of
from console.store.read import Store
from console.store.series import SeriesId
from console.store.spool import Spool
from console.store.write import CollectorStore
from tests.kit.support import Serving
from tests.valkey_process import ValkeyProcess

SERVICE = "relay"
ROUTE = SeriesId("route", "GET /items/{number}")


def config_of(store: str, cache: str, data: Path) -> Config:
    check = Check(name="cache", type="redis", url_env="REDIS_URL", interval=60)
    settings = Settings.model_validate({"data_dir": data})
    service = Service(name=SERVICE, checks=(check,))
    return Config(settings, (service,), secrets={"REDIS_URL": cache}).with_store(store)


async def collecting(config: Config, data: Path, until: Callable[[], Any]) -> None:
    """Run a collector until a condition holds."""
    spool, stop = Spool(data / "spool"), asyncio.Event()
    store = CollectorStore(config.store_url, owner=spool.id)
    task = asyncio.create_task(Collector(config, store, spool).run(stop))
    end = time.monotonic() + 15
    try:
        while not await asyncio.to_thread(until):
            assert time.monotonic() < end
            assert not task.done(), task
            await asyncio.sleep(0.1)
    finally:
        stop.set()
        await task
        spool.close()


def write_minute(cache: ValkeyProcess, ago: int, instance: str, count: int) -> None:
    minute = int(time.time() // 60) - ago
    with cache.client() as client:
        field = f"route:GET /items/{{number}}@{instance}"
        client.hset(f"ops:1:{SERVICE}:hist:{minute}", field, f"{code_of(0.2)}:{count}")


def write_heartbeat(cache: ValkeyProcess, instance: str, text: str = "") -> None:
    with cache.client() as client:
        client.zadd(f"ops:1:{SERVICE}:instances", {instance: time.time() * 1000})
        told = text or '{"mode":"live","epoch":0,"interval":2,"commit":"abc"}'
        client.set(f"ops:1:{SERVICE}:inst:{instance}", told)


def requests(store: Store) -> int:
    now = time.time()
    cells = store.cells(SERVICE, ROUTE, now - 3600, now)
    return int(cells.counts[cells.codes <= MAX_CODE].sum())


async def test_traffic_instances_and_cache_reach_the_store(
    valkey_url: str, cache: ValkeyProcess, tmp_path: Path
):
    for instance, count in (("a", 3), ("b", 4)):
        write_minute(cache, 4, instance, count)
        write_heartbeat(cache, instance)
    store = Store(valkey_url)
    await collecting(
        config_of(valkey_url, cache.url, tmp_path), tmp_path, lambda: requests(store) >= 7
    )
    assert requests(store) == 7
    now = time.time()
    found = instances_load.load(store, SERVICE, now - 3600, now)
    summary = summarise(found.snapshot, now)
    assert summary.alive == 2
    assert summary.instances[0].heard.traffic is not None
    assert found.past is not None
    assert (found.past.least, found.past.most) == (2, 2)
    kept = cache_load.load(store, SERVICE, now - 3600, now)
    assert kept.snapshot is not None
    assert kept.snapshot.problem == ""
    assert kept.snapshot.server is not None


async def test_a_restarted_collector_counts_no_minute_twice_and_leaves_none_out(
    valkey_url: str, valkey_process: ValkeyProcess, cache: ValkeyProcess, tmp_path: Path
):
    config, store = config_of(valkey_url, cache.url, tmp_path), Store(valkey_url)
    write_minute(cache, 10, "a", 5)
    await collecting(config, tmp_path, lambda: requests(store) >= 5)
    write_minute(cache, 4, "a", 2)
    with valkey_process.client() as client:  # as if it had ended a while ago
        client.hset(keys.FLUSHED, mark_of(SERVICE), f"{int(time.time() // 60) - 6},0")
    await collecting(config, tmp_path, lambda: requests(store) >= 7)
    assert requests(store) == 7


async def test_a_redis_that_is_away_is_said_and_stops_nothing(
    valkey_url: str, cache: ValkeyProcess, tmp_path: Path
):
    cache.kill()
    config, store = config_of(valkey_url, cache.url, tmp_path), Store(valkey_url)

    def said() -> bool:
        document = store.found(SERVICE, "instances")
        return document is not None and b"cannot be reached" in document

    await collecting(config, tmp_path, said)
    assert store.states(SERVICE)["cache"].last is not None  # the probes went on


def test_the_redis_of_a_service_is_that_of_its_redis_check():
    config = config_of("redis://store", "redis://cache", Path())
    assert url_of(config, config.services[0]) == "redis://cache"
    assert url_of(config, Service(name="other", checks=())) == ""


async def test_statistics_of_a_billed_cache_are_read_rarely(
    valkey_url: str, cache: ValkeyProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("console.service_redis.is_billed", lambda url: True)
    monkeypatch.setattr("console.collector.reader.BILLED_SECONDS", 0.1)
    config, store = config_of(valkey_url, cache.url, tmp_path), Store(valkey_url)

    def readings() -> int:
        with cache.client() as client:
            return int(client.info("commandstats").get("cmdstat_time", {}).get("calls", 0))

    with cache.watched() as commands:
        await collecting(config, tmp_path, lambda: readings() > 8)
    assert commands.count("TIME") > 8
    assert commands.count("SLOWLOG") <= 2, "the statistics of one reading: its length and entries"
    store.close()


async def test_the_usage_of_an_upstash_plan_reaches_the_store(
    valkey_url: str, cache: ValkeyProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("console.service_redis.is_billed", lambda url: True)

    async def answer(request: Request) -> JSONResponse:
        listed = request.url.path.endswith("databases")
        found = [{"database_id": "a", "type": "free", "database_name": "relay-cache"}]
        return JSONResponse(found if listed else {"total_monthly_requests": 1234})

    serving = Serving(Starlette(routes=[Route("/{rest:path}", answer)]))
    config = config_of(valkey_url, cache.url, tmp_path)
    more = {
        "upstash_email": "ops@example.com",
        "upstash_api_key": SecretStr("key"),
        "upstash_url": serving.begin(),
    }
    config = replace(config, settings=config.settings.model_copy(update=more))
    store, now = Store(valkey_url), time.time()
    try:
        await collecting(config, tmp_path, lambda: store.found(SERVICE, "upstash") is not None)
    finally:
        serving.end()
    usage = cache_load.load(store, SERVICE, now - 3600, now).usage
    assert usage is not None
    assert (usage.problem, usage.commands, usage.database) == ("", 1234, "relay-cache")
    store.close()


async def test_upstash_behind_a_name_of_its_own_is_known_by_what_it_tells(
    cache: ValkeyProcess, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("console.cache.info.parse", lambda text: {"upstash_version": "1.13.3"})
    redis = ServiceRedis(cache.url)
    assert not redis.billed
    assert (await CacheReader(redis, SERVICE).read(time.time())).billed
    assert redis.billed
    await redis.close()

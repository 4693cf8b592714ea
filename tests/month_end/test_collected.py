"""From the service's Redis through the collector's reader and a store to one board."""

import time
from collections.abc import AsyncIterator

import pytest
from pydantic import TypeAdapter

from console.collector.recorder import Recorder
from console.config import Settings
from console.health.check import Check, Service
from console.month_end.collect import ClosingReader
from console.month_end.history import ARRIVED, ITEMS, READINGS
from console.month_end.load import NAME, OUTSIDE, PAST
from console.month_end.snapshot import Outside, Snapshot
from console.service_redis import ServiceRedis
from console.store.documents import unpacked
from console.store.model import CollectorBeat
from console.store.open_period import OpenPeriod
from tests.valkey_process import ValkeyProcess

SERVICE = "relay"
BEAT = CollectorBeat(1.0, 1, 0.0, "test", "host", 1, "1.0.0", "local", 10.0)
SETTINGS = Settings.model_validate({})


@pytest.fixture
async def redis(valkey_url: str) -> AsyncIterator[ServiceRedis]:
    client = ServiceRedis(valkey_url)
    yield client
    await client.close()


def recording() -> Recorder:
    check = Check(name="cache", type="redis", url="redis://cache.example")
    recorder = Recorder([Service(name=SERVICE, checks=(check,))], SETTINGS.zone)
    recorder.attach(OpenPeriod(1), {}, ())
    return recorder


def add(valkey: ValkeyProcess, closing: str, done: int, at: float) -> None:
    place = f"ops:1:{SERVICE}:ledger:{closing}"
    with valkey.client() as client:
        client.zadd(f"ops:1:{SERVICE}:closings", {closing: int(closing.replace("-", ""))})
        client.zadd(f"{place}:done", {f"i{n}": (at + n) * 1000 for n in range(done)})
        for n in range(done):
            client.hset(f"{place}:items", f"i{n}", "{}")


def found(recorder: Recorder) -> dict[str, bytes]:
    batch = recorder.batch(1, time.time(), BEAT, "spool")
    return {name: unpacked(text) for name, text in batch.found[SERVICE].items()}


def counts(recorder: Recorder) -> dict[int, int]:
    batch = recorder.batch(1, time.time(), BEAT, "spool")
    cells: dict[int, int] = {}
    for cell in batch.cells:
        if cell.series == str(ARRIVED):
            for pair in cell.text.split(","):
                code, _, count = pair.partition(":")
                cells[int(code)] = cells.get(int(code), 0) + int(count)
    return cells


async def test_past_closings_are_read_once_and_stay_known_when_their_ledger_is_gone(
    redis: ServiceRedis, valkey_process: ValkeyProcess
):
    now = time.time()
    add(valkey_process, "2025-10", 5, now - 400 * 86_400)
    add(valkey_process, "2025-11", 7, now - 370 * 86_400)
    add(valkey_process, "2025-12", 3, now - 60)
    reader, recorder = ClosingReader(SERVICE), recording()
    await reader.read(redis, now, SETTINGS, recorder)
    documents = found(recorder)
    past = TypeAdapter(tuple[Snapshot, ...]).validate_json(documents[PAST])
    assert [(one.name, one.total, sum(one.hours)) for one in past] == [
        ("2025-10", 5, 5), ("2025-11", 7, 7),
    ]  # fmt: skip
    with valkey_process.client() as client:
        client.delete(f"ops:1:{SERVICE}:ledger:2025-11:done")
        client.zrem(f"ops:1:{SERVICE}:closings", "2025-10")
    await reader.read(redis, now + 4000, SETTINGS, recorder)
    again = TypeAdapter(tuple[Snapshot, ...]).validate_json(found(recorder)[PAST])
    assert [one.total for one in again] == [5, 7]


async def test_what_arrives_between_two_readings_is_counted_once(
    redis: ServiceRedis, valkey_process: ValkeyProcess
):
    now = time.time()
    add(valkey_process, "2026-11", 5, now - 60)
    reader, recorder = ClosingReader(SERVICE), recording()
    await reader.read(redis, now, SETTINGS, recorder)
    assert counts(recorder) == {}  # what was there before nobody saw come
    add(valkey_process, "2026-11", 12, now - 60)
    await reader.read(redis, now + 1, SETTINGS, recorder)
    await reader.read(redis, now + 2, SETTINGS, recorder)
    assert counts(recorder) == {ITEMS: 7, READINGS: 2}


async def test_another_collector_that_counted_meanwhile_is_believed(
    redis: ServiceRedis, valkey_process: ValkeyProcess
):
    now = time.time()
    add(valkey_process, "2026-11", 5, now - 60)
    first, second = ClosingReader(SERVICE), ClosingReader(SERVICE)
    one, two = recording(), recording()
    await first.read(redis, now, SETTINGS, one)
    add(valkey_process, "2026-11", 12, now - 60)
    batch = one.batch(1, now, BEAT, "spool")
    second.remember({name.encode(): text for name, text in batch.found[SERVICE].items()})
    await second.read(redis, now + 30, SETTINGS, two)
    assert counts(two) == {ITEMS: 7, READINGS: 1}
    batch = two.batch(1, now, BEAT, "spool")
    first.remember({name.encode(): text for name, text in batch.found[SERVICE].items()})
    fresh = recording()
    await first.read(redis, now + 60, SETTINGS, fresh)
    assert counts(fresh) == {READINGS: 1}


async def test_a_ledger_that_cannot_be_read_counts_nothing_and_says_why(
    redis: ServiceRedis, valkey_process: ValkeyProcess
):
    with valkey_process.client() as client:
        client.set(f"ops:1:{SERVICE}:closings", "text")
        client.set(f"ops:1:{SERVICE}:tokens", "text")
    reader, recorder = ClosingReader(SERVICE), recording()
    await reader.read(redis, time.time(), SETTINGS, recorder)
    documents = found(recorder)
    assert TypeAdapter(Snapshot).validate_json(documents[NAME]).problem
    assert TypeAdapter(Outside).validate_json(documents[OUTSIDE]).problem
    assert counts(recorder) == {}


async def test_tokens_and_quotas_are_those_of_the_contract(
    redis: ServiceRedis, valkey_process: ValkeyProcess
):
    place = f"ops:1:{SERVICE}"
    with valkey_process.client() as client:
        client.sadd(f"{place}:tokens", "accounting", "crm")
        told = {"state": "ok", "refresh_expires_at": "1800000000.5", "sealed": "secret"}
        for name, value in told.items():
            client.hset(f"{place}:token:accounting", name, value)
        quota = '{"name":"own","dialect":"own","limit":60,"remaining":12,"window":60,"at":1}'
        odd = {"broken": quota, "a/b": "{", "a/c": "[1]", "accounting/own": quota}
        for name, value in odd.items():
            client.hset(f"{place}:limits", name, value)
    reader, recorder = ClosingReader(SERVICE), recording()
    await reader.read(redis, time.time(), SETTINGS, recorder)
    text = found(recorder)[OUTSIDE]
    outside = TypeAdapter(Outside).validate_json(text)
    assert [(one.name, one.state, one.refresh_expires_at) for one in outside.tokens] == [
        ("accounting", "ok", 1800000000.5), ("crm", "", None),
    ]  # fmt: skip
    assert [(one.api, one.name, one.a_minute) for one in outside.quotas] == [
        ("accounting", "own", 60),
    ]  # fmt: skip
    assert b"secret" not in text

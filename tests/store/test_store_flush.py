import asyncio
from dataclasses import replace

import pytest

from console.activity.model import Event, Kind
from console.errors import LeaseLost, StoreAway
from console.health.model import CheckState, Incident, Status
from console.health.uptime import Share, UptimeRecord
from console.store import keys
from console.store.batch import Batch
from console.store.model import CollectorBeat
from console.store.read import Store
from console.store.series import SeriesId
from console.store.write import CollectorStore
from tests.store.collected import API, NOW, SERVICE, batch_of, collect, count, flush, holding
from tests.valkey_process import ValkeyProcess

pytestmark = pytest.mark.every_server

STATE = CheckState("api", status=Status.FAIL, since=NOW, reason="It says no.")
RECORD = UptimeRecord({"2026-11-24T00": Share(up=60.0)}, {"2026-11-24": Share(up=60.0)}, NOW)
EVENT = Event("e1", NOW, Kind.INCIDENT, "api fails", source="api", status="fail")
INCIDENT = Incident("i1", "api", NOW - 60, "refused", ended_at=NOW)
BEAT = CollectorBeat(NOW, 1, NOW - 9, "me", "host", 7, "0.1", "local", 10.0)


def whole_batch(store: CollectorStore) -> Batch:
    count(store, NOW)
    return batch_of(
        store,
        NOW,
        states={SERVICE: {"api": STATE}},
        uptimes={SERVICE: {"api": RECORD}},
        events={SERVICE: (EVENT,)},
        incidents={SERVICE: (INCIDENT,)},
        beat=replace(BEAT, fence=store.fence),
        flushed={"spool": 41},
    )


def total(store: Store, since: float = NOW - 3600, until: float = NOW + 3600) -> int:
    return int(store.cells(SERVICE, API, since, until).counts.sum())


@pytest.fixture
def reader(valkey_url: str) -> Store:
    return Store(valkey_url, clock=lambda: NOW)


async def test_a_flush_brings_everything_to_the_reader(valkey_url: str, reader: Store) -> None:
    async with holding(valkey_url) as store:
        await store.flush(whole_batch(store))
        assert await store.load(SERVICE) == ({"api": STATE}, {"api": RECORD}, {"spool": 41})
    assert reader.states(SERVICE) == {"api": STATE}
    assert reader.uptime(SERVICE) == {"api": RECORD}
    assert reader.events(SERVICE, NOW - 1, NOW + 1) == [EVENT]
    assert reader.incidents(SERVICE, NOW - 1, NOW + 1) == [INCIDENT]
    assert reader.collector() == replace(BEAT, fence=1)
    assert total(reader) == 1


async def test_one_flush_is_one_command(valkey_url: str, valkey_process: ValkeyProcess) -> None:
    async with holding(valkey_url) as store:
        await store.flush(whole_batch(store))  # the server learns the script
        for number in range(50):
            count(store, NOW, series=SeriesId("check", f"c{number}"))
        with valkey_process.watched() as commands:
            await store.flush(whole_batch(store))
        assert commands == ["EVALSHA"]


async def test_a_flush_that_is_repeated_changes_nothing(valkey_url: str, reader: Store) -> None:
    async with holding(valkey_url) as store:
        batch = whole_batch(store)
        for _ in range(3):
            await store.flush(batch)
    assert total(reader) == 1
    assert len(reader.events(SERVICE, NOW - 1, NOW + 1)) == 1
    assert len(reader.incidents(SERVICE, NOW - 1, NOW + 1)) == 1


async def test_many_cells_of_one_series_pass_the_limits_of_a_script(
    valkey_url: str, reader: Store
) -> None:
    async with holding(valkey_url) as store:
        times = [NOW - 60.0 * minute for minute in range(3000)]
        await collect(store, times, NOW)
        events = [replace(EVENT, id=f"e{number}") for number in range(3000)]
        states = {f"c{number}": STATE for number in range(3000)}
        await store.flush(batch_of(store, NOW, events={SERVICE: events}, states={SERVICE: states}))
    assert total(reader, since=NOW - 3 * 86400) == 3000
    assert len(reader.states(SERVICE)) == 3000


async def test_a_server_that_forgot_the_script_is_sent_it_again(
    valkey_url: str, valkey_process: ValkeyProcess, reader: Store
) -> None:
    async with holding(valkey_url) as store:
        await collect(store, [NOW], NOW)
        with valkey_process.client() as client:
            client.script_flush()
        await collect(store, [NOW], NOW)
    assert total(reader) == 2


async def test_checks_that_are_no_more_are_forgotten(valkey_url: str, reader: Store) -> None:
    async with holding(valkey_url) as store:
        await store.flush(whole_batch(store))
        await store.flush(batch_of(store, NOW, forgotten={SERVICE: ("api",)}))
    assert (reader.states(SERVICE), reader.uptime(SERVICE)) == ({}, {})


async def test_a_batch_of_an_earlier_lease_is_refused(valkey_url: str, reader: Store) -> None:
    async with holding(valkey_url) as store:
        count(store, NOW)
        batch = batch_of(store, NOW)
        await store.acquire()
        with pytest.raises(LeaseLost):
            await store.flush(batch)
    assert total(reader) == 0


async def test_what_was_counted_while_the_store_was_away_arrives_once(
    restartable: ValkeyProcess,
) -> None:
    async with holding(restartable.url) as store:
        await collect(store, [NOW], NOW)
        restartable.kill()
        count(store, NOW + 1)
        for _ in range(2):
            with pytest.raises(StoreAway, match="CONSOLE_STORE_URL"):
                await flush(store, NOW + 2)
        restartable.start()
        count(store, NOW + 3)
        await flush(store, NOW + 4)
    reader = Store(restartable.url, clock=lambda: NOW)
    assert total(reader) == 3
    reader.close()


async def test_a_flush_whose_answer_got_lost_is_repeated_without_harm(
    restartable: ValkeyProcess,
) -> None:
    async with holding(restartable.url) as store:
        count(store, NOW)
        restartable.pause()  # the command arrives, its answer does not
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(flush(store, NOW), 0.2)
        restartable.resume()
        await flush(store, NOW)
    reader = Store(restartable.url, clock=lambda: NOW)
    assert total(reader) == 1
    reader.close()


async def test_a_document_that_cannot_be_read_hides_no_other(
    valkey_url: str, valkey_process: ValkeyProcess, reader: Store
) -> None:
    async with holding(valkey_url) as store:
        await store.flush(whole_batch(store))
        with valkey_process.client() as client:
            client.hset(keys.states(SERVICE), "torn", b'{"check": 7')
            client.zadd(keys.events(SERVICE), {b"{}": NOW * 1000})
        states, _, _ = await store.load(SERVICE)
    assert set(states) == {"api"}
    assert set(reader.states(SERVICE)) == {"api"}
    assert reader.events(SERVICE, NOW - 1, NOW + 1) == [EVENT]

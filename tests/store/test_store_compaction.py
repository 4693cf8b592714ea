import asyncio
import random
import time

import numpy as np
import pytest
from numpy.typing import NDArray

from console.activity.model import Event, Kind
from console.errors import LeaseLost
from console.health.model import Outcome
from console.store import keys
from console.store.cells import DAY, HOUR, MINUTE, Cells, to_hours
from console.store.compaction import Compaction
from console.store.history import MINUTES_KEPT
from console.store.packing import GRACE
from console.store.read import Store
from console.store.series import SeriesId
from console.store.write import CollectorStore
from tests.store.collected import API, NOW, SERVICE, batch_of, collect, count, flush, holding
from tests.valkey_process import ValkeyProcess

pytestmark = pytest.mark.every_server

NOTHING = Compaction()


def rows(cells: Cells) -> list[tuple[int, int, int]]:
    columns = (cells.periods.tolist(), cells.codes.tolist(), cells.counts.tolist())
    return list(zip(*columns, strict=True))


def read(url: str, now: float, since: float, until: float, series: SeriesId = API) -> Cells:
    reader = Store(url, clock=lambda: now)
    try:
        return reader.cells(SERVICE, series, since, until)
    finally:
        reader.close()


def open_fields(server: ValkeyProcess) -> int:
    with server.client() as client:
        return client.hlen(keys.open_cells(SERVICE, str(API)))


def closed_fields(server: ValkeyProcess) -> set[str]:
    with server.client() as client:
        return {name.decode() for name in client.hkeys(keys.closed_cells(SERVICE, str(API)))}


async def count_for(store: CollectorStore, since: float, until: float, seed: int = 1) -> None:
    """Results every 30 s, with some errors among them, all flushed."""
    dice = random.Random(seed)
    for at in np.arange(since, until, 30.0).tolist():
        outcome = dice.choice([Outcome.OK] * 8 + [Outcome.TIMEOUT, Outcome.CONNECT])
        count(store, at, dice.lognormvariate(-2, 1), outcome)
    await flush(store, until + DAY)  # by then all of it is past


async def test_packed_history_is_exactly_what_was_counted(
    valkey_url: str, valkey_process: ValkeyProcess
) -> None:
    window = (NOW - 3 * HOUR, NOW + 60)
    async with holding(valkey_url) as store:
        await count_for(store, *window)
        before = rows(read(valkey_url, NOW, *window))
        done = await store.compact(NOW + GRACE)
    assert done == Compaction(series=1, hours=3, days=1)
    assert open_fields(valkey_process) == 1  # the minute of the hour that goes on
    assert rows(read(valkey_url, NOW, *window)) == before
    assert len(before) > 300


async def test_hours_of_a_packed_day_are_exactly_those_of_its_minutes(valkey_url: str) -> None:
    async with holding(valkey_url) as store:
        await count_for(store, NOW - 2 * DAY, NOW + 2 * HOUR)
        minutes = read(valkey_url, NOW, NOW - 2 * DAY, NOW + 2 * HOUR)
        for now in (NOW + GRACE, NOW + HOUR + GRACE):
            await store.compact(now)
    hours = read(valkey_url, NOW, NOW - 100 * DAY, NOW + 2 * HOUR)
    assert (minutes.resolution, hours.resolution) == (MINUTE, HOUR)
    assert rows(hours) == rows(to_hours(minutes))


async def test_every_percentile_stays_what_it_was(valkey_url: str) -> None:
    def percentiles(cells: Cells) -> NDArray[np.int64]:
        timed = cells.codes < 0xF000
        values = np.sort(np.repeat(cells.codes[timed], cells.counts[timed]))
        return np.quantile(values, [0.5, 0.95, 0.99], method="inverted_cdf").astype(np.int64)

    async with holding(valkey_url) as store:
        await count_for(store, NOW - DAY, NOW)
        before = percentiles(read(valkey_url, NOW, NOW - DAY, NOW))
        await store.compact(NOW + GRACE)
    assert percentiles(read(valkey_url, NOW, NOW - DAY, NOW)).tolist() == before.tolist()
    year = read(valkey_url, NOW + 300 * DAY, NOW - DAY, NOW)
    assert year.resolution == HOUR
    assert percentiles(year).tolist() == before.tolist()


async def test_packing_waits_for_the_grace_of_an_hour(valkey_url: str) -> None:
    async with holding(valkey_url) as store:
        await store.compact(NOW - HOUR + GRACE)
        await count_for(store, NOW - HOUR, NOW)
        assert await store.compact(NOW + GRACE - 1) == NOTHING
        assert (await store.compact(NOW + GRACE)).hours == 1
        assert await store.compact(NOW + GRACE + HOUR - 1) == NOTHING


async def test_what_may_still_be_written_is_not_packed(valkey_url: str) -> None:
    async with holding(valkey_url) as store:
        await store.compact(NOW - HOUR + GRACE)
        await collect(store, [NOW - 10], NOW)  # still in memory
        assert await store.compact(NOW + GRACE) == NOTHING
        await collect(store, [NOW - 5], NOW + GRACE)  # flushed and forgotten
        assert (await store.compact(NOW + GRACE)).hours == 1
    assert read(valkey_url, NOW, NOW - HOUR, NOW).counts.sum() == 2


async def test_late_results_are_merged_into_what_is_packed(
    valkey_url: str, valkey_process: ValkeyProcess
) -> None:
    """Also those of a day that is packed: its hours are added up again."""
    async with holding(valkey_url) as store:
        await count_for(store, NOW - DAY, NOW)
        await store.compact(NOW + GRACE)
        await count_for(store, NOW - HOUR, NOW, seed=2)  # from a spool
        expected = rows(read(valkey_url, NOW, NOW - DAY, NOW))
        done = await store.compact(NOW + HOUR + GRACE)
    assert (done.hours, done.days) == (1, 1)
    assert open_fields(valkey_process) == 0
    minutes = read(valkey_url, NOW, NOW - DAY, NOW)
    assert rows(minutes) == expected
    assert rows(read(valkey_url, NOW, NOW - 100 * DAY, NOW)) == rows(to_hours(minutes))


async def test_a_new_collector_goes_on_where_the_last_one_ended(valkey_url: str) -> None:
    async with holding(valkey_url) as store:
        await count_for(store, NOW - 2 * HOUR, NOW - HOUR)
        assert (await store.compact(NOW - HOUR + GRACE)).hours == 1
    async with holding(valkey_url) as store:
        await count_for(store, NOW - HOUR, NOW)
        assert await store.compact(NOW - HOUR + GRACE) == NOTHING
        done = await store.compact(NOW + GRACE)
    assert (done.hours, done.days) == (1, 1)
    day = read(valkey_url, NOW, NOW - 100 * DAY, NOW)
    assert day.counts.sum() == read(valkey_url, NOW, NOW - DAY, NOW).counts.sum()


async def test_a_collector_that_slept_for_days_packs_the_day_it_left(valkey_url: str) -> None:
    async with holding(valkey_url) as store:
        await count_for(store, NOW - 3 * HOUR, NOW - HOUR)
        await store.compact(NOW - HOUR + GRACE)
    later = NOW + 9 * DAY
    async with holding(valkey_url) as store:
        assert (await store.compact(later)).days == 1
    hours = read(valkey_url, later, NOW - 100 * DAY, later)
    assert set(hours.periods.tolist()) == {NOW - 3 * HOUR, NOW - 2 * HOUR}


async def test_minutes_go_after_35_days_and_hours_after_400(
    valkey_url: str, valkey_process: ValkeyProcess
) -> None:
    async with holding(valkey_url) as store:
        await count_for(store, NOW - DAY, NOW)
        await store.compact(NOW + GRACE)
        day = int(NOW // DAY) - 1
        assert closed_fields(valkey_process) == {
            f"d{day}", *(f"h{hour}" for hour in range(day * 24, day * 24 + 24))
        }  # fmt: skip
        await store.compact(NOW - DAY + MINUTES_KEPT + GRACE)
        assert len(closed_fields(valkey_process)) == 25
        await store.compact(NOW + MINUTES_KEPT + GRACE)
        assert closed_fields(valkey_process) == {f"d{day}"}
        await store.compact(NOW + 399 * DAY + GRACE)
        assert closed_fields(valkey_process) == {f"d{day}"}
        done = await store.compact(NOW + 400 * DAY + GRACE)
    assert closed_fields(valkey_process) == set()
    assert done.removed == 1
    with valkey_process.client() as client:
        assert client.scard(keys.series(SERVICE)) == 0


async def test_a_series_that_went_and_comes_again_is_packed_again(valkey_url: str) -> None:
    async with holding(valkey_url) as store:
        await count_for(store, NOW - HOUR, NOW)
        await store.compact(NOW + GRACE)
        later = NOW + 500 * DAY
        assert (await store.compact(later + GRACE)).removed == 1
        await count_for(store, later, later + HOUR)
        assert (await store.compact(later + HOUR + GRACE)).hours == 1


async def test_results_older_than_history_are_let_go(
    valkey_url: str, valkey_process: ValkeyProcess
) -> None:
    async with holding(valkey_url) as store:
        await count_for(store, NOW - 36 * DAY, NOW - 36 * DAY + 60)
        assert (await store.compact(NOW + GRACE)).hours == 0
    assert (open_fields(valkey_process), closed_fields(valkey_process)) == (0, set())


async def test_old_events_go_and_there_is_a_bound(
    valkey_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("console.store.packing.MOST_EVENTS", 10)
    ages = [0, 1, 399, 401, 500]
    events = [Event(f"age{age}", NOW - age * DAY, Kind.CONSOLE, "x") for age in ages]
    many = [Event(f"many{number}", NOW + number, Kind.CONSOLE, "x") for number in range(30)]
    async with holding(valkey_url) as store:
        count(store, NOW - DAY)  # a series, so that the service is known
        await store.flush(batch_of(store, NOW, events={SERVICE: events}))
        await store.compact(NOW - DAY + GRACE)
        await store.compact(NOW + GRACE)
        reader = Store(valkey_url, clock=lambda: NOW)
        kept = reader.events(SERVICE, 0, NOW + 100)
        assert [event.id for event in kept] == ["age0", "age1", "age399"]
        await store.flush(batch_of(store, NOW, events={SERVICE: many}))
        await store.compact(NOW + DAY + GRACE)
        newest = reader.events(SERVICE, 0, NOW + 100)
        assert [event.id for event in newest] == [f"many{number}" for number in range(29, 19, -1)]
        reader.close()


async def test_a_damaged_hour_stops_no_other(
    valkey_url: str, valkey_process: ValkeyProcess
) -> None:
    async with holding(valkey_url) as store:
        await count_for(store, NOW - DAY, NOW - HOUR)
        await store.compact(NOW - HOUR + GRACE)
        with valkey_process.client() as client:
            closed = keys.closed_cells(SERVICE, str(API))
            client.hset(closed, f"h{int(NOW // HOUR) - 5}", b"\x01torn")
        await count_for(store, NOW - HOUR, NOW)
        assert (await store.compact(NOW + GRACE)).days == 1
    assert len(set(read(valkey_url, NOW, NOW - 100 * DAY, NOW).periods.tolist())) == 23


async def test_a_collector_without_the_lease_packs_nothing(
    valkey_url: str, valkey_process: ValkeyProcess
) -> None:
    async with holding(valkey_url) as old:
        await count_for(old, NOW - HOUR, NOW)
        with valkey_process.client() as client:
            client.delete(keys.LEASE)
        async with holding(valkey_url):
            fields = open_fields(valkey_process)
            with pytest.raises(LeaseLost):
                await old.compact(NOW + GRACE)
            assert open_fields(valkey_process) == fields


async def test_packing_many_series_costs_few_commands_and_never_stalls_the_loop(
    valkey_url: str, valkey_process: ValkeyProcess
) -> None:
    stalls: list[float] = []

    async def watch() -> None:
        while True:
            before = time.thread_time()  # what this thread worked, whoever else is on the machine
            await asyncio.sleep(0.001)
            stalls.append(time.thread_time() - before)

    async with holding(valkey_url) as store:
        for number in range(500):
            series = SeriesId("check", f"c{number}")
            for at in np.arange(NOW - HOUR, NOW, 30.0).tolist():
                count(store, at, 0.001 * (number + at % 100), series=series)
        await flush(store, NOW + GRACE)
        watcher = asyncio.create_task(watch())
        with valkey_process.watched() as commands:
            done = await store.compact(NOW + GRACE)
        watcher.cancel()
    assert (done.series, done.hours, done.days) == (500, 500, 500)
    assert len(commands) <= 70  # 10 calls for 50 series each, for reading, days, writing, trimming
    assert np.quantile(stalls, 0.9) < 0.02

"""The ledger of the kit, read from a real server."""

import time
from collections.abc import AsyncIterator
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from opskit.keys import Keys
from opskit.ledger import Ledger
from opskit.server import Server

from console.month_end.finish import BLOCK
from console.month_end.gather import BLOCKS, MOST_FAILED, read_closing
from console.month_end.rules import Rules
from console.service_redis import ServiceRedis
from tests.valkey_process import ValkeyProcess

SERVICE = "invoice-relay"
TOKYO = ZoneInfo("Asia/Tokyo")


@pytest.fixture
async def redis(valkey_url: str) -> AsyncIterator[ServiceRedis]:
    client = ServiceRedis(valkey_url)
    yield client
    await client.close()


@pytest.fixture
async def ledger(valkey_url: str) -> AsyncIterator[Ledger]:
    server = Server(valkey_url)
    yield Ledger(server, Keys(SERVICE), "2026-11")
    await server.close()


async def test_the_sums_are_those_of_the_kits_ledger(redis: ServiceRedis, ledger: Ledger):
    await ledger.add([f"comp1:invoice:{n:03}" for n in range(10)])
    done, held, failed, _ = await ledger.take(4)
    await ledger.done(done)
    await ledger.hold(held, "dry run")
    await ledger.fail(failed, "refused")
    found = await read_closing(redis, SERVICE, time.time())
    assert found.problem == ""
    assert found.name == "2026-11"
    assert (found.done, found.running, found.waiting) == (1, 1, 6)
    assert (found.held, found.failed, found.total) == (1, 1, 10)
    sums = found.sums()
    assert sums is not None
    assert sums.problems == ()
    assert (sums.person, sums.retryable) == (1, 0)
    assert sum(found.hours) == 1


async def test_only_what_the_service_calls_retryable_is(redis: ServiceRedis, ledger: Ledger):
    await ledger.add([f"item{n}" for n in range(5)])
    facts: list[dict[str, object]] = [
        {"retryable": True}, {"retryable": False}, {"retryable": "true"}, {},
    ]  # fmt: skip
    for taken, told in zip(await ledger.take(4), facts, strict=True):
        await ledger.fail(taken, "refused", **told)
    found = await read_closing(redis, SERVICE, time.time())
    sums = found.sums()
    assert sums is not None
    assert (sums.retryable, sums.person, sums.left, sums.by_itself) == (1, 3, 5, 1)
    assert found.oldest_failed == pytest.approx(time.time(), abs=5)


async def test_facts_that_cannot_be_read_wait_for_a_person(
    redis: ServiceRedis, valkey_process: ValkeyProcess
):
    place = f"ops:1:{SERVICE}:ledger:2026-11"
    texts = ["", "[1]", "{", "x" * 30_000, '{"retryable":true}']
    with valkey_process.client() as client:
        client.zadd(f"ops:1:{SERVICE}:closings", {"2026-11": 1})
        for number, text in enumerate(texts):
            client.zadd(f"{place}:failed", {f"i{number}": 1000 + number})
            client.hset(f"{place}:items", f"i{number}", text)
    found = await read_closing(redis, SERVICE, 2.0)
    assert (found.failed, found.retryable, found.oldest_failed) == (5, 1, 1.0)


async def test_more_failed_items_than_are_looked_at_wait_for_a_person(
    redis: ServiceRedis, valkey_process: ValkeyProcess
):
    place = f"ops:1:{SERVICE}:ledger:2026-11"
    many = MOST_FAILED + 7
    with valkey_process.client() as client:
        client.zadd(f"ops:1:{SERVICE}:closings", {"2026-11": 1})
        client.zadd(f"{place}:failed", {f"i{n}": 1000 + n for n in range(many)})
        client.hset(f"{place}:items", mapping={f"i{n}": '{"retryable":true}' for n in range(many)})
    found = await read_closing(redis, SERVICE, 2.0)
    assert (found.retryable, found.unsorted) == (MOST_FAILED, 7)


async def test_items_done_after_the_deadline_are_counted(
    redis: ServiceRedis, valkey_process: ValkeyProcess
):
    due = datetime(2026, 11, 30, 18, tzinfo=TOKYO).timestamp()
    place = f"ops:1:{SERVICE}:ledger:2026-11"
    with valkey_process.client() as client:
        client.zadd(f"ops:1:{SERVICE}:closings", {"2026-11": 1})
        client.zadd(f"{place}:done", {"a": (due - 1) * 1000, "b": due * 1000, "c": due * 1000 + 1})
    found = await read_closing(redis, SERVICE, due + 60, rules=Rules("JP"), zone=TOKYO)
    assert found.late == 1
    assert (await read_closing(redis, SERVICE, due + 60)).late is None


async def test_hours_that_were_counted_are_not_counted_again(
    redis: ServiceRedis, valkey_process: ValkeyProcess
):
    start = 1_796_000_400.0 // 3600 * 3600
    place = f"ops:1:{SERVICE}:ledger:2026-11:done"
    with valkey_process.client() as client:
        client.zadd(f"ops:1:{SERVICE}:closings", {"2026-11": 1})
        client.zadd(place, {"a": (start + 60) * 1000, "b": (start + 7300) * 1000})
        first = await read_closing(redis, SERVICE, start + 7400)
        assert (first.hours_start, first.hours) == (start, (1, 0, 1))
        client.zadd(place, {"c": (start + 7500) * 1000, "early": (start + 120) * 1000})
        found = await read_closing(redis, SERVICE, start + 7600, before=first)
    assert found.hours == (1, 0, 2)
    alone = await read_closing(redis, SERVICE, start + 7600)
    assert alone.hours == (2, 0, 2)


async def test_the_pace_is_counted_in_whole_quarters_since_the_first_item(
    redis: ServiceRedis, valkey_process: ValkeyProcess
):
    end = 1_796_000_400.0 // BLOCK * BLOCK
    key = f"ops:1:{SERVICE}:ledger:2026-11:done"
    with valkey_process.client() as client:
        client.zadd(f"ops:1:{SERVICE}:closings", {"2026-11": 1})
        begun = {"first": (end - 3 * BLOCK) * 1000}
        client.zadd(key, begun | {f"a{n}": (end - BLOCK - 1 - n) * 1000 for n in range(5)})
        client.zadd(key, {f"b{n}": (end - 1 - n) * 1000 for n in range(7)} | {"now": end * 1000})
    found = await read_closing(redis, SERVICE, end + 30)
    assert found.blocks == (1, 5, 7)
    assert found.blocks_end == end
    with valkey_process.client() as client:
        client.zadd(key, {"long ago": 1000})
    assert len((await read_closing(redis, SERVICE, end + 30)).blocks) == BLOCKS


async def test_the_newest_closing_is_read(redis: ServiceRedis, valkey_process: ValkeyProcess):
    with valkey_process.client() as client:
        client.zadd(f"ops:1:{SERVICE}:closings", {"2026-10": 1, "2026-11-20": 3, "2026-11": 2})
    assert (await read_closing(redis, SERVICE, time.time())).name == "2026-11-20"


async def test_without_a_closing_there_is_none(redis: ServiceRedis):
    found = await read_closing(redis, SERVICE, 1.0)
    assert (found.name, found.problem, found.sums()) == ("", "", None)


async def test_keys_of_another_kind_are_a_problem_and_no_sums(
    redis: ServiceRedis, valkey_process: ValkeyProcess
):
    with valkey_process.client() as client:
        client.zadd(f"ops:1:{SERVICE}:closings", {"2026-11": 1})
        client.set(f"ops:1:{SERVICE}:ledger:2026-11:done", "text")
    found = await read_closing(redis, SERVICE, 1.0)
    assert found.problem
    assert found.sums() is None


async def test_a_redis_that_is_away_is_a_sentence():
    client = ServiceRedis("redis://127.0.0.1:1")
    found = await read_closing(client, SERVICE, 1.0)
    await client.close()
    assert found.problem == "Redis at 127.0.0.1:1 cannot be reached."

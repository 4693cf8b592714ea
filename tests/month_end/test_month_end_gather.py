"""The ledger of the kit, read from a real server."""

import time
from collections.abc import AsyncIterator

import pytest
from opskit.keys import Keys
from opskit.ledger import Ledger
from opskit.server import Server

from console.month_end.finish import BLOCK
from console.month_end.gather import BLOCKS, read_closing
from console.service_redis import ServiceRedis
from tests.valkey_process import ValkeyProcess

SERVICE = "invoice-relay"


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
    sums = found.sums
    assert sums is not None
    assert sums.problems == ()
    assert sums.person == 1


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
    assert (found.name, found.problem, found.sums) == ("", "", None)


async def test_keys_of_another_kind_are_a_problem_and_no_sums(
    redis: ServiceRedis, valkey_process: ValkeyProcess
):
    with valkey_process.client() as client:
        client.zadd(f"ops:1:{SERVICE}:closings", {"2026-11": 1})
        client.set(f"ops:1:{SERVICE}:ledger:2026-11:done", "text")
    found = await read_closing(redis, SERVICE, 1.0)
    assert found.problem
    assert found.sums is None


async def test_a_redis_that_is_away_is_a_sentence():
    client = ServiceRedis("redis://127.0.0.1:1")
    found = await read_closing(client, SERVICE, 1.0)
    await client.close()
    assert found.problem == "Redis at 127.0.0.1:1 cannot be reached."

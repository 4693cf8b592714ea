"""The kit's stream, read from a real server."""

import time

import pytest
import redis as plain
from opskit import Kit, KitSettings, load

from console.logs.gather.kit import follow_stream, read_stream
from console.logs.model import Level
from console.logs.times import Clock
from console.service_redis import ServiceRedis

SERVICE = "relay"
KEY = f"ops:1:{SERVICE}:logs"
CLOCK = Clock(1_795_600_000.0)


@pytest.fixture
async def redis(valkey_url: str):
    client = ServiceRedis(valkey_url)
    yield client
    await client.close()


@pytest.fixture
def writer(valkey_url: str):
    with plain.Redis.from_url(valkey_url) as client:
        yield client


async def test_lines_of_the_kit_arrive(valkey_url: str, redis: ServiceRedis):
    environ = {"OPS_SERVICE": SERVICE, "REDIS_URL": valkey_url, "DRY_RUN": "false"}
    kit = Kit(load(KitSettings, environ), environ=environ)
    await kit.start()
    kit.log.error("item failed", item="INV-1", phase="post", password="hunter2x")
    await kit.stop()
    page = await read_stream(redis, SERVICE, Clock(time.time()))
    (failed,) = [line for line in page.lines if line.message == "item failed"]
    assert (failed.level, failed.fields["item"], failed.fields["phase"]) == (
        Level.ERROR, "INV-1", "post",
    )  # fmt: skip
    assert failed.fields["instance"] == kit.identity.instance
    assert "hunter2x" not in repr(page)


async def test_pages_go_back_to_the_beginning(writer: plain.Redis, redis: ServiceRedis):
    for n in range(25):
        writer.xadd(KEY, {"line": f'{{"level":"info","event":"number {n}"}}'}, id=f"{1000 + n}-0")
    page = await read_stream(redis, SERVICE, CLOCK, most=10)
    seen = [line.message for line in page.lines]
    while page.older:
        page = await read_stream(redis, SERVICE, CLOCK, before=page.older, most=10)
        seen = [line.message for line in page.lines] + seen
    assert seen == [f"number {n}" for n in range(25)]


async def test_what_comes_later_follows(writer: plain.Redis, redis: ServiceRedis):
    writer.xadd(KEY, {"line": "first"}, id="1795500000000-0")
    page = await read_stream(redis, SERVICE, CLOCK)
    assert page.lines[0].time == 1_795_500_000.0
    nothing = await follow_stream(redis, SERVICE, CLOCK, page.newer)
    assert (nothing.lines, nothing.newer) == ((), page.newer)
    writer.xadd(KEY, {"line": "second"}, id="1795500001000-0")
    after = await follow_stream(redis, SERVICE, CLOCK, nothing.newer)
    assert [line.message for line in after.lines] == ["second"]


async def test_entries_that_are_not_of_the_contract_are_left_out(
    writer: plain.Redis, redis: ServiceRedis
):
    writer.xadd(KEY, {"other": "x"})
    writer.xadd(KEY, {"line": b"\xff\x00\x1b[31mred"})
    page = await read_stream(redis, SERVICE, CLOCK)
    assert len(page.lines) == 1
    assert "\x1b" not in page.lines[0].message


async def test_a_key_of_another_type_is_a_problem_that_is_told(
    writer: plain.Redis, redis: ServiceRedis
):
    writer.set(KEY, "x")
    page = await read_stream(redis, SERVICE, CLOCK)
    assert page.lines == ()
    assert "WRONGTYPE" in page.problem


async def test_a_server_that_is_away_is_a_problem_that_is_told():
    client = ServiceRedis("redis://127.0.0.1:1")
    assert "cannot be reached" in (await read_stream(client, SERVICE, CLOCK)).problem
    assert "cannot be reached" in (await follow_stream(client, SERVICE, CLOCK, "1-0")).problem
    await client.close()

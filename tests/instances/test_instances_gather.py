"""The reader against a real server, with what the kit and worse programs write."""

import json
import time

import pytest
from opskit import Kit, KitSettings, Mode, load
from opskit.keys import Keys
from opskit.mode import switch
from opskit.present import read_present
from opskit.server import Server

from console.instances.gather import read_instances, read_minutes
from console.instances.traffic import Minute, parse_cells, parse_minute, traffic_of
from console.instances.verdict import summarise
from console.service_redis import ServiceRedis
from console.store.histogram import code_of
from tests.valkey_process import ValkeyProcess

pytestmark = pytest.mark.every_server

SERVICE = "relay"


@pytest.fixture
async def redis(valkey_url: str):
    client = ServiceRedis(valkey_url)
    yield client
    await client.close()


@pytest.fixture
async def kit(valkey_url: str):
    environ = {"OPS_SERVICE": SERVICE, "REDIS_URL": valkey_url, "DRY_RUN": "false"}
    made = Kit(load(KitSettings, environ), environ=environ, configure_logs=False)
    await made.start()
    yield made
    await made.stop()


async def test_an_instance_of_the_kit_is_seen(kit: Kit, redis: ServiceRedis):
    found = await read_instances(redis, SERVICE, time.time())
    (one,) = summarise(found, time.time()).instances
    assert one.heard.instance == kit.identity.instance
    assert one.beat.mode == "live"
    assert one.acknowledged
    assert abs(one.skew or 0) < 1


async def test_an_instance_that_stopped_is_gone_and_one_that_was_killed_is_silent(
    kit: Kit, redis: ServiceRedis
):
    await redis.command("ZADD", f"ops:1:{SERVICE}:instances", 1000.0 * (time.time() - 60), "dead-1")
    await kit.stop()
    found = summarise(await read_instances(redis, SERVICE, time.time()), time.time())
    assert [(one.heard.instance, one.life.value) for one in found.instances] == [
        ("dead-1", "silent")
    ]


async def test_garbage_is_counted_and_never_raised(kit: Kit, redis: ServiceRedis):
    now = 1000 * time.time()
    for name, text in (("x", b"\xff\xfe"), ("y", b"[]"), ("z", b"{"), ("w", b'{"epoch": []}')):
        await redis.command("ZADD", f"ops:1:{SERVICE}:instances", now, name)
        await redis.command("SET", f"ops:1:{SERVICE}:inst:{name}", text)
    await redis.command("ZADD", f"ops:1:{SERVICE}:instances", now, b"\xff<script>")
    found = await read_instances(redis, SERVICE, time.time())
    assert found.problem == ""
    assert found.unreadable == 4
    assert summarise(found, time.time()).alive == 2  # the kit's, and the one without a usable field


async def test_keys_of_the_wrong_type_are_a_problem_in_one_sentence(redis: ServiceRedis):
    await redis.command("SET", f"ops:1:{SERVICE}:instances", "x")
    found = await read_instances(redis, SERVICE, time.time())
    assert "WRONGTYPE" in found.problem or "error" in found.problem


async def test_a_thousand_instances_are_read_in_two_exchanges(
    redis: ServiceRedis, valkey_process: ValkeyProcess
):
    now = 1000 * time.time()
    text = json.dumps({"mode": "live", "epoch": 0, "interval": 2})
    with valkey_process.client() as client:
        pipe = client.pipeline()
        for n in range(1000):
            pipe.zadd(f"ops:1:{SERVICE}:instances", {f"i-{n}": now})
            pipe.set(f"ops:1:{SERVICE}:inst:i-{n}", text)
        pipe.execute()
    with valkey_process.watched() as commands:
        found = await read_instances(redis, SERVICE, time.time())
    assert summarise(found, time.time()).alive == 1000
    assert [one for one in commands if one != "CLIENT"] == [
        "TIME",
        "ZREVRANGEBYSCORE",
        "GET",
        "HMGET",
        "MGET",
    ]


async def test_the_mode_is_judged_as_the_kit_judges_it(
    kit: Kit, redis: ServiceRedis, valkey_url: str
):
    server, keys = Server(valkey_url), Keys(SERVICE)
    changes = (
        ("HSET", keys.of("mode"), "expires_at", 5.0, "on_expiry", "live"),
        ("HSET", keys.of("mode"), "on_expiry", "dry_run"),
        ("HSET", keys.of("mode"), "expires_at", "x"),
        ("HSET", keys.of("mode"), "epoch", "0x1"),
        ("DEL", keys.of("mode")),
        ("SET", keys.of("epoch"), "nan"),
        ("DEL", keys.of("epoch")),
    )
    await switch(server, keys, Mode.LIVE, by="a", reason="", epoch=0)
    for change in ((), *changes):
        if change:
            await server.command(*change)
        mode, epoch, _ = await read_present(server, keys.of("mode"), keys.of("epoch"))
        found = await read_instances(redis, SERVICE, time.time())
        assert (found.mode, found.epoch) == (mode or "", epoch), change
    await server.close()


@pytest.mark.parametrize(
    "text",
    [b"", b"1", b"1:", b":1", b"1:2:3", b"x:1", b"1:-1", b"5000:1", b"1:1e3", b"1:" + b"9" * 20],
)
def test_cells_that_are_none_are_left_out(text: bytes):
    assert parse_cells(text) is None


def test_minutes_are_added_up_over_instances():
    fast, slow = code_of(0.1), code_of(0.4)
    fields = {
        b"route:GET /x@a": f"{fast}:3".encode(),
        b"route:GET /x@b": f"{fast}:1,{slow}:1,61442:1".encode(),
        b"api:accounting@a": f"{slow}:2".encode(),
        b"nonsense": b"1:1",
        b"other:x@a": b"1:1",
        b"route:GET /y@a": b"garbage",
        b"route:GET /z@<b>": b"1:1",
    }
    found = parse_minute(7, fields)
    assert found.series == {
        "route:GET /x": {fast: 4, slow: 1, 61442: 1},
        "api:accounting": {slow: 2},
    }
    traffic = traffic_of(found.instances["b"])
    assert (traffic.requests, traffic.bad) == (2, 1)
    assert traffic.p95 == pytest.approx(0.4, rel=0.01)


async def test_closed_minutes_are_read_once_and_in_order(redis: ServiceRedis):
    now = time.time()
    minute = int(now // 60)
    for ago in (0, 1, 3, 4):
        await redis.command(
            "HSET", f"ops:1:{SERVICE}:hist:{minute - ago}", "route:GET /x@a", "100:1"
        )
    found = await read_minutes(redis, SERVICE, minute - 5, now)
    assert [one.minute for one in found][:2] == [minute - 4, minute - 3]
    assert found[-1].minute <= minute - 2
    assert await read_minutes(redis, SERVICE, found[-1].minute, now) == []


async def test_traffic_of_an_instance_is_of_the_last_minutes(kit: Kit, redis: ServiceRedis):
    name = kit.identity.instance
    minutes = [Minute(n, instances={name: {code_of(0.2): 10}}) for n in range(8)]
    found = await read_instances(redis, SERVICE, time.time(), minutes)
    assert found.traffic_minutes == 5
    assert found.heard[0].traffic is not None
    assert found.heard[0].traffic.requests == 50


async def test_a_server_that_is_away_is_a_sentence_without_its_password(own_valkey: ValkeyProcess):
    redis = ServiceRedis(own_valkey.url.replace("redis://", "redis://u:sesame-open@"))
    own_valkey.kill()
    found = await read_instances(redis, SERVICE, time.time())
    assert found.problem.endswith("cannot be reached.")
    assert "sesame" not in found.problem
    await redis.close()

"""The reader against a real server."""

import time

import pytest
from opskit import Kit, KitSettings, load

from console.cache.counting import BAD, GOOD, LOOKUPS, MEMORY, ROUND_TRIP
from console.cache.gather import PROBES, CacheReader
from console.cache.model import Offer
from console.service_redis import ServiceRedis
from tests.valkey_process import ValkeyProcess

pytestmark = pytest.mark.every_server

SERVICE = "relay"


@pytest.fixture
async def redis(valkey_url: str):
    client = ServiceRedis(valkey_url)
    yield client
    await client.close()


async def test_a_server_is_read_with_all_it_offers(redis: ServiceRedis):
    await redis.command("SET", "a", "b")
    await redis.command("CONFIG", "SET", "slowlog-log-slower-than", "0")
    await redis.command("GET", "secret-argument")
    found = await CacheReader(redis, SERVICE).read(time.time())
    await redis.command("CONFIG", "SET", "slowlog-log-slower-than", "10000")
    assert found.problem == ""
    assert found.server is not None
    assert found.server.name in ("Valkey", "Redis")
    assert found.keys == 1
    assert found.memory.used
    assert found.round_trip
    assert {offer for _, offer in found.offers} == {Offer.YES}
    assert found.commands
    assert any(one.command == "GET" and one.arguments == 1 for one in found.slow)
    assert "secret-argument" not in repr(found)
    assert ("ops-console-reader", 1) in found.clients.names


async def test_hits_of_the_window_are_counted_between_two_readings(redis: ServiceRedis):
    reader = CacheReader(redis, SERVICE)
    await reader.read(1000.0)
    assert {series for series, _, _ in reader.history()} == {MEMORY, ROUND_TRIP}
    await redis.command("SET", "a", "b")
    for name in ("a", "a", "a", "none"):
        await redis.command("GET", name)
    found = await reader.read(1010.0)
    counted = reader.history()
    assert (LOOKUPS, GOOD, 3) in counted
    # The reader's own looks at keys that are not there count as misses of the server, too.
    assert any(series == LOOKUPS and code == BAD for series, code, _ in counted)
    assert found.operations
    assert reader.history() == []


async def test_a_reset_of_the_statistics_is_recognised(redis: ServiceRedis):
    reader = CacheReader(redis, SERVICE)
    for _ in range(50):
        await redis.command("GET", "none")
    await reader.read(1000.0)
    await redis.command("CONFIG", "RESETSTAT")
    found = await reader.read(1010.0)
    assert found.reset_at == 1010.0
    assert LOOKUPS not in {series for series, _, _ in reader.history()}


async def test_what_the_user_may_not_is_said_and_the_rest_is_there(own_valkey: ValkeyProcess):
    with own_valkey.client() as client:
        client.execute_command(
            "ACL", "SETUSER", "reader", "on", ">pw", "~*", "+@read", "+ping", "+info", "+echo",
            "+client|setname", "+client|setinfo",
        )  # fmt: skip
    redis = ServiceRedis(own_valkey.url.replace("redis://", "redis://reader:pw@"))
    found = await CacheReader(redis, SERVICE).read(time.time())
    assert found.problem == ""
    assert found.server is not None
    assert found.offer("slow log") is Offer.FORBIDDEN
    assert found.offer("client list") is Offer.FORBIDDEN
    assert found.offer("memory usage") is Offer.YES
    assert found.slow == ()
    await redis.close()


async def test_a_command_that_does_not_exist_is_not_offered(
    redis: ServiceRedis, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(PROBES, "slow log", ("NOSUCHLOG", "LEN"))
    monkeypatch.setitem(PROBES, "client list", ("CLIENT", "NOSUCH"))
    found = await CacheReader(redis, SERVICE).read(time.time())
    assert (found.offer("slow log"), found.offer("client list")) == (Offer.NO, Offer.NO)
    assert found.problem == ""


async def test_what_the_kit_tells_is_read(redis: ServiceRedis, valkey_url: str):
    environ = {"OPS_SERVICE": SERVICE, "REDIS_URL": valkey_url}
    kit = Kit(load(KitSettings, environ), environ=environ, configure_logs=False)
    await kit.start()

    async def load_it() -> str:
        return "v"

    for _ in range(4):
        await kit.cache.get("rates", "eur", load_it, ttl=60)
    await kit.limits.heard(
        "accounting", 200, {"X-RateLimit-Limit": "60", "X-RateLimit-Remaining": "45"}
    )
    await redis.command("SADD", kit.keys.of("tokens"), "accounting")
    await redis.command(
        "HSET", kit.keys.of("token", "accounting"), "state", "ok", "sealed", "sealed-text"
    )
    await kit.heart.beat()
    found = await CacheReader(redis, SERVICE).read(time.time())
    await kit.stop()
    (prefix,) = found.prefixes
    assert (prefix.name, prefix.hits_memory, prefix.misses) == ("rates", 3, 1)
    assert [(q.api, q.name, q.remaining) for q in found.quotas] == [("accounting", "default", 45)]
    assert [(t.name, t.state) for t in found.tokens] == [("accounting", "ok")]
    assert "sealed-text" not in repr(found)


async def test_a_server_that_hangs_or_goes_is_one_sentence(own_valkey: ValkeyProcess):
    redis = ServiceRedis(own_valkey.url)
    reader = CacheReader(redis, SERVICE)
    assert (await reader.read(1.0)).problem == ""
    own_valkey.kill()
    assert (await reader.read(2.0)).problem.endswith(
        "broke the connection off before it had answered."
    )
    assert (await reader.read(2.5)).problem.endswith("cannot be reached.")
    own_valkey.start()
    assert (await reader.read(3.0)).problem == ""
    await redis.close()

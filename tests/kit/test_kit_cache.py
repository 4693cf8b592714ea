import asyncio
import json

import pytest
from opskit.cache import JITTER, Cache
from opskit.heartbeat import Outbox
from opskit.keys import Keys
from opskit.server import Server

from tests.valkey_process import ValkeyProcess

pytestmark = pytest.mark.every_server


class Clock:
    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


class Loader:
    def __init__(self, value: object = "v", wait: float = 0.0) -> None:
        self.calls, self.value, self.wait = 0, value, wait
        self.error: Exception | None = None

    async def __call__(self) -> object:
        self.calls += 1
        await asyncio.sleep(self.wait)
        if self.error:
            raise self.error
        return self.value


def cache(server: Server | None, keys: Keys, name: str = "one", **more) -> Cache:
    return Cache(server, keys, Outbox(), name, **more)


async def test_memory_answers_first_then_redis_then_the_loader(server: Server, keys: Keys):
    one, two, load = cache(server, keys), cache(server, keys, "two"), Loader({"a": [1]})
    for each in (one, one, two):
        assert await each.get("rates", "eur", load, ttl=60) == {"a": [1]}
    assert load.calls == 1
    counted = one.counters.of("rates"), two.counters.of("rates")
    assert [(c.misses, c.hits_memory, c.hits_redis) for c in counted] == [(1, 1, 0), (0, 0, 1)]
    assert [c.calls_saved for c in counted] == [1, 1]


async def test_many_callers_in_many_instances_load_once(either_server: Server, keys: Keys):
    instances = [cache(either_server, keys, str(n)) for n in range(5)]
    load = Loader("once", 0.1)
    every = [c.get("rates", "eur", load, ttl=60) for c in instances for _ in range(10)]
    assert set(await asyncio.gather(*every)) == {"once"}
    assert load.calls == 1


async def test_a_caller_that_gives_up_does_not_take_the_value_from_the_others(
    server: Server, keys: Keys
):
    one, load = cache(server, keys), Loader("v", 0.1)
    first = asyncio.create_task(one.get("rates", "eur", load, ttl=60))
    second = asyncio.create_task(one.get("rates", "eur", load, ttl=60))
    await asyncio.sleep(0.02)
    first.cancel()
    assert await second == "v"
    assert load.calls == 1


async def test_a_loader_that_died_elsewhere_blocks_nobody_for_longer_than_its_flight(
    server: Server, keys: Keys
):
    await server.command("SET", keys.of("flight", "rates:eur"), "dead", "PX", 150)
    load = Loader("v")
    assert await cache(server, keys).get("rates", "eur", load, ttl=60) == "v"
    assert await server.command("EXISTS", keys.of("flight", "rates:eur")) == 0


async def test_times_to_live_are_spread(server: Server, keys: Keys):
    clock = Clock()
    one = cache(server, keys, clock=clock)
    ends = set()
    for n in range(20):
        await one.get("p", str(n), Loader(), ttl=100)
        stored = json.loads(await server.command("GET", keys.of("cache", "p", n)))
        ends.add(stored[1] - clock.now)
        assert 100 * (1 - JITTER) <= stored[1] - clock.now <= 100
    assert len(ends) > 15


async def test_a_stale_value_stands_in_when_loading_fails_and_for_no_longer_than_allowed(
    server: Server, keys: Keys
):
    clock, load = Clock(), Loader("old")
    one = cache(server, keys, clock=clock)
    await one.get("p", "k", load, ttl=10, stale=100)
    load.error = RuntimeError("down")
    clock.now += 50
    for _ in range(3):
        assert await one.get("p", "k", load, ttl=10, stale=100) == "old"
    assert load.calls == 2  # a failed load is not tried again for every caller
    assert one.counters.of("p").stale == 1
    clock.now += 100
    with pytest.raises(RuntimeError):
        await one.get("p", "k", load, ttl=10, stale=100)


async def test_without_redis_it_is_the_memory_of_one_instance(
    own_valkey: ValkeyProcess, keys: Keys
):
    server = Server(own_valkey.url)
    own_valkey.kill()
    one, load = cache(server, keys), Loader("v")
    for _ in range(3):
        assert await one.get("p", "k", load, ttl=60) == "v"
    assert load.calls == 1
    await server.close()


@pytest.mark.parametrize(
    "garbage", ["", "{", '"x"', "[1]", "[1,2,3,4,5]", "\x00", '["a","b","c","d"]']
)
async def test_garbage_under_its_key_is_loaded_over(server: Server, keys: Keys, garbage: str):
    await server.command("SET", keys.of("cache", "p", "k"), garbage)
    assert await cache(server, keys).get("p", "k", Loader("v"), ttl=60) == "v"
    assert json.loads(await server.command("GET", keys.of("cache", "p", "k")))[0] == "v"


async def test_memory_is_bounded_and_long_keys_are_told_apart(keys: Keys):
    one = cache(None, keys, entries=10)
    for n in range(50):
        await one.get("p", str(n), Loader(), ttl=60)
    assert len(one._memory) == 10
    first = await one.get("p", "x" * 500 + "1", Loader("1"), ttl=60)
    assert (first, await one.get("p", "x" * 500 + "2", Loader("2"), ttl=60)) == ("1", "2")


async def test_counters_are_published_per_hour_and_instance(server: Server, keys: Keys):
    clock = Clock()
    one = cache(server, keys, clock=clock)
    await one.get("p", "k", Loader(), ttl=60)
    one.counters.publish()
    (post,) = one.counters._outbox.take()
    assert (post.key, post.field) == (keys.of("cachestats", int(clock.now) // 3600), "p@one")
    assert json.loads(post.value)["misses"] == 1
    clock.now += 3600
    one.counters.publish()
    one.counters._outbox.take()
    one.counters.publish()
    assert one.counters._outbox.take() == []


async def test_forgetting_drops_a_value_here_and_in_redis(server: Server, keys: Keys):
    one, load = cache(server, keys), Loader("v")
    await one.get("p", "k", load, ttl=60)
    await one.forget("p", "k")
    await one.get("p", "k", load, ttl=60)
    assert load.calls == 2

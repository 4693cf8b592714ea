import asyncio
from collections.abc import Callable
from contextlib import aclosing

import redis

from console.store import keys
from console.store.model import ProbeRequest
from console.store.read import Store
from console.store.write import CollectorStore
from tests.valkey_process import ValkeyProcess

LIMIT = 10.0  # seconds a test waits for what must happen


async def until(condition: Callable[[redis.Redis], bool], server: ValkeyProcess) -> None:
    """Wait for something that the server tells."""
    deadline = asyncio.get_running_loop().time() + LIMIT
    with server.client() as client:
        while not condition(client):
            assert asyncio.get_running_loop().time() < deadline
            await asyncio.sleep(0.01)


async def subscribed(server: ValkeyProcess) -> None:
    """Wait until somebody listens."""
    await until(lambda client: bool(client.pubsub_numsub(keys.REQUESTS)[0][1]), server)


def listeners(client: redis.Redis) -> set[int]:
    return {int(one["id"]) for one in client.client_list(_type="pubsub")}


async def test_a_request_reaches_the_collector(
    valkey_url: str, valkey_process: ValkeyProcess
) -> None:
    web = Store(valkey_url)
    async with CollectorStore(valkey_url) as store, aclosing(store.requests()) as requests:
        waiting = asyncio.ensure_future(anext(requests))
        await subscribed(valkey_process)
        request = web.request_probe("main", "api")
        assert await asyncio.wait_for(waiting, LIMIT) == ProbeRequest(request, "main", "api")


async def test_what_is_no_request_is_left_out(
    valkey_url: str, valkey_process: ValkeyProcess
) -> None:
    web = Store(valkey_url)
    async with CollectorStore(valkey_url) as store, aclosing(store.requests()) as requests:
        waiting = asyncio.ensure_future(anext(requests))
        await subscribed(valkey_process)
        with valkey_process.client() as client:
            client.publish(keys.REQUESTS, b"\xff{")
        web.request_probe("main", "api")
        assert (await asyncio.wait_for(waiting, LIMIT)).check == "api"


async def test_a_subscription_comes_back_with_its_server(restartable: ValkeyProcess) -> None:
    web = Store(restartable.url)
    store = CollectorStore(restartable.url)
    async with store, aclosing(store.requests()) as requests:
        for number in range(2):
            waiting = asyncio.ensure_future(anext(requests))
            await subscribed(restartable)
            web.request_probe("main", f"api{number}")
            assert (await asyncio.wait_for(waiting, LIMIT)).check == f"api{number}"
            restartable.kill()
            restartable.start()


async def test_a_connection_that_died_without_a_word_is_found(
    restartable: ValkeyProcess,
) -> None:
    """The server hangs: a ping goes out after a silence, and no answer comes."""
    store = CollectorStore(restartable.url)
    quick = store.profile.__class__("local", 10.0, 2.0, 1.0, 3.0, ping_interval=0.1)
    store.profile = quick
    web = Store(restartable.url)
    async with store, aclosing(store.requests()) as requests:
        waiting = asyncio.ensure_future(anext(requests))
        await subscribed(restartable)
        with restartable.client() as client:
            first = listeners(client)
        restartable.pause()
        await asyncio.sleep(0.4)  # a silence is what is tried: the ping and its answer's time
        restartable.resume()
        await until(lambda client: not first & listeners(client), restartable)
        await subscribed(restartable)
        web.request_probe("main", "api")
        assert (await asyncio.wait_for(waiting, LIMIT)).check == "api"


async def test_waiting_for_requests_asks_the_server_nothing(
    valkey_url: str, valkey_process: ValkeyProcess
) -> None:
    web = Store(valkey_url)
    async with CollectorStore(valkey_url) as store, aclosing(store.requests()) as requests:
        waiting = asyncio.ensure_future(anext(requests))
        await subscribed(valkey_process)
        with valkey_process.watched() as commands:
            await asyncio.sleep(0.1)
        assert commands == []
        web.request_probe("main", "api")
        await asyncio.wait_for(waiting, LIMIT)

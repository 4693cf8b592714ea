"""Several instances in processes of their own, killed where it hurts most."""

import asyncio
import json
import random
import signal

import httpx
import pytest
from opskit import Ledger, Mode
from opskit.keys import Keys
from opskit.mode import switch
from opskit.present import read_present
from opskit.server import Server

from tests.kit.accounting_server import Accounting
from tests.kit.support import RUN_TOKEN, Instance, Spawn, until
from tests.valkey_process import ValkeyProcess

ORDER = {"Authorization": f"Bearer {RUN_TOKEN}"}


async def get(instance: Instance, path: str, **more) -> httpx.Response:
    async with httpx.AsyncClient(base_url=instance.url, timeout=20, verify=False) as client:
        return await client.get(path, **more)


async def order(instance: Instance, item: str, key: str) -> httpx.Response:
    headers = ORDER | {"Idempotency-Key": key}
    async with httpx.AsyncClient(base_url=instance.url, timeout=20, verify=False) as client:
        body = {"item": item, "mode": "live"}
        return await client.post("/ops/run", json=body, headers=headers)


async def test_two_instances_refresh_a_token_once(spawn: Spawn, accounting: Accounting):
    one, two = spawn(accounting.url), spawn(accounting.url)
    accounting.token_delay = 0.2
    every = await asyncio.gather(*(get(i, "/token") for i in (one, two) * 5))
    assert len({answer.json()["token"] for answer in every}) == 1
    assert (accounting.rotations, accounting.reused) == (1, 0)


async def test_an_instance_killed_while_it_refreshes_is_told_and_never_tried_again(
    spawn: Spawn, accounting: Accounting, server: Server, keys: Keys
):
    accounting.token_delay = 60.0
    one, two = spawn(accounting.url), spawn(accounting.url)
    asking = asyncio.create_task(get(one, "/token"))
    await until(accounting.entered.is_set)  # the old token is spent from here on
    one.kill()
    with pytest.raises(httpx.HTTPError):
        await asking
    answer = await get(two, "/token")
    assert (answer.status_code, answer.json()["type"]) == (503, "urn:ops:1:needs-reauthorisation")
    assert (accounting.rotations, accounting.reused) == (1, 0)
    stored = await server.command("HGETALL", keys.of("token", "accounting"))
    assert stored["state"] == "spent_unknown"
    assert "died" in stored["reason"]
    assert not await server.command("EXISTS", keys.of("lock", "token", "accounting"))


async def test_an_instance_killed_before_it_refreshes_blocks_nobody_for_long(
    spawn: Spawn, accounting: Accounting, server: Server, keys: Keys
):
    """The lock of a dead instance ends by itself."""
    await server.command("SET", keys.of("lock", "token", "accounting"), "dead", "PX", 500)
    answer = await get(spawn(accounting.url), "/token")
    assert answer.json()["token"] in accounting.access


async def test_two_instances_share_one_quota(spawn: Spawn, accounting: Accounting):
    instances = [spawn(accounting.url, CALLS_A_MINUTE="10") for _ in range(2)]
    every = await asyncio.gather(*(get(i, "/take") for i in instances * 15))
    codes = [answer.status_code for answer in every]
    assert (codes.count(200), codes.count(429)) == (10, 20)
    instances[0].kill()  # what it took stays taken, and nothing is locked
    assert (await get(instances[1], "/take")).status_code == 429


async def test_two_instances_load_a_cached_value_once(spawn: Spawn, accounting: Accounting):
    instances = [spawn(accounting.url) for _ in range(2)]
    every = await asyncio.gather(*(get(i, "/rates/eur") for i in instances * 10))
    assert {answer.status_code for answer in every} == {200}
    assert accounting.calls == 1


async def test_an_instance_killed_while_it_writes_is_read_back_and_nothing_is_written_twice(
    spawn: Spawn, accounting: Accounting, server: Server, keys: Keys
):
    accounting.write_delay = 60.0
    one, two = spawn(accounting.url), spawn(accounting.url)
    asking = asyncio.create_task(order(one, "inv-1", "key-12345678"))
    await until(accounting.entered.is_set)  # it is written; the answer is not there
    one.kill()
    with pytest.raises(httpx.HTTPError):
        await asking
    accounting.write_delay = 0.0
    waiting = await order(two, "inv-1", "key-12345678")
    assert waiting.status_code == 409  # it may still be alive: only time can tell
    # Five minutes later, without waiting for them: the claim's own end is moved.
    key = keys.of("idem", "run:key-12345678")
    document = json.loads(await server.command("GET", key))
    assert document["state"] == "sending"
    await server.command("SET", key, json.dumps({**document, "until": 1.0}), "KEEPTTL")
    done = (await order(two, "inv-1", "key-12345678")).json()
    assert (done["outcome"], done["uncertain"]) == ("done", True)
    assert done["result"] == {"number": "inv-1", "found": True}
    assert len(accounting.writes) == 1


async def test_a_closing_survives_killed_instances_with_no_item_lost_or_done_twice(
    spawn: Spawn, accounting: Accounting, server: Server, keys: Keys
):
    ledger = Ledger(server, keys, "2026-11")
    items = [f"inv-{n}" for n in range(60)]
    await ledger.add(items)
    accounting.write_delay = 0.02
    more = {"CLOSING": "2026-11", "LEASE_SECONDS": "0.6"}
    running = [spawn(accounting.url, **more) for _ in range(2)]
    for done in (10, 25, 40):
        await until(lambda done=done: len(accounting.writes) >= done)
        running.pop(0).kill()
        running.append(spawn(accounting.url, **more))

    async def settled() -> bool:
        counts = await ledger.counts()
        assert counts.reconciles
        assert counts.failed == 0
        return counts.done == len(items)

    await until(settled, 30)
    written = [write["number"] for write in accounting.writes]
    assert sorted(written) == sorted(items)


async def test_sigterm_lets_what_is_in_flight_end_and_takes_the_instance_off_the_list(
    spawn: Spawn, accounting: Accounting, server: Server, keys: Keys
):
    one = spawn(accounting.url)
    asking = asyncio.create_task(get(one, "/sleep/0.6"))
    await until(lambda: "sleeping" in one.lines())
    one.process.send_signal(signal.SIGTERM)
    assert (await asking).json() == {"slept": True}
    assert await asyncio.to_thread(one.process.wait, 10) is not None
    assert await server.command("ZCARD", keys.of("instances")) == 0
    assert "stopped" in one.lines()


async def test_sigterm_gives_items_back_or_ends_them_and_none_is_left_running(
    spawn: Spawn, accounting: Accounting, server: Server, keys: Keys
):
    ledger = Ledger(server, keys, "2026-11")
    await ledger.add([f"inv-{n}" for n in range(200)])
    accounting.write_delay = 0.05
    one = spawn(accounting.url, CLOSING="2026-11")
    await until(lambda: len(accounting.writes) > 5)
    one.process.send_signal(signal.SIGTERM)
    await asyncio.to_thread(one.process.wait, 10)
    counts = await ledger.counts()
    assert (counts.running, counts.failed) == (0, 0)
    assert counts.done == len(accounting.writes) < 200
    assert counts.reconciles


async def test_no_write_passes_a_switch_however_often_it_flips(
    spawn: Spawn, accounting: Accounting, server: Server, keys: Keys
):
    """Three instances write as fast as they can while the mode flips and instances die."""
    chance = random.Random(3)
    ledger = Ledger(server, keys, "2026-11")
    await ledger.add([f"inv-{n}" for n in range(5000)])
    more = {"CLOSING": "2026-11", "CALLS_A_MINUTE": "100000"}
    running = [spawn(accounting.url, **more) for _ in range(3)]
    await until(lambda: len(accounting.writes) > 3)
    epoch, modes = 0, {0: "live"}
    for n in range(40):
        mode = chance.choice(list(Mode))
        done, epoch = await switch(server, keys, mode, by="t", reason="", epoch=epoch)
        assert done
        modes[epoch] = mode.value
        if n % 15 == 7:
            running.pop(0).kill()
            running.append(spawn(accounting.url, **more))
        await asyncio.sleep(chance.random() * 0.05)
    _, last, _ = await read_present(server, keys.of("mode"), keys.of("epoch"))
    assert last == 40
    counted = await server.command("HGETALL", keys.of("writes"))
    permitted = {
        int(name.split(".")[0]): int(count)
        for name, count in counted.items()
        if name.endswith(".permitted")
    }
    assert permitted
    assert all(modes[of] == "live" for of in permitted)
    # The API's own record: each write was permitted by the server before it was sent.
    assert len(accounting.writes) <= sum(permitted.values())


async def test_a_killed_redis_leaves_instances_answering_and_writing_stops_for_good_reason(
    spawn: Spawn, accounting: Accounting, own_valkey: ValkeyProcess
):
    one = spawn(accounting.url, own_valkey.url)
    assert (await get(one, "/health")).json()["status"] == "pass"
    own_valkey.kill()
    assert (await get(one, "/sleep/0.01")).status_code == 200
    assert (await get(one, "/rates/eur")).status_code == 200
    answer = await order(one, "inv-1", "key-12345678")
    assert (answer.status_code, answer.json()["type"]) == (503, "urn:ops:1:redis-away")
    assert accounting.writes == []

    async def warned() -> bool:
        return (await get(one, "/health")).json()["status"] == "warn"

    await until(warned)
    own_valkey.start()

    async def back() -> bool:
        return (await get(one, "/health")).json()["status"] == "pass"

    await until(back)
    assert (await order(one, "inv-1", "key-12345678")).json()["outcome"] == "done"

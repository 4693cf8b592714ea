"""Eight instances write as fast as they can while the mode flips, instances die and Redis restarts.

Afterwards the accounting API's own record is held against the order of switches as the service's
Redis has it: no write was sent that was not permitted in a live epoch.
"""

import asyncio
import json
import random

import pytest
from opskit import Ledger
from opskit.keys import Keys
from opskit.server import Server

from console.controls.gather.redis import switch
from console.controls.model import Mode
from console.service_redis import ServiceRedis, ServiceRedisError
from tests.kit.accounting_server import Accounting
from tests.kit.support import SERVICE, Instance, Spawn, until
from tests.valkey_process import ValkeyProcess

INSTANCES, SWITCHES = 8, 500
DEATHS = range(40, SWITCHES, 80)  # before these switches an instance is killed and another begins
RESTARTS = (170, 340)  # before these Redis is killed and started again
CLOSING = "2026-11"


class Order:
    """Who switched to what, in the order of the service's Redis."""

    def __init__(self, url: str) -> None:
        self.url, self.epoch = url, 0
        self.modes = {0: "live"}  # DRY_RUN=false, and no mode was ever set

    async def next(self, mode: Mode) -> None:
        redis = ServiceRedis(self.url)
        try:
            made = await switch(
                redis, SERVICE, mode, epoch=self.epoch, by="test", reason="", expires_at=None,
                on_expiry=Mode.PAUSED, floor=self.epoch,
            )  # fmt: skip
        finally:
            await redis.close()
        assert made.done
        self.epoch = made.epoch
        self.modes[made.epoch] = mode.value


@pytest.mark.timeout(240)
async def test_no_write_is_sent_that_no_live_epoch_permitted(
    spawn: Spawn, accounting: Accounting, restartable: ValkeyProcess
):
    chance, url = random.Random(20261124), restartable.url
    server, keys = Server(url), Keys(SERVICE)
    await Ledger(server, keys, CLOSING).add([f"inv-{n}" for n in range(20_000)])
    more = {"CLOSING": CLOSING, "CALLS_A_MINUTE": "1000000"}
    running: list[Instance] = [spawn(accounting.url, url, **more) for _ in range(INSTANCES)]
    await until(lambda: len(accounting.writes) > INSTANCES, 30)
    order = Order(url)
    for number in range(SWITCHES):
        if number in DEATHS:
            running.pop(0).kill()
            running.append(spawn(accounting.url, url, **more))
        if number in RESTARTS:
            restartable.kill()
            await asyncio.sleep(0.3)
            restartable.start()
            await until(lambda: answers(url), 20)
        # live often, so that there is something to stop
        await order.next(chance.choice([Mode.LIVE, Mode.LIVE, Mode.DRY_RUN, Mode.PAUSED]))
        await asyncio.sleep(chance.random() * 0.02)
    await order.next(Mode.PAUSED)
    await until(lambda: no_work(server, keys), 60)
    await server.close()

    with restartable.client() as client:
        counted = client.hgetall(keys.of("writes"))
        unverified = [json.loads(one) for one in client.zrange(keys.of("unverified"), 0, -1)]
    permitted = {
        int(name.split(b".")[0]): int(count)
        for name, count in counted.items()
        if name.endswith(b".permitted")
    }
    assert order.epoch == SWITCHES + 1
    assert sum(permitted.values()) > 50
    assert {order.modes[epoch] for epoch in permitted} == {"live"}
    assert {order.modes[one["epoch"]] for one in unverified} <= {"live"}
    # a write without a permit would be one too many in the API's own record
    sent = len(accounting.writes)
    assert sent <= sum(permitted.values()) + len(unverified)


async def answers(url: str) -> bool:
    redis = ServiceRedis(url)
    try:
        return bool(await redis.command("PING"))
    except ServiceRedisError:
        return False
    finally:
        await redis.close()


async def no_work(server: Server, keys: Keys) -> bool:
    """Whether every instance knows of the last switch and has nothing in flight."""
    names = await server.command("ZRANGE", keys.of("instances"), 0, -1)
    texts = await server.command("MGET", *(keys.of("inst", name) for name in names))
    beats = [json.loads(text) for text in texts if text]
    known = [beat["epoch"] == SWITCHES + 1 and not beat["in_flight"] and not beat["journal"]
             for beat in beats]  # fmt: skip
    return len(known) >= INSTANCES and all(known)

import asyncio
import json
import time

import pytest
from opskit import Limit, RateLimited, context, deadlines
from opskit.heartbeat import Outbox
from opskit.keys import Keys
from opskit.rate_limit import RateLimiter
from opskit.server import Server

from tests.kit.accounting_server import Accounting
from tests.kit.support import MakeKit, until
from tests.valkey_process import ValkeyProcess

pytestmark = pytest.mark.every_server


def limiter(server: Server | None, keys: Keys, **more) -> RateLimiter:
    return RateLimiter(server, keys, Outbox(), **more)


async def attempts(limiters: list[RateLimiter], limit: Limit, n: int) -> int:
    """How many of n calls at once were let through."""
    every = [limiters[at % len(limiters)].take("api", limit) for at in range(n)]
    found = await asyncio.gather(*every, return_exceptions=True)
    return sum(not isinstance(one, RateLimited) for one in found)


async def test_several_instances_share_one_quota(either_server: Server, keys: Keys):
    instances = [limiter(either_server, keys) for _ in range(3)]
    assert await attempts(instances, Limit(15, 60), 30) == 15


async def test_never_more_than_the_limit_in_any_window(server: Server, keys: Keys):
    limit, one = Limit(5, 0.3), limiter(server, keys)
    calls: list[float] = []
    waits: list[float] = []
    end = time.monotonic() + 1.0
    while time.monotonic() < end:
        try:
            before = time.monotonic()
            await one.take("api", limit)
            calls.append(before)
        except RateLimited as full:
            waits.append(full.retry_after)
            await asyncio.sleep(min(full.retry_after, 0.05))
    assert len(calls) >= 12
    assert all(0 < wait <= 0.31 for wait in waits)
    # A call is made after it was taken: with the taking's own time left out, five in any window.
    for first, sixth in zip(calls, calls[5:], strict=False):
        assert sixth - first >= 0.3 - 0.02


async def test_waiting_ends_with_the_quota_or_at_once_where_the_deadline_is_nearer(
    server: Server, keys: Keys
):
    limit, one = Limit(1, 0.15), limiter(server, keys)
    await one.acquire("api", limit)
    began = time.monotonic()
    await one.acquire("api", limit)
    assert 0.1 < time.monotonic() - began < 1
    with deadlines.limit(0.05), pytest.raises(RateLimited):
        await one.acquire("api", limit)


async def test_what_a_piece_of_work_stood_still_for_a_quota_is_kept_with_it(
    server: Server, keys: Keys
):
    limit, one = Limit(1, 0.15), limiter(server, keys)
    work = context.Work("r", "t", 0)
    token = context.current.set(work)
    await one.acquire("api", limit)
    assert work.waited == 0
    await one.acquire("api", limit)
    context.current.reset(token)
    assert work.waited > 0.05


async def test_a_429_stops_every_instance_for_as_long_as_it_says(either_server: Server, keys: Keys):
    one, two = limiter(either_server, keys), limiter(either_server, keys)
    await one.heard("api", 429, {"Retry-After": "30"})
    with pytest.raises(RateLimited) as caught:
        await two.take("api", Limit(100))
    assert 25 < caught.value.retry_after <= 30
    with pytest.raises(RateLimited):
        await one.take("api", Limit(100))


async def test_a_retry_after_of_a_year_is_not_believed(server: Server, keys: Keys):
    one = limiter(server, keys)
    await one.heard("api", 503, {"Retry-After": "31536000"})
    assert await server.command("PTTL", keys.of("block", "api")) <= 3_600_000


async def test_without_redis_each_instance_keeps_its_share(own_valkey: ValkeyProcess, keys: Keys):
    server = Server(own_valkey.url)
    own_valkey.kill()
    one = limiter(server, keys, instances=lambda: 3)
    assert await attempts([one], Limit(15, 60), 30) == 5
    await server.close()


async def test_what_is_left_is_published(make_kit: MakeKit, accounting: Accounting, server: Server):
    kit = await make_kit()
    accounting.headers = {"X-RateLimit-Limit": "60", "X-RateLimit-Remaining": "45"}
    async with kit.client("accounting", limit=Limit(60), base_url=accounting.url) as client:
        await client.get("/invoices")
    kit.heart.wake()
    told = await until(lambda: server.command("HGETALL", kit.keys.of("limits")))
    theirs, own = (json.loads(told[f"accounting/{name}"]) for name in ("default", "own"))
    assert (theirs["remaining"], theirs["limit"], theirs["dialect"]) == (45, 60, "x-ratelimit")
    assert (own["remaining"], own["limit"], own["window"]) == (59, 60, 60)


async def test_a_call_beyond_the_quota_is_not_sent(make_kit: MakeKit, accounting: Accounting):
    kit = await make_kit()
    async with kit.client("accounting", limit=Limit(2, 60), base_url=accounting.url) as client:
        with deadlines.limit(1):
            for _ in range(2):
                await client.get("/invoices")
            with pytest.raises(RateLimited):
                await client.get("/invoices")
    assert accounting.calls == 2

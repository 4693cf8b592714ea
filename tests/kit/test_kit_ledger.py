import asyncio
import random
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from opskit import LeaseLost, Ledger, State
from opskit.keys import Keys
from opskit.server import Server

from tests.kit.support import until

pytestmark = pytest.mark.every_server
LEASE = 0.6  # seconds: longer than a busy machine lets a test wait


def ledger(server: Server, keys: Keys, **more) -> Ledger:
    return Ledger(server, keys, "2026-11", **more)


async def test_items_move_through_their_states_and_the_sums_reconcile(
    either_server: Server, keys: Keys
):
    book = ledger(either_server, keys)
    assert await book.add(["a", "b", "c", "d", "a"]) == 4
    assert await book.add(["a", "e"]) == 1
    first, second = await book.take(2)
    assert (first.item, second.item, first.tries) == ("a", "b", 1)
    await book.done(first, writes=1)
    await book.hold(second, "dry run")
    (third,) = await book.take(1, only=["d"])
    await book.fail(third, "HTTP 500")
    counts = await book.counts()
    assert (counts.waiting, counts.running, counts.done, counts.held, counts.failed) == (
        2,
        0,
        1,
        1,
        1,
    )
    assert counts.reconciles
    ((item, facts),) = await book.items(State.FAILED)
    assert (item, facts["reason"], facts["tries"]) == ("d", "HTTP 500", 1)
    assert facts["seconds"] >= 0
    assert await book.retry("d")
    assert await book.state("d") is State.WAITING
    assert not await book.retry("d")


async def test_no_item_is_taken_twice_by_many_workers(either_server: Server, keys: Keys):
    book = ledger(either_server, keys)
    await book.add([str(n) for n in range(60)])
    rounds = await asyncio.gather(*(book.take(3) for _ in range(20)))
    taken = [one.item for found in rounds for one in found]
    assert sorted(taken, key=int) == [str(n) for n in range(60)]


async def test_an_item_whose_worker_died_comes_back_and_the_dead_worker_loses_it(
    either_server: Server, keys: Keys
):
    book = ledger(either_server, keys, lease=0.05)
    await book.add(["a"])
    (dead,) = await book.take()
    (again,) = await until(book.take)
    assert again.tries == 2
    with pytest.raises(LeaseLost):
        await book.done(dead)
    with pytest.raises(LeaseLost):
        await book.renew(dead)
    await book.done(again)
    assert (await book.counts()).done == 1


async def test_a_renewed_lease_holds(server: Server, keys: Keys):
    book = ledger(server, keys, lease=LEASE)
    await book.add(["a"])
    (mine,) = await book.take()
    until_after = time.monotonic() + 2 * LEASE
    while time.monotonic() < until_after:
        await asyncio.sleep(LEASE / 20)
        await book.renew(mine)
        assert await book.take() == []
    await book.give_back(mine)
    assert await book.state("a") is State.WAITING


async def test_ten_thousand_items_are_added_in_order(server: Server, keys: Keys):
    book = ledger(server, keys)
    names = [f"inv-{n}" for n in range(10_000)]
    assert await book.add(names) == 10_000
    assert await book.waiting(5) == names[:5]
    assert (await book.counts()).reconciles


@given(
    st.lists(st.sampled_from(["add", "take", "done", "hold", "fail", "retry", "back"]), max_size=40)
)
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_the_sums_reconcile_whatever_happens(valkey_process, keys: Keys, steps: list[str]):
    async def play() -> None:
        server = Server(valkey_process.url)
        await server.command("FLUSHALL")
        chance, book, held = random.Random(len(steps)), ledger(server, keys), []
        for step in steps:
            server.scripts_refused = chance.random() < 0.5
            if step == "add":
                await book.add([str(chance.randint(0, 5))])
            elif step == "take":
                held += await book.take(2)
            elif step == "retry":
                await book.retry(str(chance.randint(0, 5)), chance.choice(list(State)[3:]))
            elif held:
                one = held.pop()
                finish = {"done": book.done, "back": book.give_back}
                if step in finish:
                    await finish[step](one)
                else:
                    await (book.hold if step == "hold" else book.fail)(one, "why")
            counts = await book.counts()
            assert counts.reconciles
            assert counts.running == len(held)
        await server.close()

    asyncio.run(play())

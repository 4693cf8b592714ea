import pytest

from console.errors import LeaseLost
from console.store import keys
from console.store.write import CollectorStore
from tests.store.collected import NOW, collect, count, flush, holding
from tests.valkey_process import ValkeyProcess

pytestmark = pytest.mark.every_server


def let_the_lease_run_out(server: ValkeyProcess) -> None:
    with server.client() as client:
        assert client.pexpire(keys.LEASE, 0)


async def test_only_one_collector_holds_the_lease(valkey_url: str) -> None:
    async with holding(valkey_url), CollectorStore(valkey_url) as other:
        assert await other.acquire() is None
        assert await other.acquire() is None


async def test_a_closing_collector_gives_the_lease_back(valkey_url: str) -> None:
    async with holding(valkey_url):
        pass
    async with CollectorStore(valkey_url) as other:
        assert await other.acquire() == 2


async def test_the_fencing_number_grows_with_every_lease(valkey_url: str) -> None:
    async with CollectorStore(valkey_url) as store:
        assert [await store.acquire() for _ in range(3)] == [1, 2, 3]


async def test_a_flush_renews_the_lease(valkey_url: str, valkey_process: ValkeyProcess) -> None:
    async with holding(valkey_url) as store:
        with valkey_process.client() as client:
            client.pexpire(keys.LEASE, 1000)
            await flush(store, NOW)
            assert client.pttl(keys.LEASE) > 20_000


async def test_an_old_holder_cannot_write(valkey_url: str, valkey_process: ValkeyProcess) -> None:
    async with holding(valkey_url) as old:
        let_the_lease_run_out(valkey_process)
        async with holding(valkey_url) as new:
            await collect(new, [NOW], NOW)
            count(old, NOW)
            with pytest.raises(LeaseLost):
                await flush(old, NOW)
            assert old.fence == 0
            with valkey_process.client() as client:
                fields = client.hkeys(keys.open_cells("main", "check:api"))
            assert fields == [f"{int(NOW // 60)}.{new.fence}".encode()]


async def test_an_old_holder_cannot_write_after_the_new_one_left_either(
    valkey_url: str, valkey_process: ValkeyProcess
) -> None:
    async with holding(valkey_url) as old:
        let_the_lease_run_out(valkey_process)
        async with holding(valkey_url):
            pass
        with pytest.raises(LeaseLost):
            await flush(old, NOW)


async def test_an_old_holder_that_closes_leaves_the_new_lease_alone(
    valkey_url: str, valkey_process: ValkeyProcess
) -> None:
    async with holding(valkey_url):
        let_the_lease_run_out(valkey_process)
        new = CollectorStore(valkey_url)
        assert await new.acquire() == 2
    await flush(new, NOW)
    await new.close()


async def test_a_lease_that_ran_out_with_nobody_after_it_is_taken_on(
    valkey_url: str, valkey_process: ValkeyProcess
) -> None:
    async with holding(valkey_url) as store:
        let_the_lease_run_out(valkey_process)
        await flush(store, NOW)
        async with CollectorStore(valkey_url) as other:
            assert await other.acquire() is None


async def test_a_lease_begins_with_an_empty_open_period(valkey_url: str) -> None:
    async with holding(valkey_url) as store:
        count(store, NOW)
        await store.acquire()
        assert store.open_period.take() == ()
        assert store.open_period.fence == store.fence

import asyncio

import pytest
from opskit import AlreadyRunning, LeaseLost, RedisAway
from opskit.errors import KeyReused
from opskit.idempotency import DAYS, Idempotency
from opskit.keys import Keys
from opskit.server import Server

from tests.kit.support import until
from tests.valkey_process import ValkeyProcess

pytestmark = pytest.mark.every_server

KEY = "comp1:invoice:001"


async def test_a_result_is_kept_for_seven_days_and_given_to_every_instance(
    either_server: Server, keys: Keys
):
    claim = await Idempotency(either_server, keys).begin(KEY, {"a": 1})
    await claim.sending()
    await claim.done({"id": 7})
    other = await Idempotency(either_server, keys).begin(KEY, {"a": 1})
    assert (other.finished, other.result) == (True, {"id": 7})
    left = await either_server.command("PTTL", keys.of("idem", KEY))
    assert DAYS * 86_400_000 - 5000 < left <= DAYS * 86_400_000


async def test_of_many_at_once_one_works_and_the_others_are_told_to_wait(
    either_server: Server, keys: Keys
):
    idem = Idempotency(either_server, keys)
    found = await asyncio.gather(*(idem.begin(KEY) for _ in range(20)), return_exceptions=True)
    assert sum(isinstance(one, AlreadyRunning) for one in found) == 19
    assert all(one.retry_after > 0 for one in found if isinstance(one, AlreadyRunning))


async def test_a_dry_run_never_writes_and_waits_for_nobody(server: Server, keys: Keys):
    idem = Idempotency(server, keys)
    dry = await idem.begin(KEY, dry=True)
    await dry.sending()
    await dry.done({"dry_run": True})
    await dry.abandon()
    assert await server.command("KEYS", "*") == []
    live = await idem.begin(KEY)
    assert not live.finished
    assert not (await idem.begin(KEY, dry=True)).finished
    await live.done(1)
    assert (await idem.begin(KEY, dry=True)).result == 1


async def test_the_same_key_for_something_else_is_a_defect_that_is_told(server: Server, keys: Keys):
    await Idempotency(server, keys).begin(KEY, {"amount": 1})
    with pytest.raises(KeyReused):
        await Idempotency(server, keys).begin(KEY, {"amount": 2})


async def test_a_claim_that_died_before_sending_is_free_again_after_its_time(
    either_server: Server, keys: Keys
):
    idem = Idempotency(either_server, keys, working=0.05)
    dead = await idem.begin(KEY)
    claim = await until_free(idem)
    assert not claim.uncertain
    with pytest.raises(LeaseLost):
        await dead.done("late")


async def test_a_claim_that_died_while_sending_makes_the_next_one_uncertain(
    either_server: Server, keys: Keys
):
    dead = await Idempotency(either_server, keys, working=0.05).begin(KEY)
    await dead.sending()
    idem = Idempotency(either_server, keys)
    claim = await until_free(idem)
    assert claim.uncertain
    with pytest.raises(LeaseLost):
        await dead.done("late")
    with pytest.raises(AlreadyRunning):
        await idem.begin(KEY)  # only one may read back at a time
    await claim.done("found by reading back")
    assert (await idem.begin(KEY)).result == "found by reading back"


async def test_what_was_not_sent_is_free_at_once(server: Server, keys: Keys):
    idem = Idempotency(server, keys)
    await (await idem.begin(KEY)).abandon()
    assert not (await idem.begin(KEY)).uncertain


async def test_a_result_too_large_is_refused_before_it_is_stored(server: Server, keys: Keys):
    claim = await Idempotency(server, keys).begin(KEY)
    with pytest.raises(ValueError, match="larger than"):
        await claim.done("x" * 70_000)


@pytest.mark.parametrize("key", ["x" * 100_000, 'a"b/c\\d', "請求書-001 🧾", " ", "a:b:c"])
async def test_keys_of_any_kind_work(server: Server, keys: Keys, key: str):
    claim = await Idempotency(server, keys).begin(key)
    await claim.done(key[:10])
    assert (await Idempotency(server, keys).begin(key)).result == key[:10]
    (stored,) = await server.command("KEYS", "*")
    assert len(stored) < 300


@pytest.mark.parametrize("garbage", ["", "{", "[]", '"x"', "{}", '{"state": "done"}', "\x00"])
async def test_garbage_under_a_key_is_told_and_never_taken_for_free(
    server: Server, keys: Keys, garbage: str
):
    await server.command("SET", keys.of("idem", KEY), garbage)
    with pytest.raises(KeyReused):
        await Idempotency(server, keys).begin(KEY)


async def test_without_redis_nothing_is_claimed(own_valkey: ValkeyProcess, keys: Keys):
    server = Server(own_valkey.url)
    own_valkey.kill()
    with pytest.raises(RedisAway):
        await Idempotency(server, keys).begin(KEY)
    await server.close()


async def until_free(idem: Idempotency):
    async def attempt():
        try:
            return await idem.begin(KEY)
        except AlreadyRunning:
            return None

    return await until(attempt)

import asyncio
import time

import httpx
import pytest
from cryptography.fernet import Fernet
from opskit import Grant, Kit, NeedsReauthorisation, NotSpent, RedisError, oauth_refresh
from opskit.keys import Keys
from opskit.server import Server
from opskit.tokens import TokenKeeper

from tests.kit.accounting_server import SEED, Accounting
from tests.kit.support import TOKEN_KEY, MakeKit
from tests.valkey_process import ValkeyProcess

pytestmark = pytest.mark.every_server


def keeper(kit: Kit, accounting: Accounting, **more) -> TokenKeeper:
    client = httpx.AsyncClient(timeout=5, verify=False)
    refresh = oauth_refresh(client, f"{accounting.url}/token", "id", "secret")
    return kit.token("accounting", refresh, **({"seed": SEED} | more))


async def test_a_seed_is_spent_once_and_its_successor_is_stored_encrypted(
    make_kit: MakeKit, accounting: Accounting, server: Server
):
    kit = await make_kit()
    first, second = keeper(kit, accounting), keeper(kit, accounting)
    access = await first.get()
    assert await second.get() == access in accounting.access
    assert (accounting.rotations, accounting.reused) == (1, 0)
    stored = await server.command("HGETALL", kit.keys.of("token", "accounting"))
    assert stored["state"] == "ok"
    assert stored["rotated_by"] == kit.identity.instance
    assert float(stored["expires_at"]) == pytest.approx(time.time() + 3600, abs=5)
    for secret in (access, accounting.refresh, SEED):
        assert secret not in str(stored)
    assert await server.command("SMEMBERS", kit.keys.of("tokens")) in (
        {"accounting"},
        ["accounting"],
    )


async def test_many_instances_never_refresh_at_once(make_kit: MakeKit, accounting: Accounting):
    kit = await make_kit()
    accounting.token_delay = 0.1
    every = await asyncio.gather(*(keeper(kit, accounting).get() for _ in range(12)))
    assert len(set(every)) == 1
    assert (accounting.rotations, accounting.reused) == (1, 0)


async def test_a_token_is_renewed_before_it_ends_while_the_old_one_is_valid(
    make_kit: MakeKit, accounting: Accounting, monkeypatch: pytest.MonkeyPatch
):
    kit = await make_kit()
    accounting.life = 100.0  # the margin is a tenth of it
    one = keeper(kit, accounting)
    began = time.time()
    for passed in range(0, 150, 5):
        monkeypatch.setattr(time, "time", lambda passed=passed: began + passed)
        assert await one.get() in accounting.access
    assert accounting.rotations == 2
    assert accounting.reused == 0


async def test_an_old_instance_does_not_bring_an_old_seed_back(
    make_kit: MakeKit, accounting: Accounting
):
    """While a new seed is rolled out, instances with the old one are still there."""
    kit = await make_kit()
    await keeper(kit, accounting).get()
    accounting.refresh = "a-new-seed-from-the-sign-in"
    new = await keeper(kit, accounting, seed=accounting.refresh).get()
    assert await keeper(kit, accounting).get() == new  # the old seed
    assert accounting.reused == 0


async def test_a_refused_token_needs_a_person_and_a_new_seed_heals_it(
    make_kit: MakeKit, accounting: Accounting, server: Server
):
    kit = await make_kit()
    accounting.refresh = "something else"
    for _ in range(2):
        with pytest.raises(NeedsReauthorisation):
            await keeper(kit, accounting).get()
    assert accounting.reused == 1  # it is not tried again
    stored = await server.command("HGETALL", kit.keys.of("token", "accounting"))
    assert stored["state"] == "refused"
    assert await keeper(kit, accounting, seed="something else").get() in accounting.access


async def test_a_lost_answer_is_told_and_the_token_is_not_spent_again(
    make_kit: MakeKit, accounting: Accounting, server: Server
):
    kit = await make_kit()
    accounting.token_delay = 5.0
    client = httpx.AsyncClient(timeout=0.2, verify=False)
    refresh = oauth_refresh(client, f"{accounting.url}/token", "id", "secret")
    for _ in range(2):
        with pytest.raises(NeedsReauthorisation):
            await kit.token("accounting", refresh, seed=SEED).get()
    assert (accounting.rotations, accounting.reused) == (1, 0)
    stored = await server.command("HGETALL", kit.keys.of("token", "accounting"))
    assert stored["state"] == "spent_unknown"
    assert "lost" in stored["reason"]


async def test_a_token_that_certainly_was_not_sent_may_be_tried_again(server: Server, keys: Keys):
    sent = []

    async def refresh(token: str) -> Grant:
        sent.append(token)
        if len(sent) == 1:
            raise NotSpent("no route")
        return Grant("access", "next", 60)

    one = TokenKeeper(server, keys, "t", TOKEN_KEY, refresh, seed="seed")
    with pytest.raises(NotSpent):
        await one.get()
    assert await one.get() == "access"
    assert sent == ["seed", "seed"]


@pytest.mark.parametrize("status", [429, 503])
async def test_an_api_that_turns_a_refresh_away_costs_no_token(
    make_kit: MakeKit, accounting: Accounting, status: int
):
    kit = await make_kit()
    accounting.token_status = status
    one = keeper(kit, accounting)
    with pytest.raises(NotSpent, match=str(status)):
        await one.get()
    accounting.token_status = 200
    assert await one.get() in accounting.access
    assert accounting.reused == 0


async def test_a_valid_token_goes_on_while_no_new_one_is_to_be_had(
    make_kit: MakeKit, accounting: Accounting
):
    kit = await make_kit()
    accounting.life = 600.0  # the margin is 60 s of it
    one = keeper(kit, accounting)
    access = await one.get()
    accounting.token_status = 503
    with pytest.MonkeyPatch.context() as patch:
        now = time.time()
        patch.setattr(time, "time", lambda: now + 570)
        assert await one.get() == access
        patch.setattr(time, "time", lambda: now + 601)
        with pytest.raises(NotSpent):
            await one.get()


async def test_a_caller_that_gives_up_does_not_interrupt_a_refresh(
    make_kit: MakeKit, accounting: Accounting
):
    kit = await make_kit()
    accounting.token_delay = 0.2
    one = keeper(kit, accounting)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(one.get(), 0.05)
    assert await one.get() in accounting.access
    assert (accounting.rotations, accounting.reused) == (1, 0)


async def test_a_rotated_token_survives_a_redis_that_is_away_at_that_moment(
    own_valkey: ValkeyProcess, keys: Keys
):
    server, sent = Server(own_valkey.url, timeout=0.1), []

    async def refresh(token: str) -> Grant:
        sent.append(token)
        own_valkey.pause()
        return Grant(f"access-{len(sent)}", f"refresh-{len(sent)}", 60)

    one = TokenKeeper(server, keys, "t", TOKEN_KEY, refresh, seed="seed")
    assert await one.get() == "access-1"  # valid, though it could not be stored yet
    own_valkey.resume()
    assert await one.get() == "access-1"
    other = TokenKeeper(server, keys, "t", TOKEN_KEY, refresh, seed="seed")
    assert await other.get() == "access-1"
    assert sent == ["seed"]
    await server.close()


async def test_another_key_cannot_open_the_token_and_says_so(server: Server, keys: Keys):
    async def refresh(token: str) -> Grant:
        return Grant("access", "next", 60)

    await TokenKeeper(server, keys, "t", TOKEN_KEY, refresh, seed="seed").get()
    other = TokenKeeper(server, keys, "t", Fernet.generate_key().decode(), refresh)
    with pytest.raises(NeedsReauthorisation, match="OPS_TOKEN_KEY"):
        await other.get()


async def test_while_the_access_token_is_valid_a_lost_redis_stops_nothing(
    own_valkey: ValkeyProcess, keys: Keys
):
    async def refresh(token: str) -> Grant:
        return Grant("access", "next", 60)

    server = Server(own_valkey.url)
    one = TokenKeeper(server, keys, "t", TOKEN_KEY, refresh, seed="seed")
    await one.get()
    own_valkey.kill()
    one._fresh_until = 0.0  # it would be renewed now
    assert await one.get() == "access"
    with pytest.raises(RedisError):
        await TokenKeeper(server, keys, "t", TOKEN_KEY, refresh).get()
    await server.close()

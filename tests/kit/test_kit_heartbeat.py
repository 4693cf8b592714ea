import asyncio
import json
import time

import pytest
from opskit import Mode, RedisAway, RedisRefused
from opskit.heartbeat import ECONOMY, LOCAL, Outbox, Post, profile_for
from opskit.keys import Keys
from opskit.mode import switch
from opskit.server import Server

from tests.kit.support import MakeKit, until
from tests.valkey_process import ValkeyProcess


async def beat_of(kit) -> dict:
    text = await kit.server.command("GET", kit.keys.of("inst", kit.identity.instance))
    return json.loads(text)


async def test_a_heartbeat_says_who_and_how_and_ends_by_itself(make_kit: MakeKit):
    kit = await make_kit(RENDER_GIT_COMMIT="abc123", FLY_REGION="nrt")
    beat = await beat_of(kit)
    assert (beat["commit"], beat["region"], beat["mode"], beat["epoch"]) == (
        "abc123",
        "nrt",
        "live",
        0,
    )
    assert beat["memory_bytes"] > 1_000_000
    assert beat["started_at"] == pytest.approx(time.time(), abs=5)
    ttl = await kit.server.command("PTTL", kit.keys.of("inst", kit.identity.instance))
    assert 0 < ttl <= LOCAL.ttl * 1000


async def test_heartbeat_mode_figures_and_logs_are_one_command(
    make_kit: MakeKit, valkey_process: ValkeyProcess
):
    kit = await make_kit(OPS_PROFILE="economy")
    kit.histograms.record("route:GET /x", 0.1, time.time())
    kit.cache.counters.of("rates").misses += 1
    with valkey_process.watched() as commands:
        assert await kit.heart.beat()
    assert commands == ["EVALSHA"]


async def test_a_stopped_instance_leaves_the_list_and_a_killed_one_stays_as_silent(
    make_kit: MakeKit, server: Server
):
    gone, stays = await make_kit(), await make_kit()
    await gone.stop()
    names = await server.command("ZRANGE", gone.keys.of("instances"), 0, -1)
    assert names == [stays.identity.instance]


async def test_a_changed_epoch_is_acknowledged_at_once_where_the_bell_is_heard(make_kit: MakeKit):
    kit = await make_kit()
    await until(lambda: kit.server.command("PUBSUB", "NUMSUB", kit.keys.of("bell")))

    async def listened() -> bool:
        return (await kit.server.command("PUBSUB", "NUMSUB", kit.keys.of("bell")))[1] == 1

    await until(listened)
    began = time.monotonic()
    _, epoch = await switch(kit.server, kit.keys, Mode.PAUSED, by="a", reason="b", epoch=0)

    async def acknowledged() -> bool:
        return (await beat_of(kit))["epoch"] == epoch

    await until(acknowledged)
    assert time.monotonic() - began < 1.0


async def test_in_flight_work_of_an_older_epoch_is_told(make_kit: MakeKit):
    kit = await make_kit()
    ticket = kit.in_flight.begin(0)
    await switch(kit.server, kit.keys, Mode.DRY_RUN, by="a", reason="b", epoch=0)
    await kit.mode.refresh()
    figures = kit.describe()
    assert (figures["in_flight"], figures["in_flight_older_epoch"]) == (1, 1)
    kit.in_flight.end(ticket)


def test_a_billed_server_gets_the_economy_profile():
    assert profile_for("rediss://default:x@eu1-a.upstash.io:6379") is ECONOMY
    assert profile_for("redis://localhost:6379") is LOCAL
    assert profile_for("redis://localhost", "economy") is ECONOMY
    assert ECONOMY.commands_a_day == 2880


def test_the_outbox_keeps_the_newest_value_and_is_bounded():
    outbox = Outbox(limit=2)
    for value in "ab":
        outbox.put(Post("H", "k", 1, "f", value))
    old = outbox.take()
    outbox.put(Post("H", "k", 1, "f", "newer"))
    outbox.restore(old)
    for n in range(5):
        outbox.put(Post("H", "k", 1, str(n), "x"))
    found = {post.field: post.value for post in outbox.take()}
    assert found == {"f": "newer", "0": "x"}


async def test_what_waits_while_redis_is_away_arrives_later(
    make_kit: MakeKit, own_valkey: ValkeyProcess
):
    kit = await make_kit(url=own_valkey.url)
    own_valkey.kill()
    kit.histograms.record("route:GET /x", 0.1, 60.0)
    kit.log.info("while away", n=1)
    assert not await kit.heart.beat()
    assert kit.heart.last_error
    own_valkey.start()

    async def arrived() -> bool:
        try:
            lines = await kit.server.command("XRANGE", kit.keys.of("logs"), "-", "+")
            cells = await kit.server.command("HLEN", kit.keys.of("hist", 1))
        except RedisAway:
            return False
        return bool(cells) and any("while away" in fields["line"] for _, fields in lines)

    await until(arrived)
    assert kit.heart.last_error == ""


@pytest.mark.parametrize(
    ("setting", "code"),
    [(("maxmemory", "1"), "OOM"), (("min-replicas-to-write", "3"), "NOREPLICAS")],
)
async def test_a_server_that_refuses_writes_still_tells_the_mode(
    make_kit: MakeKit, own_valkey: ValkeyProcess, setting: tuple[str, str], code: str
):
    kit = await make_kit(url=own_valkey.url)
    epoch = (await switch(kit.server, kit.keys, Mode.DRY_RUN, by="a", reason="", epoch=0))[1]
    with own_valkey.client() as client:
        client.config_set(*setting)
    await kit.heart.beat()
    assert kit.heart.last_error == code
    assert (kit.mode.view().mode, kit.mode.view().epoch) == (Mode.DRY_RUN, epoch)


async def test_a_replica_refuses_by_name(own_valkey: ValkeyProcess):
    with own_valkey.client() as client:
        client.replicaof("127.0.0.1", 1)
    server = Server(own_valkey.url)
    with pytest.raises((RedisRefused, RedisAway)) as caught:
        await server.command("SET", "a", "b")
    assert caught.value.code in ("READONLY", "MASTERDOWN")
    await server.close()


async def test_a_user_without_scripts_gets_the_same_by_transactions(
    make_kit: MakeKit, own_valkey: ValkeyProcess
):
    with own_valkey.client() as client:
        client.acl_setuser(
            "relay", enabled=True, passwords=["+secret"], keys=["ops:1:relay:*"],
            categories=["+@all", "-@scripting"], channels=["*"],
        )  # fmt: skip
    url = own_valkey.url.replace("redis://", "redis://relay:secret@")
    kit = await make_kit(url=url)
    assert kit.server.scripts_refused
    assert (await beat_of(kit))["instance"] == kit.identity.instance


async def test_missing_rights_are_told_with_what_to_do_and_no_password(own_valkey: ValkeyProcess):
    with own_valkey.client() as client:
        client.acl_setuser("weak", enabled=True, passwords=["+sesame-open"], commands=["+ping"])
    server = Server(own_valkey.url.replace("redis://", "redis://weak:sesame-open@"))
    with pytest.raises(RedisRefused, match="NOPERM") as caught:
        await server.command("GET", "x")
    assert "sesame" not in str(caught.value)
    await server.close()
    wrong = Server(own_valkey.url.replace("redis://", "redis://weak:wrong-pass@"))
    with pytest.raises(RedisRefused) as caught:
        await wrong.command("GET", "x")
    assert caught.value.code == "WRONGPASS"
    assert "wrong-pass" not in str(caught.value)
    await wrong.close()


async def test_a_server_that_hangs_costs_one_time_limit_and_then_fails_at_once(
    own_valkey: ValkeyProcess,
):
    server = Server(own_valkey.url, timeout=0.2)
    await server.command("PING")
    own_valkey.pause()
    began = time.monotonic()
    with pytest.raises(RedisAway):
        await server.command("PING")
    with pytest.raises(RedisAway, match="a moment ago"):
        await server.command("PING")
    assert time.monotonic() - began < 1.5
    await server.close()


async def test_a_cancelled_command_is_cancelled(server: Server):
    """redis-py finishes some commands instead, and a deadline would be lost."""
    await server.command("PING")
    for turns in range(6):
        task = asyncio.create_task(server.command("PING"))
        for _ in range(turns):
            await asyncio.sleep(0)
        if task.done():
            break
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


@pytest.mark.parametrize("name", ["", "Relay", "a:b", "a b", "x" * 64, "-a", "ä"])
def test_a_service_name_that_would_break_keys_is_refused(name: str):
    with pytest.raises(ValueError, match="service name"):
        Keys(name)

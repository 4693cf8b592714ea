import asyncio
import json
import random
from pathlib import Path

import pytest
from opskit import Mode, RedisAway, WriteRefused
from opskit.context import Work, current
from opskit.journal import Journal
from opskit.keys import Keys
from opskit.mode import MAX_STALE, ModeKeeper, switch
from opskit.present import GUARD, read_present, safer
from opskit.server import Server

from tests.kit.support import MakeKit, until
from tests.valkey_process import ValkeyProcess

pytestmark = pytest.mark.every_server

MODES = (Mode.LIVE, Mode.DRY_RUN, Mode.PAUSED)


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def keeper(server: Server | None, keys: Keys, dry_run: bool | None = None, **more) -> ModeKeeper:
    return ModeKeeper(server, keys, dry_run, "one", **more)


async def set_mode(server: Server, keys: Keys, mode: Mode, epoch: int | None = 0, **more) -> int:
    done, now = await switch(server, keys, mode, by="ann", reason="test", epoch=epoch, **more)
    assert done, f"epoch is {now}"
    return now


async def at_epoch(epoch: int, keeper: ModeKeeper, **more) -> str:
    """Guard one write of work that carries an epoch."""
    token = current.set(Work("r", "t", epoch, **more))
    try:
        return (await keeper.guard("POST /x")).verdict
    except WriteRefused as refusal:
        return refusal.reason
    finally:
        current.reset(token)


@pytest.mark.parametrize(
    ("dry_run", "expected"), [(None, Mode.DRY_RUN), (True, Mode.DRY_RUN), (False, Mode.LIVE)]
)
async def test_the_environment_decides_while_no_mode_was_ever_set(
    either_server: Server, keys: Keys, dry_run: bool | None, expected: Mode
):
    mode = keeper(either_server, keys, dry_run)
    await mode.refresh()
    assert (mode.view().mode, mode.view().reason) == (expected, "env")
    verdict = await at_epoch(0, mode)
    assert verdict == ("permitted" if expected is Mode.LIVE else "refused")


async def test_an_instance_that_has_not_read_the_mode_is_paused(server: Server, keys: Keys):
    assert keeper(server, keys, False).view().mode is Mode.PAUSED


async def test_an_environment_that_says_dry_run_cannot_be_lifted(either_server: Server, keys: Keys):
    mode = keeper(either_server, keys, True)
    epoch = await set_mode(either_server, keys, Mode.LIVE)
    await mode.refresh()
    assert (mode.view().mode, mode.view().reason) == (Mode.DRY_RUN, "env")
    assert await at_epoch(epoch, mode) == "refused"


async def test_a_write_of_an_older_epoch_is_stale_and_counted(either_server: Server, keys: Keys):
    mode = keeper(either_server, keys, False)
    first = await set_mode(either_server, keys, Mode.LIVE)
    assert await at_epoch(first, mode) == "permitted"
    second = await set_mode(either_server, keys, Mode.LIVE, first)
    assert await at_epoch(first, mode) == "stale"
    assert await at_epoch(second, mode) == "permitted"
    writes = await either_server.command("HGETALL", keys.of("writes"))
    assert (writes["1.permitted"], writes["2.stale"], writes["2.permitted"]) == ("1", "1", "1")
    assert mode.counts == {"permitted": 2, "stale": 1}


async def test_after_a_switch_no_write_is_permitted_whatever_the_instance_believes(
    either_server: Server, keys: Keys
):
    mode = keeper(either_server, keys, False)
    epoch = await set_mode(either_server, keys, Mode.LIVE)
    await mode.refresh()
    now = await set_mode(either_server, keys, Mode.DRY_RUN, epoch)
    assert mode.view().mode is Mode.LIVE  # it has not heard yet
    assert await at_epoch(epoch, mode) == "stale"
    assert mode.view().mode is Mode.DRY_RUN  # the refusal told it
    assert await at_epoch(now, mode) == "refused"


async def test_the_second_of_two_operators_is_told_of_the_first(either_server: Server, keys: Keys):
    await set_mode(either_server, keys, Mode.LIVE)
    both = await asyncio.gather(
        *(
            switch(either_server, keys, mode, by="x", reason="", epoch=1)
            for mode in (Mode.DRY_RUN, Mode.PAUSED)
        )
    )
    assert sorted(done for done, _ in both) == [False, True]
    assert {epoch for _, epoch in both} == {2}


async def test_without_the_epoch_a_switch_only_moves_to_the_safer_side(
    either_server: Server, keys: Keys
):
    await set_mode(either_server, keys, Mode.DRY_RUN)
    for mode, expected in ((Mode.LIVE, False), (Mode.PAUSED, True), (Mode.DRY_RUN, False)):
        done, _ = await switch(either_server, keys, mode, by="x", reason="", epoch=None)
        assert done is expected


@pytest.mark.parametrize("on_expiry", [None, *MODES])
@pytest.mark.parametrize("mode", MODES)
async def test_an_expired_mode_only_moves_to_the_safer_side(
    either_server: Server, keys: Keys, mode: Mode, on_expiry: Mode | None
):
    await set_mode(either_server, keys, mode, expires_at=1.0, on_expiry=on_expiry)
    found, _, _ = await read_present(either_server, keys.of("mode"), keys.of("epoch"))
    assert found is safer(mode, on_expiry or Mode.PAUSED)


async def test_a_mode_key_that_is_gone_means_paused_and_its_epoch_is_never_used_again(
    either_server: Server, keys: Keys
):
    mode = keeper(either_server, keys, False)
    epoch = await set_mode(either_server, keys, Mode.LIVE)
    await mode.refresh()
    await either_server.command("DEL", keys.of("mode"))
    await mode.refresh()
    assert mode.view().mode is Mode.PAUSED
    assert await at_epoch(epoch, mode) == "refused"
    # Even the epoch's key is lost: what instances saw is the floor of the next one.
    await either_server.command("DEL", keys.of("epoch"))
    await mode.refresh()
    assert (mode.view().mode, mode.view().reason) == (Mode.PAUSED, "missing")
    assert await at_epoch(epoch, mode) == "refused"
    assert await set_mode(either_server, keys, Mode.LIVE, 0, floor=epoch) == epoch + 1


async def test_a_server_restored_from_an_old_copy_means_paused(server: Server, keys: Keys):
    mode = keeper(server, keys, False)
    first = await set_mode(server, keys, Mode.LIVE)
    await set_mode(server, keys, Mode.DRY_RUN, first)
    await mode.refresh()
    await server.command("SET", keys.of("epoch"), first)
    await server.command("HSET", keys.of("mode"), "mode", "live", "epoch", first)
    await mode.refresh()
    assert (mode.view().mode, mode.view().reason) == (Mode.PAUSED, "went_back")


GARBAGE = ("", "nan", "inf", "-1", "1.5", "1e300", "x", "\x00\xff", "0x10", " 1", "9" * 40)


@pytest.mark.parametrize("text", GARBAGE)
@pytest.mark.parametrize("field", ["epoch key", "epoch", "mode", "expires_at"])
async def test_garbage_in_any_field_never_makes_it_live(
    server: Server, keys: Keys, field: str, text: str
):
    await set_mode(server, keys, Mode.LIVE)
    if field == "epoch key":
        await server.command("SET", keys.of("epoch"), text)
    else:
        await server.command("HSET", keys.of("mode"), field, text)
    args = ("1", "live", "live", "", "")
    names = [keys.of(name) for name in ("mode", "epoch", "writes", "grant:-")]
    by_script = await server.run(GUARD, names, args)
    server.scripts_refused = True
    without = await server.run(GUARD, names, args)
    if field == "expires_at" and text in ("", "inf", "1e300", "9" * 40):
        assert by_script[0] == without[0] == "permitted"  # no end, or one that is far away
    else:
        assert by_script[1] == without[1] == "paused"
        assert by_script[0] == without[0] == "refused"


async def test_scripts_and_transactions_decide_alike(server: Server, keys: Keys):
    """The same thousand decisions by both; a fixed seed makes it repeatable."""
    chance = random.Random(7)
    names = [keys.of(name) for name in ("mode", "epoch", "writes", "grant:g")]
    for _ in range(300):
        await server.command("FLUSHALL")
        epoch = chance.randint(0, 3)
        if epoch:
            await server.command("SET", names[1], epoch)
        if chance.random() < 0.8:
            mode = chance.choice(["live", "dry_run", "paused", "other"])
            fields = ["mode", mode, "epoch", max(0, epoch - chance.randint(0, 1))]
            if chance.random() < 0.4:
                fields += ["expires_at", chance.choice([1, 9e12, "x"])]
                fields += ["on_expiry", chance.choice(["live", "dry_run", "paused", ""])]
            await server.command("HSET", names[0], *fields)
        if chance.random() < 0.5:
            grant = ["item", "a", "epoch", epoch, "writes_left", chance.randint(0, 2)]
            await server.command("HSET", names[3], *grant)
        args = (
            chance.randint(0, 3),
            chance.choice(MODES),
            chance.choice(MODES),
            chance.choice(["", "run"]),
            chance.choice(["a", "b"]),
        )
        await server.command("COPY", names[3], names[3] + ":copy")
        server.scripts_refused = False
        by_script = await server.run(GUARD, names, args)
        await server.command("DEL", names[2])
        await server.command("COPY", names[3] + ":copy", names[3], "REPLACE")
        server.scripts_refused = True
        assert await server.run(GUARD, names, args) == by_script, args


async def test_a_grant_permits_one_item_once_and_is_counted_apart(
    either_server: Server, keys: Keys
):
    mode = keeper(either_server, keys, False)
    epoch = await set_mode(either_server, keys, Mode.DRY_RUN)
    fields = ("item", "inv-1", "epoch", epoch, "writes_left", 1)
    await either_server.command("HSET", keys.of("grant", "g1"), *fields)
    await mode.refresh()
    granted = {"item": "inv-1", "run": "run-1", "grant": "g1"}
    assert await at_epoch(epoch, mode, **(granted | {"item": "inv-2"})) == "refused"
    assert await at_epoch(epoch, mode, **granted) == "granted"
    assert await at_epoch(epoch, mode, **granted) == "refused"
    strict = keeper(either_server, keys, True)
    await either_server.command("HSET", keys.of("grant", "g1"), "writes_left", 5)
    assert await at_epoch(epoch, strict, **granted) == "refused"


async def test_without_redis_the_last_mode_holds_for_30_seconds_and_writes_are_journalled(
    own_valkey: ValkeyProcess, keys: Keys, tmp_path: Path
):
    clock = Clock()
    server = Server(own_valkey.url)
    mode = keeper(server, keys, False, journal=Journal(tmp_path / "journal"), clock=clock)
    epoch = await set_mode(server, keys, Mode.LIVE)
    await mode.refresh()
    own_valkey.kill()
    assert await at_epoch(epoch, mode) == "unverified"
    entries = [json.loads(line) for line in mode.journal.pending()]
    assert [(e["what"], e["epoch"]) for e in entries] == [("POST /x", epoch)]
    assert len(Journal(tmp_path / "journal")) == 1  # it is on disk before the write is sent
    clock.now += MAX_STALE + 1
    assert mode.view().mode is Mode.PAUSED
    assert mode.view().reason == "away"
    assert await at_epoch(epoch, mode) == "away"
    assert mode.counts == {"unverified": 1, "away": 1}
    await server.close()


async def test_a_dry_run_stays_dry_without_redis(own_valkey: ValkeyProcess, keys: Keys):
    server = Server(own_valkey.url)
    mode = keeper(server, keys, False)
    epoch = await set_mode(server, keys, Mode.DRY_RUN)
    await mode.refresh()
    own_valkey.kill()
    assert await at_epoch(epoch, mode) == "away"
    await server.close()


async def test_a_full_server_counts_as_unguarded_and_not_for_ever(
    own_valkey: ValkeyProcess, keys: Keys
):
    """It still answers reads, so the mode stays fresh; but no write can be counted."""
    clock = Clock()
    server = Server(own_valkey.url)
    mode = keeper(server, keys, False, clock=clock)
    epoch = await set_mode(server, keys, Mode.LIVE)
    await mode.refresh()
    await server.command("CONFIG", "SET", "maxmemory", "1")
    assert await at_epoch(epoch, mode) == "unverified"
    clock.now += MAX_STALE + 1
    await mode.refresh()
    assert mode.view().mode is Mode.LIVE
    assert await at_epoch(epoch, mode) == "away"
    await server.command("CONFIG", "SET", "maxmemory", "0")
    assert await at_epoch(epoch, mode) == "permitted"
    await server.close()


async def test_a_full_journal_stops_writing(own_valkey: ValkeyProcess, keys: Keys):
    server = Server(own_valkey.url)
    mode = keeper(server, keys, False, journal=Journal(limit=1))
    epoch = await set_mode(server, keys, Mode.LIVE)
    await mode.refresh()
    own_valkey.kill()
    verdicts = [await at_epoch(epoch, mode) for _ in range(2)]
    assert verdicts == ["unverified", "journal_full"]
    await server.close()


def test_a_torn_last_line_of_the_journal_is_left_out(tmp_path: Path):
    path = tmp_path / "journal"
    journal = Journal(path)
    assert journal.append({"id": "a"})
    with path.open("a") as file:
        file.write('{"id": "b", "at"')
    found = Journal(path)
    assert [json.loads(line)["id"] for line in found.pending()] == ["a"]
    found.delivered(found.pending())
    assert path.read_text() == ""


def test_a_disk_that_refuses_stops_writing(tmp_path: Path):
    (tmp_path / "journal").mkdir()
    journal = Journal()
    journal._path = tmp_path / "journal"
    assert journal.append({"id": "a"}) is False


async def test_a_killed_redis_leaves_the_service_answering_and_its_journal_follows_later(
    make_kit: MakeKit, own_valkey: ValkeyProcess
):
    kit = await make_kit(url=own_valkey.url, interval=0.1)
    epoch = await set_mode(kit.server, kit.keys, Mode.LIVE)
    await until(lambda: kit.mode.view().epoch == epoch)
    own_valkey.kill()
    assert await at_epoch(epoch, kit.mode) == "unverified"
    with pytest.raises(RedisAway):
        await kit.server.command("PING")
    assert kit.describe()["journal"] == 1
    own_valkey.start()  # empty: its epoch is gone, so writing must stop
    await until(lambda: kit.mode.view().reason == "missing")
    assert await at_epoch(epoch, kit.mode) == "refused"
    await until(lambda: len(kit.mode.journal) == 0)
    (line,) = await kit.server.command("ZRANGE", kit.keys.of("unverified"), 0, -1)
    assert json.loads(line)["epoch"] == epoch


async def test_a_switch_is_acknowledged_at_once_after_the_next_read(make_kit: MakeKit):
    kit = await make_kit(interval=0.1)
    inst = kit.keys.of("inst", kit.identity.instance)
    epoch = await set_mode(kit.server, kit.keys, Mode.DRY_RUN)

    async def acknowledged() -> bool:
        beat = json.loads(await kit.server.command("GET", inst))
        return beat["epoch"] == epoch and beat["mode"] == "dry_run"

    await until(acknowledged)

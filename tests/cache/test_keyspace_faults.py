"""What may go wrong in the middle of an analysis, on real servers, by scripts and by pipelines."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import redis

from console.cache import scan as scanning
from console.cache.keyspace import Analysis
from console.cache.refusals import is_refusal, sentence
from console.cache.scan import Problem, Scan
from tests.valkey_process import ValkeyProcess

MOST = 10_000_000
KEYS = 5000
SLOW_MICROSECONDS = 100_000  # of one command: a server that stands still, on any machine
WAIT = 10.0  # seconds

both_ways = pytest.mark.parametrize("scripted", [True, False], ids=["scripts", "pipelines"])


@pytest.fixture
def debuggable(tmp_path: Path) -> Iterator[ValkeyProcess]:
    """A server that can be made to load its data again, slowly, and keeps its connections."""
    server = ValkeyProcess(
        tmp_path,
        **{"enable-debug-command": "local", "loading-process-events-interval-bytes": "1024"},
    )
    server.start()
    yield server
    server.resume()
    server.kill()


def filled(server: ValkeyProcess, keys: int = KEYS) -> None:
    with server.client() as client:
        client.flushall()
        pipe = client.pipeline(transaction=False)
        for n in range(keys):
            pipe.set(f"user:{n}:cart", "x" * 40)
        pipe.execute()


def begun(server: ValkeyProcess, *, scripted: bool) -> tuple[Scan, Iterator[tuple[int, int]]]:
    """An analysis in the middle: one batch is done."""
    scan = Scan(server.url, MOST)
    if not scripted:
        scan._prepare()
        scan.scripted, scan._prepare = False, lambda: None
    steps = scan.run()
    next(steps)
    return scan, steps


def ended(scan: Scan, steps: Iterator[tuple[int, int]]) -> Analysis:
    for _ in steps:
        pass
    return scan.result(1.0, 2.0)


@both_ways
def test_keys_that_vanish_in_the_middle_are_left_out(valkey_process: ValkeyProcess, scripted: bool):
    filled(valkey_process)
    scan, steps = begun(valkey_process, scripted=scripted)
    waiting = list(scan._names)  # a pipeline has their names and asks about them next
    with valkey_process.client() as client:
        client.flushall()
    found = ended(scan, steps)
    assert bool(waiting) is not scripted
    assert 0 < found.scanned < found.total == KEYS
    assert {one.name: one.keys for one in found.types} == {"string": found.scanned}
    assert "none" not in {one.type for one in found.biggest}


@both_ways
def test_keys_that_change_their_type_in_the_middle_count_as_what_they_are_then(
    valkey_process: ValkeyProcess, scripted: bool
):
    filled(valkey_process)
    scan, steps = begun(valkey_process, scripted=scripted)
    with valkey_process.client() as client:
        pipe = client.pipeline(transaction=False)
        for n in range(KEYS):
            pipe.delete(f"user:{n}:cart")
            pipe.hset(f"user:{n}:cart", "a", "1")
        pipe.execute()
    found = ended(scan, steps)
    kinds = {one.name: one.keys for one in found.types}
    assert set(kinds) == {"string", "hash"}
    assert sum(kinds.values()) == found.scanned >= KEYS


@both_ways
def test_a_server_that_drops_the_connection_in_the_middle_leaves_a_part(
    valkey_process: ValkeyProcess, scripted: bool
):
    filled(valkey_process)
    scan, steps = begun(valkey_process, scripted=scripted)
    with valkey_process.client() as client:
        for one in client.client_list():
            if one["name"] == "ops-console-analysis":
                client.client_kill_filter(_id=one["id"])
    with pytest.raises(Problem, match="broke the connection off"):
        ended(scan, steps)
    assert 0 < scan.result(1.0, 2.0).share < 1


@both_ways
def test_a_server_that_falls_silent_in_the_middle_leaves_a_part(
    own_valkey: ValkeyProcess, scripted: bool, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(scanning, "READ_SECONDS", 0.2)
    filled(own_valkey)
    scan, steps = begun(own_valkey, scripted=scripted)
    own_valkey.pause()
    with pytest.raises(Problem, match="did not answer in time"):
        ended(scan, steps)
    assert 0 < scan.result(1.0, 2.0).share < 1


@both_ways
def test_a_server_that_loads_its_data_in_the_middle_says_so(
    debuggable: ValkeyProcess, scripted: bool
):
    filled(debuggable)
    scan, steps = begun(debuggable, scripted=scripted)
    with debuggable.client() as client, ThreadPoolExecutor() as pool:
        client.config_set("key-load-delay", 400)  # microseconds: two seconds for all of them
        loading = pool.submit(client.execute_command, "DEBUG", "RELOAD")
        until(debuggable, redis.BusyLoadingError)
        with pytest.raises(Problem, match="is still loading its data"):
            ended(scan, steps)
        loading.result(WAIT)
    assert 0 < scan.result(1.0, 2.0).share < 1


@both_ways
def test_a_script_of_somebody_else_in_the_middle_says_so_and_keeps_the_way(
    own_valkey: ValkeyProcess, scripted: bool
):
    filled(own_valkey)
    scan, steps = begun(own_valkey, scripted=scripted)
    with own_valkey.client() as client, ThreadPoolExecutor() as pool:
        client.config_set("busy-reply-threshold", 10)
        endless = pool.submit(client.eval, "while true do end", 0)
        try:
            until(own_valkey, redis.ResponseError)
            with pytest.raises(Problem, match="is busy with a script"):
                ended(scan, steps)
        finally:
            with own_valkey.client() as other:
                other.script_kill()
            assert endless.exception(WAIT) is not None
    assert scan.scripted is scripted
    assert 0 < scan.result(1.0, 2.0).share < 1


@both_ways
def test_huge_keys_do_not_make_the_server_stand_still(own_valkey: ValkeyProcess, scripted: bool):
    with own_valkey.client() as client:
        for first in range(0, 1_000_000, 100_000):
            client.eval(
                "for i = ARGV[1], ARGV[1] + 99999 do redis.call('HSET', KEYS[1], i, i) end",
                1, "huge", first,
            )  # fmt: skip
        client.set("text", b"x" * 100_000_000)
        client.config_set("slowlog-log-slower-than", SLOW_MICROSECONDS)
        client.slowlog_reset()
        found = ended(*begun(own_valkey, scripted=scripted))
        assert client.slowlog_get() == []
    assert found.scanned == 2
    assert {one.name for one in found.biggest} == {"huge", "text"}
    assert found.size > 100_000_000


@both_ways
def test_names_of_any_bytes_are_looked_at_and_shown_as_text(
    valkey_process: ValkeyProcess, scripted: bool
):
    names = [b"\r\n:1\r\n:x", b"\xff\xfe:\x00", b"$5\r\nhello", b"", b":", b"n" * 100_000]
    with valkey_process.client() as client:
        client.flushall()
        for name in names:
            client.set(name, b"1")
    found = ended(*begun(valkey_process, scripted=scripted))
    assert found.scanned == len(names)
    assert len(found.biggest) == len(names)
    assert all(one.name.isprintable() for one in (*found.biggest, *found.prefixes))


def until(server: ValkeyProcess, answer: type[redis.RedisError]) -> None:
    """Wait until the server answers with this error."""
    end = time.monotonic() + WAIT
    with server.client() as client:
        while time.monotonic() < end:
            try:
                client.get("user:0:cart")
            except answer:
                return
            time.sleep(0.002)
    raise AssertionError(f"the server never answered {answer.__name__}")


def test_a_full_server_does_not_switch_scripts_off_and_is_told(own_valkey: ValkeyProcess):
    with own_valkey.client() as client:
        client.config_set("maxmemory", 1)
        with pytest.raises(redis.ResponseError) as full:  # as redis-py gives it, without its code
            client.set("a", "b")
    assert not is_refusal(full.value)
    assert sentence("here", full.value).endswith("is full.")


@both_ways
def test_a_replica_that_loses_its_primary_in_the_middle_says_so_and_keeps_the_way(
    own_valkey: ValkeyProcess, scripted: bool
):
    filled(own_valkey)
    scan, steps = begun(own_valkey, scripted=scripted)
    with own_valkey.client() as client:
        client.config_set("replica-serve-stale-data", "no")
        client.replicaof("127.0.0.1", 1)
    with pytest.raises(Problem, match="has lost its primary"):
        ended(scan, steps)
    assert scan.scripted is scripted
    assert 0 < scan.result(1.0, 2.0).share < 1


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ("ERR Could not find scripting engine 'lua'", True),
        ("ERR scripting is disabled", True),
        ("ERR script tried accessing undeclared key", True),
        ("WRONGTYPE Operation against a key script: 1f, on @user_script:9.", False),
        ("ERR Error running script: out of memory", False),
    ],
)
def test_an_error_that_only_names_a_script_does_not_switch_scripts_off(text: str, refused: bool):
    assert is_refusal(redis.ResponseError(text)) is refused

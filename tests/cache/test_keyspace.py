"""The analysis against a real server, by scripts and by pipelines, and against counting by hand."""

import json
import random
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from redis import exceptions

from console.cache.analyses import Analyses
from console.cache.keyspace import (
    MOST_PREFIXES,
    OTHER,
    Accumulator,
    Sum,
    compare,
    cost,
    prefix_of,
    printable,
    ttl_group,
)
from console.cache.refusals import is_refusal
from console.cache.scan import Problem, Scan
from tests.valkey_process import ValkeyProcess

pytestmark = pytest.mark.every_server

ROOT = Path(__file__).resolve().parents[2]
MOST = 10_000_000


def filled(valkey: ValkeyProcess, keys: int = 3000) -> None:
    chance = random.Random(1)
    with valkey.client() as client:
        client.flushall()
        pipe = client.pipeline(transaction=False)
        for n in range(keys):
            pipe.set(f"user:{n}:cart", "x" * chance.randint(1, 400))
            if n % 3 == 0:
                pipe.expire(f"user:{n}:cart", chance.choice([60, 7200, 90_000, 9_000_000]))
        pipe.hset("ops:1:relay:writes", mapping={str(n): n for n in range(500)})
        pipe.set("big", "y" * 300_000)
        pipe.set(b"bin:\xff\x00\x01:x", "b")
        pipe.execute()


def analysed(url: str, *, most: int = MOST, scripted: bool = True):
    scan = Scan(url, most)
    if not scripted:
        scan._prepare()
        scan.scripted, scan._prepare = False, lambda: None
    for _ in scan.run():
        pass
    return scan.result(1.0, 2.0)


@pytest.mark.parametrize("scripted", [True, False])
def test_an_analysis_is_what_counting_by_hand_gives(valkey_process: ValkeyProcess, scripted: bool):
    filled(valkey_process)
    found = analysed(valkey_process.url, scripted=scripted)
    with valkey_process.client() as client:
        names = list(client.scan_iter(count=1000))
        sizes = {name: client.memory_usage(name) for name in names}
    assert (found.scanned, found.total, found.share) == (3003, 3003, 1.0)
    assert found.size == sum(sizes.values())
    assert found.scripted is scripted
    prefixes = {one.name: one for one in found.prefixes}
    assert prefixes["user:#"].keys == 3000
    assert prefixes["(none)"].size == sizes[b"big"]
    assert {one.name: one.keys for one in found.types} == {"string": 3002, "hash": 1}
    assert [one.name for one in found.biggest][:2] == ["big", "ops:1:relay:writes"]
    assert found.biggest[0].size == sizes[b"big"]
    assert sum(one.keys for one in found.ttls) == 3003
    assert found.ttls[0].name == "no expiry"


def test_both_ways_find_the_same(valkey_process: ValkeyProcess):
    filled(valkey_process)
    one, two = (analysed(valkey_process.url, scripted=scripted) for scripted in (True, False))
    assert [b.size for b in one.biggest] == [b.size for b in two.biggest]
    for part in ("types", "prefixes", "ttls", "scanned", "prefixes_in_all"):
        assert getattr(one, part) == getattr(two, part), part
    assert one.commands < two.commands / 20


def test_a_cap_ends_it_and_says_of_how_many(valkey_process: ValkeyProcess):
    filled(valkey_process)
    found = analysed(valkey_process.url, most=500)
    assert 500 <= found.scanned < 3003
    assert found.share < 1


def test_a_user_without_scripts_and_without_sizes_gets_the_rest(own_valkey: ValkeyProcess):
    filled(own_valkey, 100)
    with own_valkey.client() as client:
        client.execute_command(
            "ACL", "SETUSER", "weak", "on", ">pw", "~*", "+scan", "+type", "+pttl", "+ping",
            "+dbsize", "+client",
        )  # fmt: skip
    found = analysed(own_valkey.url.replace("redis://", "redis://weak:pw@"))
    assert (found.scanned, found.sized, found.scripted, found.size) == (103, False, False, 0)


def test_a_user_that_may_not_look_is_told_so(own_valkey: ValkeyProcess):
    with own_valkey.client() as client:
        client.execute_command("ACL", "SETUSER", "none", "on", ">sesame", "~*", "+ping", "+client")
    scan = Scan(own_valkey.url.replace("redis://", "redis://none:sesame@"), MOST)
    with pytest.raises(Problem, match="does not allow") as caught:
        list(scan.run())
    assert "sesame" not in str(caught.value)


def test_a_connection_that_breaks_off_is_told(own_valkey: ValkeyProcess):
    filled(own_valkey)
    scan = Scan(own_valkey.url, MOST)
    steps = scan.run()
    next(steps)
    own_valkey.kill()
    with pytest.raises(Problem, match="cannot be reached"):
        list(steps)


def test_what_was_looked_at_before_the_connection_broke_off_is_kept(own_valkey: ValkeyProcess):
    filled(own_valkey, 30_000)
    analyses = Analyses()
    assert analyses.start("relay", own_valkey.url, MOST)
    end = time.monotonic() + 20
    while not analyses.state("relay").scanned:
        assert time.monotonic() < end
        assert analyses.state("relay").running
        time.sleep(0.001)
    own_valkey.kill()
    until_done(analyses)
    found = analyses.state("relay").result
    assert found is not None
    assert 0 < found.scanned < found.total
    assert "cannot be reached" in found.broken_off


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ("unknown command 'EVALSHA'", True),
        ("NOPERM User weak has no permissions to run the 'evalsha' command", True),
        ("Script attempted to access undeclared keys", True),
        ("BUSY Redis is busy running a script. You can only call SCRIPT KILL", False),
        ("LOADING Redis is loading the dataset in memory", False),
        ("OOM command not allowed when used memory > 'maxmemory'. script: 1", False),
    ],
)
def test_only_what_is_not_offered_switches_scripts_off(text: str, refused: bool):
    assert is_refusal(exceptions.ResponseError(text)) is refused


def test_a_server_that_is_busy_with_a_script_says_so(own_valkey: ValkeyProcess):
    filled(own_valkey, 100)
    scan = Scan(own_valkey.url, MOST)
    with own_valkey.client() as client, ThreadPoolExecutor() as pool:
        client.config_set("busy-reply-threshold", 10)
        endless = pool.submit(client.eval, "while true do end", 0)
        try:
            with pytest.raises(Problem, match="is busy with a script"):
                until_busy(scan)
        finally:
            with own_valkey.client() as other:
                other.script_kill()
            assert endless.exception(10) is not None


def until_busy(scan: Scan) -> None:
    for _ in range(1000):
        for _ in scan.run():
            time.sleep(0.01)


def test_a_huge_key_and_names_of_any_bytes_are_only_looked_at(valkey_process: ValkeyProcess):
    with valkey_process.client() as client:
        client.flushall()
        client.eval("for i = 1, 300000 do redis.call('HSET', KEYS[1], i, i) end", 1, "huge")
        client.set("text", b"x" * 50_000_000)
        client.set(b"\r\n$5\r\n:\xff\x00", 1)
    for scripted in (True, False):
        found = analysed(valkey_process.url, scripted=scripted)
        assert found.scanned == 3
        assert {one.name for one in found.biggest} >= {"huge", "text"}
        assert found.seconds < 5


def until_done(analyses: Analyses) -> None:
    end = time.monotonic() + 20
    while analyses.state("relay").running:
        assert time.monotonic() < end
        time.sleep(0.02)


def test_it_runs_in_a_process_of_its_own_with_progress(valkey_process: ValkeyProcess):
    filled(valkey_process)
    analyses = Analyses()
    assert analyses.start("relay", valkey_process.url, MOST)
    assert not analyses.start("relay", valkey_process.url, MOST)
    until_done(analyses)
    state = analyses.state("relay")
    assert state.problem == ""
    assert state.result is not None
    assert state.result.scanned == 3003


def test_it_can_be_stopped_and_begun_again(own_valkey: ValkeyProcess):
    filled(own_valkey, 100)
    analyses = Analyses()
    own_valkey.pause()
    analyses.start("relay", own_valkey.url, MOST)
    analyses.cancel("relay")
    until_done(analyses)
    assert analyses.state("relay").problem == "The analysis was stopped."
    own_valkey.resume()
    assert analyses.start("relay", own_valkey.url, MOST)
    until_done(analyses)
    assert analyses.state("relay").result is not None


def test_a_server_that_is_away_is_a_problem(own_valkey: ValkeyProcess):
    own_valkey.kill()
    analyses = Analyses()
    analyses.start("relay", own_valkey.url, MOST)
    until_done(analyses)
    assert "cannot be reached" in analyses.state("relay").problem


def test_it_ends_with_its_parent(own_valkey: ValkeyProcess):
    filled(own_valkey, 100)
    own_valkey.pause()
    process = subprocess.Popen(
        [sys.executable, "-m", "console.cache.scan"], cwd=ROOT, stdin=subprocess.PIPE
    )
    process.stdin.write(json.dumps({"url": own_valkey.url, "most": 10}).encode() + b"\n")
    process.stdin.close()
    assert process.wait(10) == 0


def test_memory_stays_bounded_whatever_the_names_are():
    found = Accumulator()
    for n in range(MOST_PREFIXES + 5000):
        found.group("string", "no expiry", f"p{chr(0x4E00 + n % 20_000)}{n // 20_000}", 1, 10)
        found.big(str(n).encode(), "string", n)
    result = found.result(at=0, seconds=1, total=0, sized=True, scripted=True, commands=1)
    assert result.prefixes_in_all == MOST_PREFIXES + 1
    assert OTHER in found._prefixes
    assert len(found._heap) == 15
    assert result.biggest[0].size == MOST_PREFIXES + 4999


@pytest.mark.parametrize(
    ("name", "prefix"),
    [
        (b"user:123:cart", "user:#"),
        (b"a", "(none)"),
        (b"a:b", "a"),
        (b"ops:1:relay:cache:rates:eur", "ops:#:relay:cache"),
        (b"\xff:x", "\\xff"),
        (b"2024-01:x", "#-#"),
    ],
)
def test_a_prefix_makes_numbers_equal(name: bytes, prefix: str):
    assert prefix_of(name) == prefix


@pytest.mark.parametrize(
    ("ms", "group"),
    [(-1, "no expiry"), (0, "under 1 h"), (3_600_000, "1 to 4 h"), (10**12, "over 30 d")],
)
def test_times_to_live_have_groups(ms: int, group: str):
    assert ttl_group(ms) == group


def test_names_are_shown_as_text_whatever_they_hold():
    assert printable(b"\x1b[31m\xfe") == "\\x1b[31m\\xfe"
    assert len(printable(b"x" * 10_000_000)) == 121


def test_the_cost_is_told_before():
    assert cost(1000, 200, scripted=True) == 5
    assert cost(1000, 200, scripted=False) == 3005


def test_two_analyses_compare_by_what_changed_most():
    found = compare([Sum("a", 1, 10), Sum("b", 1, 500)], [Sum("a", 2, 20), Sum("c", 1, 100)])
    assert [(one.name, one.after - one.before) for one in found] == [
        ("b", -500),
        ("c", 100),
        ("a", 10),
    ]

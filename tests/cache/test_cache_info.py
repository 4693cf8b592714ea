import numpy as np
import pytest

from console.cache import info as reading
from console.cache import kit
from console.cache.counting import (
    BAD,
    COMMANDS,
    GOOD,
    LOOKUPS,
    Reading,
    Share,
    began_anew,
    between,
    rate,
    ratio_by_period,
    share_of,
)
from console.cache.model import (
    Memory,
    Offer,
    Persistence,
    Prefix,
    Quota,
    Server,
    Snapshot,
    Token,
    Totals,
)
from console.cache.verdict import SNAPSHOT_OLD, judge, quota_standing, token_standing
from console.health.summary import Standing
from console.store.cells import Cells

NOW = 1_760_000_000.0

REDIS = """# Server
redis_version:7.0.15
redis_mode:standalone
run_id:abc
uptime_in_seconds:120

# Clients
connected_clients:3
maxclients:10000
blocked_clients:1

# Memory
used_memory:1048576
used_memory_rss:2097152
maxmemory:0
maxmemory_policy:noeviction
mem_fragmentation_ratio:2.01

# Persistence
rdb_last_bgsave_status:ok
aof_enabled:0

# Stats
total_commands_processed:100
keyspace_hits:80
keyspace_misses:20
expired_keys:5
evicted_keys:0

# Replication
role:master
connected_slaves:2

# Commandstats
cmdstat_get:calls=90,usec=180,usec_per_call=2.00,rejected_calls=1,failed_calls=2
cmdstat_config|get:calls=1,usec=900,usec_per_call=900.00,rejected_calls=0,failed_calls=0

# Latencystats
latency_percentiles_usec_get:p50=1.003,p99=9.023,p99.9=20.095

# Keyspace
db0:keys=10,expires=4,avg_ttl=5000,subexpiry=0
db3:keys=2,expires=0,avg_ttl=0
"""
UPSTASH = """# Server
upstash_version:1.13.3
redis_version:6.2.6
# Memory
used_memory:1000
maxmemory:0
# Stats
keyspace_hits:1
"""


def test_redis_tells_everything():
    info = reading.parse(REDIS)
    server = reading.server_of(info)
    assert (server.name, server.version, server.role, server.replicas) == (
        "Redis",
        "7.0.15",
        "master",
        2,
    )
    memory = reading.memory_of(info)
    assert (memory.used, memory.most, memory.policy) == (1_048_576, 0, "noeviction")
    costly, get = reading.commands_of(info)
    assert (costly.name, costly.microseconds) == ("config|get", 900)
    assert (get.calls, get.failed, get.rejected, get.p999) == (90, 2, 1, 20.095)
    assert [(one.database, one.keys, one.mean_ttl) for one in reading.keyspaces_of(info)] == [
        ("db0", 10, 5.0), ("db3", 2, None),
    ]  # fmt: skip


def test_upstash_is_known_by_its_version_and_what_it_does_not_tell_is_none():
    info = reading.parse(UPSTASH)
    server = reading.server_of(info)
    assert (server.name, server.version, server.uptime) == ("Upstash", "1.13.3", None)
    totals = reading.totals_of(info)
    assert (totals.hits, totals.misses, totals.evicted) == (1, None, None)
    assert reading.commands_of(info) == ()
    assert reading.clients_of(info).connected is None


def test_valkey_is_known_by_its_own_version():
    info = reading.parse("redis_version:7.2.4\nvalkey_version:9.1.2\nserver_mode:standalone\n")
    server = reading.server_of(info)
    assert (server.name, server.version, server.mode) == ("Valkey", "9.1.2", "standalone")


@pytest.mark.parametrize(
    "text", ["", "used_memory:many", "db0:keys", "cmdstat_get:calls", "\x00", ":::"]
)
def test_fields_that_are_none_are_missing(text: str):
    info = reading.parse(text)
    assert reading.memory_of(info).used is None
    assert reading.commands_of(info) == ()
    assert reading.keyspaces_of(info) == ()


def at(
    seconds: float, hits: int, misses: int = 0, *, run: str = "a", up: float | None = None
) -> Reading:
    totals = Totals(hits=hits, misses=misses, commands=hits + misses, expired=0, evicted=0)
    return Reading(seconds, run, seconds if up is None else up, totals)


def test_counters_become_what_happened_in_between():
    found = between(at(10, 100, 10), at(20, 190, 20))
    assert found == [(LOOKUPS, GOOD, 90), (LOOKUPS, BAD, 10), (COMMANDS, 0, 100)]
    assert rate(at(10, 100), at(20, 200)) == 10.0


@pytest.mark.parametrize(
    ("after", "hits"),
    [
        (at(20, 200, run="b", up=3), 200),  # restarted
        (at(20, 200, up=3), 200),  # the same, on a server that tells no run id
        (at(20, 50), 50),  # CONFIG RESETSTAT
        (at(20, 200, run="b"), 0),  # another server, which ran before: what of it is new?
    ],
)
def test_counters_that_began_anew_count_from_zero_where_that_is_known(after: Reading, hits: int):
    before = at(10, 100)
    assert began_anew(before, after)
    assert sum(count for series, _, count in between(before, after) if series == LOOKUPS) == hits
    assert rate(before, after) is None


def test_the_first_reading_counts_nothing():
    assert between(None, at(10, 1_000_000)) == []


def test_a_ratio_is_of_the_window_and_none_without_lookups():
    cells = Cells(
        60,
        np.array([0, 0, 60], np.int64),
        np.array([GOOD, BAD, BAD], np.uint16),
        np.array([3, 1, 4], np.uint32),
    )
    assert share_of(cells) == Share(3, 5)
    assert ratio_by_period(cells) == [(0.0, 0.75), (60.0, 0.0)]
    assert Share(0, 0).ratio is None


def snapshot(**more) -> Snapshot:
    server = Server("Valkey", "9.1.2", uptime=1000.0, role="master")
    return Snapshot(
        **({"at": NOW, "server": server, "offers": (("information", Offer.YES),)} | more)
    )


FINE = Share(900, 100)
FULL = snapshot(memory=Memory(97, 100, policy="noeviction"))
EVICTING = snapshot(memory=Memory(97, 100, policy="allkeys-lru"))
KEPT = Token("accounting", "ok")
ORPHAN = snapshot(server=Server("Redis", "7", link="down"))


def test_a_healthy_cache_passes_with_its_ratio():
    found = judge(snapshot(), FINE, Share(10, 0), NOW)
    assert found.standing is Standing.PASS
    assert found.sentence == "Valkey 9.1.2 answers; 90.0 % of the lookups in this window were hits."


@pytest.mark.parametrize(
    ("made", "lookups", "removed", "standing", "words"),
    [
        (snapshot(), Share(10, 990), Share(0, 0), Standing.WARN, "Only 1 %"),
        (snapshot(), Share(1, 9), Share(0, 0), Standing.PASS, "10.0 %"),
        (snapshot(), FINE, Share(0, 3), Standing.WARN, "3 keys evicted"),
        (FULL, FINE, Share(0, 0), Standing.FAIL, "97 %"),
        (EVICTING, FINE, Share(0, 0), Standing.PASS, ""),
        (ORPHAN, FINE, Share(0, 0), Standing.FAIL, "lost"),
        (snapshot(memory=Memory(97, 0, policy="noeviction")), FINE, Share(0, 0), Standing.PASS, ""),
        (snapshot(memory=Memory(97, None, 2**29, fragmentation=1.6)), FINE, Share(0, 0),
         Standing.WARN, "activedefrag"),
        (snapshot(memory=Memory(97, None, 2**23, fragmentation=9.0)), FINE, Share(0, 0),
         Standing.PASS, ""),
        (snapshot(memory=Memory(1, 100, policy="allkeys-lru"), tokens=(KEPT,)), FINE, Share(0, 0),
         Standing.WARN, "volatile-lru"),
        (snapshot(persistence=Persistence(append_only=False), tokens=(KEPT,)), FINE, Share(0, 0),
         Standing.WARN, "appendonly"),
        (snapshot(persistence=Persistence(append_only=False)), FINE, Share(0, 0),
         Standing.PASS, ""),
        (snapshot(tokens=(Token("t", "refused", "why"),)), FINE, Share(0, 0), Standing.FAIL,
         "needs re-authorisation: why"),
        (snapshot(quotas=(Quota("api", "own", NOW, 60, 0),)), FINE, Share(0, 0), Standing.WARN,
         "0 of 60 calls left"),
        (snapshot(server=None), FINE, Share(0, 0), Standing.UNKNOWN, "nothing of itself"),
        (snapshot(at=NOW - SNAPSHOT_OLD - 1), FINE, Share(0, 0), Standing.UNKNOWN, "not known"),
        (snapshot(problem="It is away."), FINE, Share(0, 0), Standing.FAIL, "It is away."),
        (None, FINE, Share(0, 0), Standing.UNKNOWN, "Nothing is known"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_first(made, lookups, removed, standing, words):
    found = judge(made, lookups, removed, NOW)
    assert found.standing is standing
    assert words in found.sentence


@pytest.mark.parametrize(
    ("token", "standing"),
    [
        (Token("t", "ok"), Standing.PASS),
        (Token("t", "ok", refresh_expires_at=NOW + 86_400 * 30), Standing.PASS),
        (Token("t", "ok", refresh_expires_at=NOW + 86_400 * 10), Standing.WARN),
        (Token("t", "ok", refresh_expires_at=NOW + 86_400), Standing.FAIL),
        (Token("t", "spent_unknown"), Standing.FAIL),
        (Token("t", "refused"), Standing.FAIL),
        (Token("t", ""), Standing.UNKNOWN),
        (Token("t", "something new"), Standing.UNKNOWN),
    ],
)
def test_a_token_stands_by_its_state_and_its_end(token: Token, standing: Standing):
    assert token_standing(token, NOW) is standing


@pytest.mark.parametrize(
    ("quota", "standing"),
    [
        (Quota("a", "own", NOW, 60, 50), Standing.PASS),
        (Quota("a", "own", NOW, 60, 5), Standing.WARN),
        (Quota("a", "minute", NOW, 60, 0, NOW + 30), Standing.FAIL),
        (Quota("a", "minute", NOW - 40, 60, 0, NOW - 10), Standing.PASS),  # a new window
        (Quota("a", "own", NOW - 5000, 60, 0), Standing.UNKNOWN),
        (Quota("a", "default", NOW), Standing.UNKNOWN),
        (Quota("a", "blocked", NOW, blocked_until=NOW + 5), Standing.FAIL),
        (Quota("a", "blocked", NOW, blocked_until=NOW - 5), Standing.PASS),
    ],
)
def test_a_quota_stands_by_what_is_left_and_how_old_that_is(quota: Quota, standing: Standing):
    assert quota_standing(quota, NOW) is standing


def test_prefixes_are_added_up_over_hours_and_instances():
    hours = [
        {
            b"rates@a": b'{"hits_memory":3,"hits_redis":1,"misses":2,'
            b'"saved_ms":10.5,"calls_saved":4}'
        },
        {
            b"rates@b": b'{"hits_memory":1}',
            b"x@a": b"garbage",
            b"y": b"{}",
            b"z@a": b'{"misses":"x"}',
        },
    ]
    rates, z = kit.prefixes(hours)
    assert rates == Prefix("rates", 4, 1, 2, saved_ms=10.5, calls_saved=4)
    assert rates.ratio == pytest.approx(5 / 7)
    assert (z.name, z.ratio) == ("z", None)


def test_quotas_and_tokens_of_worse_programs_are_left_out_or_unknown():
    told = {
        b"a/own": b'{"at":1,"remaining":"x"}',
        b"b": b'{"at":1}',
        b"c/d": b"[]",
        b"e/f": b"\xff",
    }
    (own,) = kit.quotas(told)
    assert (own.api, own.remaining) == ("a", None)
    token = kit.token("t", {b"state": b"\xff", b"expires_at": b"soon", b"sealed": b"secret"})
    assert token.expires_at is None
    assert "secret" not in repr(token)

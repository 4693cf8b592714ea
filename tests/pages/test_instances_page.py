import json
import time

import pytest

from console.access import Connection
from console.cache.upstash.model import month
from console.collector.reader import CACHE, INSTANCES, UPSTASH
from console.instances.heartbeat import Beat
from console.instances.load import _ADAPTER as INSTANCES_ADAPTER
from console.instances.model import Heard, Snapshot, Traffic
from console.runtime import get_runtime
from console.store import keys
from console.store.documents import packed
from tests.pages.conftest import Show, shower, use
from tests.pages.filling import invoice_service
from tests.pages.screen import Screen
from tests.valkey_process import ValkeyProcess


def keep(valkey: ValkeyProcess, name: str, document: bytes) -> None:
    with valkey.client() as client:
        client.hset(keys.found("invoice-relay"), name, packed(document))


def snapshot(*beats: Beat, silent: int = 0, **more) -> Snapshot:
    now = time.time()
    heard = [Heard(one.instance, now, one, Traffic(60, 1, 0.05, 0.2)) for one in beats]
    heard += [Heard(f"gone-{n}", now - 120, None) for n in range(silent)]
    return Snapshot(now, now, heard=tuple(heard), traffic_minutes=5, **more)


def beat(name: str, **more) -> Beat:
    now = time.time()
    told = {"at": now, "started_at": now - 600, "interval": 2.0, "commit": "abc", "epoch": 0}
    return Beat(
        name, **(told | {"mode": "live", "in_flight": 2, "memory_bytes": 50_000_000} | more)
    )


def opened(show: Show, valkey: ValkeyProcess, made: Snapshot, page: str = "instances") -> Screen:
    show(page, invoice_service())
    keep(valkey, INSTANCES, INSTANCES_ADAPTER.dump_json(made))
    with valkey.client() as client:  # a new store: what the first screen read is shared
        client.ping()
    use(valkey.url, invoice_service())
    return Screen(page)


def test_without_heartbeats_it_says_how_to_get_them(show: Show):
    text = show("instances", invoice_service()).text
    assert "OPS_SERVICE=invoice-relay" in text
    assert "console/kit/CONTRACT.md" in text


def test_the_verdict_and_the_figures(show: Show, valkey_process: ValkeyProcess):
    screen = opened(show, valkey_process, snapshot(beat("a"), beat("b"), silent=1))
    assert screen.verdict.startswith("2 instances run. 1 instance fell silent")
    assert screen.metrics["Instances"][0] == "2"
    assert screen.metrics["In flight"][0] == "4"
    assert screen.metrics["Memory"][0] == "100 MB"
    assert screen.metrics["Silent"][0] == "1"


def test_names_from_outside_are_shown_as_text(show: Show, valkey_process: ValkeyProcess):
    hostile = "**bold** <script>alert(1)</script> :red[x]"
    made = snapshot(beat("a", commit=hostile[:40], settings=hostile[:16]), beat("b"))
    screen = opened(show, valkey_process, made)
    for one in screen.at.get("markdown"):
        assert "<script>" not in one.value
        assert "**bold**" not in one.value.replace("\\*\\*bold\\*\\*", "")


def test_a_thousand_instances_fit_a_page_and_can_be_searched(
    show: Show, valkey_process: ValkeyProcess
):
    made = snapshot(*(beat(f"i-{n:04d}", commit=f"c{n % 2}") for n in range(1000)))
    screen = opened(show, valkey_process, made)
    assert "100 of 1,000 instances" in screen.text
    assert len(screen.text.encode()) < 250_000
    screen.at.text_input(key="instances_search").set_value("i-0777")
    assert "1 of 1,000 instances" in screen.run().text


def test_the_cache_page_shows_what_was_found(show: Show, valkey_process: ValkeyProcess):
    now = time.time()
    found = {
        "at": now,
        "place": "cache.example:6379",
        "server": {"name": "Valkey", "version": "9.1.2", "role": "master", "uptime": 60},
        "memory": {"used": 1048576, "most": 67108864, "policy": "allkeys-lru"},
        "offers": [["slow log", "no"], ["client list", "forbidden"], ["information", "yes"]],
        "keyspaces": [{"database": "db0", "keys": 12, "expiring": 4, "mean_ttl": None}],
        "prefixes": [{"name": "rates", "hits_memory": 3, "misses": 1, "calls_saved": 3}],
        "quotas": [{"api": "acc", "name": "own", "at": now, "limit": 60, "remaining": 3}],
        "tokens": [{"name": "acc", "state": "spent_unknown", "reason": "an instance died"}],
    }
    show("cache", invoice_service())
    keep(valkey_process, CACHE, json.dumps(found).encode())
    use(valkey_process.url, invoice_service())
    screen = Screen("cache")
    assert screen.verdict == "The token acc needs re-authorisation: an instance died."
    assert screen.metrics["Memory"] == ("1.00 MiB", "2 % of 64.0 MiB")
    assert screen.metrics["Keys"] == ("12", "4 with an expiry")
    text = screen.text
    assert "acc: 3 of 60 calls left (own limit)." in text
    assert "The slow log is not offered by Valkey." in text
    assert "The console's user may not read the client list." in text
    assert "about 1 commands" in text or "commands" in text
    assert "Nobody has analysed these keys yet." in text


def billed(valkey: ValkeyProcess, **usage: object) -> Screen:
    """The Cache page of an Upstash database."""
    now = time.time()
    server = {"name": "Upstash", "version": "1.13.3"}
    keep(valkey, CACHE, json.dumps({"at": now, "billed": True, "server": server}).encode())
    if usage:
        keep(valkey, UPSTASH, json.dumps({"at": now, **usage}).encode())
    use(valkey.url, invoice_service())
    return Screen("cache")


def test_without_an_account_it_says_what_to_set_for_the_plan(
    show: Show, valkey_process: ValkeyProcess
):
    show("cache", invoice_service())
    assert "CONSOLE_UPSTASH_API_KEY" in billed(valkey_process).text


def test_the_plan_shows_what_is_used_and_where_the_month_ends(
    show: Show, valkey_process: ValkeyProcess
):
    show("cache", invoice_service())
    begin, end = month(time.time())
    so_far = (time.time() - begin) / (end - begin)
    screen = billed(
        valkey_process,
        database="relay-cache",
        plan="free",
        state="active",
        commands=int(450_000 * so_far),
        commands_limit=500_000,
        storage=1048576,
        storage_limit=268435456,
    )
    assert screen.verdict == (
        "The month ends at 90 % of the plan's 500,000 commands, "
        "if the coming days are like the last."
    )
    text = screen.text
    assert "of 500,000 in the plan" in text
    assert "by the mean of the month so far" in text
    assert "1.00 MiB of 256.0 MiB" in text


def test_a_problem_with_the_account_is_said(show: Show, valkey_process: ValkeyProcess):
    show("cache", invoice_service())
    screen = billed(valkey_process, problem="Upstash's Developer API answers 401: a hint.")
    assert "Upstash's Developer API answers 401: a hint." in screen.text


def test_the_time_of_commands_is_of_the_window(show: Show, valkey_process: ValkeyProcess):
    show("cache", invoice_service())
    now = time.time()
    minute = int(now // 60)
    with valkey_process.client() as client:
        client.sadd(keys.series("invoice-relay"), "command:get")
        client.hset(
            keys.open_cells("invoice-relay", "command:get"), f"{minute}.1", "0:40,1:200,16:30,21:10"
        )
    found = {
        "at": now,
        "server": {"name": "Valkey", "version": "9.1.2"},
        "commands": [{"name": "get", "calls": 99, "microseconds": 999, "p99": 7.5}],
    }
    keep(valkey_process, CACHE, json.dumps(found).encode())
    use(valkey_process.url, invoice_service())
    table = next(one for one in Screen("cache").at.table if "Calls" in one.value.columns)
    (row,) = table.value.to_dict("records")
    assert (row["Command"], row["Calls"]) == ("GET", "40")
    assert (row["Mean"], row["p99 ≤"]) == ("5.0\N{NO-BREAK SPACE}µs", "33\N{NO-BREAK SPACE}µs")


def test_a_viewer_cannot_begin_an_analysis(valkey_url: str, viewer: None, valkey_process):
    shower(valkey_url)("cache", invoice_service())
    now = time.time()
    keep(valkey_process, CACHE, json.dumps({"at": now, "server": None}).encode())
    use(valkey_url, invoice_service())
    screen = Screen("cache")
    button = next(one for one in screen.at.button if one.label == "Analyse")
    assert button.disabled


def test_an_analysis_asks_for_the_role_again(
    show: Show, valkey_process: ValkeyProcess, monkeypatch: pytest.MonkeyPatch
):
    """The button was there for an operator; the click comes over another connection."""
    show("cache", invoice_service())
    keep(valkey_process, CACHE, json.dumps({"at": time.time(), "server": None}).encode())
    use(valkey_process.url, invoice_service())
    screen = Screen("cache")
    elsewhere = Connection("localhost", "192.0.2.7", (("host", "x.test"),), websocket=True)
    monkeypatch.setattr("console.ui.guard.connection", lambda: elsewhere)
    screen.click("Analyse")
    assert not get_runtime().analyses.state("invoice-relay").running
    assert get_runtime().analyses.state("invoice-relay").result is None

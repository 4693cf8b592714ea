"""The log of a service reaches the console's store, each line once, with what it tells."""

import json
import time
from contextlib import closing
from datetime import UTC
from pathlib import Path

import pytest
import redis as plain
from pydantic import SecretStr

from console.collector import log_reader
from console.collector.recorder import Recorder
from console.config import Config, Settings
from console.health.check import Check, Service
from console.logs import load
from console.logs.chunks import unpack
from console.logs.model import LogsReading
from console.logs.settings import loki_token_of, loki_url_of, selector_of
from console.services import read_services
from console.store import keys
from console.store.documents import unpacked
from console.store.open_period import OpenPeriod
from console.store.read import Store
from console.store.write import CollectorStore
from tests.collector.test_reader import collecting, config_of
from tests.kit.support import until
from tests.logs.loki_server import LokiServer
from tests.valkey_process import ValkeyProcess

SERVICE = "relay"
KEY = f"ops:1:{SERVICE}:logs"


def write(cache: ValkeyProcess, level: str, text: str, **fields: str) -> None:
    line = json.dumps({"ts": time.time(), "level": level, "event": text, **fields})
    with cache.client() as client:
        client.xadd(KEY, {"line": line})


def reading(store: Store) -> LogsReading:
    return load.load(store, SERVICE) or LogsReading(0.0)


def text_of(store: Store) -> bytes:
    first, last = reading(store).chunks
    found = store.log_lines(SERVICE, range(first, last + 1))
    return b"".join(unpack(found[number]) for number in sorted(found))


async def test_lines_arrive_masked_and_once_also_after_a_restart(
    valkey_url: str, cache: ValkeyProcess, tmp_path: Path
):
    config, store = config_of(valkey_url, cache.url, tmp_path), Store(valkey_url)
    write(cache, "info", "request")
    write(cache, "error", "no answer", token="hunter2-hunter2", api="accounting")
    await collecting(config, tmp_path, lambda: reading(store).lines == 2)
    assert (reading(store).errors, reading(store).problem) == (1, "")
    assert b"hunter2" not in text_of(store)
    write(cache, "error", "no answer", api="accounting")
    await collecting(config, tmp_path, lambda: reading(store).lines == 3)
    assert text_of(store).count(b"no answer") == 2
    assert reading(store).patterns[0].count == 2


async def test_a_log_is_read_at_once_where_a_verdict_waits_for_it(
    valkey_url: str, cache: ValkeyProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(log_reader, "LOCAL_SECONDS", 3600.0)
    config = config_of(valkey_url, cache.url, tmp_path)
    recorder = Recorder(config.services, UTC)
    recorder.attach(OpenPeriod(1), {}, [])

    def lines() -> int | None:
        stored = recorder.latest.get((SERVICE, load.NAME))
        return None if stored is None else load.decode(unpacked(stored)).lines

    async with CollectorStore(valkey_url) as store:
        logs = log_reader.LogReaders(config, recorder, store, lambda _: ())
        logs.start()
        await until(lambda: lines() == 0, 60.0)
        write(cache, "info", "request")
        logs.read_now(SERVICE)
        await until(lambda: lines() == 1, 60.0)
        await logs.stop()


async def test_a_log_that_cannot_be_read_says_why(
    valkey_url: str, cache: ValkeyProcess, tmp_path: Path
):
    cache.kill()
    store = Store(valkey_url)
    config = config_of(valkey_url, cache.url, tmp_path)
    await collecting(config, tmp_path, lambda: "cannot be reached" in reading(store).problem)
    assert reading(store).lines == 0


async def test_lines_of_a_loki_arrive_with_its_labels(valkey_url: str, tmp_path: Path):
    with closing(LokiServer()) as server:
        at = time.time_ns() - 5_000_000_000
        server.entries = [(at, "level=error msg=late", {"instance": "web-1"}, {})]
        check = Check(name="job", type="push")
        service = Service(name=SERVICE, checks=(check,), loki_url=server.url)
        config = Config(Settings.model_validate({"data_dir": tmp_path}), (service,)).with_store(
            valkey_url
        )
        store = Store(valkey_url)
        await collecting(config, tmp_path, lambda: reading(store).lines == 1)
    assert reading(store).patterns[0].instances.some == ("web-1",)
    assert server.asked[0]["query"] == '{service_name="relay"}'


def test_the_token_of_the_console_goes_to_no_other_loki():
    settings = Settings.model_validate(
        {"loki_url": "http://one", "loki_token": SecretStr("s3cret"), "loki_query": '{app="x"}'}
    )
    own = Service(name="a", checks=(), loki_url="http://two", loki_query='{a="{service}"}')
    other = Service(name="b", checks=())
    config = Config(settings, (own, other))
    assert (loki_url_of(config, own), loki_token_of(config, own)) == ("http://two", "")
    assert (loki_url_of(config, other), loki_token_of(config, other)) == ("http://one", "s3cret")
    assert (selector_of(config, own), selector_of(config, other)) == ('{a="a"}', '{app="x"}')


async def test_after_the_lease_was_lost_reading_goes_on_from_what_the_store_has(
    valkey_url: str, cache: ValkeyProcess, tmp_path: Path
):
    config, store = config_of(valkey_url, cache.url, tmp_path), Store(valkey_url)
    write(cache, "info", "one")
    robbed = False

    def twice() -> bool:
        nonlocal robbed
        if reading(store).lines == 1 and not robbed:
            robbed = True
            with plain.Redis.from_url(valkey_url) as client:
                client.incr(keys.FENCE)  # another collector had the lease for a moment
            write(cache, "info", "two")
        return reading(store).lines == 2

    await collecting(config, tmp_path, twice)
    assert text_of(store).count(b'"one"') == 1
    assert text_of(store).count(b'"two"') == 1


def test_the_address_of_a_loki_is_checked_when_the_console_starts():
    table = {"name": "a", "loki_url": "loki", "checks": [{"name": "job", "type": "push"}]}
    _, problems = read_services([table], {})
    assert "loki_url" in problems[0]

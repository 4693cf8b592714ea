"""What the collector keeps for the scaling view, over two real servers."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from console.collector import reader
from console.instances.gather import key
from console.instances.scaling.load import STARTS, decode_starts, load
from console.instances.scaling.starts import start_seconds
from console.store.read import Store
from tests.collector.test_reader import SERVICE, collecting, config_of
from tests.valkey_process import ValkeyProcess


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[ValkeyProcess]:
    """The service's own Redis, beside the console's store."""
    directory = tmp_path / "cache"
    directory.mkdir()
    server = ValkeyProcess(directory)
    server.start()
    yield server
    server.kill()


def beat(cache: ValkeyProcess, name: str, age: float) -> None:
    now = time.time()
    told = {"v": 1, "instance": name, "at": now, "started_at": now - age, "interval": 2.0}
    with cache.client() as client:
        client.set(key(SERVICE, "inst", name), json.dumps(told | {"mode": "live", "in_flight": 3}))
        client.zadd(key(SERVICE, "instances"), {name: int(now * 1000)})


async def test_starts_and_what_is_in_flight_reach_the_store(
    tmp_path: Path, cache: ValkeyProcess, valkey_url: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(reader, "LOCAL_SECONDS", 0.2)
    beat(cache, "old", 900)
    store = Store(valkey_url)

    def started() -> bool:
        if store.found(SERVICE, "instances") is None:
            return False
        beat(cache, "new", 4.5)  # of its first reading on it is new
        return store.found(SERVICE, STARTS) is not None

    await collecting(config_of(valkey_url, cache.url, tmp_path), tmp_path, started)
    document = store.found(SERVICE, STARTS)
    assert document is not None
    seen = decode_starts(document).seen
    assert [one.instance for one in seen] == ["new"]
    assert start_seconds(seen) == pytest.approx(4.5)
    known = load(store, SERVICE, time.time() + 180)
    assert known.work.in_flight == 6
    assert known.work.in_flight_mean == pytest.approx(5, abs=2)
    store.close()

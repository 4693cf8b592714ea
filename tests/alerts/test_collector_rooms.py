"""The checklist and the closing as the collector reads them, each at its own pace."""

import time
from collections.abc import Iterator

import pytest

from console.alerts.rooms import CALLING
from console.collector.rooms import LOCAL_SECONDS, Rooms
from console.config import Config, Settings
from console.errors import StoreError
from console.health.check import Check, Service
from console.health.model import Status
from console.month_end.load import NAME
from console.month_end.snapshot import Snapshot
from console.store import keys
from console.store.documents import Document, packed
from tests.processes import free_port
from tests.valkey_process import ValkeyProcess

SERVICE = Service(name="shop", checks=(Check(name="api", url="https://api.example"),))


def rooms_of(url: str) -> Rooms:
    return Rooms(Config(Settings(), (SERVICE,)).with_store(url))


@pytest.fixture
def rooms(valkey_url: str) -> Iterator[Rooms]:
    made = rooms_of(valkey_url)
    yield made
    made.close()


def test_of_a_service_that_told_nothing_nothing_is_known(rooms: Rooms):
    now = time.time()
    signals = rooms.checklist("shop", now)
    assert {one.key for one in signals} <= {f"checklist:{key}" for key in CALLING}
    assert Status.FAIL not in {one.status for one in signals}
    assert rooms.checklist("gone", now) == []
    assert rooms.closing("shop", now) == []
    assert rooms.closing_words("shop", now) is None


def test_a_closing_is_told_with_its_words_and_read_again_after_a_while(
    rooms: Rooms, valkey_process: ValkeyProcess
):
    now = time.time()
    with valkey_process.client() as client:
        ledger = Snapshot(now, name="2026-11", done=3, waiting=2, total=5)
        document = packed(Document(Snapshot).encode(ledger))
        client.hset(keys.found("shop"), NAME, document)
    (one,) = rooms.closing("shop", now)
    assert (one.key, one.title, one.page, one.at) == (
        "closing:2026-11", "Closing 2026-11", "month_end", now,
    )  # fmt: skip
    words = rooms.closing_words("shop", now)
    assert words is not None
    assert words.words.startswith("Closing 2026-11\n")
    assert (words.name, words.status, words.closed) == ("2026-11", one.status, False)
    assert words.deadline is not None
    with valkey_process.client() as client:
        client.hdel(keys.found("shop"), NAME)
    assert rooms.closing("shop", now + LOCAL_SECONDS - 1) == [one]
    assert rooms.closing("shop", now + LOCAL_SECONDS) == []


def test_a_store_that_is_away_is_an_error_and_no_answer():
    rooms = rooms_of(f"redis://127.0.0.1:{free_port()}")
    with pytest.raises(StoreError):
        rooms.checklist("shop", time.time())
    rooms.close()

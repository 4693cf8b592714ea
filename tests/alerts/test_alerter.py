"""The alerts of a collector over a real store, with a real receiver; time is handed in."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager

import pytest
from pydantic import TypeAdapter

from console.alerts.closing_digest import Stand
from console.alerts.model import Acknowledgement, Phase
from console.alerts.outbox import Stage
from console.alerts.signal import FACTS, Signal
from console.cache.model import Snapshot, Token
from console.collector.alerter import Alerter
from console.collector.reader import CACHE
from console.collector.recorder import Recorder
from console.config import Config, Settings
from console.deployments.history import Snapshot as Deployed
from console.deployments.load import ADAPTER as DEPLOYMENTS_ADAPTER
from console.deployments.load import NAME as DEPLOYMENTS
from console.deployments.model import Record as DeploymentRecord
from console.errors import LeaseLost
from console.health.check import Check, Service
from console.health.maintenance import Maintenance
from console.health.model import Outcome, Result, Status
from console.platforms.model import Deployment, DeploymentState
from console.store import keys
from console.store.alerts import AlertRecords
from console.store.documents import packed
from console.store.model import CollectorBeat
from console.store.read import Store
from console.store.write import CollectorStore
from tests.alerts.receiving import Receiver
from tests.valkey_process import ValkeyProcess

LIMIT = 20.0  # seconds
CHECK = Check(name="api", url="https://api.example", failure_threshold=1, success_threshold=1)
SERVICE = Service(name="shop", checks=(CHECK,))


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()


class Desk:
    """One collector's alerts, looked at by hand."""

    def __init__(
        self, config: Config, store: CollectorStore, now: float, closing: Stand | None
    ) -> None:
        self.now, self.is_offline = now, False
        self.items: list[Signal] = []
        (self.service,) = config.services
        self.recorder = Recorder(config.services, config.settings.zone)
        self.recorder.attached = True
        self.store = store
        self.alerter = Alerter(
            config, store, self.recorder, self._offline, self._beat, lambda: self.now,
            [lambda service, now: list(self.items)], lambda service, now: closing,
        )  # fmt: skip

    async def _offline(self) -> bool:
        return self.is_offline

    def _beat(self) -> CollectorBeat:
        return CollectorBeat(
            self.now, self.store.fence, self.now - 600, "me", "host", 1, "1", "local", 2.0
        )

    def probe(self, status: Status) -> None:
        self.now += 1
        outcome = Outcome.OK if status is Status.PASS else Outcome.CONDITION
        self.recorder.take(
            "shop", Result("api", self.now, status, outcome, f"It is {status}.", 0.1)
        )

    async def look(self) -> None:
        await self.alerter._look()

    async def until(self, holds: Callable[[], bool]) -> None:
        deadline = time.monotonic() + LIMIT
        while not holds():
            assert time.monotonic() < deadline
            await self.look()
            await asyncio.sleep(0.1)


@asynccontextmanager
async def desk(
    url: str,
    *channels: str,
    now: float | None = None,
    service: Service = SERVICE,
    closing: Stand | None = None,
    **settings: str,
) -> AsyncIterator[Desk]:
    given = {"CONSOLE_NOTIFY_URLS": " ".join(channels)} if channels else {}
    config = Config(Settings.model_validate(given | settings), (service,)).with_store(url)
    async with CollectorStore(url, owner="me") as store:
        assert await store.acquire()
        made = Desk(config, store, now or time.time(), closing)
        yield made
        await made.alerter._postman.stop(LIMIT)


@pytest.fixture
def records(valkey_url: str) -> Iterator[AlertRecords]:
    made = AlertRecords(valkey_url)
    yield made
    made.close()


async def test_a_failure_is_written_and_sent_and_so_is_its_end(
    valkey_url: str, receiver: Receiver, records: AlertRecords
):
    async with desk(valkey_url, receiver.url) as one:
        one.probe(Status.PASS)
        await one.look()
        assert records.read("shop") == ({}, {}, {})
        one.probe(Status.FAIL)
        await one.look()
        (delivery,) = records.read("shop")[1].values()
        assert delivery.stage in (Stage.DUE, Stage.SENDING)
        await one.until(lambda: sent(records) == 1)
        one.probe(Status.PASS)
        await one.until(lambda: sent(records) == 2)
    assert receiver.titles == ["[Failing] api · shop", "[Resolved] api · shop"]


def sent(records: AlertRecords) -> int:
    return sum(one.stage is Stage.SENT for one in records.read("shop")[1].values())


async def test_without_a_channel_the_book_is_kept_all_the_same(
    valkey_url: str, records: AlertRecords
):
    async with desk(valkey_url) as one:
        one.probe(Status.FAIL)
        await one.look()
    book, outbox, _ = records.read("shop")
    assert book["check:api"].alert.phase is Phase.FIRING
    assert outbox == {}


async def test_when_nothing_changes_nothing_is_written(
    valkey_url: str, valkey_process: ValkeyProcess
):
    async with desk(valkey_url) as one:
        one.probe(Status.PASS)
        await one.look()
        with valkey_process.client() as client:
            before = client.info("commandstats")
            for _ in range(100):
                one.probe(Status.PASS)
                await one.look()
            after = client.info("commandstats")
    assert {name for name in after if after[name] != before.get(name)} <= {"cmdstat_info"}


async def test_another_collector_goes_on_where_the_first_one_ended(
    valkey_url: str, receiver: Receiver, records: AlertRecords
):
    async with desk(valkey_url, receiver.url) as first:
        first.probe(Status.FAIL)
        await first.until(lambda: sent(records) == 1)
        async with desk(valkey_url, receiver.url) as second:
            second.probe(Status.FAIL)
            await second.look()
            await second.look()
            first.probe(Status.PASS)
            with pytest.raises(LeaseLost):
                await first.look()  # its word does not count any more
            assert len(records.read("shop")[1]) == 1
            second.probe(Status.PASS)
            await second.until(lambda: sent(records) == 2)
    assert len(receiver.messages) == 2


async def test_a_console_without_a_network_is_quiet(valkey_url: str, records: AlertRecords):
    async with desk(valkey_url) as one:
        one.is_offline = True
        one.probe(Status.FAIL)
        await one.look()
        assert records.read("shop") == ({}, {}, {})
        one.is_offline = False
        await one.look()
        assert told(records, "check:api") is Status.FAIL


def told(records: AlertRecords, key: str) -> Status | None:
    return records.read("shop")[0][key].told


def item(status: Status, summary: str) -> Signal:
    return Signal("checklist:B1", "Settings", status, summary, thresholds=FACTS)


async def test_under_maintenance_nobody_is_told(valkey_url: str, records: AlertRecords):
    now = time.time()
    planned = Maintenance(title="Move", start=now - 60, end=now + 600)
    service = SERVICE.model_copy(update={"maintenance": (planned,)})
    async with desk(valkey_url, now=now, service=service) as one:
        one.items = [item(Status.FAIL, "RUN_TOKEN is missing.")]
        await one.look()
        assert records.read("shop")[0]["checklist:B1"].planned
        assert told(records, "checklist:B1") is None
        one.now += 700
        await one.look()
        assert told(records, "checklist:B1") is Status.FAIL


async def test_other_rooms_fire_alerts_and_stand_on_the_timeline(
    valkey_url: str, records: AlertRecords
):
    store = Store(valkey_url)
    async with desk(valkey_url) as one:
        for status, summary in ((Status.FAIL, "RUN_TOKEN is missing."), (Status.PASS, "All set.")):
            one.items = [item(status, summary)]
            await one.look()
            taken = Acknowledgement("ann", "asking the provider", one.now)
            records.request("shop", "checklist:B1", taken)
            one.now += 90
        events = store.events("shop", 0, one.now + 60)
    store.close()
    told = [(event.title, event.actor, event.detail) for event in reversed(events)]
    assert told == [
        ("Failing: Settings.", "", "RUN_TOKEN is missing."),
        ("ann acknowledged Settings.", "ann", "asking the provider"),
        ("Resolved: Settings.", "", "All set. It lasted 1 min."),
    ]


async def test_what_the_rooms_read_fires(valkey_url: str, records: AlertRecords):
    """The documents that the collector keeps of the cache, the deployments and the log."""
    async with desk(valkey_url) as one:
        now = one.now
        tokens = Snapshot(now, tokens=(Token("freee", "refused", "invalid_grant"),))
        failed = Deployment("d1", "abc", DeploymentState.FAILED, now - 90, ended_at=now - 5)
        found = Deployed(now, "Render", known_since=now - 60, records=(DeploymentRecord(failed),))
        for name, adapter, document in (
            (CACHE, TypeAdapter(Snapshot), tokens),
            (DEPLOYMENTS, DEPLOYMENTS_ADAPTER, found),
        ):
            one.recorder.find("shop", name, packed(adapter.dump_json(document)))
        await one.look()
    book = records.book("shop")
    assert {key for key, record in book.items() if record.alert.active} == {
        "token:freee",
        "deployment:d1",
    }


async def test_the_history_says_who_took_it_and_what_arrived(
    valkey_url: str, receiver: Receiver, records: AlertRecords
):
    """Over two collectors: the second one goes on with the history of the first."""
    async with desk(valkey_url, receiver.url) as first:
        first.probe(Status.FAIL)
        await first.until(lambda: sent(records) == 1)
        taken = Acknowledgement("ann", "on it", first.now)
        records.request("shop", "check:api", taken)
        await first.until(lambda: sent(records) == 2)
        began = first.now
    async with desk(valkey_url, receiver.url, now=began + 60) as second:
        second.probe(Status.PASS)
        await second.until(lambda: sent(records) == 3)
        second.probe(Status.FAIL)
        await second.look()
    over, again = sorted(records.episodes("shop").values(), key=lambda one: one.fired_at)
    assert over.taken == (taken,)
    assert over.resolved_at is not None
    assert [(one.telling.value, one.sent, one.lost) for one in over.told] == [
        ("fired", 1, 0),
        ("acknowledged", 1, 0),
        ("resolved", 1, 0),
    ]
    assert (again.resolved_at, again.taken, len(again.told)) == (None, (), 1)


async def test_an_acknowledgement_reaches_the_alert_and_the_check(
    valkey_url: str, records: AlertRecords
):
    async with desk(valkey_url) as one:
        one.probe(Status.FAIL)
        await one.look()
        early = Acknowledgement("bob", "days ago", one.now - 86_400)
        records.request("shop", "check:api", early)
        await one.look()
        assert records.read("shop")[0]["check:api"].alert.acknowledgement is None
        taken = Acknowledgement("ann", "on it", one.now, one.now + 60)
        records.request("shop", "check:api", taken)
        records.request("shop", "check:gone", taken)
        await one.look()
        book, _, requests = records.read("shop")
        assert book["check:api"].alert.acknowledgement == taken
        assert requests == {}
        state = one.recorder.watches["shop"].states["api"]
        assert state.alert.acknowledgement == taken
        assert state.incident is not None
        assert state.incident.acknowledged_by == "ann"


async def test_the_daily_summary_is_sent_once_although_collectors_follow_each_other(
    valkey_url: str, receiver: Receiver, records: AlertRecords
):
    noon = time.time() // 86_400 * 86_400 + 43_200
    settings = {"CONSOLE_DIGEST_AT": "11:59"}
    for _ in range(2):
        async with desk(valkey_url, receiver.url, now=noon, **settings) as one:
            one.probe(Status.PASS)
            await one.until(lambda: sent(records) == 1)
            await one.look()
    assert len(receiver.messages) == 1
    assert receiver.titles[0].startswith("Daily summary of ")
    async with desk(valkey_url, receiver.url, now=noon + 86_400, **settings) as one:
        await one.until(lambda: sent(records) == 2)


async def test_the_summary_of_a_closing_is_sent_once_to_the_managers(
    valkey_url: str, receiver: Receiver, records: AlertRecords
):
    managers = Receiver()
    noon = time.time() // 86_400 * 86_400 + 43_200
    stand = Stand("2026-11", "Closing 2026-11\n3 items wait.", Status.FAIL, "Late", noon - 60)
    settings = {"CONSOLE_DIGEST_AT": "23:59", "CONSOLE_DIGEST_URLS": managers.url}
    for _ in range(2):
        async with desk(valkey_url, receiver.url, now=noon, closing=stand, **settings) as one:
            await one.until(lambda: sent(records) == 1)
            await one.look()
    managers.close()
    assert managers.titles == ["Closing 2026-11 of shop, at its deadline: late"]
    assert "Alerts meanwhile: in the last 14 d, no alert fired" in managers.messages[0]["message"]
    assert receiver.messages == []


async def test_a_channel_that_comes_back_gets_what_it_missed_in_order(
    valkey_url: str, receiver: Receiver, records: AlertRecords
):
    receiver.status = 500
    async with desk(valkey_url, receiver.url) as one:
        one.probe(Status.FAIL)
        await one.until(lambda: any(d.reason for d in records.read("shop")[1].values()))
        one.probe(Status.PASS)
        await one.look()
        receiver.status = 200
        one.now += 60
        await one.until(lambda: sent(records) == 2)
    assert receiver.titles == ["[Failing] api · shop", "[Resolved] api · shop"]


async def test_the_store_holds_nothing_of_an_address(
    valkey_url: str, receiver: Receiver, records: AlertRecords, valkey_process: ValkeyProcess
):
    async with desk(valkey_url, receiver.url, "slak://hook-secret-token/b") as one:
        one.probe(Status.FAIL)
        await one.until(lambda: sent(records) == 1)
        documents = list(one.recorder.latest.values())
    with valkey_process.client() as client:
        stored = [client.hgetall(name) for name in (keys.OUTBOX, keys.alerts("shop"))]
    assert b"hook-secret-token" not in repr([stored, documents]).encode()

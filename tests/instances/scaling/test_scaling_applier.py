"""Applying: by hand and by the schedule, into the log; over a real store, and on the sample."""

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from console.access import Role, Visitor
from console.config import Config, Settings
from console.controls.desk import Desk
from console.errors import NotAllowed, Objection, StoreAway
from console.health.check import Check, Service
from console.instances.gather import key
from console.instances.history import COUNT, code_of_count
from console.instances.load import _ADAPTER as SNAPSHOT
from console.instances.load import NAME as INSTANCES
from console.instances.scaling import applier as module
from console.instances.scaling.applier import KIND, SCHEDULE, Applier
from console.instances.scaling.gather import SampleScaler
from console.instances.scaling.load import SCALED, load
from console.instances.scaling.measured import ITEMS
from console.instances.scaling.scaler import Range, ScalingError
from console.sample.service import CACHE_VARIABLE, SERVICE, service
from console.sample.world import World
from console.store import keys
from console.store.histogram import code_of
from console.store.read import Store
from tests.processes import wait_until
from tests.valkey_process import ValkeyProcess

ANN = Visitor("ann", Role.OPERATOR, "")
EVE = Visitor("eve", Role.VIEWER, "You may look.", "Ask for it.")
NAME = "invoice-relay"
LIMIT = 40.0  # seconds for anything on a loaded machine


class HeartbeatScaler:
    """A platform whose instances are heartbeats in a real Redis."""

    title = "the test's platform"
    limits = Range(1, 6)

    def __init__(self, valkey: ValkeyProcess, count: int) -> None:
        self.valkey, self.least, self.refuses, self.silent = valkey, 0, "", False
        self.in_flight = 0
        self.apply(Range(count, 6))

    def read(self) -> Range:
        return Range(self.least, self.limits.most)

    def running(self) -> int | None:
        return None

    def preview(self, wanted: Range) -> str:
        return f"set {wanted.least}"

    def apply(self, wanted: Range) -> Range:
        if self.refuses:
            raise ScalingError(self.refuses)
        self.least = wanted.least
        if not self.silent:
            self.beat()
        return self.read()

    def beat(self) -> None:
        with self.valkey.client() as client:
            client.delete(key(NAME, "instances"))
            for n in range(self.least):
                now = time.time()
                told = {"at": now, "started_at": now - 60, "interval": 2.0, "mode": "live"}
                told |= {"v": 1, "instance": f"i{n}", "in_flight": self.in_flight}
                client.set(key(NAME, "inst", f"i{n}"), json.dumps(told))
                client.zadd(key(NAME, "instances"), {f"i{n}": int(now * 1000)})


class Bench:
    """An applier with its store."""

    def __init__(self, valkey: ValkeyProcess, count: int = 2, **settings: object) -> None:
        self.valkey = valkey
        check = Check(name="cache", type="redis", url_env="REDIS_URL")
        self.service = Service(name=NAME, checks=(check,))
        secrets = {"REDIS_URL": valkey.url}
        config = Config(Settings.model_validate(settings), (self.service,), secrets=secrets)
        self.config = config.with_store(valkey.url)
        self.store, self.desk = Store(valkey.url), Desk(self.config)
        self.scaler = HeartbeatScaler(valkey, count)
        self.applier = Applier(self.config, self.store, self.desk, {NAME: self.scaler})

    def ended(self, which: Applier | None = None) -> None:
        def over() -> bool:
            applied = (which or self.applier).applied(NAME)
            return applied is not None and applied.ended

        wait_until(over, LIMIT)
        wait_until(lambda: self.log()[0][0] != "begun", LIMIT)

    def log(self) -> list[tuple[str, str, str, str, str]]:
        found = self.desk.journal.newest(20)
        return [(one.step, one.actor, one.outcome, one.before, one.after) for one in found]

    def measured(self, items_a_minute: int, seconds: float, running: int = 2) -> None:
        """What a collector would have written in the last half hour."""
        now = time.time()
        snapshot = self.desk.snapshot(self.service)
        self.store.keep_found(NAME, INSTANCES, SNAPSHOT.dump_json(snapshot))
        cells = {
            str(ITEMS): f"{code_of(seconds)}:{items_a_minute}",
            str(COUNT): f"{code_of_count(running)}:12",
        }
        with self.valkey.client() as client:
            client.sadd(keys.series(NAME), *cells)
            for series, text in cells.items():
                minutes = {f"{int(now // 60) - n}.1": text for n in range(1, 30)}
                client.hset(keys.open_cells(NAME, series), mapping=minutes)

    def close(self) -> None:
        self.applier.stop()
        self.desk.stop()
        self.store.close()


@pytest.fixture
def bench(valkey_url: str, valkey_process: ValkeyProcess) -> Iterator[Bench]:
    made = Bench(valkey_process)
    yield made
    made.close()


def test_an_operator_scales_and_the_heartbeats_are_the_evidence(bench: Bench):
    bench.applier.by_hand(ANN, bench.service, 4, "closing")
    bench.ended()
    applied = bench.applier.applied(NAME)
    assert applied is not None
    assert (applied.before, applied.after, applied.heard, applied.done) == (2, 4, 4, True)
    ended, begun = bench.desk.journal.newest(2)
    assert (begun.step, begun.kind, begun.actor, begun.reason) == ("begun", KIND, "ann", "closing")
    assert (begun.before, begun.after) == ("2", "4")
    assert (ended.outcome, ended.evidence) == ("done", "4 instances heard of")


def test_a_viewer_is_refused_on_the_server_and_the_log_says_who_tried(bench: Bench):
    with pytest.raises(NotAllowed):
        bench.applier.by_hand(EVE, bench.service, 4, "")
    assert bench.scaler.least == 2
    assert bench.log()[0][:3] == ("noted", "eve", "refused")


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        (7, "At most 6"),
        (0, "At least 1"),
        (1, "4 in flight need 2 instances"),
    ],
)
def test_bounds_and_what_is_in_flight_hold_in_the_action(bench: Bench, wanted: int, words: str):
    bench.scaler.in_flight = 2
    bench.scaler.beat()
    with pytest.raises(Objection, match=words):
        bench.applier.by_hand(ANN, bench.service, wanted, "")
    assert bench.scaler.least == 2
    assert bench.log()[0][2] == "refused"


def test_a_service_that_nobody_scales_says_so(bench: Bench):
    alone = Applier(bench.config, bench.store, bench.desk, {})
    with pytest.raises(Objection, match="no platform is connected"):
        alone.by_hand(ANN, bench.service, 2, "")


def test_what_a_platform_refuses_is_failed_in_the_log(bench: Bench):
    bench.scaler.refuses = "The plan of the platform allows 2."
    bench.applier.by_hand(ANN, bench.service, 3, "")
    bench.ended()
    assert bench.log()[0][2] == "failed"
    applied = bench.applier.applied(NAME)
    assert applied is not None
    assert applied.problem == "The plan of the platform allows 2."


def test_instances_that_do_not_come_are_not_said_to_be_there(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(module, "CONFIRM_SECONDS", 0.0)
    bench.scaler.silent = True
    bench.applier.by_hand(ANN, bench.service, 4, "")
    bench.ended()
    assert bench.log()[0][2] == "unknown"
    assert "2 instances heard of" in bench.desk.journal.newest(1)[0].evidence


def test_two_changes_do_not_run_at_once(bench: Bench):
    bench.scaler.silent = True
    bench.applier.by_hand(ANN, bench.service, 4, "")
    with pytest.raises(Objection, match="under way"):
        bench.applier.by_hand(ANN, bench.service, 5, "")
    bench.scaler.beat()
    bench.ended()


def test_the_schedule_applies_what_is_recommended_and_then_rests(bench: Bench):
    bench.measured(items_a_minute=10, seconds=12.0)  # 2 at once: 3 instances
    decision = bench.applier.tick(bench.service, time.time())
    assert decision is not None
    assert (decision.next, bench.scaler.least) == (3, 3)
    ended, begun = bench.desk.journal.newest(2)
    assert (begun.actor, begun.role, ended.outcome) == (SCHEDULE, "console", "done")
    assert begun.reason.startswith("Why 3:")
    # the change is remembered for the rest, also for a console that starts now
    last = load(bench.store, NAME, time.time()).last
    assert last is not None
    assert (last.before, last.after) == (2, 3)
    bench.measured(items_a_minute=30, seconds=12.0)
    again = bench.applier.tick(bench.service, time.time())
    assert again is not None
    assert (again.next, bench.scaler.least) == (3, 3)
    assert "has to show first" in again.hold


def test_the_schedule_does_nothing_without_data(bench: Bench):
    decision = bench.applier.tick(bench.service, time.time())
    assert decision is not None
    assert decision.next is None
    assert bench.scaler.least == 2
    assert bench.log() == []


def test_an_old_reading_moves_nothing(bench: Bench):
    """The collector ended: fewer instances are not asked for because nothing is heard."""
    bench.measured(items_a_minute=1, seconds=1.0)
    decision = bench.applier.tick(bench.service, time.time() + 7200)
    assert decision is not None
    assert decision.next is None


def test_of_two_consoles_one_has_the_schedule(bench: Bench):
    bench.measured(items_a_minute=10, seconds=12.0)
    other = Applier(bench.config, bench.store, bench.desk, {NAME: bench.scaler})
    assert bench.applier.tick(bench.service, time.time()) is not None
    assert other.tick(bench.service, time.time()) is None
    assert bench.applier.tick(bench.service, time.time()) is not None


def test_recommend_only_is_the_default_and_starts_no_schedule(bench: Bench):
    bench.applier.start()
    assert not bench.applier.scheduled
    assert not any(one.name == "scaling" for one in threading.enumerate())


def test_the_schedule_runs_by_itself_where_it_is_set(
    valkey_url: str, valkey_process: ValkeyProcess, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(module, "APPLY_SECONDS", 0.05)
    bench = Bench(valkey_process, scaling="schedule")
    try:
        bench.measured(items_a_minute=10, seconds=12.0)
        bench.applier.start()
        wait_until(lambda: bench.scaler.least == 3, LIMIT)
    finally:
        bench.close()
    assert bench.store is not None


def test_what_was_applied_here_is_a_small_document(bench: Bench):
    bench.applier.by_hand(ANN, bench.service, 3, "")
    bench.ended()
    document = bench.store.found(NAME, SCALED)
    assert document is not None
    found = json.loads(document)
    assert (found["before"], found["after"]) == (2, 3)
    assert found["took"] < LIMIT
    assert load(bench.store, NAME, time.time()).start == found["took"]


def test_applying_starts_and_stops_instances_of_the_sample(
    tmp_path: Path, valkey_url: str, valkey_process: ValkeyProcess
):
    """Real processes, told by their own heartbeats."""
    world = World(tmp_path, valkey_url, 1)
    at = world.start()
    found = service(at)
    config = Config(Settings(), (found,), sample=True, secrets={CACHE_VARIABLE: at.cache})
    config = config.with_store(valkey_url)
    store, desk = Store(valkey_url), Desk(config)
    applier = Applier(config, store, desk, {SERVICE: SampleScaler(world)})

    def apply(count: int) -> int | None:
        def settled() -> bool:
            applied = applier.applied(SERVICE)
            return applied is None or applied.ended

        def asked() -> bool:
            try:
                applier.by_hand(ANN, found, count, "by hand")
            except Objection:  # an item is under way, which holds its instance
                return False
            return True

        wait_until(settled, LIMIT)
        wait_until(asked, LIMIT)
        wait_until(settled, LIMIT)
        applied = applier.applied(SERVICE)
        assert applied is not None
        assert applied.done, applied
        return applied.heard

    try:
        assert apply(2) == 2
        assert world.instances == 2
        assert apply(1) == 1
        assert world.instances == 1
    finally:
        applier.stop()
        desk.stop()
        world.stop()
        store.close()


def test_a_schedule_that_cannot_write_its_log_does_nothing_and_goes_on_afterwards(bench: Bench):
    bench.measured(items_a_minute=600, seconds=1.0)
    whole = bench.applier._desk
    bench.applier._desk = Desk(bench.config.with_store("redis://localhost:1/0"))
    with pytest.raises(StoreAway):
        bench.applier.tick(bench.service, time.time())
    bench.applier._desk.stop()
    assert bench.scaler.least == 2
    bench.applier._desk = whole
    bench.applier.tick(bench.service, time.time())
    assert bench.scaler.least > 2

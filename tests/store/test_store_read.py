import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from console.activity.model import Event, Kind
from console.errors import StoreAway
from console.health.model import CheckState, Incident, Outcome, Result, Status
from console.store import keys
from console.store.cells import DAY, HOUR, MINUTE
from console.store.documents import INCIDENT, STATE
from console.store.entries import PUSH_MESSAGE_LIMIT
from console.store.history import MINUTES_KEPT
from console.store.model import PushBeat
from console.store.profile import ECONOMY, LOCAL
from console.store.read import Store
from console.store.series import SeriesId
from tests.store.collected import API, NOW, SERVICE, count, flush, holding
from tests.valkey_process import ValkeyProcess

pytestmark = pytest.mark.every_server

PASSING = CheckState("api", status=Status.PASS, since=NOW)
FAILING = CheckState("api", status=Status.FAIL, since=NOW)


class Clock:
    """A clock that goes on when it is told to."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(valkey_url: str, clock: Clock) -> Iterator[Store]:
    store = Store(valkey_url, clock=clock)
    yield store
    store.close()


def put_state(server: ValkeyProcess, state: CheckState, service: str = SERVICE) -> None:
    with server.client() as client:
        client.hset(keys.states(service), state.check, STATE.encode(state))


def test_an_empty_store_has_nothing_of_anything(store: Store) -> None:
    assert store.states(SERVICE) == {}
    assert store.uptime(SERVICE) == {}
    assert store.collector() is None
    assert store.events(SERVICE, 0, NOW) == []
    assert store.incidents(SERVICE, 0, NOW) == []
    assert store.answer("0123") is None
    assert len(store.cells(SERVICE, API, NOW - DAY, NOW)) == 0
    assert store.last_known("other") is None


def test_many_viewers_cost_one_read(
    store: Store, valkey_process: ValkeyProcess, clock: Clock
) -> None:
    put_state(valkey_process, PASSING)
    store.inspect()
    gate = threading.Barrier(20)

    def view(_: int) -> Status:
        gate.wait()
        return store.states(SERVICE)["api"].status

    with valkey_process.watched() as commands, ThreadPoolExecutor(20) as viewers:
        assert set(viewers.map(view, range(20))) == {Status.PASS}
    assert commands.count("HGETALL") == 1


def test_a_snapshot_is_read_again_when_it_is_old(
    store: Store, valkey_process: ValkeyProcess, clock: Clock
) -> None:
    put_state(valkey_process, PASSING)
    assert store.states(SERVICE) == {"api": PASSING}
    put_state(valkey_process, FAILING)
    clock.now += LOCAL.snapshot_ttl / 2
    assert store.states(SERVICE) == {"api": PASSING}
    clock.now += LOCAL.snapshot_ttl
    assert store.states(SERVICE) == {"api": FAILING}


def test_a_clock_that_goes_back_does_not_freeze_the_snapshot(
    store: Store, valkey_process: ValkeyProcess, clock: Clock
) -> None:
    put_state(valkey_process, PASSING)
    assert store.states(SERVICE) == {"api": PASSING}
    put_state(valkey_process, FAILING)
    clock.now -= HOUR
    assert store.states(SERVICE) == {"api": FAILING}


def test_a_check_that_was_removed_leaves_the_snapshot(
    store: Store, valkey_process: ValkeyProcess, clock: Clock
) -> None:
    put_state(valkey_process, PASSING)
    put_state(valkey_process, CheckState("db"))
    assert set(store.states(SERVICE)) == {"api", "db"}
    with valkey_process.client() as client:
        client.hdel(keys.states(SERVICE), "db")
    clock.now += 2
    assert store.states(SERVICE) == {"api": PASSING}


def test_services_do_not_see_each_other(store: Store, valkey_process: ValkeyProcess) -> None:
    put_state(valkey_process, PASSING, "one")
    put_state(valkey_process, FAILING, "two")
    assert store.states("one") == {"api": PASSING}
    assert store.states("two") == {"api": FAILING}


def test_a_store_that_is_away_is_said_and_the_last_states_stay_known(
    restartable: ValkeyProcess, clock: Clock
) -> None:
    store = Store(restartable.url, clock=clock)
    put_state(restartable, PASSING)
    assert store.last_known(SERVICE) is None
    store.states(SERVICE)
    restartable.kill()
    clock.now += 60
    for _ in range(2):
        with pytest.raises(StoreAway, match=r"redis://127.0.0.1:\d+ \(CONSOLE_STORE_URL\)"):
            store.states(SERVICE)
    assert store.last_known(SERVICE) == ({"api": PASSING}, NOW)
    restartable.start()
    clock.now += 2
    assert store.states(SERVICE) == {"api": PASSING}
    store.close()


def test_a_store_that_was_away_from_the_start_is_found_later(restartable: ValkeyProcess) -> None:
    restartable.kill()
    store = Store(restartable.url)
    with pytest.raises(StoreAway):
        store.events(SERVICE, 0, NOW)
    restartable.start()
    assert store.events(SERVICE, 0, NOW) == []
    store.close()


def test_a_store_that_hangs_costs_one_time_out_for_all_viewers(
    restartable: ValkeyProcess,
) -> None:
    store = Store(restartable.url)
    store.inspect()
    restartable.pause()
    gate = threading.Barrier(10)

    def view(_: int) -> str:
        gate.wait()
        try:
            store.states(SERVICE)
        except StoreAway as error:
            return str(error)
        return "answered"

    began = time.monotonic()
    with ThreadPoolExecutor(10) as viewers:
        answers = set(viewers.map(view, range(10)))
    assert time.monotonic() - began < 2 * LOCAL.read_timeout
    assert len(answers) == 1
    assert "does not answer in time" in answers.pop()
    store.close()


def test_events_come_newest_first_and_within_their_window(store: Store) -> None:
    events = [Event(f"e{number}", NOW + number, Kind.ACTION, "did it") for number in range(5)]
    for event in (*events, events[2]):
        store.record(SERVICE, event)
    assert store.events(SERVICE, NOW + 1, NOW + 3) == [events[3], events[2], events[1]]
    assert store.events(SERVICE, 0, NOW + 9, limit=2) == [events[4], events[3]]


def test_incidents_that_reach_into_a_window_are_in_it(
    store: Store, valkey_process: ValkeyProcess
) -> None:
    before = Incident("before", "api", NOW - 200, "x", ended_at=NOW - 100)
    reaching = Incident("reaching", "api", NOW - 200, "x", ended_at=NOW + 1)
    inside = Incident("inside", "api", NOW + 5, "x", ended_at=NOW + 6)
    after = Incident("after", "api", NOW + 50, "x", ended_at=NOW + 60)
    with valkey_process.client() as client:
        for one in (before, reaching, inside, after):
            client.zadd(keys.incidents(SERVICE), {INCIDENT.encode(one): one.started_at * 1000})
    assert store.incidents(SERVICE, NOW, NOW + 10) == [inside, reaching]
    assert store.incidents(SERVICE, NOW, NOW + 10, limit=1) == [inside]


async def test_a_push_reaches_the_collector(store: Store, valkey_url: str) -> None:
    store.push(SERVICE, "backup", PushBeat(NOW, Status.PASS, "x" * 10_000, 1.5))
    async with holding(valkey_url) as collector:
        beats = await collector.pushes(SERVICE)
    assert beats == {"backup": PushBeat(NOW, Status.PASS, "x" * PUSH_MESSAGE_LIMIT, 1.5)}


async def test_an_answer_reaches_who_asked(
    store: Store, valkey_url: str, valkey_process: ValkeyProcess
) -> None:
    request = store.request_probe(SERVICE, "api")
    result = Result("api", NOW, Status.PASS, Outcome.OK, "fine", 0.1)
    async with holding(valkey_url) as collector:
        await collector.answer(request, result)
    assert store.answer(request) == result
    with valkey_process.client() as client:
        assert 0 < client.ttl(keys.answer(request)) <= 120


async def test_history_of_a_series_is_two_commands(
    store: Store, valkey_url: str, valkey_process: ValkeyProcess
) -> None:
    store.inspect()
    series = [API, SeriesId("check", "api", "connect"), SeriesId("route", "GET /x:y")]
    async with holding(valkey_url) as collector:
        for one in series:
            count(collector, NOW, series=one)
        await flush(collector, NOW)
    for window in (HOUR, DAY, 35 * DAY, 400 * DAY):
        with valkey_process.watched() as commands:
            found = store.cells_of(SERVICE, series, NOW - window, NOW + 1)
        assert commands == ["HMGET", "HGETALL"] * 3
        assert [int(found[one].counts.sum()) for one in series] == [1, 1, 1]


@pytest.mark.parametrize(
    ("since", "until", "resolution"),
    [
        (NOW - HOUR, NOW, MINUTE),
        (NOW - MINUTES_KEPT, NOW, MINUTE),
        (NOW - MINUTES_KEPT - DAY, NOW, HOUR),
        (NOW - 300 * DAY, NOW - 299 * DAY, HOUR),
    ],
    ids=["an hour", "35 days", "36 days", "long ago"],
)
def test_minutes_are_read_as_far_back_as_they_are_kept(
    store: Store, since: float, until: float, resolution: int
) -> None:
    assert store.cells(SERVICE, API, since, until).resolution == resolution


def test_a_window_without_end_is_bounded_by_what_is_kept(
    store: Store, valkey_process: ValkeyProcess
) -> None:
    store.inspect()
    with valkey_process.client() as client:
        client.config_resetstat()
        assert len(store.cells(SERVICE, API, 0, NOW)) == 0
        assert client.info("stats")["total_net_input_bytes"] < 20_000


def test_a_billed_server_is_asked_rarely(valkey_url: str) -> None:
    assert Store(valkey_url, "economy").profile is ECONOMY
    assert Store("rediss://default:secret@eu1-x.upstash.io:6379").profile is ECONOMY
    assert Store("rediss://default:secret@eu1-x.upstash.io:6379", "local").profile is LOCAL
    assert Store(valkey_url).profile is LOCAL

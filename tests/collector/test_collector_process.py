"""The collector as a process: killed, stopped, doubled, and with its store taken away."""

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from console.activity.model import Event
from console.health.model import Incident, Status
from console.store.histogram import OUTCOME_BASE
from console.store.model import PushBeat
from console.store.read import Store
from console.store.series import SeriesId
from tests.processes import end_with_this_process, wait_until
from tests.valkey_process import ValkeyProcess

ROOT = Path(__file__).resolve().parents[2]
LIMIT = 30.0  # seconds that anything may take on a loaded machine
SERVICE = "shop"
APIS = [f"api-{number}" for number in range(10)]  # each probed once a second
FLUSH = 1.0  # seconds
HASTY = "tests.collector.hasty"  # where a test waits for what happens every few seconds


class Shop:
    """A service that counts its visits and can be broken."""

    def __init__(self) -> None:
        self.visits = 0
        self.status = 200
        shop = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                shop.visits += 1
                self.send_response(shop.status)
                self.send_header("content-length", "2")
                self.end_headers()
                self.wfile.write(b"ok")

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@dataclass
class Collectors:
    """Starts collectors that watch the shop, each with a directory of its own."""

    directory: Path
    shop: Shop
    store_url: str
    running: list[subprocess.Popen[bytes]] = field(default_factory=list[subprocess.Popen[bytes]])

    def start(
        self, name: str = "one", program: str = "console.collector"
    ) -> subprocess.Popen[bytes]:
        services = self.directory / "services.toml"
        apis = "".join(
            f'{{name = "{name}", url = "{self.shop.url}", interval = "1s", timeout = "2s"}},'
            for name in APIS
        )
        services.write_text(
            f"""
            [[services]]
            name = "{SERVICE}"
            checks = [
              {apis}
              {{name = "rare", url = "{self.shop.url}rare", interval = "1h", timeout = "2s"}},
              {{name = "export", type = "push", interval = "1h"}},
            ]
            """,
            encoding="utf-8",
        )
        with (self.directory / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", program],
                cwd=ROOT,
                env={
                    "PATH": "/usr/bin:/bin",
                    "CONSOLE_STORE_URL": self.store_url,
                    "CONSOLE_SERVICES_FILE": str(services),
                    "CONSOLE_DATA_DIR": str(self.directory / name),
                    "CONSOLE_FLUSH_INTERVAL": f"{FLUSH:g}s",
                },
                stdout=log,
                stderr=log,
                preexec_fn=end_with_this_process,
            )
        self.running.append(process)
        return process

    def log(self, name: str = "one") -> str:
        return (self.directory / f"{name}.log").read_text(encoding="utf-8")


@pytest.fixture
def shop() -> Iterator[Shop]:
    shop = Shop()
    yield shop
    shop.close()


@pytest.fixture
def collectors(tmp_path: Path, shop: Shop, restartable: ValkeyProcess) -> Iterator[Collectors]:
    collectors = Collectors(tmp_path, shop, restartable.url)
    yield collectors
    for process in collectors.running:
        process.kill()
        process.wait()


@pytest.fixture
def store(restartable: ValkeyProcess) -> Iterator[Store]:
    store = Store(restartable.url)
    yield store
    store.close()


def until(condition: Callable[[], object], explain: Callable[[], str] = str) -> None:
    wait_until(lambda: bool(condition()), LIMIT, explain)


def counted(store: Store) -> int:
    """How many results history has: every answer has one duration."""
    now = time.time()
    series = [SeriesId("check", name) for name in [*APIS, "rare"]]
    every = store.cells_of(SERVICE, series, now - 3600, now + 60).values()
    return sum(int(cells.counts[cells.codes < OUTCOME_BASE].sum()) for cells in every)


def test_a_check_is_probed_and_its_results_are_in_the_store(collectors: Collectors, store: Store):
    collectors.start()
    until(lambda: counted(store) > 3, collectors.log)
    assert store.states(SERVICE)[APIS[0]].status is Status.PASS


def test_a_terminated_collector_writes_its_last_results_and_gives_the_lease_back(
    collectors: Collectors, store: Store, shop: Shop, restartable: ValkeyProcess
):
    process = collectors.start()
    until(lambda: shop.visits > 5, collectors.log)
    process.terminate()
    assert process.wait(LIMIT) == 0
    assert shop.visits - 2 <= counted(store) <= shop.visits  # one of each check may be under way
    with restartable.client() as client:
        assert not client.exists("console:1:lease")
    last = store.states(SERVICE)[APIS[0]].last
    assert last is not None
    assert store.uptime(SERVICE)[APIS[0]].until == last.at


def test_a_killed_collector_loses_at_most_one_flush_interval(
    collectors: Collectors, store: Store, shop: Shop
):
    process = collectors.start()
    until(lambda: counted(store) > 15, collectors.log)
    process.kill()
    process.wait()
    lost = shop.visits - counted(store)
    assert lost <= (FLUSH / 0.1) * 2  # twice: a flush of its own time on a loaded machine


def test_a_collector_started_after_a_kill_goes_on_at_once(
    collectors: Collectors, store: Store, shop: Shop
):
    process = collectors.start()
    until(lambda: counted(store) > 5, collectors.log)
    process.kill()
    process.wait()
    began = time.monotonic()
    before = counted(store)
    collectors.start()
    until(lambda: counted(store) > before + 5, collectors.log)
    beat = store.collector()
    assert beat is not None
    assert beat.fence == 2
    # the lease of the killed one holds for 30 s: it was taken on, not waited for
    assert time.monotonic() - began < 20


def test_nothing_is_lost_while_the_store_is_away(
    collectors: Collectors, store: Store, shop: Shop, restartable: ValkeyProcess
):
    process = collectors.start()
    until(lambda: counted(store) > 3, collectors.log)
    restartable.kill()
    away = shop.visits
    until(lambda: shop.visits > away + 30, collectors.log)  # some flushes fail meanwhile
    assert process.poll() is None
    assert "results wait in the spool" in collectors.log()
    restartable.start()
    until(lambda: counted(store) > away + 20, collectors.log)
    until(lambda: "away for" in " ".join(e.title for e in events(store)), collectors.log)
    process.terminate()
    process.wait(LIMIT)
    assert shop.visits - 2 <= counted(store) <= shop.visits


def test_a_collector_killed_while_the_store_is_away_loses_at_most_one_flush_interval(
    collectors: Collectors, store: Store, shop: Shop, restartable: ValkeyProcess
):
    process = collectors.start()
    until(lambda: counted(store) > 3, collectors.log)
    restartable.kill()
    away = shop.visits
    until(lambda: shop.visits > away + 40, collectors.log)
    process.kill()
    process.wait()
    before = shop.visits
    process = collectors.start()  # the store is still away: it probes all the same
    until(lambda: shop.visits > before + 20, collectors.log)
    restartable.start()
    until(lambda: counted(store) > before, collectors.log)
    process.terminate()
    process.wait(LIMIT)
    lost = shop.visits - counted(store)
    assert 0 <= lost <= (FLUSH / 0.1) * 2


def test_of_two_collectors_one_probes_and_the_other_takes_over(
    collectors: Collectors, store: Store, shop: Shop
):
    first = collectors.start("one", HASTY)
    until(lambda: counted(store) > 3, collectors.log)
    collectors.start("two", HASTY)
    until(lambda: "standing by" in collectors.log("two"), lambda: collectors.log("two"))
    beat = store.collector()
    assert beat is not None
    assert beat.pid == first.pid
    first.send_signal(signal.SIGTERM)  # which gives the lease back
    first.wait(LIMIT)
    until(
        lambda: (beat := store.collector()) is not None and beat.fence == 2,
        lambda: collectors.log("two"),
    )


def test_a_failing_check_opens_one_incident_and_a_recovered_one_ends_it(
    collectors: Collectors, store: Store, shop: Shop
):
    collectors.start()
    until(lambda: counted(store) > 3, collectors.log)
    shop.status = 503
    until(lambda: store.states(SERVICE)[APIS[0]].status is Status.FAIL, collectors.log)
    assert store.states(SERVICE)[APIS[0]].incident is not None
    shop.status = 200
    until(lambda: store.states(SERVICE)[APIS[0]].status is Status.PASS, collectors.log)
    until(lambda: incidents(store, APIS[0]), collectors.log)
    (incident,) = incidents(store, APIS[0])
    assert incident.ended_at is not None
    assert incident.ended_at > incident.started_at


def events(store: Store) -> list[Event]:
    return store.events(SERVICE, 0, time.time() + 60)


def incidents(store: Store, check: str) -> list[Incident]:
    ended = store.incidents(SERVICE, 0, time.time() + 60)
    return [incident for incident in ended if incident.check == check]


def test_a_probe_that_an_operator_asks_for_runs_at_once(collectors: Collectors, store: Store):
    collectors.start()
    until(lambda: "rare" in store.states(SERVICE), collectors.log)
    before = store.states(SERVICE)["rare"].last
    request = store.request_probe(SERVICE, "rare")
    until(lambda: store.answer(request), collectors.log)
    answer = store.answer(request)
    assert before is not None
    assert answer is not None
    assert answer.status is Status.PASS
    assert answer.at > before.at


def test_what_a_job_reports_by_itself_is_the_result_of_its_check(
    collectors: Collectors, store: Store
):
    collectors.start(program=HASTY)
    until(lambda: "export" in store.states(SERVICE), collectors.log)
    assert store.states(SERVICE)["export"].status is Status.UNKNOWN
    store.push(SERVICE, "export", PushBeat(time.time(), Status.PASS, "42 invoices"))
    until(lambda: store.states(SERVICE)["export"].status is Status.PASS, collectors.log)
    last = store.states(SERVICE)["export"].last
    assert last is not None
    assert "42 invoices" in last.message


def test_the_log_says_nothing_while_all_is_well(collectors: Collectors, store: Store):
    collectors.start()
    until(lambda: counted(store) > 10, collectors.log)
    lines = collectors.log().splitlines()
    assert not [line for line in lines if " WARNING " in line or " ERROR " in line], lines
    assert json.dumps(collectors.store_url) not in collectors.log()

"""Collectors as processes: killed while they send, doubled, with a channel that counts."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from console.alerts.episode import Told
from console.alerts.model import Acknowledgement, Phase
from console.alerts.outbox import Stage
from console.store.alerts import AlertRecords
from console.store.read import Store
from tests.alerts.receiving import Receiver
from tests.processes import end_with_this_process, wait_until
from tests.valkey_process import ValkeyProcess

ROOT = Path(__file__).resolve().parents[2]
LIMIT = 30.0  # seconds that anything may take on a loaded machine
API = "check:api"


class Shop:
    """A service that can be broken."""

    def __init__(self) -> None:
        self.status = 200
        shop = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(shop.status)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@dataclass
class Console:
    """Collectors that watch the shop and tell the receiver."""

    directory: Path
    shop: Shop
    receiver: Receiver
    store_url: str
    running: list[subprocess.Popen[bytes]] = field(default_factory=list[subprocess.Popen[bytes]])

    def start(self, name: str = "one", **more: str) -> subprocess.Popen[bytes]:
        services = self.directory / "services.toml"
        services.write_text(
            f"""
            [[services]]
            name = "shop"
            checks = [
              {{name = "api", url = "{self.shop.url}", interval = "1s", timeout = "2s",
                conditions = ["[STATUS] == 200"], failure_threshold = 1, success_threshold = 1}},
              {{name = "orders", url = "{self.shop.url}orders", interval = "1s", timeout = "2s",
                conditions = ["[STATUS] == 200"], failure_threshold = 1, success_threshold = 1,
                depends_on = ["api"]}},
            ]
            """.replace("\n                ", " "),
            encoding="utf-8",
        )
        environment = {
            "PATH": "/usr/bin:/bin",
            "CONSOLE_STORE_URL": self.store_url,
            "CONSOLE_SERVICES_FILE": str(services),
            "CONSOLE_DATA_DIR": str(self.directory / name),
            "CONSOLE_FLUSH_INTERVAL": "1s",
            "CONSOLE_NOTIFY_URLS": self.receiver.url,
        }
        with (self.directory / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "console.collector"],
                cwd=ROOT,
                env=environment | more,
                stdout=log,
                stderr=log,
                preexec_fn=end_with_this_process,
            )
        self.running.append(process)
        return process

    def logs(self) -> str:
        return "\n".join(path.read_text() for path in self.directory.glob("*.log"))


@pytest.fixture
def console(tmp_path: Path, restartable: ValkeyProcess) -> Iterator[Console]:
    console = Console(tmp_path, Shop(), Receiver(), restartable.url)
    yield console
    for process in console.running:
        process.kill()
        process.wait()
    console.shop.close()
    console.receiver.close()


@pytest.fixture
def records(restartable: ValkeyProcess) -> Iterator[AlertRecords]:
    made = AlertRecords(restartable.url)
    yield made
    made.close()


def until(console: Console, condition: Callable[[], object]) -> None:
    def explain() -> str:
        return f"{console.receiver.titles}\n{console.logs()[-6000:]}"

    wait_until(lambda: bool(condition()), LIMIT, explain)


def test_an_incident_is_told_once_taken_and_resolved(
    console: Console, records: AlertRecords, restartable: ValkeyProcess
):
    """Two collectors run, and the one that works is killed in between."""
    first = console.start("one")
    store = Store(restartable.url)
    until(console, lambda: store.states("shop").get("api") and store.states("shop")["api"].last)
    console.start("two")
    console.shop.status = 500
    until(console, lambda: console.receiver.titles)
    until(console, lambda: stages(records) == [Stage.SENT])
    assert console.receiver.titles[0] == "[Failing] api · shop"
    first.kill()
    first.wait()
    console.start("one")
    records.request("shop", API, Acknowledgement("ann", "looking at it", time.time()))
    until(console, lambda: console.receiver.titles[-1] == "[Taken] api · shop")
    assert records.read("shop")[2] == {}
    until(console, lambda: store.states("shop")["api"].alert.phase is Phase.ACKNOWLEDGED)
    console.shop.status = 200
    until(console, lambda: console.receiver.titles[-1] == "[Resolved] api · shop")
    until(console, lambda: stages(records) == [Stage.SENT] * 3)
    assert len(console.receiver.messages) == 3
    until(console, lambda: all(one.sent for one in told(records)))
    assert [one.telling.value for one in told(records)] == ["fired", "acknowledged", "resolved"]
    assert "hook-secret-token" not in console.logs() + restartable.written()
    store.close()


def told(records: AlertRecords) -> list[Told]:
    """What the one episode of the API says that people were told."""
    (episode,) = [one for one in records.episodes("shop").values() if one.key == API]
    return list(episode.told)


def stages(records: AlertRecords) -> list[Stage]:
    return [one.stage for one in records.read("shop")[1].values()]


def test_a_kill_between_sending_and_recording_tells_at_most_once_more(
    console: Console, records: AlertRecords
):
    console.receiver.released.clear()  # the channel takes the message and does not answer
    first = console.start()
    console.shop.status = 500
    until(console, lambda: console.receiver.began == 1)
    assert stages(records) == [Stage.SENDING]
    first.kill()
    first.wait()
    second = console.start()  # takes the lease of its own spool at once
    until(console, lambda: console.receiver.began == 2)
    assert console.receiver.titles == [
        "[Failing] api · shop",
        "[Failing] api · shop (possibly sent before)",
    ]
    second.kill()
    second.wait()
    console.receiver.released.set()
    third = console.start()
    until(console, lambda: Stage.UNCERTAIN in stages(records))
    console.shop.status = 200
    until(console, lambda: console.receiver.titles[-1] == "[Resolved] api · shop")
    assert len(console.receiver.messages) == 3
    third.kill()

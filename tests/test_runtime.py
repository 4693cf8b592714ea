"""What lives as long as the web process, without the web: one, whatever happens to its module."""

import importlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import redis

from console import runtime as runtime_module
from console.config import Config, load
from console.errors import ConfigError
from console.runtime import Runtime, build, get_runtime, set_runtime, starts, stop_runtime
from tests.processes import wait_until

LIMIT = 20.0  # seconds


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """A console without a collector and without the sample, so that only its store runs."""
    return load(
        {
            "SERVICE_URL": "http://localhost:9",
            "CONSOLE_COLLECTOR": "off",
            "CONSOLE_DATA_DIR": str(tmp_path / "data"),
        }
    )


@pytest.fixture
def none_yet() -> Iterator[None]:
    """This process has no runtime before and after."""
    set_runtime(None)
    yield
    stop_runtime()


@pytest.fixture
def running(config: Config) -> Iterator[Runtime]:
    runtime = build(config)
    yield runtime
    runtime.stop()


def answers(url: str) -> bool:
    try:
        with redis.Redis.from_url(url, socket_timeout=5) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False


@pytest.mark.usefixtures("none_yet")
def test_visitors_who_come_at_once_get_one_runtime(config: Config):
    before = starts()
    together = threading.Barrier(8)

    def come(_: int) -> Runtime:
        together.wait(LIMIT)
        return get_runtime(lambda: config)

    with ThreadPoolExecutor(8) as pool:
        assert len({id(runtime) for runtime in pool.map(come, range(8))}) == 1
    assert starts() == before + 1


@pytest.mark.usefixtures("none_yet")
def test_a_module_that_was_evicted_and_read_again_finds_the_running_one(
    config: Config, monkeypatch: pytest.MonkeyPatch
):
    first = get_runtime(lambda: config)
    monkeypatch.delitem(sys.modules, "console.runtime")  # as Streamlit's watcher does
    again = importlib.import_module("console.runtime")
    assert again is not runtime_module
    assert again.get_runtime(lambda: pytest.fail("there is one")) is first


def test_to_import_it_starts_nothing(tmp_path: Path):
    code = "import console.runtime, threading; print(threading.active_count())"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[1])},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout.strip() == "1"
    assert list(tmp_path.iterdir()) == []


def test_the_data_directory_is_private_and_absolute(running: Runtime):
    directory = running.config.settings.data_dir
    assert directory.is_absolute()
    assert directory.stat().st_mode & 0o777 == 0o700


def test_a_data_directory_that_cannot_be_used_is_a_problem_of_the_configuration(tmp_path: Path):
    (tmp_path / "file").write_text("")
    config = load({"CONSOLE_DATA_DIR": str(tmp_path / "file" / "data")})
    with pytest.raises(ConfigError, match=r"^CONSOLE_DATA_DIR: .* cannot be used"):
        build(config)


def test_a_store_that_died_is_started_again(config: Config, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(runtime_module, "WATCH_INTERVAL", 0.05)
    runtime = build(config)
    try:
        assert runtime.server is not None
        pid = runtime.server.pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        wait_until(
            lambda: runtime.server.pid not in (None, pid) and answers(runtime.config.store_url),
            LIMIT,
        )
    finally:
        runtime.stop()
    assert not answers(runtime.config.store_url)


def test_a_stop_ends_the_store_for_good(config: Config, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(runtime_module, "WATCH_INTERVAL", 0.0)  # it looks all the time
    runtime = build(config)
    runtime.stop()
    assert runtime.server is not None
    assert runtime.server.pid is None
    assert "console-watch" not in [thread.name for thread in threading.enumerate()]


def test_a_store_elsewhere_that_is_away_is_no_reason_not_to_start(tmp_path: Path):
    environment = {
        "SERVICE_URL": "http://localhost:9",
        "CONSOLE_COLLECTOR": "off",
        "CONSOLE_DATA_DIR": str(tmp_path),
        "CONSOLE_STORE_URL": "redis://127.0.0.1:1",
    }
    runtime = build(load(environment))
    assert runtime.server is None
    runtime.stop()


@pytest.mark.usefixtures("none_yet")
def test_a_start_that_failed_is_tried_again_by_the_next_visitor(config: Config):
    def wrong() -> Config:
        raise ConfigError(["A: b"])

    with pytest.raises(ConfigError):
        get_runtime(wrong)
    assert get_runtime(lambda: config).config.services

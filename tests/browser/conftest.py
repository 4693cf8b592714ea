"""The real console in a real browser: one process tree for all stories, one page for each."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
START_LIMIT = 90.0  # seconds; a loaded machine with two cores takes its time
CHROMIUM = (
    shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
)
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass
class Console:
    """A running console and how to reach it."""

    url: str
    process: subprocess.Popen[bytes]
    data_dir: Path
    log: Path
    environment: dict[str, str]

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command of the console against this installation."""
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def clean_environment(**more: str) -> dict[str, str]:
    """The environment without anything that would configure the console."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not re.match(r"CONSOLE_|SERVICE_URL|REDIS_URL|STREAMLIT_", name)
    }
    return {**kept, **more}


def start_console(data_dir: Path, **environment: str) -> Console:
    port = free_port()
    log = data_dir / "console.log"
    address = ["--server.address", "localhost", "--server.port", str(port)]
    variables = clean_environment(CONSOLE_DATA_DIR=str(data_dir / "data"), **environment)
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", "streamlit_app.py", *address],
            cwd=ROOT,
            env=variables,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    console = Console(f"http://localhost:{port}", process, data_dir, log, variables)
    wait_until(lambda: _answers(console), START_LIMIT, lambda: log.read_text(errors="replace"))
    return console


def stop_console(console: Console) -> None:
    console.process.send_signal(signal.SIGTERM)
    try:
        console.process.wait(30)
    except subprocess.TimeoutExpired:
        os.killpg(console.process.pid, signal.SIGKILL)
        raise


def wait_until(
    condition: Callable[[], bool], limit: float, explain: Callable[[], str] = str
) -> None:
    deadline = time.monotonic() + limit
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"not within {limit:g} s\n{explain()}")
        time.sleep(0.1)


def _answers(console: Console) -> bool:
    if console.process.poll() is not None:
        pytest.fail(f"the console ended:\n{console.log.read_text(errors='replace')}")
    try:
        answer = httpx.get(f"{console.url}/healthz", timeout=2)
    except httpx.HTTPError:
        return False
    return answer.status_code == 200 and "health+json" in answer.headers["content-type"]


@pytest.fixture(scope="session")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    running = start_console(tmp_path_factory.mktemp("console"))
    yield running
    stop_console(running)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed: pages are not tested in a real browser")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1440, "height": 1000})
    context.set_default_timeout(30_000)
    yield context.new_page()
    context.close()

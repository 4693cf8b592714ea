"""The real console in a real browser: one process tree for most stories, a page of its own for
each, which must not report an error."""

import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page

from tests.browser.looking import WAIT
from tests.chromium import chromium
from tests.processes import clean_environment, free_port, wait_until

ROOT = Path(__file__).resolve().parents[2]
START_LIMIT = 60.0  # seconds; a loaded machine with two cores takes its time
STOP_LIMIT = 30.0  # seconds

DESKTOP = {"width": 1440, "height": 1000}
PHONE = {"width": 390, "height": 844}

# Opened at /health, Streamlit's own page asks whether it is mounted there; 404 is the answer "no".
BASE_PATH_SEARCH = re.compile(r"/[^/]+/_stcore/(health|host-config)$")

Open = Callable[..., Page]


@dataclass
class Console:
    """A console in a directory of its own: started, stopped, started again at the same port."""

    directory: Path
    environment: dict[str, str]
    port: int
    address: str = "localhost"
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def log(self) -> Path:
        return self.directory / "console.log"

    def start(self) -> None:
        """Start it and wait until its collector reports."""
        address = ["--server.address", self.address, "--server.port", str(self.port)]
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "streamlit", "run", "streamlit_app.py", *address],
                cwd=ROOT,
                env=self.environment,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        wait_until(self.healthy, START_LIMIT, self.told)

    def stop(self) -> None:
        """Stop it as a terminal would, and wait for all that it started."""
        if self.process is None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(STOP_LIMIT)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise

    def healthy(self) -> bool:
        if self.process is None or self.process.poll() is not None:
            pytest.fail(f"the console ended:\n{self.told()}")
        try:
            return httpx.get(f"{self.url}/healthz", timeout=5).status_code == 200
        except httpx.HTTPError:
            return False

    def status(self, token: str = "") -> dict[str, dict]:
        """What /api/status.json says of each check of the first service."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        answer = httpx.get(f"{self.url}/api/status.json", headers=headers, timeout=5)
        return {check["name"]: check for check in answer.json()["services"][0]["checks"]}

    def run(self, *arguments: str) -> None:
        """Run a command of the console against this installation."""
        subprocess.run(
            [sys.executable, *arguments], cwd=ROOT, env=self.environment, timeout=60, check=True
        )

    def told(self) -> str:
        """Everything that its processes printed."""
        logs = [self.log, *sorted((self.directory / "data" / "logs").glob("*.log"))]
        return "\n".join(f"{log.name}:\n{log.read_text(errors='replace')}" for log in logs)


@contextmanager
def running(
    directory: Path, *, address: str = "localhost", **environment: str
) -> Iterator[Console]:
    """A console that runs inside the block."""
    variables = clean_environment(CONSOLE_DATA_DIR=str(directory / "data"), **environment)
    console = Console(directory, variables, free_port(), address)
    try:
        console.start()
        yield console
    finally:
        console.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for each module: Playwright would be in the way of the async tests of other folders."""
    with chromium() as running_browser:
        yield running_browser


@pytest.fixture(scope="module")
def console(
    browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Console]:  # without a browser there is nothing to start it for
    """The console as a newcomer starts it: nothing configured, so the sample service runs."""
    with running(tmp_path_factory.mktemp("console")) as started:
        yield started


@pytest.fixture
def errors() -> list[str]:
    """What went wrong in the browser; must be empty in the end."""
    return []


@pytest.fixture
def open_page(browser: Browser, errors: list[str]) -> Iterator[Open]:
    """Open an address in a browser of its own: nothing is shared with other pages."""
    contexts = []

    def note(message: ConsoleMessage) -> None:
        url = message.location.get("url", "")
        if message.type == "error" and not BASE_PATH_SEARCH.search(url):
            errors.append(f"{message.text} ({url})")

    def open_it(url: str, viewport: dict[str, int] = DESKTOP) -> Page:
        context = browser.new_context(viewport=viewport, accept_downloads=True)
        context.set_default_timeout(WAIT)
        contexts.append(context)
        page = context.new_page()
        page.on("console", note)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(url, wait_until="domcontentloaded")
        return page

    yield open_it
    for context in contexts:
        context.close()
    assert errors == []

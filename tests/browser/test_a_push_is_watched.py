"""A rehearsal in a real browser: a `git push` goes through its five stages before one's eyes and
ends verified; a bad commit ends rolled back; the service answers all the while.

Nothing here depends on how fast the machine is: a build and a start wait until the test has seen
them, and a version tells the kit of its requests what the test wants to be told.
"""

import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from console.platforms.local.disk import Disk
from console.platforms.local.rehearsal import init
from console.platforms.local.visit import Visits, visit
from tests.browser.conftest import PHONE, Open
from tests.browser.looking import says, settled
from tests.console_process import ROOT, running
from tests.platforms.local_service import git
from tests.processes import clean_environment, end_with_this_process, wait_until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
LIMIT = 60.0  # seconds for anything on a loaded machine
A_MINUTE = 60_000  # milliseconds
WINDOW = 8  # seconds that a deployment is watched
RATE = 40.0  # requests a second
STAGES = ("Push", "Detect", "Build", "Deploy", "Verify")

APP = """
import fcntl, os, sys, time
from contextlib import asynccontextmanager
import uvicorn
from opskit import Kit, KitSettings, load
from opskit.histograms import Outcome, series
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
{first}
kit = Kit(load(KitSettings))
async def greet(request):
    for _ in range(10):  # all equally fast, and so many that a slow test machine has enough
        for before in (0, 900):  # as one would that had run for so long
            kit.histograms.record(series("route", "GET /"), 0.01, time.time() - before, Outcome.OK)
    return PlainTextResponse({says!r})
async def health(request):
    return PlainTextResponse("well")
@asynccontextmanager
async def lifespan(app):
    await kit.start()
    yield
    await kit.stop()
app = Starlette(routes=[Route("/", greet), Route("/health", health)], lifespan=lifespan)
uvicorn.run(app, host="127.0.0.1", port=int(os.environ["PORT"]), log_level="warning")
"""
# The first instance of this version serves, and no other one comes up beside it.
ALONE = """
file = open("only-one", "w")
try:
    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
except BlockingIOError:
    sys.exit("there is room for one of us only")
"""


class Rehearsal:
    """The directory that `init` makes, with a platform that runs in a process of its own."""

    def __init__(self, directory: Path) -> None:
        init(directory)
        self.directory, self.work = directory, directory / "work"
        self.platform, self.disk = directory / "platform", Disk(directory / "platform")
        self.building, self.starting = directory / "hold-build", directory / "hold-start"
        wait = "while test -e '{}'; do sleep 0.05; done; "
        service = self.disk.service()
        build = ("sh", "-c", wait.format(self.building) + f"{sys.executable} -m py_compile app.py")
        start = ("sh", "-c", wait.format(self.starting) + f"exec {sys.executable} app.py")
        self.disk.save_service(
            replace(service, start=start, build=build, poll=0.2, health_timeout=LIMIT)
        )
        told = (directory / "services.toml").read_text()
        told = re.sub('verify_window = ".*"', f'verify_window = "{WINDOW}s"', told)
        # a slow test machine is no slow service
        patient = 'interval = "5s"\nslow_after = "30s"\ntimeout = "30s"\nconnect_timeout = "30s"'
        (directory / "services.toml").write_text(
            told.replace('interval = "5s"\ntimeout = "4s"', patient)
        )

    def push(self, says: str, message: str, first: str = "") -> str:
        (self.work / "app.py").write_text(APP.format(says=says, first=first))
        git(self.work, "commit", "--quiet", "-am", message)
        git(self.work, "push", "--quiet", "origin", "main")
        return git(self.work, "rev-parse", "--short=7", "HEAD").strip()

    @contextmanager
    def running(self) -> Iterator[None]:
        command = [sys.executable, "-m", "console.platforms.local", str(self.platform)]
        process = subprocess.Popen(
            command, cwd=ROOT, env=clean_environment(), preexec_fn=end_with_this_process
        )
        try:
            wait_until(self.is_live, LIMIT, lambda: str(self.disk.state()))
            yield
        finally:
            process.terminate()
            process.wait(LIMIT)
            subprocess.run([*command, "--end"], cwd=ROOT, timeout=LIMIT, check=True)

    def is_live(self) -> bool:
        state = self.disk.state()
        return bool(state and state.running and not state.current)


@contextmanager
def steady_load(platform: Path) -> Iterator[Visits]:
    stop, visits = threading.Event(), Visits()
    thread = threading.Thread(target=visit, args=(platform, RATE, stop, visits), daemon=True)
    thread.start()
    try:
        yield visits
    finally:
        stop.set()
        thread.join(LIMIT)


def stages(page: Page, *states: str) -> None:
    """Wait until the cards of the five stages say so."""
    cards = page.get_by_test_id("stVerticalBlock")
    for name, state in zip(STAGES, states, strict=True):
        card = cards.filter(has_text=re.compile(rf"^{name}")).filter(has_text=state)
        expect(card.last).to_be_visible(timeout=A_MINUTE)


def test_a_push_is_seen_stage_by_stage_and_a_bad_commit_is_rolled_back_without_a_failed_request(
    tmp_path: Path, open_page: Open
) -> None:
    rehearsal = Rehearsal(tmp_path / "rehearsal")
    rehearsal.push("Hello", "A first greeting")
    told = str(rehearsal.directory / "services.toml")
    with (
        rehearsal.running(),
        steady_load(rehearsal.platform) as visits,
        running(tmp_path, CONSOLE_SERVICES_FILE=told) as console,
    ):
        page = open_page(f"{console.url}/deployments")
        says(page, "A first greeting")
        page.evaluate("window.neverLoadedAgain = true")

        rehearsal.building.touch()
        rehearsal.starting.touch()
        good = rehearsal.push("Good day", "Greet <b>politely</b>")
        says(page, f"{good} is being deployed: build.", A_MINUTE)
        says(page, "Greet <b>politely</b>")  # as text
        stages(page, "Done", "Done", "Running", "Waiting", "Waiting")
        rehearsal.building.unlink()
        says(page, f"{good} is being deployed: deploy.", A_MINUTE)
        stages(page, "Done", "Done", "Done", "Running", "Waiting")
        rehearsal.starting.unlink()
        stages(page, "Done", "Done", "Done", "Done", "Running")
        says(page, re.compile(r"Being watched; .* s left\."), A_MINUTE)
        says(page, re.compile(f"{good} went live .* Verified over {WINDOW} s"), A_MINUTE)
        stages(page, "Done", "Done", "Done", "Done", "Done")

        bad = rehearsal.push("Nobody hears this", "Only one of us", ALONE)
        says(page, re.compile(f"{bad} was rolled back .* ended"), A_MINUTE)
        says(page, "there is room for one of us only")  # the end of its log
        says(page, re.compile(f"Running: {good} went live"))
        stages(page, "Done", "Done", "Done", "Failed", "Skipped")
        assert page.evaluate("window.neverLoadedAgain") is True
        settled(page)

        phone = open_page(f"{console.url}/deployments", PHONE)
        says(phone, re.compile(f"{bad} was rolled back"))
        wide = phone.evaluate("document.scrollingElement.scrollWidth - window.innerWidth")
        assert wide <= 0
        for one in (page, phone):  # they would report that the console is gone
            one.context.close()
    print(f"{visits.text} while two versions were rolled out")
    assert visits.failed == 0, visits.text
    assert visits.answered > 100

"""The real console in a real browser: one process tree for most stories, a page of its own for
each, which must not report an error."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Dialog, Page

from tests.browser.looking import WAIT
from tests.chromium import chromium
from tests.console_process import Console, running

DESKTOP = {"width": 1440, "height": 1000}
PHONE = {"width": 390, "height": 844}

# Opened at /health, Streamlit's own page asks whether it is mounted there; 404 is the answer "no".
BASE_PATH_SEARCH = re.compile(r"/[^/]+/_stcore/(health|host-config)$")

Open = Callable[..., Page]


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """One for the folder, no longer: Playwright would be in the way of async tests after it."""
    with chromium() as running_browser:
        yield running_browser


@pytest.fixture(scope="package")
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

    def note_dialog(dialog: Dialog) -> None:
        errors.append(f"a dialog: {dialog.message}")
        dialog.dismiss()

    def open_it(url: str, viewport: dict[str, int] = DESKTOP) -> Page:
        context = browser.new_context(viewport=viewport, accept_downloads=True)
        context.set_default_timeout(WAIT)
        contexts.append(context)
        page = context.new_page()
        page.on("console", note)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("dialog", note_dialog)  # nothing here opens one: it would be somebody else's script
        page.goto(url, wait_until="domcontentloaded")
        return page

    yield open_it
    for context in contexts:
        context.close()
    assert errors == []

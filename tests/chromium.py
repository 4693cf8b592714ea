"""The real browser of the tests."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, sync_playwright

CHROMIUM = (
    shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
)
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP *.test 127.0.0.1",  # names that somebody made to lead here
]


@contextmanager
def chromium() -> Iterator[Browser]:
    """A running Chromium; skips the test where none is installed.

    Playwright keeps an event loop running in this thread: leave the block before an async test.
    """
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed: this is not tested in a real browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()

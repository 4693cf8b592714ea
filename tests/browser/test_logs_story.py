"""What people do with the logs, on the sample service: find the area, mute, look at a file."""

import gzip
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Console, Open
from tests.browser.looking import says, settled

pytestmark = pytest.mark.browser

NOTICED = 60_000  # milliseconds from a fault to its pattern


def test_a_broken_api_is_named_as_the_area_and_its_errors_are_muted(
    console: Console, open_page: Open
) -> None:
    page = open_page(f"{console.url}/logs")
    says(page, re.compile("line"))
    console.run("-m", "console.sample", "break", "accounting")
    try:
        new = page.get_by_text(re.compile(r"new since the deployment"))
        expect(new.first).to_be_visible(timeout=NOTICED)
        expect(page.get_by_text(re.compile("API accounting")).first).to_be_visible(timeout=NOTICED)
        page.get_by_role("button", name="Details").first.click()
        page.get_by_role("textbox", name="Reason").fill("known, a demonstration")
        page.get_by_role("button", name="Mute", exact=True).click()
        says(page, re.compile("Muted by local user"))
    finally:
        console.run("-m", "console.sample", "repair")
    settled(page)


def test_a_packed_file_is_uploaded_and_looked_at_in_the_same_view(
    console: Console, open_page: Open, tmp_path: Path
) -> None:
    page = open_page(f"{console.url}/logs?source=own")
    calm = "2026-11-24T03:57:12Z INFO request handled in 12 ms\n" * 2000
    bad = "2026-11-24T03:58:12Z ERROR no answer from the bank\n" * 30
    file = tmp_path / "app.log.gz"
    file.write_bytes(gzip.compress((calm + bad).encode()))
    page.locator("input[type=file]").set_input_files(file)
    says(page, re.compile("30 errors of 1 kind"))
    says(page, re.compile("2,030 lines"))
    page.get_by_role("textbox", name="Query").fill("level:error")
    page.get_by_role("textbox", name="Query").press("Enter")
    says(page, re.compile("30 lines of 2,030 match"))
    settled(page)
    page.get_by_role("button", name="Remove").click()
    says(page, "Paste lines")

"""What becomes of a failure: it fires once, somebody takes it, it is repaired, it is remembered."""

import re

import pytest

from tests.browser.conftest import Console, Open
from tests.browser.looking import says, settled

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
A_MINUTE = 60_000  # milliseconds within which an alert fires


def test_a_broken_api_fires_an_alert_that_an_operator_takes_until_it_is_repaired(
    console: Console, open_page: Open
) -> None:
    page = open_page(f"{console.url}/alerts")
    settled(page)
    console.run("-m", "console.sample", "break", "accounting", "--for", "2m")
    try:
        card = page.get_by_test_id("stVerticalBlock").filter(has_text="Because of it:").last
        says(page, re.compile(r"^\d alerts? fires?, and nobody has taken"), A_MINUTE)
        card.get_by_role("button", name="Acknowledge").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("What are you doing about it?").fill("Calling **the provider**")
        dialog.get_by_role("button", name="Acknowledge").click()
        says(page, "Calling **the provider**")  # as text
        says(page, "Acknowledge again")
    finally:
        console.run("-m", "console.sample", "repair")
    resolved = page.get_by_role("table").filter(has_text="What it was")
    resolved.get_by_text("Accounting API").wait_for(timeout=A_MINUTE)

    page.goto(f"{console.url}/activity")
    settled(page)
    says(page, re.compile(r"The log is whole: \d+ entr"))
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV", exact=True).click()
    log = download.value.path().read_text()
    assert "alert Accounting API,local user" in log
    failed = log.count("Accounting API is failing")  # other stories break it as well
    assert failed == log.count("Accounting API works again.") >= 1

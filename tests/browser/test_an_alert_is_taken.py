"""What becomes of a failure: it fires once, the logs name its area, the checklist turns, somebody
takes it, it is repaired, everything returns to pass, and it is remembered."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Locator, Page, expect

from console.logs.triage import SETTLED
from tests.browser.conftest import Console, Open
from tests.browser.looking import says, settled
from tests.processes import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
A_MINUTE = 60_000  # milliseconds within which an alert fires
ERRORS, AREA = "Check error logs periodically.", "Identify problem area with structured logs."


def answered(page: Page, question: str) -> Locator:
    """The card of a question of the checklist."""
    return page.get_by_test_id("stVerticalBlock").filter(has_text=question).last


def an_error_would_be_news(console: Console) -> bool:
    """Whether the sample has written its log for long enough without one."""
    first = re.search(r'"ts":"([^"]+)"', console.told())
    long = timedelta(seconds=2 * SETTLED)
    return first is not None and datetime.now(UTC) - datetime.fromisoformat(first[1]) > long


def test_a_broken_api_fires_an_alert_that_an_operator_takes_until_it_is_repaired(
    console: Console, open_page: Open
) -> None:
    page = open_page(f"{console.url}/alerts")
    settled(page)
    wait_until(lambda: an_error_would_be_news(console), 30)
    console.run("-m", "console.sample", "break", "accounting", "--for", "2m")
    try:
        card = page.get_by_test_id("stVerticalBlock").filter(has_text="Because of it:").last
        says(page, re.compile(r"^\d alerts? fires?.*, and nobody has taken"), A_MINUTE)
        card.get_by_role("button", name="Acknowledge").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("What are you doing about it?").fill("Calling **the provider**")
        dialog.get_by_role("button", name="Acknowledge").click()
        says(page, "Calling **the provider**")  # as text
        says(page, "Acknowledge again")

        logs = open_page(f"{console.url}/logs")
        says(logs, re.compile("new since the deployment"), A_MINUTE)
        says(logs, re.compile("API accounting"), A_MINUTE)

        checklist = open_page(f"{console.url}/checklist")
        errors, area = (answered(checklist, one) for one in (ERRORS, AREA))
        expect(errors.get_by_text(re.compile("Failing|Warning")).first).to_be_visible(
            timeout=A_MINUTE
        )
        expect(area.get_by_text(re.compile("accounting")).first).to_be_visible(timeout=A_MINUTE)
    finally:
        console.run("-m", "console.sample", "repair")
    past = page.get_by_role("row").filter(has_text="Resolved").filter(has_text="Accounting API")
    expect(past.filter(has_text="Calling **the provider**").first).to_be_visible(timeout=A_MINUTE)

    # the errors are still in the log: somebody says that they are dealt with
    settled(logs)
    resolve = logs.get_by_role("button", name="Mark as resolved", exact=True)
    details, none = logs.get_by_role("button", name="Details"), logs.get_by_text("No open error")
    while True:
        # its sentence stands for one refresh longer than the last kind
        expect(details.or_(none).first).to_be_visible(timeout=A_MINUTE)
        if none.count():
            break
        details.first.click()
        expect(resolve.first).to_be_visible()
        settled(logs)
        logs.get_by_role("textbox", name="Reason").first.fill("the provider is back")
        settled(logs)  # while it is drawn anew, an old form stands beside the new one
        resolve.first.click()
        expect(resolve).to_have_count(0)
        settled(logs)
    expect(errors.get_by_text("Passing").first).to_be_visible(timeout=A_MINUTE)
    expect(area.get_by_text(re.compile("Failing|Warning"))).to_have_count(0, timeout=A_MINUTE)

    page.goto(f"{console.url}/activity")
    settled(page)
    says(page, re.compile(r"The log is whole: \d+ entr"))
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV", exact=True).click()
    log = download.value.path().read_text()
    assert "acknowledge Accounting API,local user" in log
    failed = log.count("Accounting API is failing")  # other stories break it as well
    assert failed == log.count("Accounting API works again.") >= 1

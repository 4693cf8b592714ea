"""What an operator does in trouble: find the failing item, stop the writes, try, repair, go on."""

import re

import pytest
from playwright.sync_api import Page, expect

from console.sample import accounting, relay
from tests.browser.conftest import Console, Open
from tests.browser.looking import says, settled

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
A_RUN = 65_000  # milliseconds: a run may wait for the rate limit until its deadline


def an_order(*, closed: bool) -> str:
    """The number of an order whose customer has closed the account, or has not."""
    numbers = (f"STORY-{number}" for number in range(1000))
    return next(one for one in numbers if accounting.closed(relay.order(one)[0]) is closed)


def press(page: Page, name: str | re.Pattern[str]) -> None:
    """Click a button once nothing moves: while a page is drawn anew, old ones stand beside new."""
    settled(page)
    page.get_by_role("button", name=name, exact=isinstance(name, str)).first.click()


def run(page: Page, item: str, clicks: int = 1) -> None:
    """Choose an item and run it at once, as a hurried operator does: what is chosen is run."""
    settled(page)
    box = page.get_by_role("combobox", name="Item").first
    box.click()
    box.fill(item)
    page.keyboard.press("Enter")
    button = page.get_by_role("button", name="Run this item").first
    expect(button).to_be_enabled()
    button.click(click_count=clicks)


def test_an_operator_in_trouble_stops_the_writes_tries_an_item_and_goes_live_again(
    console: Console, open_page: Open
) -> None:
    page = open_page(f"{console.url}/controls")
    settled(page)
    says(page, "Live: every outbound write is sent.")

    # the failing item: its reason is that of the accounting API; a double click is one run
    failing, good = an_order(closed=True), an_order(closed=False)
    run(page, failing, clicks=2)
    says(page, re.compile(rf"{failing} \(dry\) went through and was held"), A_RUN)
    press(page, "Run it live")
    says(
        page, re.compile(rf"{failing} \(live\) failed in .*: customer C\d+ has closed the account")
    )

    # nothing is written any more, and everybody has confirmed it
    press(page, "Dry run")
    says(page, re.compile(r"2 of 2 instances confirmed dry run in \d"))
    says(page, re.compile(r"0 writes permitted, \d+ refused since the switch"))
    elsewhere = open_page(f"{console.url}/health")
    says(elsewhere, re.compile(r"Dry run for .* nothing is written outside"))

    # another item: dry, the difference, then live by a permit of its own
    run(page, good)
    says(page, re.compile(rf"{good} \(dry\) went through and was held"), A_RUN)
    says(page, re.compile("Would be written"))
    press(page, "Run it live")
    says(page, re.compile(rf"{good} \(live\) was done in"), A_RUN)
    says(page, re.compile(r"\d by the single-use permit"))  # 2 where accounting's mood was bad
    settled(page)
    page.get_by_text(re.compile(r"Difference between dry and live")).first.click()
    says(page, re.compile('"outcome": "done"'))

    # back, with care: without its name typed it does not go
    press(page, re.compile("^Go live …"))
    dialog = page.get_by_role("dialog")
    go = dialog.get_by_role("button", name="Go live", exact=True)
    expect(go).to_be_disabled()
    dialog.get_by_label("Type invoice-relay to confirm").fill("invoice-relay")
    page.keyboard.press("Enter")
    expect(go).to_be_enabled()
    go.click()
    says(page, re.compile(r"2 of 2 instances confirmed live in"))

    # and all of it is in the log, whose chain is whole
    page.goto(f"{console.url}/activity")
    settled(page)
    says(page, re.compile(r"The log is whole: \d+ entries"))
    with page.expect_download() as download:
        press(page, "CSV")
    log = download.value.path().read_text()
    runs = [line for line in log.splitlines() if ",run," in line and ",held," in line]
    assert len(runs) == 2, "one dry run of each item, whatever was clicked twice"
    for words in ("local user", "confirmation", "live,dry run", "dry run,live", "STORY-"):
        assert words in log, words

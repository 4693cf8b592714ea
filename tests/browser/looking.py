"""How a story looks at a page: it waits for what should be there, and that nothing is broken."""

import re

from playwright.sync_api import Page, expect

WAIT = 30_000  # milliseconds that a page is given to show something
PAGES = (
    "",
    "status",
    "health",
    "response-times",
    "instances",
    "cache",
    "settings",
    "controls",
    "activity",
)

expect.set_options(timeout=WAIT)


def says(page: Page, text: str | re.Pattern[str], wait: float = WAIT) -> None:
    """Wait until the page shows the text."""
    expect(page.get_by_text(text).first).to_be_visible(timeout=wait)


def settled(page: Page) -> None:
    """Wait until the page has drawn everything, and look that nothing broke."""
    main = page.get_by_test_id("stMain")
    expect(main.get_by_test_id("stMarkdownContainer").first).to_be_visible()
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0)
    expect(page.locator("[data-stale=true]")).to_have_count(0)
    expect(page.get_by_test_id("stException")).to_have_count(0)

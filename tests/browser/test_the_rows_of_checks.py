"""The rows of the Health page, which are a component of the console's own."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import PHONE, Console, Open
from tests.browser.looking import says

pytestmark = pytest.mark.browser


def row(page: Page, name: str) -> Locator:
    return page.get_by_role("row").filter(has=page.get_by_role("link", name=name, exact=True))


def test_a_click_on_a_row_opens_the_check_without_a_new_session(
    console: Console, open_page: Open
) -> None:
    page = open_page(f"{console.url}/health")
    # is lost where the page is loaded anew
    page.get_by_role("button", name="Stop refreshing").click()
    says(page, "Not refreshing")
    row(page, "Cache").get_by_role("link", name="Cache", exact=True).click()
    says(page, "Last result")
    expect(page).to_have_url(re.compile("check=cache"))
    says(page, "Not refreshing")
    page.get_by_role("button", name="All checks").click()
    expect(row(page, "Cache")).to_be_visible()


def test_the_keyboard_reaches_a_row_and_stays_there_while_the_page_is_live(
    console: Console, open_page: Open
) -> None:
    page = open_page(f"{console.url}/health")
    link = page.get_by_role("link", name="Invoice page", exact=True)
    link.focus()
    before = row(page, "Invoice page").inner_text()
    expect(row(page, "Invoice page")).not_to_have_text(before, timeout=60_000)
    expect(link).to_be_focused()
    page.keyboard.press("Enter")
    says(page, "Last result")


def test_a_day_tells_its_account_and_a_row_its_standing_in_words(
    console: Console, open_page: Open
) -> None:
    page = open_page(f"{console.url}/health")
    cache = row(page, "Cache")
    expect(cache.get_by_role("img")).to_have_attribute(
        "aria-label", re.compile("Days: 1 up all day, 29 nothing known")
    )
    cache.get_by_role("img").locator("> *").last.hover()
    expect(page.get_by_role("status").filter(has_text="% up")).to_be_visible()
    expect(cache).to_contain_text("Passing")


def test_on_a_phone_a_row_is_a_card_and_nothing_is_wider_than_the_screen(
    console: Console, open_page: Open
) -> None:
    page = open_page(f"{console.url}/health", PHONE)
    expect(row(page, "Cache")).to_be_visible()
    cells = row(page, "Cache").get_by_role("cell")
    # in one go: the table is drawn anew every 2 s
    edges = cells.evaluate_all(
        "all => all.map(one => one.getBoundingClientRect()).map(box => [box.left, box.right])"
    )
    assert edges
    assert all(0 <= left <= right <= PHONE["width"] for left, right in edges)

"""The Settings page on the sample service: what is wrong with it, and that it is mended."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Console, Open
from tests.browser.looking import says, settled

pytestmark = pytest.mark.browser

CLEAN = re.compile(r"settings are set on \d running instances?, and nothing is wrong with them")


def test_wrong_settings_are_told_with_their_fix_and_gone_without_a_reload(
    console: Console, open_page: Open
) -> None:
    page = open_page(f"{console.url}/settings")
    says(page, CLEAN)
    page.evaluate("window.visit = 'the same'")
    console.run("-m", "console.sample", "break", "settings")
    says(page, re.compile(r"^3 problems must be mended.*RUN_TOKEN holds a placeholder"))
    says(page, "2 different kinds")
    expect(
        page.get_by_role("table", name="Variables that differ between instances")
    ).to_be_visible()
    told = page.locator(".st-key-settings_findings").get_by_role("listitem")
    for name, fix in (
        ("RUN_TOKEN", "Put the real value in its place"),
        ("RATE_LIMIT_PER_MINUTE", "Deploy again, so that all start with the same"),
        ("ITEM_TIMEOUT_SECONDS", "Set ITEM_TIMEOUT_SECONDS="),
    ):
        expect(told.filter(has_text=name).filter(has_text=fix)).to_be_visible()
    says(page, re.compile("The item breaks first.*ITEM_TIMEOUT_SECONDS ends it after 60 s"))

    console.run("-m", "console.sample", "repair", "settings")
    says(page, CLEAN)
    says(page, "2 instances have the same settings.")
    says(page, re.compile("Nothing breaks.*one run takes"))
    expect(page.get_by_text("What to fix first")).to_have_count(0)
    settled(page)
    assert page.evaluate("window.visit") == "the same"

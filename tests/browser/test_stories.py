"""What people do with the console, on the sample service that comes with it."""

import csv
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.another_site import another_site
from tests.browser.conftest import PHONE, Console, Open
from tests.browser.looking import PAGES, says, settled
from tests.browser.proxy import proxy
from tests.processes import wait_until

pytestmark = pytest.mark.browser

NOTICED = 60.0  # seconds from a fault to its incident: three failures, five seconds apart
ACCOUNTING = "health?check=accounting"


def test_a_newcomer_sees_a_live_overview_of_what_is_called_a_sample(
    console: Console, open_page: Open
) -> None:
    page = open_page(console.url)
    says(page, re.compile("Sample service.* run by the console itself"))
    says(page, "SERVICE_URL")
    expect(page.get_by_test_id("stAlert").first).not_to_be_empty()  # the verdict
    data_of = page.get_by_text(re.compile(r"Data of \d\d:\d\d:\d\d"))
    first = re.search(r"\d\d:\d\d:\d\d", data_of.inner_text())
    assert first
    expect(data_of).not_to_contain_text(first[0])  # it refreshed itself, nobody touched it


def test_a_check_is_tested_at_once_on_demand(console: Console, open_page: Open) -> None:
    page = open_page(f"{console.url}/{ACCOUNTING}")
    page.get_by_role("button", name="Test this check now").click()
    says(page, "It passes")
    says(page, re.compile(r"tested .*\d\d:\d\d:\d\d in \d"))


def test_a_link_shows_a_colleague_the_same_window_and_its_figures_as_csv(
    console: Console, open_page: Open, tmp_path: Path
) -> None:
    mine = open_page(f"{console.url}/response-times?series=check:accounting")
    mine.get_by_role("radio", name="1h").click()
    expect(mine).to_have_url(re.compile("window=1h"))
    mine.get_by_role("button", name="Freeze").click()
    expect(mine).to_have_url(re.compile("from=.*&to="))
    frozen = mine.get_by_text(re.compile(r"\d\d:\d\d.* → .*\d\d:\d\d"))
    window = frozen.inner_text()
    settled(mine)

    theirs = open_page(mine.url)
    expect(theirs.get_by_text(window)).to_be_visible()
    expect(theirs.get_by_role("combobox", name="Checks")).to_have_value("Accounting API")

    settled(theirs)
    with theirs.expect_download() as started:
        theirs.get_by_test_id("stDownloadButton").get_by_role("button").click()
    file = tmp_path / "figures.csv"
    started.value.save_as(file)
    rows = list(csv.DictReader(file.read_text(encoding="utf-8-sig").splitlines()))
    asked = parse_qs(urlsplit(mine.url).query)
    assert rows
    assert all(None not in row and None not in row.values() for row in rows)
    assert asked["from"][0] < asked["to"][0]


def test_through_a_proxy_everybody_is_a_viewer_and_is_told_why(
    console: Console, open_page: Open
) -> None:
    with proxy(console.port) as url:
        page = open_page(f"{url}/{ACCOUNTING}")
        says(page, "Only an operator can test this. You reach this console from another machine.")
        expect(page.get_by_role("button", name="Test this check now")).to_be_disabled()
        says(page, "Read-only")


def test_another_site_gets_in_neither_by_its_name_nor_by_a_frame(
    console: Console, open_page: Open, errors: list[str]
) -> None:
    page = open_page(f"http://evil.test:{console.port}")  # DNS rebinding: it leads to the console
    says(page, "server.allowedHosts")
    steal = """(url) => new Promise((resolve) => {
        const socket = new WebSocket(url, ["streamlit"]);
        socket.onopen = () => resolve("open");
        socket.onclose = () => resolve("refused");
    })"""
    for host in ("evil.test", "localhost"):
        stream = f"ws://{host}:{console.port}/_stcore/stream"
        assert page.evaluate(steal, stream) == "refused"

    with another_site(f'<iframe src="{console.url}"></iframe>', "portal.test") as portal:
        page.goto(portal)
        expect(page.frame_locator("iframe").locator("#sub-frame-error-details")).to_be_visible()
    assert any("frame-ancestors" in error for error in errors)
    errors.clear()  # that it was refused is what should happen


def test_the_status_page_can_be_passed_on(console: Console, open_page: Open) -> None:
    page = open_page(console.url)
    page.get_by_role("link", name="Status").click()
    says(page, re.compile("^Last checked "))
    expect(page).to_have_url(re.compile("/status"))
    with proxy(console.port) as url:  # as a customer reaches it
        theirs = open_page(page.url.replace(console.url, url))
        says(theirs, re.compile("^Last checked "))
        says(theirs, re.compile("last 30 days"))


@pytest.fixture(scope="module")
def fault(console: Console) -> Iterator[None]:
    """The accounting API is broken from here on; nobody waits until that is noticed."""
    console.run("-m", "console.sample", "break", "accounting")
    yield
    console.run("-m", "console.sample", "repair")


@pytest.mark.usefixtures("fault")
def test_every_page_fits_a_phone(console: Console, open_page: Open) -> None:
    page = open_page(console.url, PHONE)
    for name in (*PAGES, ACCOUNTING):
        page.goto(f"{console.url}/{name}", wait_until="domcontentloaded")
        settled(page)
        too_wide = page.evaluate(
            """() => [document.documentElement, document.querySelector('[data-testid=stMain]')]
                .map((part) => part.scrollWidth - part.clientWidth)"""
        )
        assert (name, too_wide) == (name, [0, 0])


@pytest.mark.usefixtures("fault")
def test_a_broken_api_is_named_as_the_one_cause_until_it_is_repaired(
    console: Console, open_page: Open
) -> None:
    overview = open_page(console.url)
    wait_until(lambda: _is_the_one_cause(console), NOTICED, console.told)
    says(overview, re.compile("^Accounting API (is failing|has been failing)"))
    says(overview, "because of it")
    expect(_card(overview, "Open incidents")).to_contain_text("1")
    health = open_page(f"{console.url}/{ACCOUNTING}")
    says(health, re.compile("^Failing since"))
    says(health, "[STATUS] == 200")
    says(health, "What it answered, as text")
    expect(health.get_by_test_id("stCode").first).not_to_be_empty()
    settled(health)
    settled(overview)

    console.run("-m", "console.sample", "repair")
    wait_until(lambda: not _incidents(console), NOTICED, console.told)
    expect(overview.get_by_text("because of it")).to_have_count(0)
    expect(_card(overview, "Open incidents")).to_contain_text("none")
    says(health, re.compile("^Passing since"))
    health.reload()  # the list of incidents stays as it was drawn
    lasted = health.get_by_role("cell", name=re.compile(r"^\d+ s|^1 min"))
    expect(lasted.first).to_be_visible()
    expect(health.get_by_role("table").get_by_text("open", exact=True)).to_have_count(0)


def test_what_was_seen_before_a_restart_is_still_there_after_it(
    console: Console, open_page: Open, errors: list[str]
) -> None:
    page = open_page(f"{console.url}/{ACCOUNTING}")
    settled(page)
    before = console.status()["accounting"]
    console.stop()
    says(page, re.compile("Connection error|CONNECTING", re.IGNORECASE))
    console.start()
    wait_until(lambda: console.status()["accounting"]["status"] == "pass", NOTICED, console.told)
    after = console.status()["accounting"]
    assert after["since"] == before["since"]
    assert after["uptime"]["day"]["up_seconds"] >= before["uptime"]["day"]["up_seconds"] > 0
    settled(page)  # it found its way back by itself
    says(page, re.compile("^Passing since"))
    expect(page.get_by_text("None in the last 400 days")).to_have_count(
        0
    )  # the incident from above
    errors.clear()  # that nobody answered in between is what happened


def _incidents(console: Console) -> list[str]:
    return [name for name, check in console.status().items() if check["incident"]]


def _is_the_one_cause(console: Console) -> bool:
    """Whether what depends on the API fails as well, without an incident of its own."""
    relay = console.status()["relay"]
    because = relay["status"] == "fail" and relay["cause"] == "accounting"
    return because and _incidents(console) == ["accounting"]


def _card(page: Page, label: str):
    return page.get_by_test_id("stMetric").filter(has_text=label)

"""A console that everybody reaches, watching a service that means ill, with a store that dies."""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import expect

from console.masking import MASK
from tests import plain_http
from tests.browser.conftest import Console, Open, running
from tests.browser.hostile import HIDDEN, MARKUP, described, service, variables
from tests.browser.looking import PAGES, says, settled
from tests.network import own_address
from tests.processes import wait_until
from tests.valkey_process import ValkeyProcess
from tests.visiting import visit

pytestmark = pytest.mark.browser

TOKEN = "token-of-the-console-2a8f"
STORE_PASSWORD = "store-password-6d3e"
CHECKS = ("hostile", "away", "login", "cache", "export")
LIMIT = 40.0  # seconds
AS_MARKUP = ("img[src=x]", "script", "a[href^=javascript]", ".katex", "strong:text-is('bold')")


@dataclass
class Exposed:
    """The console and the store it was given."""

    console: Console
    store: ValkeyProcess


@pytest.fixture(scope="module")
def exposed(browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exposed]:
    directory = tmp_path_factory.mktemp("exposed")
    place = directory / "store"
    place.mkdir()
    store = ValkeyProcess(place, password=STORE_PASSWORD, appendonly="yes", appendfsync="always")
    store.start()
    with service() as port:
        file = directory / "services.toml"
        file.write_text(described(port))
        environment = {
            "CONSOLE_STORE_URL": store.url,
            "CONSOLE_API_TOKEN": TOKEN,
            "CONSOLE_SERVICES_FILE": str(file),
            "CONSOLE_FLUSH_INTERVAL": "1s",
            **variables(port),
        }
        with running(directory, address="0.0.0.0", **environment) as console:
            wait_until(lambda: _all_failed(console), LIMIT, console.told)
            yield Exposed(console, store)
    store.kill()


def _all_failed(console: Console) -> bool:
    checks = console.status(TOKEN)
    return all(checks[name]["status"] == "fail" for name in CHECKS if name != "export")


def _command_lines() -> str:
    """Those of all processes, where there is a /proc: every user of the machine can read them."""
    found: list[str] = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):  # it ended meanwhile
            found.append(file.read_text(errors="replace"))
    return "\n".join(found)


def test_from_another_machine_one_may_look_and_is_told_why_not_more(
    exposed: Exposed, open_page: Open
) -> None:
    address = f"http://{own_address()}:{exposed.console.port}"
    page = open_page(f"{address}/health?check=hostile")
    says(page, "Only an operator can test this. This console listens beyond its own machine")
    expect(page.get_by_role("button", name="Test this check now")).to_be_disabled()
    says(page, "Read-only")
    assert plain_http.get(f"{address}/healthz").status_code == 200
    assert plain_http.get(f"{address}/api/status.json").status_code == 401


def test_no_secret_reaches_a_browser_a_log_or_a_route(exposed: Exposed) -> None:
    console = exposed.console
    bearer = {"Authorization": f"Bearer {TOKEN}"}
    told = {f"log of {console.port}": console.told()}
    for path in ("/healthz", "/metrics", "/api/status.json", "/badge/shop/hostile.svg", "/api/x"):
        told[path] = plain_http.get(console.url + path, headers=bearer).text
    pushed = plain_http.post(f"{console.url}/api/push/shop/export", headers=bearer, content=b"{")
    told["push"] = pushed.text
    for name in PAGES:
        told[name] = visit(console.url, page=name).text
    for check in CHECKS:
        told[check] = visit(console.url, page="health", query=f"check={check}").text
    told["store"] = exposed.store.written()
    told["command lines"] = _command_lines()
    assert "hostile" in told["store"]
    assert MASK in told["hostile"]  # what was handed back is shown, but for the secrets in it
    hidden = (*HIDDEN, TOKEN, STORE_PASSWORD)
    assert [(where, one) for where, text in told.items() for one in hidden if one in text] == []


def test_text_from_outside_is_text(exposed: Exposed, open_page: Open) -> None:
    page = open_page(f"{exposed.console.url}/health")
    expect(page.get_by_role("link", name=MARKUP[:20])).to_be_visible()
    for name in (*PAGES, "health?check=hostile", "health?check=<img src=x>", f"?service={MARKUP}"):
        page.goto(f"{exposed.console.url}/{name}", wait_until="domcontentloaded")
        settled(page)
        for made in AS_MARKUP:
            expect(page.get_by_test_id("stApp").locator(made)).to_have_count(0)


# to those who run the console, and in plain words on the status page
AWAY = re.compile("The console cannot read its store|This page is not up to date")


def test_while_the_store_is_dead_every_page_says_so_and_then_they_come_back(
    exposed: Exposed, open_page: Open
) -> None:
    console, store = exposed.console, exposed.store
    pages = [open_page(f"{console.url}/{name}") for name in ("", "status", "response-times")]
    for page in pages:
        settled(page)
    store.kill()
    for page in [*pages, open_page(f"{console.url}/health")]:
        says(page, AWAY)
        expect(page.get_by_test_id("stException")).to_have_count(0)
    assert plain_http.get(f"{console.url}/healthz").status_code == 503
    assert STORE_PASSWORD not in visit(console.url).text
    store.start()
    wait_until(lambda: console.healthy() and _all_failed(console), LIMIT, console.told)
    for page in pages:
        expect(page.get_by_text(AWAY)).to_have_count(0)
        settled(page)

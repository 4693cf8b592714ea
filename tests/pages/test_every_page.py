"""What holds on every page, whatever is the matter."""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from console.health.check import Check, Service
from console.health.model import Part
from console.runtime import set_runtime
from tests.pages.conftest import Show, shower, use
from tests.pages.filling import (
    accounting_is_down,
    failing,
    fill,
    invoice_service,
    many_checks,
)
from tests.pages.screen import ROOT, Screen, as_read
from tests.valkey_process import ValkeyProcess

PAGES = sorted(path.stem for path in (ROOT / "pages").glob("*.py"))
TECHNICAL = [page for page in PAGES if page != "status"]  # which says it in plain words

AWAY = "The console cannot read its store"

# Markup, Markdown, directives, formulas, links, hidden and reordering characters.
HOSTILE = (
    "<script>alert(1)</script> **bold** `code` :material/delete: :red[red] $x^2$ "
    "[link](javascript:alert(1)) ![image](https://evil.example/x.png) https://evil.example "
    "| a | b | # head --> 😀 مرحبا \u202eevil\u202c ~~gone~~ :smile: <b onclick=x>"
)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_begins_with_the_guard(page: str):
    lines = [
        line
        for line in (ROOT / "pages" / f"{page}.py").read_text().splitlines()
        if line and not line.startswith(("from ", "import ", '"""'))
    ]
    assert lines[0] == "visitor = guard()"


@pytest.mark.parametrize("page", PAGES)
def test_a_page_shows_something_when_all_is_well(show: Show, page: str):
    assert "Invoice relay" in show(page, invoice_service()).text


@pytest.mark.parametrize("page", TECHNICAL)
def test_a_page_says_of_when_its_data_is(show: Show, page: str):
    text = show(page, invoice_service()).text
    assert "Live · 2 s" in text
    assert "Data of " in text
    assert " s ago" in text


def test_every_page_survives_a_store_that_goes_away_and_comes_back(
    restartable: ValkeyProcess, operator: None
):
    shower(restartable.url)("overview", invoice_service())
    screens = {page: Screen(page) for page in PAGES}
    away = {page: AWAY if page in TECHNICAL else "This page is not up to date" for page in PAGES}
    restartable.kill()
    for page, screen in screens.items():
        screen.until(away[page])
        assert "What you see is of" in screen.text, page
    restartable.start()
    for page, screen in screens.items():
        deadline = time.monotonic() + 10
        while away[page] in screen.run().text:
            assert time.monotonic() < deadline, page


@pytest.mark.parametrize("page", TECHNICAL)
def test_a_page_opens_while_the_store_does_not_answer_and_says_why_and_what_to_do(
    restartable: ValkeyProcess, operator: None, page: str
):
    restartable.kill()
    use(restartable.url, invoice_service())
    screen = Screen(page)
    assert AWAY in screen.text
    assert "There is nothing to show until it answers." in screen.text
    assert "their results are kept and follow when the store is back" in screen.text
    assert "that **CONSOLE_STORE_URL** leads to it from here" in screen.text
    assert "Passing" not in screen.text
    assert "has not reported" not in screen.text
    assert "not heard of yet" not in screen.text


def test_a_console_without_a_collector_does_not_promise_that_results_are_kept(
    restartable: ValkeyProcess, operator: None
):
    restartable.kill()
    use(restartable.url, invoice_service(), CONSOLE_COLLECTOR="off")
    text = Screen("overview").text
    assert "This console runs no checks itself (**CONSOLE_COLLECTOR=off**)" in text
    assert "esults are kept and follow" not in text


@pytest.mark.parametrize("page", ["overview", "health"])
def test_the_verdict_without_a_store_blames_the_store_and_not_the_collector(
    restartable: ValkeyProcess, operator: None, page: str
):
    now = time.time()
    show = shower(restartable.url)
    screen = show(page, invoice_service(), beat_at=now - 900)
    assert screen.verdict == "Nothing is known: the collector has not reported for 15 min."
    assert "`logs/collector.log` below `CONSOLE_DATA_DIR`" in screen.text
    restartable.kill()
    screen.until(AWAY)
    screen.until("Nothing is known: the console cannot read its store.")
    assert "has not reported" not in " ".join(one.value for one in screen.at.info)
    assert "collector.log" not in screen.text


@pytest.mark.parametrize("page", ["overview", "health"])
def test_where_no_collector_is_started_a_page_says_how_to_start_one(
    valkey_url: str, operator: None, page: str
):
    use(valkey_url, invoice_service(), CONSOLE_COLLECTOR="off")
    screen = Screen(page)
    assert screen.verdict == "Nothing is known: the collector has not reported yet."
    assert "Run `python -m console.collector` with the same `CONSOLE_STORE_URL`" in screen.text


@pytest.mark.parametrize("page", PAGES)
def test_without_a_collector_nothing_is_called_passing(show: Show, page: str):
    now = time.time()
    screen = show(page, invoice_service(), beat_at=now - 900)
    assert "Everything is working" not in screen.text
    assert "All 6 checks pass" not in screen.text
    assert "pass" not in {row["mark"] for row in screen.rows}
    if page == "overview":
        assert screen.verdict == "Nothing is known: the collector has not reported for 15 min."


@pytest.mark.parametrize("page", PAGES)
def test_before_the_first_flush_a_page_says_that_nothing_is_known_yet(
    valkey_url: str, operator: None, page: str
):
    use(valkey_url, invoice_service())
    screen = Screen(page)
    assert "Everything is working" not in screen.text
    assert "pass" not in {row["mark"] for row in screen.rows}


@pytest.mark.parametrize("page", PAGES)
def test_a_service_without_checks_says_what_to_set(valkey_url: str, operator: None, page: str):
    service = Service(name="empty", title="Empty", checks=())
    asyncio.run(fill(valkey_url, service, time.time()))
    use(valkey_url, service)
    text = Screen(page).text
    if page != "status":  # its readers cannot set anything
        assert "SERVICE_URL" in text


@pytest.fixture(scope="module")
def thousand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A store of its own with a thousand checks, because it takes a second to write them."""
    server = ValkeyProcess(tmp_path_factory.mktemp("thousand"))
    server.start()
    asyncio.run(fill(server.url, many_checks(1000), time.time(), hours=0.01))
    yield server.url
    server.kill()


@pytest.mark.parametrize("page", PAGES)
def test_a_thousand_checks_make_no_page_heavy(thousand: str, operator: None, page: str):
    use(thousand, many_checks(1000))
    assert len(Screen(page).text.encode()) < 250_000


@pytest.mark.parametrize("page", PAGES)
def test_text_from_outside_is_shown_as_text(show: Show, page: str):
    service = hostile_service()

    def tell(check: Check, at: float, random):
        result = failing(check, at, HOSTILE, HOSTILE)
        return replace(result, parts=(Part(HOSTILE, result.status, HOSTILE),))

    for query in ({}, {"check": "one"}):
        screen = show(page, service, tell=tell, query=query)
        for markdown in sources(screen):
            assert "<script>" not in markdown.replace("\\<script\\>", "")
            assert "[link](" not in markdown
            assert "![image](" not in markdown
            assert "**bold**" not in markdown
            assert ":red[red]" not in markdown
            assert "material/delete:" not in markdown.replace(":\u2060material/delete", "")
            assert ":smile:" not in markdown.replace("\\:", ":")
            assert "$x^2$" not in markdown
            assert "\u202e" not in markdown


@pytest.mark.parametrize("page", PAGES)
def test_the_refreshing_can_be_stopped_which_holds_for_other_pages(show: Show, page: str):
    stopped = "Not refreshing"
    screen = show(page, invoice_service()).click("Stop refreshing")
    assert stopped in screen.text
    screen.at.switch_page(str(ROOT / "pages" / "health.py"))
    assert stopped in screen.run().text
    assert stopped not in screen.click("Refresh again").text


@pytest.mark.parametrize("page", PAGES)
def test_a_viewer_sees_the_same_and_is_told_on_the_page_why_he_may_not_act_and_what_to_set(
    valkey_url: str, viewer: None, page: str
):
    screen = shower(valkey_url)(page, invoice_service())
    assert "Read-only" in " ".join(one.value for one in screen.at.sidebar.caption)
    if page == "status":  # where nobody could act
        return
    said = as_read(" ".join(one.value for one in screen.at.main.caption))
    assert "Read-only.** You reach this console from another machine." in said
    assert "STREAMLIT_SERVER_ADDRESS=localhost" in said


@pytest.mark.parametrize("page", PAGES)
def test_the_sample_is_labelled_with_the_way_out(show: Show, page: str):
    text = show(page, invoice_service(sample=True)).text
    assert "Sample service" in text
    assert "set **SERVICE_URL** to its address" in text


@pytest.mark.parametrize("page", PAGES)
def test_the_url_names_the_service(valkey_url: str, operator: None, page: str):
    first = invoice_service()
    second = Service(name="ledger", title="Ledger", checks=first.checks[:1])
    for service in (first, second):
        asyncio.run(release_and_fill(valkey_url, service))
    use(valkey_url, first, second)
    screen = Screen(page, service="ledger")
    assert screen.at.query_params["service"] in ("ledger", ["ledger"])
    assert screen.at.selectbox(key="service_choice").value == "ledger"
    assert "Accounting API" not in screen.text


def test_a_service_that_fails_is_told_beside_the_pages_of_another(valkey_url: str, operator: None):
    first = invoice_service()
    second = Service(name="ledger", title="Ledger", checks=first.checks[:1])
    now = time.time()
    asyncio.run(fill(valkey_url, first, now, accounting_is_down(now - 300)))
    asyncio.run(fill(valkey_url, second, now))
    use(valkey_url, first, second)
    captions = " ".join(
        caption.value for caption in Screen("overview", service="ledger").at.caption
    )
    assert f"Failing] {first.label}" in captions


def test_a_service_that_is_not_there_is_the_first(show: Show):
    screen = show("overview", invoice_service(), query={"service": "gone"})
    assert screen.at.title[0].value == "Invoice relay"


def test_a_configuration_that_is_wrong_is_told_problem_by_problem(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CONSOLE_STORE_PROFIL", "local")
    monkeypatch.setenv("SERVICE_URL", "ftp://nowhere")
    set_runtime(None)
    screen = Screen.__new__(Screen)
    from streamlit.testing.v1 import AppTest

    from tests.pages.screen import MAIN

    screen.at = AppTest.from_file(str(MAIN)).run()
    screen.check()
    assert "The console cannot start" in screen.text
    assert "CONSOLE_STORE_PROFIL" in screen.text
    assert "SERVICE_URL" in screen.text


def hostile_service() -> Service:
    """Names that would be markup in four languages, and one that never ends."""
    return Service(
        name="hostile",
        title=f"Shop {HOSTILE}",
        checks=(
            Check(name="one", title=HOSTILE, url="https://one.example/?q=**bold**"),
            Check(name="two", title="x" * 400, url="https://two.example", depends_on=("one",)),
        ),
    )


def sources(screen: Screen) -> list[str]:
    """Every text of the page that is read as Markdown."""
    at = screen.at
    kinds = ("markdown", "caption", "title", "subheader", "error", "warning", "info", "success")
    found = [one.value for kind in kinds for one in at.get(kind)]
    found += [text for one in at.metric for text in (one.label, one.value, one.delta, one.help)]
    found += [str(cell) for one in at.table for cell in one.value.to_numpy().ravel()]
    return found


async def release_and_fill(url: str, service: Service) -> None:
    """Fill as a collector of its own: the one before gave its lease back."""
    await fill(url, service, time.time())

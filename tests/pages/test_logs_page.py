"""Logs as a visitor sees it: kinds of error first, then the lines."""

import gzip
import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from console.health.check import Check, Service
from console.logs import load
from console.logs.model import Source
from console.logs.parse import parse
from console.logs.tail import Tail
from console.logs.times import Clock
from console.runtime import get_runtime
from console.store import keys
from console.store.documents import packed
from tests.pages.conftest import Show, use
from tests.pages.filling import invoice_service
from tests.pages.screen import Screen, as_read
from tests.valkey_process import ValkeyProcess

NAME = "invoice-relay"
HOSTILE = (
    "<b>x</b> **bold** :red[r] [l](javascript:alert(1)) \x1b[31mr\x1b[0m token=abcdef1234567890"
)


def entry(level: str, text: str, ago: float, **fields: Any) -> dict[str, Any]:
    return {"ts": time.time() - ago, "level": level, "event": text, **fields}


def trouble() -> list[dict[str, Any]]:
    """A quarter of an hour of requests, and an API that fails since two minutes."""
    calm = [entry("info", "request", 900 - n, route="GET /items", commit="abc") for n in range(300)]
    bad = [
        entry(
            "error", "call of accounting failed: status 503", 120 - 3 * n, api="accounting",
            instance=f"i-{n % 2}", item=f"INV-{n}",
        )
        for n in range(40)
    ]  # fmt: skip
    return calm + bad


def keep(valkey: ValkeyProcess, entries: Sequence[dict[str, Any]], ago: float = 1.0) -> None:
    """Put into the store what the collector would have written."""
    now = time.time()
    clock = Clock(now)
    tail = Tail(None, {}, clock)
    tail.add([line for one in entries for line in parse(json.dumps(one), clock)], clock)
    taken = tail.take([Source("kit")], [("abc", now - 800)], [], now - ago)
    with valkey.client() as client:
        client.hset(keys.found(NAME), load.NAME, packed(load.encode(taken.reading)))
        for number, text in taken.changes.changed.items():
            client.hset(keys.log_lines(NAME), str(number), text)


@pytest.fixture
def logs(show: Show, valkey_process: ValkeyProcess):
    def opened(entries: Sequence[dict[str, Any]], **query: str) -> Screen:
        show("instances", invoice_service())
        keep(valkey_process, entries)
        use(valkey_process.url, invoice_service())
        return Screen("logs", **query)

    return opened


@pytest.fixture
def own(valkey_url: str, operator: None, tmp_path: Path) -> Screen:
    """The page for a file of one's own, with a data directory of its own."""
    use(valkey_url, invoice_service(), data_dir=str(tmp_path))
    return Screen("logs", source="own")


def table(screen: Screen) -> Any:
    return screen.at.dataframe[0].value


def test_a_log_that_was_not_read_yet_is_unknown(show: Show):
    assert show("logs", invoice_service()).verdict.startswith("The log was not read yet")


def test_a_service_without_a_log_says_what_to_set(show: Show):
    job = Service(name=NAME, title="Invoice relay", checks=(Check(name="job", type="push"),))
    text = show("logs", job).text
    assert "CONSOLE_LOKI_URL" in text
    assert "Your own file" in text


def test_the_new_pattern_comes_first_with_the_api_that_explains_it(logs: Any):
    screen = logs(trouble())
    assert screen.verdict.startswith("1 kind of error is open, 1 new since the deployment of abc.")
    assert "API accounting, in 100 % of the errors and none of the other lines." in screen.verdict
    assert screen.metrics["Errors"][0] == "40"
    assert screen.metrics["Lines"][0] == "340"
    assert "**40×** call of accounting failed" in screen.text
    assert "instances i-0 and i-1" in screen.text


def test_an_old_reading_is_unknown(show: Show, valkey_process: ValkeyProcess):
    show("instances", invoice_service())
    keep(valkey_process, trouble(), ago=600)
    use(valkey_process.url, invoice_service())
    assert Screen("logs").verdict.startswith("The log was last read 10 min ago")


def test_without_an_error_it_passes_and_says_of_how_many_lines(logs: Any):
    calm = [entry("info", "request", 300 - 3 * n) for n in range(100)]
    assert logs(calm).verdict.startswith("No open error in 100 lines of the last 5 min.")


def test_details_show_an_example_and_why_lines_are_one_kind(logs: Any):
    screen = logs(trouble()).click("Details")
    assert '"event":' in "".join(one.value for one in screen.at.code)
    assert "The same" in screen.text
    assert screen.at.query_params["pattern"]
    assert "Details" not in [one.label for one in screen.click("Close").at.button][:1]


def test_muting_needs_a_reason_and_is_in_the_activity_log(logs: Any):
    screen = logs(trouble()).click("Details").click("Mute")
    assert "A reason is missing." in screen.text
    reason = next(one for one in screen.at.text_input if one.label == "Reason")
    reason.set_value("known, OPS-17")
    screen.click("Mute")
    screen.until("No open error")
    assert "Muted by local user" in screen.text
    begun = [one for one in get_runtime().desk.journal.newest(5) if one.kind == "log_pattern"]
    assert {one.step for one in begun} == {"begun", "ended"}
    assert begun[0].reason == "known, OPS-17"


def test_a_viewer_cannot_mute_whatever_the_browser_sends(
    logs: Any, monkeypatch: pytest.MonkeyPatch
):
    from console.access import Role, Visitor
    from console.errors import NotAllowed
    from console.logs.deciding import decide_about
    from console.logs.model import Kind

    screen = logs(trouble()).click("Details")
    viewer = Visitor("visitor", Role.VIEWER, "You reach this console from another machine.")
    runtime = get_runtime()
    reading = load.load(runtime.store, NAME)
    assert reading is not None
    service = runtime.config.services[0]
    with pytest.raises(NotAllowed):
        decide_about(runtime.desk, viewer, service, reading.patterns[0], Kind.MUTE, "no", 0)
    assert runtime.desk.records.decisions.newest(NAME) == []
    assert runtime.desk.journal.newest(1)[0].outcome == "refused"
    assert screen.run().verdict.startswith("1 kind of error is open")


def test_text_from_outside_is_shown_as_text_and_masked(logs: Any):
    bad = [entry("error", HOSTILE, 50 - n, **{"<i>": HOSTILE}) for n in range(10)]
    screen = logs(bad, q="bold")
    screen.click("Details")
    for one in screen.at.get("markdown"):
        assert "<b>" not in one.value
        assert "**bold**" not in one.value
    assert "abcdef1234567890" not in screen.text
    assert "\x1b" not in table(screen)["Message"][0]


def test_a_query_in_the_address_finds_its_lines(logs: Any):
    screen = logs(trouble(), q="level:error item:INV-7")
    assert list(table(screen)["item"]) == ["INV-7"]
    assert "1 line of 340 match" in screen.text


def test_a_query_that_cannot_be_read_says_where(logs: Any):
    screen = logs(trouble(), q="level:error AND (api:x")
    assert "column 17" in screen.text
    assert "This bracket is not closed." in as_read(screen.text)


def test_a_facet_narrows_the_query_and_clearing_widens_it(logs: Any):
    screen = logs(trouble())
    box = next(one for one in screen.at.selectbox if one.label == "level")
    box.set_value("error")
    screen.run()
    assert screen.at.query_params["q"] == "level:error"
    assert len(table(screen)) == 40
    screen.click("Clear")
    assert "q" not in screen.at.query_params
    assert len(table(screen)) == 200


def test_the_lines_around_a_line_come_with_all_it_tells(logs: Any):
    screen = logs(trouble(), q="item:INV-7", line="1000308")
    around = screen.at.code[-1].value
    assert around.count("\n") == 20
    assert "▶" in around
    assert "INV-7" in screen.text
    gone = logs(trouble(), line="99000001")
    assert "no longer kept" in gone.text


def test_lines_that_came_out_of_order_are_listed_the_newest_first(logs: Any):
    ago = (30.0, 10.0, 20.0)
    screen = logs([entry("info", f"came {at:.0f} s ago", at) for at in ago])
    assert list(table(screen)["Message"]) == ["came 10 s ago", "came 20 s ago", "came 30 s ago"]


def test_a_list_shows_whole_messages_and_opens_a_line(logs: Any):
    screen = logs([entry("error", HOSTILE, 5.0, item="INV-7")], view="list")
    assert not screen.at.dataframe
    (line,) = [one for one in screen.at.button if (one.key or "").startswith("logs_line_")]
    line.click()
    screen.run()
    assert "One line and those around it" in screen.text
    assert "INV-7" in screen.text
    drawn = [one.value for one in screen.at.get("markdown")]
    assert not [one for one in drawn if "<b>" in one or ":red[r]" in one]


def test_a_platform_alone_is_a_log(show: Show, valkey_process: ValkeyProcess):
    job = Check(name="job", type="push")
    service = Service(name=NAME, checks=(job,), platform="local", platform_service="/x")
    show("instances", service)
    keep(valkey_process, [entry("error", "of the platform", 5.0)])
    use(valkey_process.url, service)
    screen = Screen("logs")
    assert "of the platform" in screen.text


def test_show_its_lines_asks_for_the_words_of_the_pattern(logs: Any):
    screen = logs(trouble()).click("Details").click("Show its lines")
    assert "accounting failed" in screen.at.query_params["q"]
    assert len(table(screen)) == 40


def test_pasted_lines_go_through_the_same_view(own: Screen, tmp_path: Path):
    screen = own
    text = "\n".join(json.dumps(one) for one in trouble())
    screen.at.text_area[0].set_value(text)
    screen.click("Read")
    assert screen.verdict.startswith("40 errors of 1 kind.")
    assert "API accounting" in screen.verdict
    assert "340 lines" in screen.text
    assert list(tmp_path.glob("own-logs/*/log"))
    screen.click("Remove")
    assert "Paste lines" in screen.text
    assert not list(tmp_path.glob("own-logs/*"))


def test_an_uploaded_file_is_read_also_where_it_is_packed(own: Screen):
    screen = own
    text = "\n".join(json.dumps(one) for one in trouble()).encode()
    screen.at.file_uploader[0].set_value(("app.log.gz", gzip.compress(text), "application/gzip"))
    screen.run()
    assert screen.verdict.startswith("40 errors of 1 kind.")
    assert "app.log.gz" in as_read(screen.text)


def test_a_file_that_is_no_log_is_refused_with_a_sentence(own: Screen):
    screen = own
    screen.at.file_uploader[0].set_value(("a.zip", b"PK\x03\x04" + b"x" * 50, "application/zip"))
    screen.run()
    assert "a.zip is a ZIP archive" in as_read(screen.text)


def test_a_viewer_may_paste_and_is_offered_no_upload(
    valkey_url: str, viewer: None, valkey_process: ValkeyProcess
):
    use(valkey_url, invoice_service())
    screen = Screen("logs", source="own")
    assert not screen.at.file_uploader
    assert "Uploading is for operators" in screen.text

import json
import time
from dataclasses import replace

import pytest

from console.alerts.model import Acknowledgement, acknowledge
from console.connection import Connection
from console.health.model import Incident, Outcome, Result, Status
from console.runtime import get_runtime
from console.store import keys
from console.store.documents import RESULT
from tests.pages.conftest import Show, shower
from tests.pages.filling import Past, accounting_is_down, failing, good, invoice_service
from tests.pages.screen import Screen
from tests.valkey_process import ValkeyProcess

ACCOUNTING = {"check": "accounting"}
TEST = "Test this check now"


def broken(show: Show, check: str = "accounting") -> Screen:
    tell = accounting_is_down(time.time() - 610)
    return show("health", invoice_service(), tell=tell, query={"check": check})


def test_a_failing_check_shows_the_parts_that_failed_and_the_answer(show: Show):
    screen = broken(show)
    assert "Failing since" in screen.text
    assert "1,204 messages wait" in screen.text
    assert screen.at.code[0].value == (
        '{"status": "fail", "detail": "upstream accounting answers 503"}'
    )
    assert "secrets are masked" in screen.text


def test_a_check_that_another_one_explains_names_it(show: Show):
    assert "Explained by Accounting API." in broken(show, "reports").text


def test_the_open_incident_comes_before_the_closed_ones_with_their_duration(show: Show):
    now = time.time()
    old = Incident("1", "accounting", now - 86400, "No answer", now - 82800, ("relay",))
    tell = accounting_is_down(now - 610)
    past = Past(incidents=[old])
    screen = show("health", invoice_service(), tell=tell, past=past, query=ACCOUNTING)
    table = next(one.value for one in screen.at.table if "Lasted" in one.value.columns)
    assert table["Lasted"].tolist() == [":red-badge[open] 10 min", "1 h"]
    assert table["Affected"].tolist()[1] == "Invoice hand-over"


def test_an_incident_that_another_check_caused_names_that_check_open_or_closed(show: Show):
    now = time.time()
    old = Incident("1", "accounting", now - 86400, "No answer", now - 82800, ("relay",))
    tell = accounting_is_down(now - 610)
    past = Past(incidents=[old])
    screen = show("health", invoice_service(), tell=tell, past=past, query={"check": "relay"})
    table = next(one.value for one in screen.at.table if "Lasted" in one.value.columns)
    assert table["Lasted"].tolist() == [":red-badge[open] 10 min", "1 h"]
    told = table["What"].tolist()
    assert all(one.startswith("Because of **Accounting API**: ") for one in told)
    assert told[1].endswith("No answer")


@pytest.mark.parametrize(
    ("seconds", "suffix", "highest"), [(10.0, " s", 10.0), (0.2, " ms", 200.0)]
)
def test_the_exact_results_are_drawn_in_a_unit_that_is_read_at_once(
    show: Show, seconds: float, suffix: str, highest: float
):
    def tell(check, at, random):
        return replace(good(check, at, random), duration=seconds)

    screen = show("health", invoice_service(), tell=tell, query=ACCOUNTING)
    chart = json.loads(screen.at.get("plotly_chart")[0].proto.spec)
    assert chart["layout"]["yaxis"]["ticksuffix"] == suffix
    assert max(chart["data"][-1]["y"]) == highest


def test_uptime_of_four_windows_and_the_certificate_are_figures(show: Show):
    past = Past(down={"accounting": {2: 3600.0}})
    metrics = show("health", invoice_service(), past=past, query=ACCOUNTING).metrics
    assert metrics["Uptime · 24 h"] == ("100 %", "no time down")
    assert metrics["Uptime · 30 d"][1] == "down 1 h"
    assert metrics["Certificate"][0] == "42 days"


def test_a_recovered_check_still_shows_its_last_failure(show: Show):
    end = time.time() - 600

    def recovered(check, at, random):
        if check.name == "accounting" and end - 600 < at < end:
            return failing(check, at, "It answered 503.", "the old body")
        return good(check, at, random)

    screen = show("health", invoice_service(), tell=recovered, query=ACCOUNTING)
    assert "Last failure" in screen.text
    assert "the old body" in screen.text
    assert screen.verdict.startswith("200 OK")


def test_a_long_answer_is_cut_and_says_so(show: Show):
    def down(check, at, random):
        return failing(check, at, "Down.", "x" * 9000)

    screen = show("health", invoice_service(), tell=down, query=ACCOUNTING)
    assert len(screen.at.code[0].value) < 4100
    assert "(5,000 more)" in screen.at.code[0].value


def test_who_took_a_failure_and_why_is_told(show: Show):
    def take(states):
        state = states["accounting"]
        taken, _ = acknowledge(
            state.alert, Acknowledgement("Mara Keller", "Called the supplier", time.time())
        )
        states["accounting"] = replace(state, alert=taken)

    tell = accounting_is_down(time.time() - 610)
    screen = show("health", invoice_service(), tell=tell, change=take, query=ACCOUNTING)
    assert "Taken by Mara Keller: Called the supplier." in screen.text


def test_an_operator_tests_a_check_and_sees_the_answer(show: Show, valkey_process: ValkeyProcess):
    screen = show("health", invoice_service(), query=ACCOUNTING).click(TEST)
    assert "Waiting for the answer" in screen.text
    request = screen.at.session_state["test_now"].request
    result = Result("accounting", time.time(), Status.FAIL, Outcome.TIMEOUT, "Too late.", 10.0)
    with valkey_process.client() as client:
        client.set(keys.answer(request), RESULT.encode(result))
    screen.until("It does not pass")
    assert "Too late." in screen.text


def test_without_a_collector_the_test_ends_and_says_why(
    show: Show, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("console.health.view.probe_now.GRACE", -10.0)
    screen = show("health", invoice_service(), query=ACCOUNTING).click(TEST)
    screen.until("Either no collector runs")


def test_a_viewer_is_told_why_not_and_the_action_refuses_him_too(
    valkey_url: str, viewer: None, valkey_process: ValkeyProcess
):
    screen = shower(valkey_url)("health", invoice_service(), query=ACCOUNTING)
    button = next(one for one in screen.at.button if one.label == TEST)
    assert button.disabled
    assert "Only an operator can test this. You reach this console from another machine." in (
        screen.text
    )


def test_one_who_is_no_operator_any_more_when_he_clicks_is_refused(
    show: Show, monkeypatch: pytest.MonkeyPatch
):
    screen = show("health", invoice_service(), query=ACCOUNTING)
    asked: list[str] = []
    monkeypatch.setattr(get_runtime().store, "request_probe", lambda *_: asked.append("asked"))
    elsewhere = Connection("localhost", "192.0.2.7", (("host", "console.test"),), websocket=True)
    button = next(one for one in screen.at.button if one.label == TEST)
    monkeypatch.setattr("console.ui.guard.connection", lambda: elsewhere)
    button.click()
    screen.run()
    assert "Not tested" in screen.text
    assert not asked


def test_a_push_check_cannot_be_tested_from_here(show: Show):
    screen = show("health", invoice_service(), query={"check": "nightly"})
    assert "its job calls the console" in screen.text


def test_back_leads_to_the_list(show: Show):
    screen = broken(show).click("All checks")
    assert len(screen.rows) == 6
    assert "check" not in screen.at.query_params


def test_no_line_is_drawn_over_a_time_without_probes(show: Show):
    def lose_some(states):
        state = states["accounting"]
        states["accounting"] = replace(state, recent=state.recent[:10] + state.recent[20:])

    screen = show("health", invoice_service(), change=lose_some, query=ACCOUNTING)
    line = json.loads(screen.at.get("plotly_chart")[0].proto.spec)["data"][0]
    assert line["y"].index(None) == 10
    assert line["y"].count(None) == 1

import time
from dataclasses import replace
from typing import Any

import pytest

from console.access import Connection
from console.health.check import Service
from console.runtime import get_runtime, set_runtime
from console.settings.load import ADAPTER
from console.settings.reports import Deployment, Report, Seen, Snapshot, Variant
from console.store import keys
from console.store.documents import packed
from tests.pages.conftest import Show, show, use
from tests.pages.filling import invoice_service
from tests.pages.screen import Screen
from tests.valkey_process import ValkeyProcess

__all__ = ["show"]

SECRET = "planted-Zq9x7Lk2Vw8Rt4Yu6-planted"
A, B = "a" * 16, "b" * 16
HOSTILE = "**bold** <script>alert(1)</script> :red[x]"


@pytest.fixture(autouse=True)
def no_runtime_stays():
    yield
    set_runtime(None)


def row(name: str, mark: str = A, **more: object) -> Seen:
    one = Seen(name, True, "env", "32-63", mark, True, "required", "What it is")
    return replace(one, **more)


REPORT = Report(
    A,
    (
        row("RUN_TOKEN"),
        row("FREEE_CLIENT_ID", secret=False),
        row("FREEE_CLIENT_SECRET"),
        row("FREEE_REFRESH_TOKEN"),
        row(
            "RATE_LIMIT_PER_MINUTE", "", is_set=False, source="default", length="", group="optional"
        ),
        row("DRY_RUN", B, length="1-7", secret=False, group="testing"),
    ),
)


def snapshot(*reports: Report, **more: object) -> Snapshot:
    variants = tuple(
        Variant(one, (f"i-{n}a", f"i-{n}b"), ("abc",)) for n, one in enumerate(reports)
    )
    found = Snapshot(time.time(), "", 2 * len(reports), time.time() - 60, variants)
    return replace(found, **more)


def opened(
    show: Show, valkey: ValkeyProcess, found: Snapshot | None, spec: str = "invoicing"
) -> Screen:
    service = invoice_service().model_copy(update={"settings_spec": spec})
    show("settings", service)
    if found is not None:
        with valkey.client() as client:
            client.hset(keys.found("invoice-relay"), "settings", packed(ADAPTER.dump_json(found)))
    use(valkey.url, service)
    return Screen("settings")


def paste(screen: Screen, text: str) -> Screen:
    screen.at.text_area[0].set_value(text)
    return screen.click("Check")


def test_without_reports_it_says_how_to_get_them_and_shows_what_there_should_be(
    show: Show, valkey_process: ValkeyProcess
):
    screen = opened(show, valkey_process, None)
    assert "no instance has reported them" in screen.verdict
    assert "console/kit/CONTRACT.md" in screen.text
    assert "RUN_TOKEN" in screen.text
    assert screen.metrics["Set"] == ("0", "of 24 settings")


def test_a_service_without_redis_is_told_what_to_set(valkey_url: str, operator: None):
    service = Service(name="bare", title="Bare", checks=invoice_service().checks[:1])
    use(valkey_url, service)
    assert "Set `REDIS_URL` beside `SERVICE_URL`" in Screen("settings").text


def test_instances_that_are_right_are_told_in_one_sentence(
    show: Show, valkey_process: ValkeyProcess
):
    screen = opened(show, valkey_process, snapshot(REPORT))
    assert screen.verdict.startswith("5 of 24 settings are set on 2 running instances, and nothing")
    assert "Whether DRY_RUN is off is not reported" in screen.verdict
    assert screen.metrics["To mend"][0] == "0"
    assert "2 instances have the same settings." in screen.text


def test_what_to_mend_is_told_first(show: Show, valkey_process: ValkeyProcess):
    short = replace(REPORT, variables=(row("RUN_TOKEN", length="8-15"), *REPORT.variables[2:]))
    screen = opened(show, valkey_process, snapshot(short))
    assert screen.verdict.startswith(
        "1 problem has to be mended on 2 running instances. First: RUN_TOKEN has 8-15 characters"
    )
    assert "openssl rand -hex 32" in screen.text
    assert "is not among what the instances report" in screen.text


def test_instances_that_differ_are_in_a_table(show: Show, valkey_process: ValkeyProcess):
    other = replace(REPORT, variables=(row("RUN_TOKEN", B), *REPORT.variables[1:]))
    text = opened(show, valkey_process, snapshot(REPORT, other)).text
    assert "differs between instances: i-0a and i-0b have a value of 32-63 characters" in text
    assert "i-0a and i-0b" in text


def test_deployments_are_compared(show: Show, valkey_process: ValkeyProcess):
    older = replace(REPORT, variables=(row("RUN_TOKEN", B), row("GONE"), *REPORT.variables[1:]))
    now = time.time()
    known = (Deployment("new", REPORT, now, now), Deployment("old", older, now - 99, now - 9))
    text = opened(show, valkey_process, snapshot(REPORT, deployments=known)).text
    assert " changed" in text
    assert " removed" in text


def test_what_instances_find_wrong_themselves_is_told_without_a_value(
    show: Show, valkey_process: ValkeyProcess
):
    wrong = replace(
        REPORT,
        variables=(
            row("RUN_TOKEN", flags=("placeholder",)),
            row("FREEE_CLIENT_SECRET", flags=("weak", "white-space")),
            *REPORT.variables[3:5],
            row("DRY_RUN", B, length="1-7", secret=False, group="testing", on=True),
        ),
    )
    screen = opened(show, valkey_process, snapshot(wrong))
    assert "First: RUN_TOKEN holds a placeholder." in screen.verdict
    assert "is easy to guess" in screen.text
    assert "begins or ends with white space" in screen.text
    assert "it is on in production" in screen.text
    screen.at.selectbox(key="settings_environment").set_value("staging")
    assert "it is on in production" not in screen.run().text


def test_time_limits_that_do_not_fit_are_among_what_to_mend(
    show: Show, valkey_process: ValkeyProcess
):
    limit = row("API_TIMEOUT_SECONDS", length="1-7", secret=False, group="timeout", limit="90")
    screen = opened(show, valkey_process, snapshot(Report(A, (*REPORT.variables, limit))))
    assert "API_TIMEOUT_SECONDS does not fit: One call may take" in screen.verdict
    assert "(Rule T01, see Time-outs.)" in screen.text


def test_an_old_snapshot_is_unknown(show: Show, valkey_process: ValkeyProcess):
    found = replace(snapshot(REPORT), at=time.time() - 300)
    screen = opened(show, valkey_process, found)
    assert screen.verdict == "Which settings run is not known: nothing was read for 5 min."


def test_without_a_specification_the_reports_are_one(show: Show, valkey_process: ValkeyProcess):
    screen = opened(show, valkey_process, snapshot(REPORT), spec="")
    assert screen.verdict.startswith("5 of 6 settings are set")
    assert "CONSOLE_SETTINGS_SPEC" in screen.text


def test_a_specification_that_is_not_there_is_the_verdict(
    show: Show, valkey_process: ValkeyProcess
):
    screen = opened(show, valkey_process, snapshot(REPORT), spec="invoicin")
    assert "There is no profile invoicin; did you mean invoicing?" in screen.verdict


def test_a_pasted_file_is_checked_shown_and_forgotten(show: Show, valkey_process: ValkeyProcess):
    screen = opened(show, valkey_process, snapshot(REPORT))
    paste(screen, f"RUN_TOKEN={SECRET}\nDRY_RUN=true\nRATE_LIMIT_PER_MINUTE={SECRET}\nRUN_TOKN=1\n")
    assert "problems must be mended in the pasted .env" in screen.verdict
    assert "First: FREEE_CLIENT_ID is missing." in screen.verdict
    text = screen.text
    assert "line 3, column 1" in text
    assert "is a setting for tests, and it is on in production." in text
    assert "lower case, upper case, digits, signs" in text
    assert SECRET not in text
    assert all(SECRET not in str(value) for value in [screen.at.session_state["_settings_file"]])
    screen.at.selectbox(key="settings_environment").set_value("staging")
    assert "is on in production" not in screen.run().text
    screen.click("Forget it")
    assert "running instances" in screen.verdict


def test_a_file_is_compared_with_what_runs(show: Show, valkey_process: ValkeyProcess):
    screen = opened(show, valkey_process, snapshot(REPORT))
    text = paste(screen, f"RUN_TOKEN={SECRET}\nEXTRA=1\n").text
    assert " added" in text
    assert " removed" in text


def test_values_are_tried_on_demand(show: Show, valkey_process: ValkeyProcess):
    screen = opened(show, valkey_process, None)
    paste(screen, f"REDIS_URL={valkey_process.url}\nFREEE_REFRESH_TOKEN={SECRET}\n")
    assert "not tried" in screen.text
    assert "FREEE_REFRESH_TOKEN is never tried. A refresh token of freee can be used once" in (
        screen.text
    )
    screen.click("Try 1 value")
    screen.until("yes: answers PING")


def test_of_running_instances_it_says_what_can_be_tried_and_why_the_rest_cannot(
    show: Show, valkey_process: ValkeyProcess
):
    screen = opened(show, valkey_process, snapshot(REPORT))
    text = screen.text
    assert "The console does not hold the values of running instances." in text
    assert "because the console does not hold the value. Check a .env that has it" in text
    assert "FREEE_REFRESH_TOKEN is never tried." in text


def test_a_viewer_cannot_try(valkey_url: str, viewer: None):
    service = invoice_service().model_copy(update={"settings_spec": "invoicing"})
    use(valkey_url, service)
    screen = paste(Screen("settings"), f"REDIS_URL={valkey_url}\n")
    button = next(one for one in screen.at.button if one.label == "Try 1 value")
    assert button.disabled


def test_a_trial_asks_for_the_role_again(
    show: Show, valkey_process: ValkeyProcess, monkeypatch: pytest.MonkeyPatch
):
    screen = paste(opened(show, valkey_process, None), f"REDIS_URL={valkey_process.url}\n")
    elsewhere = Connection("localhost", "192.0.2.7", (("host", "x.test"),), websocket=True)
    monkeypatch.setattr("console.ui.guard.connection", lambda: elsewhere)
    screen.click("Try 1 value")
    assert "yes: answers PING" not in screen.text
    assert get_runtime().config.services


def test_names_from_outside_are_shown_as_text(show: Show, valkey_process: ValkeyProcess):
    hostile = replace(
        REPORT,
        misspelt=(f"{HOSTILE}: {HOSTILE}",),
        variables=tuple(replace(one, meaning=HOSTILE) for one in REPORT.variables),
    )
    screen = opened(show, valkey_process, snapshot(hostile), spec="")
    paste(screen, f"{HOSTILE}=1\n")
    at: Any = screen.at
    for text in (one.value for kind in ("markdown", "caption", "error") for one in at.get(kind)):
        assert "<script>" not in text
        assert "**bold**" not in text.replace("\\*\\*bold\\*\\*", "")


def test_ten_thousand_pasted_variables_stay_a_light_page(show: Show, valkey_process: ValkeyProcess):
    screen = opened(show, valkey_process, None)
    paste(screen, "".join(f"NAME_{n}=value number {n}\n" for n in range(10_000)))
    assert len(screen.text.encode()) < 250_000

import time
from dataclasses import replace

from console.health.check import Maintenance
from console.health.model import Incident, Status
from console.health.state import fall_asleep
from tests.pages.conftest import Show, shower, use
from tests.pages.filling import Past, accounting_is_down, good, invoice_service, many_checks
from tests.pages.screen import Screen
from tests.valkey_process import ValkeyProcess

JARGON = ("503", "HTTP", "p95", "probe", "threshold", "collector has", "[STATUS]", "objective")
STORE_JARGON = ("redis", "CONSOLE_", "store", "collector", "Connection")


def test_all_well_is_said_in_plain_words_with_since_when(show: Show):
    text = show("status", invoice_service(), hours=2).text
    assert "Everything is working." in text
    assert "Without interruption since" in text
    assert "Last checked" in text
    assert "Nothing is planned for the next 14 days." in text


def test_a_failure_says_what_is_affected_without_jargon(show: Show):
    screen = show("status", invoice_service(), tell=accounting_is_down(time.time() - 900))
    main = screen.at.main
    assert "Accounting API is not working." in screen.text
    assert "Also affected: Invoice hand-over and Month-end reports." in screen.text
    assert "Everything else is working." in screen.text
    shown = " ".join(one.value for one in [*main.markdown, *main.caption, *main.error])
    assert not [word for word in JARGON if word in shown]


def test_a_warning_is_working_with_difficulties(show: Show):
    def slow(check, at, random):
        return replace(good(check, at, random), status=Status.WARN, message="Slow.")

    assert "Working, with difficulties." in show("status", invoice_service(), tell=slow).text


def test_a_sleeping_service_is_resting_and_not_broken(show: Show):
    def sleep(states):
        for name in list(states):
            states[name] = fall_asleep(states[name], time.time() - 300)

    screen = show("status", invoice_service(), change=sleep)
    assert "Resting, ready to start." in screen.text
    assert "Not working" not in screen.text


def test_planned_work_is_told_with_its_end(show: Show):
    now = time.time()
    window = Maintenance(title="Database upgrade", start=now - 60, end=now + 1800)
    text = show("status", invoice_service(maintenance=[window])).text
    assert "Planned work is under way." in text
    assert "Database upgrade: everything, until " in text


def test_an_old_interruption_is_in_the_history(show: Show):
    now = time.time()
    old = Incident("1", "accounting", now - 86400, "HTTP 503", now - 82800, ("relay",))
    text = show("status", invoice_service(), past=Past(incidents=[old])).text
    assert "Accounting API and Invoice hand-over did not work from yesterday" in text
    assert "for 1 hour." in text


def test_a_thousand_parts_are_not_listed(show: Show):
    screen = show("status", many_checks(1000), hours=0.01)
    assert "Everything is working." in screen.text
    assert "Tenant 0500" not in screen.text


def told(screen: Screen) -> str:
    """What is on the page itself, without the foot of the sidebar."""
    main = screen.at.main
    kinds = (main.markdown, main.caption, main.error, main.warning, main.info, main.success)
    return " ".join(f"{one.value} {one.proto}" for kind in kinds for one in kind)


def test_without_a_store_managers_read_plain_words_and_nothing_untrue(
    restartable: ValkeyProcess, operator: None
):
    restartable.kill()
    use(restartable.url, invoice_service())
    said = told(Screen("status"))
    assert "We cannot tell right now." in said
    assert "The records of the checks cannot be read at the moment." in said
    assert "This says nothing about Invoice relay itself." in said
    assert "checked yet" not in said
    assert not [word for word in STORE_JARGON if word in said]


def test_a_store_that_goes_away_leaves_the_last_answer_with_its_age_in_plain_words(
    restartable: ValkeyProcess, operator: None
):
    screen = shower(restartable.url)("status", invoice_service())
    restartable.kill()
    said = told(screen.until("This page is not up to date"))
    assert "may have changed since" in said
    assert not [word for word in STORE_JARGON if word in said]

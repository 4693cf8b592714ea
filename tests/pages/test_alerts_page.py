"""The Alerts page: what fires, what was told, what is set up, and who may do what."""

import time
from collections.abc import Iterator

import pytest
from pydantic import TypeAdapter

from console.access import Role, Visitor
from console.alerts.episode import Episode, Told
from console.alerts.model import Acknowledgement, Alert, Phase
from console.alerts.outbox import Delivery, Stage
from console.alerts.record import Record, Telling
from console.alerts.setup import NAME, Setup
from console.connection import Connection
from console.health.maintenance import Maintenance
from console.health.model import Status
from console.runtime import get_runtime
from console.store import keys
from console.store.alerts import DELIVERY, EPISODE, RECORD, AlertRecords
from console.store.documents import packed
from tests.alerts.receiving import Receiver
from tests.pages.conftest import Show, use
from tests.pages.filling import invoice_service
from tests.pages.screen import Screen
from tests.valkey_process import ValkeyProcess

SERVICE = "invoice-relay"
API = "check:accounting"
ANN = Visitor("ann", Role.OPERATOR, "")
HOSTILE = "<script>alert(1)</script> **bold** :red[red]"


def firing(key: str = API, title: str = "Accounting API", **more) -> Record:
    now = time.time()
    told = {"summary": "HTTP 503.", "page": "health", "group": key, "fired_at": now - 240}
    return Record(key, title, alert=Alert(Phase.FIRING, now - 240), **(told | more))


def delivery(stage: Stage = Stage.SENT, channel: str = "json-1", **more) -> Delivery:
    told = {"label": f"json://127.0.0.1/••• ({channel})", "service": SERVICE, "group": "g"}
    told |= {"title": "[Failing] Accounting API", "body": "", "at": time.time() - 60}
    return Delivery(f"m/1/{channel}", channel, stage=stage, **(told | more))


def opened(
    show: Show,
    valkey: ValkeyProcess,
    *records: Record,
    deliveries: tuple[Delivery, ...] = (),
    setup: Setup | None = None,
    service=None,
    **settings: str,
) -> Screen:
    service = service or invoice_service()
    show("alerts", service)
    with valkey.client() as client:
        for record in records:
            client.hset(keys.alerts(SERVICE), record.key, RECORD.encode(record))
        for one in deliveries:
            client.hset(keys.OUTBOX, one.id, DELIVERY.encode(one))
        if setup:
            document = TypeAdapter(Setup).dump_json(setup)
            client.hset(keys.found(SERVICE), NAME, packed(document))
    use(valkey.url, service, **settings)
    return Screen("alerts")


def test_nothing_fires_and_every_empty_part_says_what_to_set(
    show: Show, valkey_process: ValkeyProcess
):
    screen = opened(show, valkey_process)
    assert screen.verdict == "No alert fires."
    for words in (
        "CONSOLE_NOTIFY_URLS", "slack://", "CONSOLE_DEADMAN_URL", "CONSOLE_DIGEST_AT",
        "[[services.maintenance]]", "Nothing was sent yet", "Every 4 h",
        "CONSOLE_DIGEST_URLS", "failure_threshold", "changed 6 times within 1 h",
    ):  # fmt: skip
        assert words in screen.text
    assert button(screen, "Send a test").disabled


def button(screen: Screen, label: str):
    return next(one for one in screen.at.button if one.label == label)


def test_what_fires_is_grouped_by_its_cause_and_shown_as_text(
    show: Show, valkey_process: ValkeyProcess
):
    child = firing("check:relay", "Relay health", group=API, explained_by="Accounting API")
    quota = firing("quota:acc", HOSTILE, summary=HOSTILE, status=Status.WARN, page="cache")
    screen = opened(show, valkey_process, firing(), child, quota)
    assert screen.verdict == (
        "3 alerts fire from 2 causes, and nobody has taken any yet. "
        "Nobody is told: CONSOLE_NOTIFY_URLS is not set."
    )
    text = screen.text
    assert "Because of it:] Relay health" in text
    assert len([one for one in screen.at.button if one.label == "Acknowledge"]) == 2
    for one in screen.at.get("markdown"):
        assert "<script>" not in one.value
        assert "**bold**" not in one.value


def submit(screen: Screen) -> None:
    form = "FormSubmitter:take_form"
    next(one for one in screen.at.button if (one.key or "").startswith(form)).click()
    screen.run()


def test_an_alert_is_acknowledged_with_a_reason_and_stands_in_the_log(
    show: Show, valkey_process: ValkeyProcess
):
    screen = opened(show, valkey_process, firing())
    screen.click("Acknowledge")
    submit(screen)
    assert any("Say why" in one.value for one in screen.at.warning)
    screen.at.text_input(key="take_why").set_value("Calling the provider")
    screen.at.selectbox(key="take_minutes").set_value(60)
    submit(screen)
    assert "The collector notes it" in screen.text
    records = AlertRecords(valkey_process.url)
    asked = records.read(SERVICE)[2][API]
    records.close()
    assert (asked.by, asked.why) == ("local user", "Calling the provider")
    assert asked.until == pytest.approx(time.time() + 3600, abs=30)
    (entry,) = [one for one in get_runtime().desk.journal.newest(10) if one.step == "ended"]
    assert (entry.kind, entry.target, entry.reason, entry.outcome) == (
        "alert",
        "Accounting API",
        "Calling the provider",
        "done",
    )


def test_what_fires_together_is_taken_together(show: Show, valkey_process: ValkeyProcess):
    pair = [firing(f"log:{n}", f"Error {n}", group="log") for n in (1, 2)]
    child = firing("log:3", "Error 3", group="log", explained_by="Error 1")
    screen = opened(show, valkey_process, *pair, child, firing())
    assert "Together with it:] Error 2" in screen.text
    get_runtime().alerts.acknowledge(ANN, SERVICE, "log:1", "one cause", None)
    records = AlertRecords(valkey_process.url)
    assert set(records.read(SERVICE)[2]) == {"log:1", "log:2"}
    records.close()


def test_who_took_it_until_when(show: Show, valkey_process: ValkeyProcess):
    taken = Acknowledgement("ann", "on **it**", time.time() - 60, time.time() + 3600)
    alert = Alert(Phase.ACKNOWLEDGED, time.time(), acknowledgement=taken)
    record = firing()
    screen = opened(show, valkey_process, Record(API, "Accounting API", alert=alert, fired_at=1.0))
    assert record.key == API
    assert screen.verdict.startswith("1 alert fires, taken by ann.")
    assert "Acknowledged" in screen.text
    assert "on **it**" in screen.text  # escaped, as it is read
    assert button(screen, "Acknowledge again")


def test_what_was_resolved_and_what_is_pending(show: Show, valkey_process: ValkeyProcess):
    now = time.time()
    pending = Record("instances:silent", "Instances", summary="One fell silent.",
                     alert=Alert(Phase.PENDING, now), seen_at=now)  # fmt: skip
    taken = Acknowledgement("ann", "rolled **back**", now - 540)
    told = (
        Told(Telling.FIRED, now - 600, "m1", 2, sent=1, lost=1),
        Told(Telling.RESOLVED, now - 300, "m2", 2, sent=1),
    )
    episodes = [
        Episode(f"check:web@{n}", "check:web", "Website", now - 600 - n * 7200,
                now - 600 - n * 7200, summary=f"It was down, time {n}.",
                resolved_at=now - 300 - n * 7200, ending="It answers.",
                taken=(taken,) if not n else (), told=told if not n else ())
        for n in range(3)
    ]  # fmt: skip
    with valkey_process.client() as client:
        for one in episodes:
            client.hset(keys.episodes(SERVICE), one.id, EPISODE.encode(one))
    screen = opened(show, valkey_process, pending)
    text = screen.text
    for n in range(3):
        assert f"It was down, time {n}." in text
    for words in (
        "5 min", "ann", "rolled **back**", "after 1 min", "fired, resolved", "2 delivered",
        "1 not delivered", "1 on the way", "3 alerts; 3 resolved, half of them within 5 min",
        "Most often: Website (3 times)", "nobody",
    ):  # fmt: skip
        assert words in text, words
    assert "Pending" in text
    assert "One fell silent." in text


def test_the_history_shows_its_window_only(show: Show, valkey_process: ValkeyProcess):
    now = time.time()
    old = Episode("a@1", "a", "Old one", now - 9e5, now - 9e5, resolved_at=now - 8.9e5)
    with valkey_process.client() as client:
        client.hset(keys.episodes(SERVICE), old.id, EPISODE.encode(old))
    screen = opened(show, valkey_process)
    assert "No alert fired in this window." in screen.text
    assert "Old one" not in screen.text
    screen.at.query_params["window"] = "30d"
    screen.run()
    assert "Old one" in screen.text


URLS = "json://127.0.0.1:9/hook-secret-token slak://hook-secret-token/b"


def test_channels_are_shown_with_their_troubles_and_without_their_secrets(
    show: Show, valkey_process: ValkeyProcess
):
    setup = Setup(
        time.time(), ("json-1", "slak-1"), True,
        {"slak-1": "There is no kind of channel called slak. Is it slack://?"},
        deadman_at=time.time() - 30, deadman_problem="It answered 404 (Not Found).",
    )  # fmt: skip
    screen = opened(
        show, valkey_process,
        deliveries=(
            delivery(Stage.DUE, attempts=2, reason="It answered 500 (Internal Server Error).",
                     next_at=time.time() + 100),
            delivery(Stage.UNCERTAIN, "json-2", possibly_before=True),
        ),
        setup=setup, CONSOLE_NOTIFY_URLS=URLS, CONSOLE_DIGEST_AT="08:30",
        CONSOLE_DEADMAN_URL="https://hc.example/hook-secret-token",
    )  # fmt: skip
    assert screen.verdict == "No alert fires. No channel takes messages: see Channels below."
    for words in (
        "json://127.0.0.1:9/•••", "Is it slack://?", "It answered 500 (Internal Server Error).",
        "Attempt 3 in 1 min", "It may have been sent, twice at most", "It answered 404",
        "It was never reached", "Daily at 08:30 (UTC)", "Webhook",
    ):  # fmt: skip
        assert words in screen.text
    assert "hook-secret-token" not in screen.text


def test_offline_is_not_well(show: Show, valkey_process: ValkeyProcess):
    setup = Setup(time.time(), offline_since=time.time() - 60)
    screen = opened(show, valkey_process, setup=setup)
    assert screen.verdict.startswith("Not known: the console itself has no network")


def test_maintenance_is_shown_with_its_next_time(show: Show, valkey_process: ValkeyProcess):
    weekly = Maintenance.model_validate(
        {"title": "Backup", "every": "week", "days": ["sunday"], "at": "02:00", "lasts": "2h"}
    )
    now = time.time()
    running = Maintenance(title="Move", start=now - 60, end=now + 600, checks=("accounting",))
    service = invoice_service(maintenance=(weekly, running))
    text = opened(show, valkey_process, service=service).text
    for words in ("Backup", "every Sunday at 02:00", "2 h", "Move", "once", "Now"):
        assert words in text


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()


def test_a_test_is_sent_and_its_outcome_shown_and_logged(
    show: Show, valkey_process: ValkeyProcess, receiver: Receiver
):
    urls = f"{receiver.url} slak://hook-secret-token/b"
    screen = opened(show, valkey_process, CONSOLE_NOTIFY_URLS=urls)
    screen.click("Send a test")
    screen.until("took it in")
    screen.until("Is it slack://?")
    assert receiver.titles == ["[Test] The console can reach you"]
    deadline = time.monotonic() + 10
    while not (ended := [e for e in get_runtime().desk.journal.newest(5) if e.step == "ended"]):
        assert time.monotonic() < deadline
    assert (ended[0].kind, ended[0].outcome) == ("alert_test", "failed")
    assert "hook-secret-token" not in ended[0].evidence


def test_a_viewer_may_look_and_not_act(
    show: Show, valkey_process: ValkeyProcess, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
):
    """The buttons were there for an operator; the click comes over another connection."""
    screen = opened(show, valkey_process, firing(), CONSOLE_NOTIFY_URLS=receiver.url)
    elsewhere = Connection("localhost", "192.0.2.7", (("host", "x.test"),), websocket=True)
    monkeypatch.setattr("console.ui.guard.connection", lambda: elsewhere)
    screen.click("Send a test")
    assert "You reach this console from another machine." in screen.text
    assert receiver.messages == []
    assert button(screen, "Send a test").disabled
    assert button(screen, "Acknowledge").disabled
    assert get_runtime().desk.journal.newest(1)[0].outcome == "refused"

"""The Activity page: what it counts, and that nothing of a reason is cut off."""

import contextlib
import time

from console.access import Role, Visitor
from console.activity.model import Event, Kind
from console.errors import Objection
from console.runtime import get_runtime
from tests.pages.conftest import Show
from tests.pages.filling import Past, invoice_service
from tests.pages.screen import Screen

ANN = Visitor("ann", Role.OPERATOR, "")
REASON = "the provider's status page says that **invoices** are delayed until the afternoon " * 2


def test_an_action_is_one_line_and_the_page_says_why_the_log_has_two(show: Show):
    now = time.time()
    event = Event("e", now - 60, Kind.INCIDENT, "Token freee: it was refused.", status="fail")
    show("status", invoice_service(), past=Past(events=[event]))
    with contextlib.suppress(Objection):
        get_runtime().alerts.acknowledge(ANN, "invoice-relay", "check:gone", REASON, None)
    text = Screen("activity").text
    for words in (
        "The log is whole: 2 entries",
        "1 action of the log and 1 event",
        "An action has two entries in the log",
        "ann",
        REASON.strip(),
        "refused",
        "nothing to take",
        "Token freee: it was refused.",
    ):
        assert words in text, words


def test_what_the_filter_leaves_is_counted_beside_all(show: Show):
    now = time.time()
    events = [
        Event(str(n), now - 60 - n, Kind.INCIDENT, f"Event {n}", status="fail") for n in range(30)
    ]
    screen = show("activity", invoice_service(), past=Past(events=events))
    assert "30 events" in screen.text
    assert "Event 29" not in screen.text
    assert "Event 29" in screen.click("Show more of 30").text
    screen.at.text_input(key="activity_text").set_value("Event 29")
    screen.run()
    assert "1 line matches. In this window: 30 events" in screen.text


def test_an_empty_window_says_so(show: Show):
    assert "Nothing happened in this window." in show("activity", invoice_service()).text

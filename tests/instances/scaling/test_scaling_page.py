"""The scaling part of the Instances page over a real store."""

import time
from collections.abc import Iterator

import pytest

from console.access import Connection
from console.instances.heartbeat import Beat
from console.instances.history import COUNT, code_of_count
from console.instances.load import _ADAPTER as SNAPSHOT
from console.instances.load import NAME as INSTANCES
from console.instances.model import Heard, Snapshot
from console.instances.scaling.load import STARTS, encode_starts
from console.instances.scaling.measured import ITEMS, WAITING
from console.instances.scaling.scaler import Range
from console.instances.scaling.starts import Start, Starts
from console.runtime import get_runtime, set_runtime
from console.store import keys
from console.store.documents import packed
from console.store.histogram import code_of
from tests.pages.conftest import use
from tests.pages.filling import invoice_service
from tests.pages.screen import Screen
from tests.valkey_process import ValkeyProcess

NAME = "invoice-relay"


@pytest.fixture(autouse=True)
def no_runtime_stays() -> Iterator[None]:
    yield
    set_runtime(None)


class Kept:
    """A platform that only remembers what it was told."""

    title = "the test's platform"
    limits = Range(1, 6)

    def __init__(self) -> None:
        self.least = 2

    def read(self) -> Range:
        return Range(self.least, 6)

    def running(self) -> int | None:
        return None

    def preview(self, wanted: Range) -> str:
        return f"set {wanted.least}"

    def apply(self, wanted: Range) -> Range:
        self.least = wanted.least
        return self.read()


def write(
    valkey: ValkeyProcess,
    running: int = 2,
    items: int = 10,
    busy: int = 1,
    waiting: int | None = None,
) -> None:
    """What a collector would have written: heartbeats, half an hour of items of 11 s, a start."""
    now = time.time()
    beats = [Beat(f"i{n}", now, now - 600, 2.0, in_flight=busy) for n in range(running)]
    snapshot = Snapshot(now, now, heard=tuple(Heard(one.instance, now, one) for one in beats))
    starts = encode_starts(Starts((Start("i1", now - 60, 4.2),)))
    cells = {
        str(ITEMS): f"{code_of(11.0)}:{items}",
        str(COUNT): f"{code_of_count(running)}:12",
    }
    if not items:
        del cells[str(ITEMS)]
    if waiting is not None:
        cells[str(WAITING)] = f"{code_of_count(waiting)}:2"
    with valkey.client() as client:
        client.hset(keys.found(NAME), INSTANCES, packed(SNAPSHOT.dump_json(snapshot)))
        client.hset(keys.found(NAME), STARTS, packed(starts))
        client.sadd(keys.series(NAME), *cells)
        for series, text in cells.items():
            minutes = {f"{int(now // 60) - n}.1": text for n in range(1, 120)}
            client.hset(keys.open_cells(NAME, series), mapping=minutes)


def opened(valkey: ValkeyProcess, **settings: str) -> Screen:
    use(valkey.url, invoice_service(), **settings)
    return Screen("instances", part="scaling")


def test_it_says_how_many_should_run_and_why(
    operator: None, valkey_url: str, valkey_process: ValkeyProcess
):
    write(valkey_process)
    screen = opened(valkey_process, instance_price="0.05 EUR")
    assert screen.verdict == "2 instances run; 3 are recommended by the arrival rate."
    assert screen.metrics["Run now"][0] == "2"
    assert screen.text.count("(now)") == 1  # one phase only
    assert screen.metrics["Recommended"] == ("3", "by the arrival rate")
    assert screen.metrics["Items"][0] == "600/h"
    assert screen.metrics["Start time"] == ("4.20 s", "of 1 start")
    assert screen.metrics["Cost now"] == ("0.10 EUR", "an hour")
    text = screen.text
    assert "Why 3" in text
    assert "600 items an hour × 1" in text
    assert "keeps no ledger" in text
    assert "One instance does 32" in text  # 327 items an hour, within 1 % of the histogram
    assert "Declared, not measured." in text
    assert "a forecast needs 14" in text
    assert "Recommend only" in text
    assert "After a change it rests 1 min before more and 5 min before fewer" in text
    assert "No change was seen" in text


def test_enough_is_not_claimed_where_neither_arrivals_nor_the_queue_are_known(
    operator: None, valkey_url: str, valkey_process: ValkeyProcess
):
    write(valkey_process, items=0, busy=0)
    screen = opened(valkey_process)
    assert screen.verdict.endswith(
        "not known yet: what arrives and what waits was not seen for a whole minute."
    )
    assert not screen.at.success


def test_an_empty_queue_alone_does_not_tell_that_it_is_enough(
    operator: None, valkey_url: str, valkey_process: ValkeyProcess
):
    write(valkey_process, items=0, busy=0, waiting=0)
    screen = opened(valkey_process)
    assert screen.verdict.endswith("not known yet: what arrives was not seen for a whole minute.")
    assert not screen.at.success


def test_more_is_asked_for_where_only_what_is_in_flight_is_known(
    operator: None, valkey_url: str, valkey_process: ValkeyProcess
):
    write(valkey_process, items=0)
    screen = opened(valkey_process)
    assert screen.verdict == "2 instances run; 3 are recommended by what is in flight."
    assert not screen.at.success


def test_without_data_it_says_what_to_set_and_shows_only_what_if(
    operator: None, valkey_url: str, valkey_process: ValkeyProcess
):
    screen = opened(valkey_process)
    assert "How many instances run now is not known" in screen.verdict
    assert "OPS_SERVICE=invoice-relay" in screen.text
    assert "CONSOLE_INSTANCE_PRICE" in screen.text
    assert "Recommended" not in screen.metrics
    assert "2 instances for 300 requests an hour" in screen.text.replace("**", "")


def test_what_if_reckons_anew(operator: None, valkey_url: str, valkey_process: ValkeyProcess):
    write(valkey_process)
    screen = opened(valkey_process, instances_max="40")
    screen.at.number_input(key="what_rate").set_value(2400)
    text = screen.run().text.replace("**", "")
    assert "11 instances for 2,400 items an hour" in text
    screen.at.number_input(key="what_quota").set_value(60)
    screen.at.number_input(key="what_calls").set_value(3.0)
    text = screen.run().text.replace("**", "")
    assert "4 instances for 2,400 items an hour" in text
    assert "more would only be refused" in text


def test_the_plan_follows_what_is_declared(
    operator: None, valkey_url: str, valkey_process: ValkeyProcess
):
    screen = opened(valkey_process)
    before = screen.text
    screen.at.number_input(key="declared_normal").set_value(5)
    after = screen.run().text
    assert "instance hours" in before
    assert before != after


def test_an_operator_applies_after_a_confirmation(
    operator: None, valkey_url: str, valkey_process: ValkeyProcess
):
    write(valkey_process)
    use(valkey_process.url, invoice_service())
    platform = Kept()
    get_runtime().scale_by({NAME: platform})
    screen = Screen("instances", part="scaling")
    assert screen.at.number_input(key="scaling_count").value == 3
    screen.at.number_input(key="scaling_count").set_value(1)
    screen.click("Apply …")
    assert platform.least == 2
    assert any("from 2 to **1 instance**" in one.value for one in screen.at.markdown)
    screen.click("Apply")
    # the service's Redis of this test is not there: what is in flight is not known, so nothing is
    # done, and the reason is on the page and in the log
    assert "What is in flight is not known" in screen.text
    assert platform.least == 2
    ended = get_runtime().desk.journal.newest(1)[0]
    assert (ended.kind, ended.outcome) == ("scaling", "refused")


def test_a_viewer_sees_it_and_cannot_apply(
    viewer: None, valkey_url: str, valkey_process: ValkeyProcess
):
    write(valkey_process)
    use(valkey_process.url, invoice_service())
    get_runtime().scale_by({NAME: Kept()})
    screen = Screen("instances", part="scaling")
    assert screen.at.button(key="scaling_apply").disabled
    assert screen.metrics["Recommended"][0] == "3"


def test_applying_asks_for_the_role_again(
    operator: None,
    valkey_url: str,
    valkey_process: ValkeyProcess,
    monkeypatch: pytest.MonkeyPatch,
):
    """The dialog was open for an operator; the click comes over another connection."""
    write(valkey_process)
    use(valkey_process.url, invoice_service())
    platform = Kept()
    get_runtime().scale_by({NAME: platform})
    screen = Screen("instances", part="scaling")
    screen.click("Apply …")
    elsewhere = Connection("localhost", "192.0.2.7", (("host", "x.test"),), websocket=True)
    monkeypatch.setattr("console.ui.guard.connection", lambda: elsewhere)
    screen.click("Apply")
    assert platform.least == 2
    assert get_runtime().desk.journal.newest(1)[0].outcome == "refused"


def test_the_part_is_in_the_url(operator: None, valkey_url: str, valkey_process: ValkeyProcess):
    write(valkey_process)
    use(valkey_process.url, invoice_service())
    screen = Screen("instances")
    assert "Recommended" not in screen.metrics
    screen.at.segmented_control(key="instances_part").set_value("scaling")
    screen.run()
    assert screen.at.query_params["part"] == "scaling"
    assert "Recommended" in screen.metrics

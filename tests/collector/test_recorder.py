from datetime import UTC

import pytest

from console.collector.recorder import Recorder
from console.health.check import Check, Service
from console.health.model import Outcome, Phases, Result, Status
from console.store.batch import Batch
from console.store.model import CollectorBeat
from console.store.open_period import OpenPeriod

CHECKS = (
    Check(name="bank", url="http://bank.example", interval=10),
    Check(name="api", url="http://api.example", interval=10, depends_on=("bank",)),
)
SERVICE = Service(name="billing", checks=CHECKS)
START = 1_790_000_040.0
BEAT = CollectorBeat(START, 1, START, "me", "host", 1, "0", "local", 10.0)
PASS, FAIL = Status.PASS, Status.FAIL


def result(at: float, status: Status = PASS, check: str = "api", **more: object) -> Result:
    outcome = Outcome.CONDITION if status is FAIL else Outcome.OK
    fields = {"duration": 0.1, **more}
    return Result(check, at, status, outcome, str(status), **fields)  # type: ignore[arg-type]


def batch_of(recorder: Recorder, at: float = START + 60) -> Batch:
    return recorder.batch(1, at, BEAT, "spool")


@pytest.fixture
def recorder() -> Recorder:
    recorder = Recorder([SERVICE], UTC)
    recorder.attach(OpenPeriod(1), {}, [])
    return recorder


def test_a_result_is_in_the_next_batch_and_only_in_that_one(recorder: Recorder):
    recorder.take("billing", result(START))
    first = batch_of(recorder)
    assert [cell.series for cell in first.cells] == ["check:api"]
    assert first.states["billing"]["api"].status is PASS
    assert first.flushed == {"spool": 1}
    recorder.confirm(first)
    assert batch_of(recorder).states == {}


def test_a_batch_that_was_not_confirmed_comes_again_with_what_came_since(recorder: Recorder):
    for step in range(3):
        recorder.take("billing", result(START + 10 * step, FAIL, "bank"))
    lost = batch_of(recorder)
    assert len(lost.events["billing"]) == 1
    for step in range(3, 5):
        recorder.take("billing", result(START + 10 * step, PASS, "bank"))
    again = batch_of(recorder)
    assert [event.status for event in again.events["billing"]] == ["fail", "pass"]
    assert len(again.incidents["billing"]) == 1


def test_what_arrives_while_a_batch_is_under_way_is_not_confirmed_with_it(recorder: Recorder):
    recorder.take("billing", result(START))
    under_way = batch_of(recorder)
    recorder.take("billing", result(START + 10, FAIL))
    recorder.confirm(under_way)
    last = batch_of(recorder).states["billing"]["api"].last
    assert last is not None
    assert last.at == START + 10
    assert [entry.sequence for entry in recorder.entries] == [2]


def test_phases_are_series_of_their_own_and_a_missing_phase_is_none(recorder: Recorder):
    recorder.take("billing", result(START, phases=Phases(connect=0.01, first_byte=0.08)))
    names = {cell.series for cell in batch_of(recorder).cells}
    assert names == {"check:api", "check:api:connect", "check:api:first_byte"}


def test_a_cold_start_is_kept_apart_from_ordinary_answers(recorder: Recorder):
    recorder.take("billing", result(START, cold_start=True, phases=Phases(connect=9.0)))
    assert {cell.series for cell in batch_of(recorder).cells} == {"check:api:cold_start"}


def test_a_status_that_flips_asks_to_be_written_at_once(recorder: Recorder):
    assert recorder.take("billing", result(START)) is True  # unknown -> pass
    assert recorder.take("billing", result(START + 10)) is False


def test_a_parent_is_written_again_when_its_incident_explains_one_more(recorder: Recorder):
    for step in range(3):
        recorder.take("billing", result(START + 10 * step, FAIL, "bank"))
    recorder.confirm(batch_of(recorder))
    for step in range(3):
        recorder.take("billing", result(START + 1 + 10 * step, FAIL, "api"))
    incident = batch_of(recorder).states["billing"]["bank"].incident
    assert incident is not None
    assert incident.affected == ("api",)


def test_uptime_is_written_at_most_every_half_minute_unless_a_status_flips(recorder: Recorder):
    recorder.take("billing", result(START))
    recorder.confirm(batch_of(recorder, START + 1))
    recorder.take("billing", result(START + 10))
    assert batch_of(recorder, START + 11).uptimes == {}
    assert "api" in batch_of(recorder, START + 61).uptimes["billing"]
    for step in range(2, 5):
        recorder.take("billing", result(START + 10 * step, Status.WARN))
    assert "api" in batch_of(recorder, START + 45).uptimes["billing"]


def test_before_the_states_are_loaded_results_wait_and_then_count_in_order():
    recorder = Recorder([SERVICE], UTC)
    for step in range(3):
        assert recorder.take("billing", result(START + 10 * step, FAIL, "bank")) is False
    waiting = list(recorder.hand_over())
    recorder.attach(OpenPeriod(1), {}, waiting)
    batch = batch_of(recorder)
    assert batch.states["billing"]["bank"].status is FAIL
    assert len(batch.events["billing"]) == 1
    assert batch.flushed == {"spool": 3}


def test_a_waiting_result_of_a_check_that_was_removed_is_passed_over():
    recorder = Recorder([SERVICE], UTC)
    old = Recorder([Service(name="billing", checks=(Check(name="old", url="tcp://x:1"),))], UTC)
    old.take("billing", result(START, check="old"))
    recorder.attach(OpenPeriod(1), {}, old.hand_over())
    assert batch_of(recorder).states == {}

"""From what was found of a ledger to one sentence."""

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from console.month_end.arrivals import expect
from console.month_end.model import Ahead, Rules, closing_of, tell
from console.month_end.pace import pace_of
from console.month_end.snapshot import Snapshot
from console.month_end.verdict import Word

TOKYO = ZoneInfo("Asia/Tokyo")
NOW = datetime(2026, 11, 30, 14, tzinfo=TOKYO).timestamp()
FOUND = Snapshot(NOW, "", "2026-11", 800, 4, 190, 0, 0, 994, (30,) * 16, NOW)
RULES = Rules("JP", expected=994)


def test_a_ledger_becomes_a_sentence():
    told = tell(FOUND, RULES, NOW, TOKYO)
    assert told.verdict.sentence.startswith(
        "On track: more than 99 % likely to finish by 30 Nov 18:00; expected 15:3"
    )
    assert "simulated closings, at the pace of the last 4 h of work" in told.source
    assert told.fan is not None
    assert told.calendar_note == ""


def test_without_an_expected_number_it_is_not_known():
    told = tell(FOUND, Rules("JP"), NOW, TOKYO)
    assert told.verdict.word is Word.NOT_KNOWN
    assert "What is here is more than 99 % likely" in told.verdict.sentence


def test_without_a_country_the_calendar_says_what_it_does_not_know():
    assert "No country is set" in tell(FOUND, Rules(), NOW, TOKYO).calendar_note


@pytest.mark.parametrize(
    ("snapshot", "told"),
    [
        (None, "keeps no ledger"),
        (Snapshot(NOW), "keeps no ledger"),
        (Snapshot(NOW, "Redis at cache:6379 is full."), "redis at cache:6379 is full"),
    ],
)
def test_nothing_found_is_not_known(snapshot: Snapshot | None, told: str):
    found = tell(snapshot, RULES, NOW, TOKYO)
    assert found.verdict.word is Word.NOT_KNOWN
    assert told in found.verdict.sentence


@pytest.mark.parametrize("name", ["", "november", "2026-13", "2026-11-31", "0000-01", "9999-12"])
def test_a_name_that_is_no_closing_has_no_deadline(name: str):
    assert closing_of(name, RULES, TOKYO) is None
    if name:
        told = tell(Snapshot(NOW, "", name, 1, 0, 1, 0, 0, 2), RULES, NOW, TOKYO)
        assert "no deadline" in " ".join([told.calendar_note, told.verdict.sentence])
        assert told.verdict.word is Word.NOT_KNOWN


def test_a_closing_of_the_20th_is_known_by_its_name():
    found = closing_of("2026-09-20", RULES, TOKYO)
    assert found is not None
    assert found[0].day.isoformat() == "2026-09-18"  # the 20th is a Sunday


def closing_with(blocks: tuple[int, ...], waiting: int, **more: object) -> Snapshot:
    done = sum(blocks)
    total = done + waiting
    return replace(FOUND, done=done, running=0, waiting=waiting, total=total, blocks=blocks, **more)


def test_where_something_waits_and_nothing_is_done_it_is_not_known():
    stalled = closing_with((50,) * 12 + (0,) * 4, 20)
    told = tell(stalled, Rules("JP", expected=stalled.total), NOW, TOKYO)
    assert told.verdict.sentence == "Not known: nothing was done lately."


def test_hours_without_work_are_no_slow_pace():
    known = pace_of(closing_with((0,) * 10 + (50,) * 6, 400), 3600)
    assert known.blocks.tolist() == [50] * 6


def test_a_slump_with_work_waiting_is_part_of_the_pace():
    known = pace_of(closing_with((50, 50, 50, 10, 12), 400), 3600)
    assert known.blocks.tolist() == [50, 50, 50, 10, 12]


def test_where_next_to_nothing_waits_it_can_do_what_its_best_time_and_its_instances_do():
    idle = closing_with((10, 20, 10, 20), 1)
    assert pace_of(idle, 3600).blocks.mean() == pytest.approx(20 - 20**0.5)  # its luck left out
    assert pace_of(idle, 3600, able=400).blocks.mean() == pytest.approx(100)
    hour = replace(idle, hours=(200, 5))
    assert pace_of(hour, 3600).blocks.mean() == pytest.approx(50)


def test_a_deadline_that_is_far_is_simulated_in_hours():
    known = pace_of(closing_with((50,) * 16, 400), 20 * 86_400)
    assert (known.block, known.blocks[0]) == (3600, 200)


def test_items_done_in_the_future_are_said_to_be_of_a_clock_that_jumped():
    told = tell(replace(FOUND, last_done=NOW + 3 * 3600), RULES, NOW, TOKYO)
    assert told.verdict.warnings == ("The last item is said to be done in 3 h: a clock jumped.",)
    assert tell(replace(FOUND, last_done=NOW + 30), RULES, NOW, TOKYO).verdict.warnings == ()


def test_what_has_not_come_by_the_deadline_is_of_no_closing_unless_it_was_declared():
    after = NOW + 6 * 3600
    ended = replace(FOUND, at=after, done=994, running=0, waiting=0, blocks=(0,) * 16)
    past_total = Ahead(expect(994, [1100.0, 1150.0]))
    told = tell(ended, Rules("JP"), after, TOKYO, past_total)
    assert told.verdict.word is Word.CLOSED
    declared = tell(ended, Rules("JP", expected=1000), after, TOKYO)
    assert declared.verdict.sentence.startswith("Late: 6 items not done 2 h after the deadline")


def test_all_that_came_done_is_not_closed_before_the_deadline_where_more_may_come():
    done = replace(FOUND, done=994, running=0, waiting=0)
    told = tell(done, Rules("JP"), NOW, TOKYO, Ahead(expect(994, [990.0, 1000.0])))
    assert told.verdict.word is not Word.CLOSED
    assert told.finish is not None
    assert told.finish.probability is not None
    assert tell(done, RULES, NOW, TOKYO).verdict.word is Word.CLOSED


def test_the_first_hour_goes_by_what_the_instances_are_able_to_do():
    first = closing_with((30,), 400)
    assert len(pace_of(first, 3600).blocks) < 4
    known = pace_of(first, 3600, able=400)
    assert known.blocks.mean() == pytest.approx(100)
    assert "less than 1 h of such work was seen" in known.note


def test_the_first_hour_of_work_after_a_rest_goes_by_the_best_quarter_that_was_seen():
    began = closing_with((40, 0, 0, 0, 280, 430), 617)
    found = pace_of(began, 3600, able=2000)  # what was done with enough waiting is all it can
    assert found.blocks.mean() == pytest.approx(430 - 430**0.5, rel=0.01)
    assert "less than 1 h of such work was seen" in found.note
    only = pace_of(closing_with((40, 0, 0, 0, 0, 90), 617), 3600, able=2000)
    assert only.blocks.mean() == pytest.approx(500, rel=0.01)

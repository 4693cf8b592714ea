"""From past closings to how many items this one will have, and how good that has been."""

from dataclasses import replace
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from numpy.typing import NDArray

from console.month_end.arrivals import COURSE, DECLARED, DONE_COURSE, TOTALS, expect
from console.month_end.board import Found, board
from console.month_end.course import Slots
from console.month_end.history import ITEMS, READINGS, counted
from console.month_end.model import Rules, closing_of
from console.month_end.past import ahead, last_course
from console.month_end.snapshot import Snapshot
from console.month_end.verdict import Word
from console.month_end.zoom import shown
from tests.month_end.closings import RULES, TOKYO, course, months, past, present

Hours = dict[int, tuple[int, int]]
SIX = [past(name, 5000 + 200 * n, n) for n, name in enumerate(months(6))]


def watched(name: str, total: int, seed: int = 0, until: float | None = None) -> Hours:
    """Hours in which somebody looked, and what came in them."""
    first, hours = course(name, total, seed)
    found = {int(first) + 3600 * n: (int(count), 120) for n, count in enumerate(hours)}
    return {at: seen for at, seen in found.items() if until is None or at < until}


def test_the_usual_course_tells_the_total_better_than_a_steady_pace_and_the_last_closing():
    now = present("2026-11", 7000, 0.5)
    told = ahead(now, SIX, {}, RULES, TOKYO).expected
    assert told.method == DONE_COURSE
    assert told.total == pytest.approx(7000, rel=0.05)
    assert told.last == pytest.approx(6000, rel=0.01)
    assert told.linear is not None
    assert abs(told.linear / 7000 - 1) > 0.1
    assert [one.at for one in told.quality] == [0.25, 0.5, 0.75]
    assert all(one.error < one.linear for one in told.quality)
    assert "at 25, 50 and 75 % of the window (5 past closings; steady pace" in told.words


def test_arrivals_that_were_watched_count_before_what_was_done():
    arrived: Hours = {}
    for n, name in enumerate(months(3)):
        arrived |= watched(name, 4000 + 1500 * n, n)
    now = present("2026-11", 7000, 0.5)
    arrived |= watched("2026-11", 7000, 99, now.at)
    three = [past(name, 4000 + 1500 * n, n) for n, name in enumerate(months(3))]
    told = ahead(now, three, arrived, RULES, TOKYO).expected
    assert told.method == COURSE
    assert told.total == pytest.approx(7000, rel=0.1)


def test_no_history_says_so_and_is_not_known():
    told = board(Found(present("2026-11", 7000, 0.5)), RULES, SIX[0].at, TOKYO)
    expected = ahead(present("2026-11", 7000, 0.5), (), {}, RULES, TOKYO).expected
    assert expected.total is None
    assert "no past closing is. Set CONSOLE_CLOSING_ITEMS" in expected.words
    assert told.told.verdict.word is Word.NOT_KNOWN
    assert told.needs.days == ()


def test_one_closing_is_enough_for_a_total_and_says_that_it_was_not_measured():
    told = ahead(present("2026-11", 7000, 0.5), SIX[-1:], {}, RULES, TOKYO).expected
    assert told.total == pytest.approx(7000, rel=0.1)
    assert told.low is None
    assert "was not measured yet" in told.words


def test_before_the_window_opens_the_last_totals_are_all_that_is_known():
    now = replace(present("2026-11", 7000, 0.01), at=SIX[-1].at - 30 * 86_400, hours=(), done=0)
    told = ahead(now, SIX, {}, RULES, TOKYO).expected
    assert told.method == TOTALS
    assert told.total == pytest.approx(5800, rel=0.01)
    assert told.words.endswith("Off by 6.0 % on 5 past closings; the last closing alone 3.6 %.")


def test_what_a_person_declared_wins():
    rules = replace(RULES, expected=9000)
    told = ahead(present("2026-11", 7000, 0.5), SIX, {}, rules, TOKYO).expected
    assert (told.method, told.total) == (DECLARED, 9000)
    more = expect(9500.0, [6000.0], declared=9000)
    assert more.total == 9500
    assert more.words.endswith(" items were declared, and 9,500 have arrived already.")


def test_half_of_the_days_missing_is_seen_as_not_watched():
    name = months(1)[0]
    half = {at: n for at, n in watched(name, 5000).items() if at // 86_400 % 2}
    told = ahead(present("2026-11", 7000, 0.5), SIX, half, RULES, TOKYO).expected
    assert told.method == DONE_COURSE


def test_a_closing_of_another_day_is_no_history_of_a_month_end():
    other = replace(SIX[-1], name="2026-10-20")
    assert ahead(present("2026-11", 7000, 0.5), [other], {}, RULES, TOKYO).expected.total is None


def test_the_last_closing_lies_on_the_days_of_this_one():
    now = present("2026-11", 7000, 0.5)
    found = last_course(now, SIX, RULES, TOKYO)
    held = closing_of("2026-11", RULES, TOKYO)
    assert found is not None
    assert held is not None
    assert found.name == "2026-10"
    until = int(np.searchsorted(found.times, held[0].deadline))
    assert found.done[until] == pytest.approx(found.total, rel=0.001)  # all by the deadline
    assert found.done[0] == 0


def test_a_closing_that_moved_keeps_its_business_days():
    """The last day of May 2026 is a Sunday: held on Friday, compared with Mondays."""
    may, june = past("2026-05", 5000), past("2026-06", 5000)
    rows: list[NDArray[np.float64]] = []
    for one in (may, june):
        held = closing_of(one.name, RULES, TOKYO)
        assert held is not None
        slots = Slots(held[0], held[1], TOKYO, 0)
        rows.append(slots.table(one.hours_start, one.hours).reshape(-1, 24).sum(axis=1))
    assert np.allclose(rows[0], rows[1])


@pytest.mark.parametrize("name", ["2026-03", "2026-10"])
def test_on_days_on_which_clocks_change_no_item_is_lost(name: str):
    berlin, rules = ZoneInfo("Europe/Berlin"), Rules("DE")
    held = closing_of(name, rules, berlin)
    assert held is not None
    slots = Slots(held[0], held[1], berlin, 0)
    start = slots.starts()[0]
    hours = [1] * int((held[0].deadline - start) // 3600)
    assert slots.table(start, hours).sum() == len(hours)
    assert (np.diff(slots.starts()) > 0).all()


def test_a_leap_day_is_a_closing_day():
    held = closing_of("2028-02", Rules(), TOKYO)
    assert held is not None
    assert held[0].day.isoformat() == "2028-02-29"


def test_a_clock_that_jumped_back_never_makes_the_past_negative():
    now = present("2026-11", 7000, 0.5)
    early = replace(now, at=now.hours_start - 7200)
    told = board(Found(early, tuple(SIX)), RULES, early.at, TOKYO)
    assert told.told.verdict.sentence
    assert all((line.done >= 0).all() for line in told.lines)


def test_items_that_went_away_from_the_ledger_are_no_arrivals():
    before = Snapshot(1.0, name="2026-11", total=50)
    assert counted(before, replace(before, total=40)) == [(READINGS, 1)]
    assert counted(before, replace(before, total=60)) == [(ITEMS, 10), (READINGS, 1)]
    assert counted(before, Snapshot(2.0, name="2026-12", total=7)) == [(ITEMS, 7), (READINGS, 1)]
    assert counted(None, before) == []
    assert counted(before, Snapshot(2.0, problem="away")) == []


def test_the_first_day_is_drawn_so_that_it_can_be_read_and_later_the_whole_window():
    hour = 3600.0
    held = closing_of("2026-11", RULES, TOKYO)
    assert held is not None
    began = held[0].deadline - 4 * 86_400
    first = Snapshot(
        began + hour, "", "2026-11", 40, 0, 0, 0, 0, 40, (10,) * 4, began + hour,
        hours_start=began, hours=(40,), last_done=began + hour,
    )  # fmt: skip
    early = board(Found(first), RULES, first.at, TOKYO)
    (line,) = early.lines
    assert (line.done[0], line.done[-1]) == (0, 40)
    since, until = shown(early, TOKYO)
    assert began - hour < since < began
    assert first.at < until < first.at + 3 * hour
    planned = board(Found(first), replace(RULES, expected=5000), first.at, TOKYO)
    assert shown(planned, TOKYO)[1] > held[0].deadline
    late = present("2026-11", 7000, 0.9)
    assert shown(board(Found(late), RULES, late.at, TOKYO), TOKYO)[1] > held[0].deadline


def test_past_closings_that_are_hardly_known_are_said_to_be_left_out():
    now = present("2026-11", 7000, 0.5)
    told = ahead(now, [replace(SIX[0], hours=()), *SIX[1:]], {}, RULES, TOKYO).expected
    assert "1 past closing left out: too little of it is known." in told.words


def test_items_that_came_after_the_deadline_of_the_last_closing_may_come_again():
    late = [past(name, 4000, n) for n, name in enumerate(months(3))]
    held = closing_of(late[-1].name, RULES, TOKYO)
    assert held is not None
    hours = list(late[-1].hours)
    place = int((held[0].deadline - late[-1].hours_start) // 3600)
    hours[place + 1 : place + 2] = [5]
    late[-1] = replace(late[-1], hours=tuple(hours), late=5)
    shapes = ahead(present("2026-11", 4000, 0.5), late, {}, RULES, TOKYO).shapes
    assert shapes is not None
    own = closing_of("2026-11", RULES, TOKYO)
    assert own is not None
    after = shapes.rows[:, shapes.starts >= own[0].deadline]
    assert after.sum(axis=1).tolist() == [0, 0, 5]
    assert "To 1 of 3 past closings items came after the deadline" in shapes.words(own[0].deadline)

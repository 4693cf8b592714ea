"""The sentence of a closing and its sums."""

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.health.summary import Standing
from console.month_end.finish import Finish
from console.month_end.sums import Sums, shares
from console.month_end.verdict import Word, judge, likelihood

TOKYO = ZoneInfo("Asia/Tokyo")


def at(day: int, hour: int, minute: int = 0, month: int = 11) -> float:
    return datetime(2026, month, day, hour, minute, tzinfo=TOKYO).timestamp()


NOW, DEADLINE = at(30, 14), at(30, 18)
SUMS = Sums(NOW, done=800, running=4, waiting=190, failed=6, person=6, total=1000, expected=1000)
FINISH = Finish(0.96, at(30, 16, 40), at(30, 15, 55), at(30, 17, 25))


def sentence(sums: Sums | None, finish: Finish | None = FINISH, now: float = NOW) -> str:
    return judge(sums, finish, DEADLINE, now, TOKYO).sentence


def test_the_sentence_that_a_manager_reads():
    found = judge(SUMS, FINISH, DEADLINE, NOW, TOKYO)
    assert found.sentence == (
        "On track: 96 % likely to finish by 30 Nov 18:00; expected 16:40 (15:55 to 17:25). "
        "Somebody has to act: 6 failed items need a person."
    )
    assert (found.word, found.standing, found.warnings) == (Word.ON_TRACK, Standing.PASS, ())


@pytest.mark.parametrize(
    ("probability", "word"),
    [(0.9, Word.ON_TRACK), (0.899, Word.AT_RISK), (0.5, Word.AT_RISK), (0.499, Word.LATE)],
)
def test_the_word_follows_the_probability(probability: float, word: Word):
    found = judge(SUMS, Finish(probability, at(30, 17)), DEADLINE, NOW, TOKYO)
    assert found.word is word
    assert found.sentence.startswith(f"{word.value}: ")


def test_no_simulation_says_certainly_or_never():
    assert likelihood(1.0) == "more than 99 %"
    assert likelihood(0.0) == "less than 1 %"
    assert likelihood(0.899) == "89 %"  # rounded down, so that it never flatters


def test_an_end_without_a_horizon_is_said():
    assert "no end is in sight" in sentence(SUMS, Finish(0.0))
    assert "17:00 (16:00 to no end in sight)" in sentence(SUMS, Finish(0.6, at(30, 17), at(30, 16)))


def test_an_end_on_another_day_names_the_day():
    finish = Finish(0.2, at(1, 9, month=12), at(30, 19), at(2, 11, month=12))
    assert "expected tomorrow 09:00 (19:00 to 2 Dec 11:00)" in sentence(SUMS, finish)


def test_items_that_somebody_must_see_to_are_said_beside_the_forecast():
    sums = Sums(NOW, 800, 0, 190, held=2, failed=8, person=3, total=1000, expected=1000)
    assert sentence(sums).endswith(
        "(15:55 to 17:25). Somebody has to act: 2 items are held, 3 failed items need a "
        "person and 5 failed items can be tried again."
    )
    assert (sums.left, sums.by_itself, sums.stuck) == (200, 190, 10)


def test_without_knowing_what_is_still_to_come_nothing_is_on_track():
    unknown = replace(SUMS, expected=None)
    found = judge(unknown, FINISH, DEADLINE, NOW, TOKYO)
    assert (found.word, found.standing) == (Word.NOT_KNOWN, Standing.UNKNOWN)
    assert found.sentence.startswith(
        "Not known: how many items are still to come; set CONSOLE_CLOSING_ITEMS to what one "
        "closing has. What is here is 96 % likely to finish by 30 Nov 18:00; expected 16:40"
    )
    risky = judge(unknown, Finish(0.6, at(30, 17)), DEADLINE, NOW, TOKYO)
    assert risky.word is Word.AT_RISK  # more items make it no better
    assert "without what may still arrive" in risky.sentence


def test_failed_items_that_can_be_tried_again_are_not_done_by_themselves():
    sums = Sums(NOW, done=998, failed=2, total=1000, expected=1000)
    found = judge(sums, FINISH, DEADLINE, NOW, TOKYO)
    assert found.sentence == (
        "At risk: all else is done. Somebody has to act by 30 Nov 18:00: 2 failed items can be "
        "tried again."
    )


def test_a_closing_with_items_after_the_deadline_is_no_pass():
    sums = Sums(at(30, 20), done=10, total=10, late=3)
    found = judge(sums, None, DEADLINE, at(30, 20), TOKYO)
    assert found.sentence == (
        "Closed: 10 of 10 items done, 3 of them after the deadline 30 Nov 18:00."
    )
    assert (found.word, found.standing) == (Word.CLOSED, Standing.WARN)
    wrong = judge(replace(sums, late=11), None, DEADLINE, at(30, 20), TOKYO)
    assert "11 items done after the deadline, of 10" in wrong.warnings[0]


def test_items_counted_twice_are_said():
    told = Sums(NOW, done=800, waiting=205, total=1000).problems[0]
    assert told.endswith("1,000 in the ledger; 5 items counted twice.")


def test_when_only_a_person_can_go_on_the_closing_is_at_risk():
    sums = Sums(NOW, done=999, failed=1, person=1, total=1000)
    found = judge(sums, FINISH, DEADLINE, NOW, TOKYO)
    assert found.word is Word.AT_RISK
    assert found.sentence.endswith("act by 30 Nov 18:00: 1 failed item needs a person.")


def test_all_items_done_is_closed():
    told = "Closed: 10 of 10 items done, deadline 30 Nov 18:00."
    assert sentence(Sums(NOW, done=10, total=10, expected=10)) == told
    after = Sums(DEADLINE, done=10, total=10)
    assert judge(after, FINISH, DEADLINE, DEADLINE, TOKYO).sentence == told


def test_a_ledger_that_is_done_before_its_day_is_not_called_closed():
    found = judge(Sums(NOW, done=10, total=10), FINISH, DEADLINE, NOW, TOKYO)
    assert found.word is Word.NOT_KNOWN
    assert "whether more will arrive by 30 Nov 18:00 is not known" in found.sentence
    assert "not arrived yet" not in [part.name for part in found.parts]


def test_an_interval_within_one_other_day_names_it_once():
    finish = Finish(0.95, at(1, 9, month=12), at(1, 8, month=12), at(1, 10, month=12))
    assert "expected tomorrow 09:00 (08:00 to 10:00)" in sentence(SUMS, finish)


def test_a_closing_that_a_person_closed_says_whether_in_time():
    early = judge(SUMS, None, DEADLINE, NOW, TOKYO, closed_at=at(30, 13))
    late = judge(SUMS, None, DEADLINE, at(30, 20), TOKYO, closed_at=at(30, 19, 30))
    assert early.sentence == "Closed 13:00, in time: 800 of 1,000 items done."
    assert "1 h 30 min late" in late.sentence


def test_past_the_deadline_it_is_late_whatever_the_forecast_says():
    sums = Sums(at(30, 19), done=800, waiting=200, total=1000)
    found = judge(sums, FINISH, DEADLINE, at(30, 19), TOKYO)
    assert found.word is Word.LATE
    assert found.sentence == (
        "Late: 200 items not done 1 h after the deadline 30 Nov 18:00; expected 16:40 (15:55 to "
        "17:25)."
    )
    assert judge(sums, None, DEADLINE, at(30, 19), TOKYO).sentence.endswith("30 Nov 18:00.")
    stuck = Sums(at(30, 19), done=997, failed=3, total=1000, person=3)
    assert judge(stuck, FINISH, DEADLINE, at(30, 19), TOKYO).sentence == (
        "Late: 3 items not done 1 h after the deadline 30 Nov 18:00. Somebody has to act: 3 failed "
        "items need a person."
    )


def test_sums_that_do_not_fit_are_a_warning_and_never_hidden():
    wrong = Sums(NOW, done=800, waiting=100, total=1000)
    found = judge(wrong, FINISH, DEADLINE, NOW, TOKYO)
    told = (
        "The sums do not fit: 900 items in the five states, 1,000 in the ledger; 100 items in no "
        "state."
    )
    assert found.word is Word.NOT_KNOWN
    assert found.warnings == (told,)
    assert sum(part.items for part in found.parts) == 900
    assert sum(part.share for part in found.parts) == pytest.approx(90.0)


def test_more_persons_needed_than_items_failed_does_not_fit():
    assert "5 of 2 failed items" in Sums(NOW, failed=2, person=5, total=2).problems[0]


@pytest.mark.parametrize(
    ("sums", "finish", "told"),
    [
        (None, FINISH, "keeps no ledger"),
        (Sums(NOW), FINISH, "no items yet"),
        (Sums(NOW - 3000, waiting=5, total=5), FINISH, "last read 50 min ago"),
        (SUMS, None, "how fast it goes was not seen"),
        (SUMS, Finish(None, problem="Nothing was done lately."), "nothing was done lately"),
    ],
)
def test_what_is_not_known_is_never_on_track(sums: Sums | None, finish: Finish | None, told: str):
    found = judge(sums, finish, DEADLINE, NOW, TOKYO)
    assert found.word is Word.NOT_KNOWN
    assert found.standing is Standing.UNKNOWN
    assert told in found.sentence


def test_items_not_arrived_yet_are_part_of_the_whole():
    sums = Sums(NOW, done=10, waiting=10, total=20, expected=50)
    assert (sums.not_arrived, sums.all, sums.left) == (30, 50, 40)
    assert [part.share for part in shares(sums)] == [20, 0, 20, 0, 0, 0, 60]


def test_more_items_than_expected_is_told():
    sums = Sums(NOW, done=30, waiting=10, total=40, expected=35)
    found = judge(sums, FINISH, DEADLINE, NOW, TOKYO)
    assert found.warnings == ("5 items more than were expected are in the ledger.",)


counts = st.integers(0, 10**7)


@given(counts, counts, counts, counts, counts, counts)
def test_the_shares_add_up_to_exactly_a_hundred(
    done: int, running: int, waiting: int, held: int, failed: int, coming: int
):
    total = done + running + waiting + held + failed
    sums = Sums(NOW, done, running, waiting, held, failed, total, failed // 2, total + coming)
    parts = shares(sums)
    assert sum(part.items for part in parts) == sums.all == total + coming
    if sums.all:
        shown = [part.items for part in parts if part.items]
        differs = any(shown.count(items) == 1 for items in shown)
        tenths = sum(round(part.share * 10) for part in parts)
        assert tenths == 1000 if differs else 1000 - len(shown) < tenths <= 1000
        alike = {part.items: part.share for part in parts}
        assert all(alike[part.items] == part.share for part in parts)


def test_a_deadline_in_another_year_names_the_year():
    due = datetime(2027, 1, 4, 18, tzinfo=TOKYO).timestamp()
    assert "by 4 Jan 2027 18:00" in judge(SUMS, FINISH, due, NOW, TOKYO).sentence


def test_equal_sums_have_equal_shares():
    found = {one.name: one.share for one in shares(Sums(NOW, 170, 4, 4, 5, 2, 185))}
    assert found["running"] == found["waiting"]
    assert sum(found.values()) == pytest.approx(100)

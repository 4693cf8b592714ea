"""What the sample proposes, so that a forecast is seen within the hour."""

from datetime import datetime, time
from zoneinfo import ZoneInfo

from console.month_end.model import Rules, closing_of
from console.month_end.rules import read_due, read_moved
from console.month_end.try_it import try_it

TOKYO = ZoneInfo("Asia/Tokyo")


def proposed(*now: int) -> str:
    found = closing_of("2026-11", Rules(), TOKYO)
    assert found is not None
    return try_it(found[0], 58, datetime(2026, 11, *now, tzinfo=TOKYO).timestamp(), TOKYO)


def test_what_is_proposed_can_be_set():
    told = proposed(24, 21, 58)
    assert "CONSOLE_CLOSING_MOVED='2026-11-30 to 2026-11-24'" in told
    assert "CONSOLE_CLOSING_DUE=23:00 CONSOLE_CLOSING_ITEMS=700" in told
    assert read_moved("2026-11-30 to 2026-11-24")
    assert read_due("23:00") == (0, time(23))


def test_past_midnight_the_day_is_that_of_the_deadline():
    assert "to 2026-11-25' CONSOLE_CLOSING_DUE=00:15" in proposed(24, 23, 11)


def test_a_closing_that_cannot_be_moved_so_far_proposes_nothing():
    assert proposed(2, 9) == ""

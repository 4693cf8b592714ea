"""How closings are held, from the console's settings."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from console.config import load
from console.errors import ConfigError
from console.month_end.business_days import Shift
from console.month_end.demand import Closings
from console.month_end.rules import Rules, closing_of, inside_window, read_moved, two_people

TOKYO = ZoneInfo("Asia/Tokyo")


def at(day: int, hour: int = 12, month: int = 11) -> float:
    return datetime(2026, month, day, hour, tzinfo=TOKYO).timestamp()


def test_without_settings_it_is_the_month_end_at_six():
    rules = load({}).settings.closing
    assert rules == Rules()
    assert rules.words.startswith("Closing: month-end (on a free day, the business day before)")


def test_every_setting_reaches_the_calendar():
    rules = load(
        {
            "CONSOLE_CLOSING_DAYS": "month-end, 20",
            "CONSOLE_CLOSING_DUE": "+2 12:30",
            "CONSOLE_CLOSING_COUNTRY": "jp",
            "CONSOLE_CLOSING_BANK_HOLIDAYS": "off",
            "CONSOLE_CLOSING_FREE_DAYS": "12-29, 2026-11-27",
            "CONSOLE_CLOSING_SHIFT": "next",
            "CONSOLE_CLOSING_WINDOW": "3,4",
            "CONSOLE_CLOSING_FREEZE": "1,0",
            "CONSOLE_CLOSING_ITEMS": "5000",
        }
    ).settings.closing
    assert (rules.days, rules.deadline, rules.deadline_day) == ((None, 20), time(12, 30), 2)
    assert (rules.shift, rules.expected) == (Shift.NEXT, 5000)
    found = closing_of("2026-11", rules, TOKYO)
    assert found is not None
    one, calendar = found
    assert one.day == date(2026, 11, 30)
    assert one.opens == date(2026, 11, 24)  # the 27th is the company's, the 23rd a holiday
    assert one.deadline == datetime(2026, 12, 2, 12, 30, tzinfo=TOKYO).timestamp()
    assert calendar.why_free(date(2026, 11, 27)) == "company day"
    assert calendar.is_business_day(date(2026, 12, 31))  # only banks are shut


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("CONSOLE_CLOSING_DAYS", "32", "days of the month from 1 to 31"),
        ("CONSOLE_CLOSING_DUE", "25:00", "is a time as 18:00"),
        ("CONSOLE_CLOSING_COUNTRY", "XX", "No holidays are known for XX"),
        ("CONSOLE_CLOSING_FREE_DAYS", "31-12", "is days as 12-29"),
        ("CONSOLE_CLOSING_WINDOW", "5", "business days before and after"),
        ("CONSOLE_CLOSING_SHIFT", "nxt", "'previous', 'next' or 'none'"),
        ("CONSOLE_CLOSING_ITEMS", "0", "greater than or equal to 1"),
        ("CONSOLE_CLOSING_MOVED", "2026-11-30", "as 2026-11-30 to 2026-12-02"),
        ("CONSOLE_CLOSING_MOVED", "2026-11-30 to 2027-11-30", "more than 14 days"),
        ("CONSOLE_CLOSING_PLANNED", "Friday: Payroll", "as 2026-11-27 10:00 Invoice layout"),
        ("CONSOLE_CLOSING_PLANNED", "2026-11-27 25:00 x", "as 2026-11-27 10:00 Invoice layout"),
    ],
)
def test_a_setting_that_is_none_is_said_when_the_console_starts(name: str, value: str, told: str):
    with pytest.raises(ConfigError) as raised:
        load({name: value})
    assert any(p.startswith(f"{name}: ") and told in p for p in raised.value.problems)


def test_a_moment_inside_of_a_window_knows_its_closing():
    rules = Rules("JP", days=(None, 20))
    inside = inside_window(at(24), rules, TOKYO)
    assert inside is not None
    assert inside.name == "2026-11-20"  # held on the 20th, its window reaches to the 30th
    near = inside_window(at(27), rules, TOKYO)
    assert near is not None
    assert near.name == "2026-11"
    assert inside_window(at(10), Rules("JP"), TOKYO) is None
    first, last = at(20, 0), at(7, 23, 12)  # the 23rd is a holiday
    assert inside_window(first, Rules("JP"), TOKYO)
    assert inside_window(last, Rules("JP"), TOKYO)
    assert not inside_window(first - 1, Rules("JP"), TOKYO)


def test_where_the_calendar_cannot_tell_two_people_are_asked_for():
    every_day = tuple(date.fromordinal(date(2026, 9, 1).toordinal() + n) for n in range(200))
    assert two_people(at(10), Rules(free=every_day), TOKYO)
    assert not two_people(at(10), Rules(), TOKYO)
    assert two_people(at(30), Rules(), TOKYO)


def test_a_closing_that_was_moved_is_held_on_its_new_day_and_others_are_not():
    moved = read_moved("2026-11-30 to 2026-12-02")
    rules = Rules("JP", moved=moved)
    found, other = closing_of("2026-11", rules, TOKYO), closing_of("2026-12", rules, TOKYO)
    assert found is not None
    assert other is not None
    assert (found[0].nominal.isoformat(), found[0].day.isoformat()) == ("2026-11-30", "2026-12-02")
    assert found[0].deadline == datetime(2026, 12, 2, 18, tzinfo=TOKYO).timestamp()
    assert other[0].day.isoformat() == "2026-12-30"  # banks are shut on the 31st
    at = Closings(rules.calendar(2026), rules.every)
    assert at.offset(date(2026, 12, 2)) == 0
    assert at.offset(date(2026, 11, 30)) == -2

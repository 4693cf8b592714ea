from datetime import UTC, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from console import words

NOW = 1_795_510_800.0  # 2026-11-24 09:00:00 UTC


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (0, "0 s"),
        (-5, "0 s"),
        (59.9, "59 s"),
        (60, "1 min"),
        (95, "1 min"),
        (4800, "1 h 20 min"),
        (86400, "1 d"),
        (90061, "1 d 1 h"),
        (86400 * 400, "400 d"),
    ],
)
def test_a_duration_has_two_units_at_most(seconds: float, told: str):
    assert words.duration(seconds) == told


def test_where_there_is_little_room_a_duration_has_one_unit():
    told = [words.short_duration(one) for one in (-1, 59, 119, 4800, 7200, 108_000, 259_200)]
    assert told == ["0 s", "59 s", "119 s", "80 min", "2 h", "30 h", "3 d"]


def test_durations_have_words_for_those_who_do_not_read_units():
    assert words.duration_in_words(59) == "less than a minute"
    assert words.duration_in_words(4860) == "1 hour and 21 minutes"


def test_an_age_survives_clocks_that_disagree():
    assert [words.age(one) for one in (None, -3, 0.9, 3)] == [
        "never",
        "just now",
        "just now",
        "3 s ago",
    ]


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(None, "–"), (0.0042, "4.2 ms"), (0.212, "212 ms"), (0.9999, "1000 ms"), (1.239, "1.24 s")],
)
def test_a_response_time_has_the_figures_that_matter(seconds: float | None, told: str):
    assert words.response_time(seconds) == told


def test_uptime_is_rounded_down_and_errors_up():
    assert words.uptime(0.999999) == "99.99 %"
    assert words.uptime(1.0) == "100 %"
    assert words.uptime(None) == "–"
    assert words.error_share(0.000001) == "0.01 %"
    assert words.error_share(0) == "0 %"


@pytest.mark.parametrize(
    ("at", "told"),
    [
        (NOW - 60, "08:59"),
        (NOW - 86400, "yesterday 09:00"),
        (NOW + 86400, "tomorrow 09:00"),
        (NOW - 3 * 86400, "21 Nov 09:00"),
        (NOW - 370 * 86400, "19 Nov 2025 09:00"),
    ],
)
def test_a_time_of_day_names_its_day_where_it_is_not_today(at: float, told: str):
    assert words.clock(at, NOW, UTC) == told


def test_times_are_those_of_the_zone():
    assert words.moment(NOW, ZoneInfo("Asia/Tokyo")) == "2026-11-24 18:00:00"
    assert words.zone_name(ZoneInfo("Asia/Tokyo"), NOW) == "JST"
    assert words.zone_name(timezone(timedelta(hours=4)), NOW) == "UTC+04:00"
    assert words.date(NOW, UTC) == "24 Nov 2026"
    assert words.iso(NOW) == "2026-11-24T09:00:00Z"


def test_names_are_listed_with_and():
    assert words.listed([]) == ""
    assert words.listed(["A", "B", "C"]) == "A, B and C"
    assert words.listed(["A", "B", "C", "D", "E"]) == "A, B, C and 2 more"
    assert words.counted(1, "check") == "1 check"
    assert words.counted(1200, "check") == "1,200 checks"

from datetime import UTC

import pytest

from console.ui.window import DEFAULT, Window, params_of, parse, whole_minutes

NOW = 1_795_510_800.0  # 2026-11-24 09:00:00 UTC
HOUR = 3600.0


def test_a_named_window_ends_now():
    assert parse({"window": "6h"}, NOW) == Window(NOW - 6 * HOUR, NOW, "6h")


@pytest.mark.parametrize("name", ["", "99y", "<b>", "6H"])
def test_a_name_that_is_not_offered_is_the_default(name: str):
    assert parse({"window": name}, NOW).name == DEFAULT


def test_exact_times_freeze_the_window_and_survive_the_url():
    frozen = parse({"from": "2026-11-24T03:00:00Z", "to": "2026-11-24T04:00:00Z"}, NOW)
    assert frozen == Window(NOW - 6 * HOUR, NOW - 5 * HOUR)
    assert frozen.frozen
    assert parse(params_of(frozen), NOW) == frozen
    assert frozen.label(UTC) == "2026-11-24 03:00:00 to 2026-11-24 04:00:00"


@pytest.mark.parametrize(
    ("since", "until"),
    [
        ("2026-11-24T04:00:00Z", "2026-11-24T03:00:00Z"),  # the wrong way round
        ("2026-11-24T03:00:00Z", "2026-11-24T03:00:30Z"),  # shorter than a minute
        ("2020-01-01T00:00:00Z", "2026-11-24T03:00:00Z"),  # longer than the store keeps
        ("2026-11-25T00:00:00Z", "2026-11-26T00:00:00Z"),  # to come
        ("yesterday", "now"),
        ("9999999999999-01-01", "2026-11-24T03:00:00Z"),
    ],
)
def test_exact_times_that_make_no_sense_are_the_default(since: str, until: str):
    assert parse({"from": since, "to": until}, NOW).name == DEFAULT


def test_a_window_that_reaches_into_the_future_ends_now():
    assert parse({"from": "2026-11-24T08:00:00Z", "to": "2026-11-24T18:00:00Z"}, NOW).until == NOW


def test_a_window_is_frozen_with_the_whole_of_its_last_minute_which_is_under_way():
    now = NOW + 22
    frozen = whole_minutes(parse({"window": "1h"}, now))
    assert frozen == Window(NOW - HOUR, NOW + 60)
    assert parse(params_of(frozen), now) == frozen
    assert parse(params_of(frozen), NOW + 5000) == frozen


def test_times_with_another_offset_are_understood():
    frozen = parse({"from": "2026-11-24T12:00:00+09:00", "to": "2026-11-24T13:00:00+09:00"}, NOW)
    assert frozen.since == NOW - 6 * HOUR

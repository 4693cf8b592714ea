from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from console.health import uptime
from console.health.uptime import Share, UptimeRecord, account

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC).timestamp()
TOKYO = ZoneInfo("Asia/Tokyo")


def test_a_stretch_is_shared_out_over_the_hours_it_covers():
    record = account(UptimeRecord(), "up", NOON - 600, NOON + 300, UTC)
    assert record.hours == {"2026-11-24T11": Share(up=600), "2026-11-24T12": Share(up=300)}
    assert record.days == {"2026-11-24": Share(up=900)}


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "Asia/Kolkata", "Asia/Kathmandu"])
def test_days_begin_at_midnight_of_the_consoles_zone(zone: str):
    midnight = datetime(2026, 11, 25, tzinfo=ZoneInfo(zone)).timestamp()
    record = account(UptimeRecord(), "up", midnight - 60, midnight + 60, ZoneInfo(zone))
    assert record.days == {"2026-11-24": Share(up=60), "2026-11-25": Share(up=60)}


def test_nothing_is_counted_twice():
    record = account(UptimeRecord(), "up", NOON, NOON + 60, UTC)
    again = account(record, "down", NOON + 30, NOON + 90, UTC)
    assert uptime.total(again.days.values()) == Share(up=60, down=30)


def test_uptime_leaves_out_what_nobody_can_answer_for():
    share = Share(up=90, down=10, unknown=500, maintenance=300, sleeping=100)
    assert share.uptime == 0.9
    assert share.left_out == 900


def test_without_counted_time_there_is_no_uptime():
    assert Share(unknown=100).uptime is None


def test_only_the_newest_hours_and_days_are_kept():
    record = UptimeRecord()
    for day in range(100):
        start = NOON + day * 86400
        record = account(record, "up", start, start + 60, UTC)
    assert len(record.days) == uptime.DAYS_KEPT
    assert len(record.hours) == uptime.HOURS_KEPT


def test_windows_take_only_what_lies_in_them():
    record = UptimeRecord()
    for day in range(40):
        start = NOON - (39 - day) * 86400
        record = account(record, "up", start, start + 60, UTC)
    now = NOON + 60
    assert uptime.since_hours(record, now, 24).up == 60
    assert uptime.since_days(record, now, 7, UTC).up == 420
    assert uptime.this_month(record, now, UTC).up == 24 * 60


def test_the_days_of_a_bar_end_with_today_of_the_zone():
    evening = datetime(2026, 11, 24, 20, tzinfo=UTC).timestamp()
    assert uptime.days_back(evening, 2, TOKYO) == ["2026-11-24", "2026-11-25"]

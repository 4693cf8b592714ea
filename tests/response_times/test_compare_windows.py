from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from console.response_times.compare import differences, last_month, period_before
from console.response_times.model import percentiles
from console.store.cells import DAY, HOUR
from tests.response_times.made_cells import pile

TOKYO = ZoneInfo("Asia/Tokyo")
BERLIN = ZoneInfo("Europe/Berlin")


def at(text: str, zone: ZoneInfo = TOKYO) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=zone).timestamp()


def test_the_period_before_ends_where_the_window_begins():
    before = period_before(1000.0, 1600.0)
    assert (before.since, before.until) == (400.0, 1000.0)


def test_last_month_has_the_same_day_and_time_of_day():
    until = at("2026-11-24 09:30")
    found = last_month(until - DAY, until, TOKYO)
    assert found is not None
    assert (found.since, found.until) == (at("2026-10-23 09:30"), at("2026-10-24 09:30"))
    assert found.note == ""


def test_january_is_compared_with_december():
    until = at("2027-01-15 12:00")
    found = last_month(until - HOUR, until, TOKYO)
    assert found is not None
    assert found.until == at("2026-12-15 12:00")


@pytest.mark.parametrize(
    ("day", "instead"),
    [("2026-03-31", "2026-02-28"), ("2028-03-30", "2028-02-29"), ("2026-12-31", "2026-11-30")],
)
def test_a_day_that_a_shorter_month_does_not_have_becomes_its_last(day: str, instead: str):
    until = at(f"{day} 18:00")
    found = last_month(until - DAY, until, TOKYO)
    assert found is not None
    assert found.until == at(f"{instead} 18:00")
    assert found.note == f"{instead} stands for {day}"


def test_the_length_stays_the_same_where_the_clocks_change():
    until = at("2026-04-10 12:00", BERLIN)  # summer time began in between
    found = last_month(until - 7 * DAY, until, BERLIN)
    assert found is not None
    assert found.until == at("2026-03-10 12:00", BERLIN)
    assert found.until - found.since == 7 * DAY


def test_an_hour_that_the_clocks_skipped_is_moved_not_refused():
    until = at("2026-04-29 02:30", BERLIN)  # 29 March has no 02:30
    found = last_month(until - HOUR, until, BERLIN)
    assert found is not None
    assert datetime.fromtimestamp(found.until, UTC).isoformat() == "2026-03-29T01:30:00+00:00"


@pytest.mark.parametrize(("days", "compared"), [(7, True), (30, True), (35, False), (400, False)])
def test_a_window_longer_than_a_month_is_not_compared_with_itself(days: int, compared: bool):
    until = at("2026-11-24 00:00")
    assert (last_month(until - days * DAY, until, TOKYO) is not None) == compared


def test_a_difference_tells_seconds_and_share():
    now, then = percentiles(pile([0.25] * 100)), percentiles(pile([0.2] * 100))
    p50, p95, p99 = differences(now, then)
    assert p50.seconds == pytest.approx(0.05, rel=0.2)
    assert p95.ratio == pytest.approx(0.25, rel=0.1)
    assert (p99.seconds, p99.ratio, p99.clear) == (None, None, False)


def test_a_shift_well_beyond_chance_is_clear():
    rng = np.random.default_rng(11)
    then = percentiles(pile(rng.lognormal(-2.5, 0.4, 2000)))
    now = percentiles(pile(rng.lognormal(-2.2, 0.4, 2000)))
    assert all(one.clear for one in differences(now, then))


def test_chance_alone_is_rarely_clear():
    rng = np.random.default_rng(12)
    clear = 0
    for _ in range(200):
        now, then = (percentiles(pile(rng.lognormal(-2.5, 0.4, 400))) for _ in "ab")
        clear += differences(now, then)[1].clear
    assert clear <= 10  # 5 %


def test_with_too_few_samples_then_there_is_no_difference():
    now, then = percentiles(pile([0.25] * 100)), percentiles(pile([0.2] * 10))
    assert [one.seconds for one in differences(now, then)] == [None, None, None]

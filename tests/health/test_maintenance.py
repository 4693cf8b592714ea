"""Planned maintenance that recurs: weeks, months, closings, and clocks that change."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from console.health.check import Check, Service
from console.health.maintenance import Maintenance, country_problem

HOUR = 3600.0
DAY = 24 * HOUR


def at(text: str, zone: str = "UTC") -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()


def rule(**fields) -> Maintenance:
    return Maintenance.model_validate({"title": "Backup", "lasts": "2h", "at": "02:00", **fields})


def starts(one: Maintenance, since: str, until: str) -> list[str]:
    found = one.within(at(since), at(until))
    return [f"{datetime.fromtimestamp(each.start, UTC):%Y-%m-%d %H:%M}" for each in found]


def test_once_is_as_it_was():
    once = Maintenance(title="Move", start=100.0, end=200.0, checks=("api",))
    assert once.covers("api", 100)
    assert not once.covers("api", 200)
    assert not once.covers("web", 150)
    assert once.within(150, 150) == (once,)
    assert once.within(200, 300) == ()
    assert once.words == ""


def test_every_week():
    weekly = rule(every="week", days=["sunday", "wednesday"])
    assert starts(weekly, "2026-11-23T00:00", "2026-12-01T00:00") == [
        "2026-11-25 02:00",
        "2026-11-29 02:00",
    ]
    assert weekly.covers("any", at("2026-11-29T03:59"))
    assert not weekly.covers("any", at("2026-11-29T04:00"))
    assert weekly.words == "every Sunday and Wednesday at 02:00"


def test_a_stretch_that_began_yesterday_is_still_under_way():
    late = rule(every="week", days=["sunday"], at="23:00", lasts="4h")
    assert late.covers("any", at("2026-11-30T02:59"))
    assert not late.covers("any", at("2026-11-30T03:00"))


def test_every_month_and_its_last_day():
    first, last = rule(every="month", day=1), rule(every="month", day=31)
    assert starts(first, "2026-11-02T00:00", "2027-01-31T00:00") == [
        "2026-12-01 02:00",
        "2027-01-01 02:00",
    ]
    assert starts(last, "2026-11-02T00:00", "2027-03-01T00:00") == [
        "2026-11-30 02:00",
        "2026-12-31 02:00",
        "2027-01-31 02:00",
        "2027-02-28 02:00",
    ]


def test_by_the_closing_in_business_days():
    after = rule(every="closing", offset=1, at="20:00")
    # the month-end of October 2026 is a Saturday: closed on Friday the 30th
    assert starts(after, "2026-10-20T00:00", "2026-12-05T00:00") == [
        "2026-11-02 20:00",
        "2026-12-01 20:00",
    ]
    before = rule(every="closing", offset=-2)
    assert starts(before, "2026-11-20T00:00", "2026-11-30T00:00") == ["2026-11-26 02:00"]
    assert before.words == "2 business days before the month-end closing at 02:00"


def test_a_closing_goes_around_the_holidays_of_its_country():
    """The 3rd of November is a holiday in Japan."""
    held = rule(every="closing", offset=2, country="JP")
    assert starts(held, "2026-11-01T00:00", "2026-11-10T00:00") == ["2026-11-04 02:00"]
    assert rule(every="closing", day=20).words == "on the closing of day 20 at 02:00"


def test_02_00_stays_02_00_when_the_clocks_change():
    berlin = rule(every="week", days=["saturday", "monday"], zone="Europe/Berlin")
    assert starts(berlin, "2026-10-24T00:00", "2026-10-27T00:00") == [
        "2026-10-24 00:00",
        "2026-10-26 01:00",
    ]


def test_it_holds_from_and_until():
    limited = rule(
        every="week", days=["sunday"], start=at("2026-11-23T00:00"), end=at("2026-12-07T00:00")
    )
    assert starts(limited, "2026-11-01T00:00", "2027-01-01T00:00") == [
        "2026-11-29 02:00",
        "2026-12-06 02:00",
    ]


def test_a_rule_takes_the_zone_of_the_console():
    service = Service(
        name="shop",
        checks=(Check(name="api", url="https://api.example"),),
        maintenance=(rule(every="month", day=1), rule(every="month", day=1, zone="UTC")),
    )
    zones = [one.zone for one in service.in_zone("Asia/Tokyo").maintenance]
    assert zones == ["Asia/Tokyo", "UTC"]
    covered = service.in_zone("Asia/Tokyo").maintenance_of("api", at("2026-11-30T17:30"))
    assert covered is not None
    assert covered.end == at("2026-11-30T19:00")


def test_it_survives_the_way_to_the_collector():
    for one in (rule(every="closing", offset=-1), Maintenance(title="x", start=1.0, end=2.0)):
        assert Maintenance.model_validate(one.model_dump(mode="json")) == one


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"lasts": 0}, "start: Value error, is missing"),
        ({"start": 1, "end": 2}, "lasts needs every"),
        ({"every": "week"}, "days are missing"),
        ({"every": "month"}, "day is missing"),
        ({"every": "week", "days": ["sunday"], "lasts": "8d"}, "at most 7d"),
        ({"every": "week", "days": ["sonntag"]}, "days.0: Input should be 'monday'"),
        ({"every": "week", "days": ["sunday"], "at": "25:00"}, "is not a time of day"),
        ({"every": "week", "days": ["sunday"], "at": "2"}, "is not a time of day"),
        ({"every": "week", "days": ["sunday"], "zone": "Mars"}, "is not a time zone"),
    ],
)
def test_what_does_not_fit_together_is_refused(fields: dict[str, object], problem: str):
    with pytest.raises(ValidationError) as caught:
        rule(**fields)
    told = [f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in caught.value.errors()]
    assert any(problem in one for one in told), told


def test_a_country_that_is_none_is_told():
    assert country_problem("JP") == ""
    assert country_problem("XX") == "No holidays are known for XX."


def test_a_thousand_looks_are_quick():
    closing = rule(every="closing", offset=1, country="JP")
    assert sum(closing.covers("api", at("2026-11-24T00:00") + n * HOUR) for n in range(1000)) == 4

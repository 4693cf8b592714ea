"""The daily summary: when it is due, and what it says."""

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from console.alerts.digest import Part, digest, due
from console.alerts.message import Tone
from console.alerts.model import Alert, Phase
from console.alerts.record import Record
from console.health.model import Status
from console.health.summary import Standing
from console.health.uptime import Share, UptimeRecord

TOKYO = ZoneInfo("Asia/Tokyo")
BERLIN = ZoneInfo("Europe/Berlin")


def at(text: str, zone=UTC) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=zone).timestamp()


@pytest.mark.parametrize(
    ("now", "last", "expected"),
    [
        ("2026-11-24T08:29", "", ""),
        ("2026-11-24T08:30", "", "2026-11-24"),
        ("2026-11-24T08:31", "2026-11-24", ""),
        ("2026-11-24T14:30", "2026-11-23", "2026-11-24"),  # the console slept: late, but today
        ("2026-11-24T14:31", "2026-11-23", ""),  # too late to be of use
        ("2026-11-25T08:30", "2026-11-24", "2026-11-25"),
    ],
)
def test_it_is_due_once_a_day(now: str, last: str, expected: str):
    assert due(at(now, TOKYO), TOKYO, "08:30", last) == expected


def test_without_a_time_it_is_never_due():
    assert due(at("2026-11-24T08:30"), UTC, "", "") == ""


def test_when_the_clock_is_put_back_it_comes_once():
    first = at("2026-10-25T02:30", BERLIN)
    assert due(first, BERLIN, "02:30", "2026-10-24") == "2026-10-25"
    assert due(first + 3600, BERLIN, "02:30", "2026-10-25") == ""


def test_a_time_that_the_clock_skips_comes_all_the_same():
    assert due(at("2026-03-29T03:31", BERLIN), BERLIN, "02:30", "2026-03-28") == "2026-03-29"


NOW = at("2026-11-24T08:30")


def test_it_says_how_every_service_stands():
    firing = Record("check:api", "Accounting API", alert=Alert(Phase.FIRING, NOW))
    over = Record("check:web", "Website", resolved_at=NOW - 3600)
    older = Record("check:old", "Old", resolved_at=NOW - 3 * 86_400)
    record = UptimeRecord(days={"2026-11-23": Share(up=86_000, down=400)})
    parts = [
        Part("Shop", Standing.FAIL, "Accounting API is failing.", (firing, over, older),
             "web", {"web": record}, "On track: 96 % likely to finish by 30 Nov 18:00."),
        Part("Relay", Standing.PASS, "All 3 checks pass."),
    ]  # fmt: skip
    message = digest(parts, "2026-11-24", NOW, UTC, "https://ops.example")
    assert message.title == "Daily summary of 24 Nov 2026: look at 1 of 2 services"
    assert message.tone is Tone.WARNING
    assert message.id == "digest/2026-11-24"
    assert message.body == (
        "Shop: Accounting API is failing.\n"
        "- 1 alert fires, and nobody has taken it yet: Accounting API.\n"
        "- Resolved in the last 24 h: Website.\n"
        "- Uptime yesterday: 99.53 %, down for 6 min.\n"
        "- On track: 96 % likely to finish by 30 Nov 18:00.\n"
        "\n"
        "Relay: All 3 checks pass.\n"
        "- No alert fired in the last 24 h.\n"
        "\n"
        "https://ops.example"
    )


def test_all_well_is_said_first():
    message = digest([Part("Shop", Standing.PASS, "All pass.")], "2026-11-24", NOW, UTC)
    assert (message.title, message.tone) == (
        "Daily summary of 24 Nov 2026: all is well",
        Tone.SUCCESS,
    )


def test_a_closing_that_is_late_or_not_known_is_not_passed_over():
    part = Part("Shop", Standing.PASS, "All pass.", closing="Late.", closing_status=Status.FAIL)
    assert digest([part], "d", NOW, UTC).title.endswith("look at it")
    unknown = replace(part, closing_status=Status.UNKNOWN)
    title = digest([unknown], "d", NOW, UTC).title
    assert title.endswith(": all is well, but a closing is not known")


def test_an_alert_beside_the_checks_is_not_well():
    token = Record("token:x", "Token x", alert=Alert(Phase.FIRING, NOW))
    part = Part("Shop", Standing.PASS, "Everything is working.", (token,))
    assert digest([part], "d", NOW, UTC).title.endswith("look at it")


def test_unknown_is_not_well():
    message = digest([Part("Shop", Standing.UNKNOWN, "Not known.")], "2026-11-24", NOW, UTC)
    assert message.title.endswith("look at it")


def test_an_uptime_that_nobody_knows_is_not_100_percent():
    part = Part(
        "Shop", Standing.PASS, "All pass.", uptime_of="web", uptimes={"web": UptimeRecord()}
    )
    assert "Uptime yesterday: not known." in digest([part], "d", NOW, UTC).body

"""The summary of a closing: when it is due, what it says, and that it comes once."""

from dataclasses import replace

import pytest

from console.alerts.closing_digest import (
    CLOSED_MOST,
    LATE_MOST,
    READ_WITHIN,
    Stand,
    closing_digest,
    stage,
)
from console.alerts.message import Tone
from console.health.model import Status
from console.words import DAY

NOW = 1_800_000_000.0
OPEN = Stand("2026-11", "Closing 2026-11\nLate: 3 items wait.\n", Status.FAIL, "Late", NOW)
CLOSED = replace(OPEN, status=Status.PASS, verdict="Closed", closed=True)


@pytest.mark.parametrize(
    ("stand", "last", "after", "expected"),
    [
        (OPEN, "", -1, ""),
        (OPEN, "", 0, "2026-11/deadline"),
        (OPEN, "2026-10/closed", 60, "2026-11/deadline"),
        (OPEN, "2026-11/deadline", 60, ""),
        (OPEN, "", LATE_MOST + 1, ""),  # a console that is set up afterwards
        (CLOSED, "", -3 * DAY, "2026-11/closed"),  # before its deadline
        (CLOSED, "2026-11/closed", 60, ""),
        (CLOSED, "2026-11/deadline", 3 * DAY, "2026-11/closed"),
        (CLOSED, "", CLOSED_MOST + 1, ""),
        (OPEN, "2026-11/closed", 60, ""),  # opened again
        (replace(OPEN, deadline=None), "", 60, ""),
        (replace(OPEN, at=NOW - 9), "", 5, ""),  # read before the deadline: it cannot know
        (replace(OPEN, at=NOW + 3), "", 5, "2026-11/deadline"),
        (replace(OPEN, at=NOW - 9), "", READ_WITHIN, "2026-11/deadline"),
    ],
)
def test_it_is_due_at_the_deadline_and_when_it_is_closed(
    stand: Stand, last: str, after: float, expected: str
):
    assert stage(stand, last, NOW + after) == expected


def test_it_says_how_it_ended_and_which_alerts_fired():
    made = closing_digest(
        OPEN, "2026-11/deadline", "shop", "Shop", "3 alerts.", "https://ops.example/month_end"
    )
    assert made.title == "Closing 2026-11 of Shop, at its deadline: late"
    assert made.body == (
        "Closing 2026-11\nLate: 3 items wait.\nAlerts meanwhile: 3 alerts.\n"
        "https://ops.example/month_end"
    )
    assert (made.id, made.tone) == ("closing/shop/2026-11/deadline", Tone.FAILURE)
    closed = closing_digest(CLOSED, "2026-11/closed", "shop", "Shop", "")
    assert (closed.title, closed.tone) == ("Closing 2026-11 of Shop, closed", Tone.SUCCESS)
    assert "Alerts" not in closed.body

"""Inside the window of a closing a switch to live needs two people, where that is set."""

from datetime import datetime

import pytest

from console.config import Config, Settings
from console.controls.desk import Desk


def at(day: int) -> float:
    return datetime.fromisoformat(f"2026-11-{day:02}T12:00:00+00:00").timestamp()


@pytest.mark.parametrize(
    ("settings", "day", "asked"),
    [
        ({}, 30, False),
        ({"closing_second_approver": True}, 30, True),
        ({"closing_second_approver": True}, 12, False),
        ({"second_approver": True}, 12, True),
        ({"closing_second_approver": True, "closing_days": "10"}, 12, True),
        (
            {"closing_second_approver": True, "closing_days": "10", "closing_window": "0,0"},
            12,
            False,
        ),
    ],
)
def test_the_window_of_a_closing_asks_for_a_second_person(
    settings: dict[str, object], day: int, asked: bool
):
    desk = Desk(Config(Settings.model_validate(settings)), clock=lambda: at(day))
    assert desk.rules.second_person is asked
    desk.stop()

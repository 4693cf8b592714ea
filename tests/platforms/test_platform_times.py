"""Times as platforms write them."""

from datetime import UTC, datetime
from typing import Any

import pytest

from console.platforms.times import retry_moment, time_of

AT = datetime(2026, 11, 24, 15, 12, 52, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ("2026-11-24T15:12:52Z", AT),
        ("2026-11-24T16:12:52+01:00", AT),
        ("2026-11-24T16:12:52+0100", AT),
        ("2026-11-24T15:12:52.799480932Z", AT + 0.79948),
        ("2026-11-24 15:12:52.799480932 +0000 UTC", AT + 0.79948),  # Go's own format
        ("2026-11-24 15:12:52", AT),
        (AT, AT),
        (int(AT * 1000), AT),
        (str(int(AT)), AT),
        (str(int(AT * 1000)), AT),
        ("0001-01-01T00:00:00Z", None),  # Go's zero time
        ("1902-03-04T05:06:07Z", None),
        ("9999-12-31T23:59:59Z", None),
        ("9999-12-31T23:59:59-05:00", None),  # beyond the last moment that Python knows
        (10**400, None),
        (-(10**400), None),
        ("2026-13-45T99:99:99Z", None),
        ("yesterday", None),
        ("", None),
        (None, None),
        (True, None),
        (0, None),
        (-5, None),
        (float("nan"), None),
        (float("inf"), None),
        ({}, None),
    ],
)
def test_a_time_is_read_or_is_none(told: Any, seconds: float | None):
    assert time_of(told) == (pytest.approx(seconds, abs=1e-4) if seconds else None)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("51", AT + 51),  # Render
        ("0", AT),
        (str(int(AT) + 30), AT + 30),  # GitHub
        (str((int(AT) + 30) * 1000), AT + 30),
        ("Tue, 24 Nov 2026 15:13:22 GMT", AT + 30),
        ("2026-11-24T15:13:22Z", AT + 30),  # Railway
        ("soon", None),
        ("-1", None),
        ("nan", None),
    ],
)
def test_when_to_ask_again_is_read_in_every_dialect(text: str, moment: float | None):
    assert retry_moment(text, AT) == moment

"""Every dialect that platforms.md of the reference lists, with the answers of real APIs."""

import pytest
from opskit.quotas import moment, read

NOW = 1_760_000_000.0


def only(headers: dict[str, str]):
    (quota,) = read(headers, NOW).quotas
    return quota


@pytest.mark.parametrize(
    ("headers", "limit", "remaining", "reset_at", "window"),
    [
        # draft-11 (since -08): structured fields
        (
            {"RateLimit": '"burst";r=50;t=30', "RateLimit-Policy": '"burst";q=100;w=60'},
            100, 50, NOW + 30, 60,
        ),
        ({"RateLimit": '"burst";r=50'}, None, 50, None, None),
        # draft-07
        ({"RateLimit": "limit=100, remaining=50, reset=30"}, 100, 50, NOW + 30, None),
        # draft-06; Render: seconds
        (
            {"Ratelimit-Limit": "400", "Ratelimit-Remaining": "399", "Ratelimit-Reset": "58"},
            400, 399, NOW + 58, None,
        ),
        # Koyeb: the policy beside the limit, seconds
        (
            {
                "x-ratelimit-limit": "400, 400;w=60",
                "x-ratelimit-remaining": "391",
                "x-ratelimit-reset": "17",
            },
            400, 391, NOW + 17, 60,
        ),
        # GitHub, DigitalOcean, Vercel: epoch seconds
        (
            {
                "x-ratelimit-limit": "5000",
                "x-ratelimit-remaining": "4999",
                "x-ratelimit-reset": "1760001234",
            },
            5000, 4999, 1_760_001_234, None,
        ),
        # epoch milliseconds
        (
            {"X-RateLimit-Remaining": "3", "X-RateLimit-Reset": "1760001234567"},
            None, 3, 1_760_001_234.567, None,
        ),
        # Railway: a date
        (
            {"X-RateLimit-Remaining": "3", "X-RateLimit-Reset": "2026-01-01T00:00:00Z"},
            None, 3, 1_767_225_600, None,
        ),
        # Heroku: only what is left
        ({"RateLimit-Remaining": "2400"}, None, 2400, None, None),
        # Twitter's spelling
        (
            {"x-rate-limit-limit": "15", "x-rate-limit-remaining": "0", "x-rate-limit-reset": "90"},
            15, 0, NOW + 90, None,
        ),
        # OpenAI: by kind, a duration
        (
            {"x-ratelimit-remaining-requests": "99", "x-ratelimit-reset-requests": "1m30s"},
            None, 99, NOW + 90, None,
        ),
        # freee: by window
        (
            {"X-RateLimit-Limit-Minute": "300", "X-RateLimit-Remaining-Minute": "12"},
            300, 12, None, 60,
        ),
    ],
)  # fmt: skip
def test_a_dialect_is_read(headers, limit, remaining, reset_at, window):
    quota = only(headers)
    assert (quota.limit, quota.remaining, quota.window) == (limit, remaining, window)
    assert quota.reset_at == (None if reset_at is None else pytest.approx(reset_at))


def test_several_windows_are_kept_apart():
    headers = {
        "X-RateLimit-Remaining": "9",
        "X-RateLimit-Remaining-Minute": "8",
        "X-RateLimit-Remaining-Day": "7",
    }
    found = {q.name: q.remaining for q in read(headers, NOW).quotas}
    assert found == {"default": 9, "minute": 8, "day": 7}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("120", NOW + 120),
        ("0", NOW),
        ("Wed, 21 Oct 2026 07:28:00 GMT", 1_792_567_680),
        ("1760000060", 1_760_000_060),
        ("500ms", NOW + 0.5),
        ("-5", None),
        ("nan", None),
        ("soon", None),
        ("", None),
        ("9" * 400, None),
    ],
)
def test_retry_after_is_seconds_or_a_date_and_nothing_else(text: str, expected: float | None):
    assert moment(text, NOW) == (None if expected is None else pytest.approx(expected))


@pytest.mark.parametrize(
    "headers",
    [
        {"RateLimit": '"burst";r'},
        {"RateLimit": '"burst";r=-1'},
        {"RateLimit": '"unfinished'},
        {"RateLimit": "\x00\x01"},
        {"X-RateLimit-Remaining": "many"},
        {"RateLimit": '"a";r=1,'},
        {"RateLimit": "1" * 10_000},
    ],
)
def test_what_is_malformed_is_ignored(headers: dict[str, str]):
    assert read(headers, NOW).quotas == ()


def test_retry_after_is_told_beside_the_quota():
    advice = read({"RateLimit": '"b";r=0;t=60', "Retry-After": "5"}, NOW)
    assert (advice.retry_at, advice.quotas[0].reset_at) == (NOW + 5, NOW + 60)

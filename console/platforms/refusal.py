"""Why a platform did not do what it was asked: its answer as one typed error, without a secret."""

from collections.abc import Sequence

import httpx

from console.errors import (
    PlatformAway,
    PlatformError,
    PlatformLimited,
    PlatformMissing,
    PlatformRefused,
)
from console.platforms.graphql import error_of, said
from console.platforms.json_fields import fields, json_of
from console.platforms.times import retry_moment

PAUSE_DEFAULT = 60.0  # seconds without a call after a limit that does not say how long
PAUSE_MOST = 3600.0  # and at most, whatever it says: GitHub resets hourly, nobody later
MOVED = (301, 302, 303, 307, 308)


def limit_of(
    platform: str, answer: httpx.Response, body: bytes, now: float, secrets: Sequence[str]
) -> PlatformLimited | None:
    """That too many requests were made, with when the next one may be; `None` where it is not."""
    status = answer.status_code
    if status == 429 or (status == 403 and _is_limit(answer, _said(body, secrets))):
        return PlatformLimited(f"{platform} asked for fewer requests.", _retry_at(answer, now))
    return None


def refusal_of(
    platform: str, answer: httpx.Response, body: bytes, now: float, secrets: Sequence[str]
) -> PlatformError:
    """Any other error of an answer whose status is no success."""
    status, reason = answer.status_code, _said(body, secrets)
    if status == 401:
        return PlatformRefused(f"{platform} does not accept the token{reason}.")
    if status == 403:
        return PlatformRefused(f"{platform}: the token may not do this{reason}.")
    if status in MOVED:  # its token is not sent after it, wherever that leads
        return PlatformMissing(f"{platform} says that it is elsewhere now{reason}.")
    if status in (404, 410):
        return PlatformMissing(f"{platform} knows no such thing{reason}.")
    if status >= 500 or status == 408:
        return PlatformAway(f"{platform} is out of order ({status}){reason}.")
    # GraphQL tells in the body why
    told = error_of(platform, json_of(body), now, secrets)
    return told or PlatformError(f"{platform} refused the request ({status}){reason}.")


def _said(body: bytes, secrets: Sequence[str]) -> str:
    """What the platform says of an error, masked; nothing of a page of HTML."""
    told = fields(json_of(body))
    inner = told.get("error")  # Google tells an object there, Fly.io a text
    inside = fields(inner) or {"message": inner}
    message = said(told, secrets) or said(inside, secrets)
    return f": {message}" if message else ""


def _is_limit(answer: httpx.Response, said: str) -> bool:
    """Whether a 403 means too many requests: GitHub says so of both of its limits."""
    spent = answer.headers.get("x-ratelimit-remaining", "").strip() == "0"
    return spent or "retry-after" in answer.headers or "rate limit" in said.lower()


def _retry_at(answer: httpx.Response, now: float) -> float:
    """When the next call may be made: Retry-After, else a reset in any dialect, else a minute.

    RFC 9110, 10.2.3: seconds, or a date. Resets are seconds, epochs, or times.
    """
    names = ["retry-after", "ratelimit-reset", "x-ratelimit-reset"]
    if answer.headers.get("x-ratelimit-remaining", "0").strip() != "0":
        names.pop()  # it is another limit that was met; this one resets up to an hour later
    for text in (answer.headers[name] for name in names if name in answer.headers):
        if (moment := retry_moment(text, now)) is not None:
            return min(max(now, moment), now + PAUSE_MOST)
    return now + PAUSE_DEFAULT

"""What GraphQL servers answer: data and errors, which may both be there, mostly with status 200."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from console.errors import (
    PlatformAway,
    PlatformError,
    PlatformLimited,
    PlatformMissing,
    PlatformRefused,
    PlatformUnreadable,
)
from console.masking import mask

PAUSE = 60.0  # seconds without a call after a limit that does not say how long
REASON_LIMIT = 200  # characters of what a platform says of an error
# Many servers give every error the same code, so that the words of the message come first.
_REFUSED = ("not authorized", "unauthorized", "not authenticated", "invalid token", "forbidden")
_REFUSED_CODES = {"UNAUTHENTICATED", "UNAUTHORIZED", "FORBIDDEN"}
_MISSING = ("not found", "does not exist")
_LIMITED = ("rate limit", "ratelimit", "too many requests")
_LIMITED_CODES = {"RATE_LIMITED", "RATE_LIMIT_EXCEEDED", "TOO_MANY_REQUESTS"}
_AWAY = ("timed out", "timeout", "problem processing request", "internal server error")
_AWAY_CODES = {"INTERNAL_SERVER_ERROR", "SERVICE_UNAVAILABLE", "TIMEOUT"}


def data_of(
    platform: str, told: Any, needed: Sequence[str], now: float, secrets: Sequence[str] = ()
) -> Mapping[str, Any]:
    """The data of an answer in which every needed root field is there.

    Errors beside those are of fields that are not needed, and change nothing. Raises PlatformError.
    """
    data = _object(_object(told).get("data"))
    if data and all(data.get(name) is not None for name in needed):
        return data
    problem = error_of(platform, told, now, secrets)
    raise problem or PlatformUnreadable(f"{platform} answered without what was asked for.")


def error_of(
    platform: str, told: Any, now: float, secrets: Sequence[str] = ()
) -> PlatformError | None:
    """The first error of an answer as a typed one; `None` where there is none."""
    listed = _object(told).get("errors")
    if not isinstance(listed, list) or not listed:
        return None
    one = _object(cast("list[Any]", listed)[0])
    return _typed(platform, said(one, secrets), _code(one), now)


def said(error: Mapping[str, Any], secrets: Sequence[str] = ()) -> str:
    """The message of one error, masked and bounded, without a full stop."""
    message: object = error.get("message")
    if not isinstance(message, str):
        return ""
    return mask(message, secrets).strip()[:REASON_LIMIT].rstrip(".")


def _code(error: Mapping[str, Any]) -> str:
    code = _object(error.get("extensions")).get("code")
    return code if isinstance(code, str) else ""


def _typed(platform: str, message: str, code: str, now: float) -> PlatformError:
    text, tail = message.lower(), f": {message}" if message else ""
    if _has(text, _LIMITED) or code in _LIMITED_CODES:
        return PlatformLimited(f"{platform} asked for fewer requests{tail}.", now + PAUSE)
    if _has(text, _REFUSED) or code in _REFUSED_CODES:
        return PlatformRefused(f"{platform} does not accept the token for this{tail}.")
    if _has(text, _MISSING) or code == "NOT_FOUND":
        return PlatformMissing(f"{platform} knows no such thing{tail}.")
    if _has(text, _AWAY) or (code in _AWAY_CODES and not message):
        return PlatformAway(f"{platform} is out of order{tail}.")
    return PlatformError(f"{platform} refused the request{tail}.")


def _has(text: str, words: Sequence[str]) -> bool:
    return any(word in text for word in words)


def _object(told: Any) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", told) if isinstance(told, dict) else {}

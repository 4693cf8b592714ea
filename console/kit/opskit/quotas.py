"""What an external API says about its rate limit, in all the dialects that are in use.

    RateLimit: "burst";r=50;t=30      RateLimit-Policy: "burst";q=100;w=60     draft-11 (since -08)
    RateLimit: limit=100, remaining=50, reset=30                               draft-07
    RateLimit-Limit / -Remaining / -Reset                                      draft-06 and before
    X-RateLimit-* / X-Rate-Limit-*, also with endings such as -Minute, -Day, -Requests
    Retry-After: seconds, or a date                                            RFC 9110

Reset values are disambiguated by size: above 1e12 they are Unix milliseconds, above 1e9 Unix
seconds, a date is a date, `1m30s` a duration, anything else seconds from now. What is malformed
is ignored, as the drafts demand.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from .structured import Bare, Item, Malformed, parse_list

_CLASSIC = re.compile(
    r"(?:x-)?rate-?limit-(limit|remaining|reset|used)(?:-([a-z0-9-]+))?"
    r"|(?:x-)?rate-?limit-([a-z0-9]+)-(limit|remaining|reset)"
)
_SPAN = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+(?:\.\d+)?)s)?(?:(\d+)ms)?")
_WINDOWS = {"second": 1.0, "minute": 60.0, "hour": 3600.0, "day": 86400.0, "month": 2_592_000.0}


@dataclass(frozen=True, slots=True)
class Quota:
    """One quota as an API told it. `reset_at` is Unix seconds; None is what was not told."""

    name: str  # the policy, or "default"
    dialect: str
    limit: float | None = None
    remaining: float | None = None
    reset_at: float | None = None
    window: float | None = None  # seconds


@dataclass(frozen=True, slots=True)
class Advice:
    """Everything one answer said. `retry_at` (Unix s) wins over any reset."""

    quotas: tuple[Quota, ...] = ()
    retry_at: float | None = None


def read(headers: Mapping[str, str], now: float) -> Advice:
    """What the headers of one answer say, at `now` (Unix seconds)."""
    lower = {name.lower(): text for name, text in headers.items()}
    quotas = _structured(lower, now) or _draft07(lower, now) or _classic(lower, now)
    retry = moment(lower["retry-after"], now) if "retry-after" in lower else None
    return Advice(tuple(quotas), retry)


def moment(text: str, now: float) -> float | None:
    """Unix seconds of a reset or Retry-After value in any dialect, or None where it is none."""
    text = text.strip().strip('"')
    try:
        value = float(text)
    except ValueError:
        return _span(text, now) or _date(text)
    if value != value or value < 0 or value > 1e15:
        return None
    if value > 1e12:
        return value / 1000
    return value if value > 1e9 else now + value


def _span(text: str, now: float) -> float | None:
    found = _SPAN.fullmatch(text)
    if not text or not found:
        return None
    factors = (86400, 3600, 60, 1, 0.001)
    pairs = zip(found.groups(), factors, strict=True)
    return now + sum(float(part) * factor for part, factor in pairs if part)


def _date(text: str) -> float | None:
    for parse in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            found = parse(text)
        except (ValueError, TypeError, IndexError):
            continue
        # A time without a zone is UTC: HTTP dates are, and so are the APIs that send ISO dates.
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    return None


def _items(text: str | None) -> list[Item]:
    try:
        return parse_list(text or "")
    except Malformed:
        return []


def _structured(headers: Mapping[str, str], now: float) -> list[Quota]:
    policies = dict(_items(headers.get("ratelimit-policy")))
    found: list[Quota] = []
    for name, given in _items(headers.get("ratelimit")):
        left, until = _positive(given.get("r")), _positive(given.get("t"))
        if not isinstance(name, str) or left is None:
            continue  # r is required
        policy = policies.get(name, {})
        found.append(
            Quota(
                name,
                "draft-11",
                limit=_positive(policy.get("q")),
                remaining=left,
                reset_at=None if until is None else now + until,
                window=_positive(policy.get("w")),
            )
        )
    return found


def _positive(value: Bare | None) -> float | None:
    fits = isinstance(value, int | float) and not isinstance(value, bool) and value >= 0
    return float(value) if fits and isinstance(value, int | float) else None


def _draft07(headers: Mapping[str, str], now: float) -> list[Quota]:
    pairs = dict(re.findall(r"(limit|remaining|reset)\s*=\s*(\d+)", headers.get("ratelimit", "")))
    if "remaining" not in pairs:
        return []
    reset = moment(pairs["reset"], now) if "reset" in pairs else None
    return [
        Quota("default", "draft-07", _first(pairs.get("limit")), _first(pairs["remaining"]), reset)
    ]


def _classic(headers: Mapping[str, str], now: float) -> list[Quota]:
    found: dict[str, Quota] = {}
    for header, text in headers.items():
        match = _CLASSIC.fullmatch(header)
        if not match:
            continue
        what, name = match[1] or match[4], match[2] or match[3] or "default"
        dialect = "x-ratelimit" if header.startswith("x-") else "draft-06"
        quota = found.get(name, Quota(name, dialect, window=_WINDOWS.get(name)))
        if what == "limit":
            quota = replace(quota, limit=_first(text), window=_window(text) or quota.window)
        elif what == "remaining":
            quota = replace(quota, remaining=_first(text))
        elif what == "reset":
            quota = replace(quota, reset_at=moment(text, now))
        found[name] = quota
    return [q for q in found.values() if q.limit is not None or q.remaining is not None]


def _first(text: str | None) -> float | None:
    """The number at the start: `400` of `400, 400;w=60`."""
    found = re.match(r"\s*(\d{1,15}(?:\.\d+)?)", text or "")
    return float(found[1]) if found else None


def _window(text: str) -> float | None:
    """The window of the policy with the same number: 60 of `400, 400;w=60`."""
    first = _first(text)
    policies: Iterable[Item] = _items(text)
    return next((_positive(g["w"]) for bare, g in policies if "w" in g and bare == first), None)

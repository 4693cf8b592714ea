"""The usage of an Upstash database against its plan, and where the month will end. Pure.

Facts about the plans are of August 2026 (upstash.com/pricing); what the Developer API tells of the
database itself is preferred where it does.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from console.health.summary import Standing
from console.words import duration, percent

API_URL = "https://api.upstash.com/v2"  # the Developer API
FREE_COMMANDS = 500_000  # a month
FREE_BANDWIDTH = 10 * 1024**3  # bytes a month
FREE = "free"  # the type of such a plan
NO_LIMIT = 10**15  # commands: what is above is how the API says that there is none
USAGE_WARN, USAGE_FAIL = 0.80, 1.00  # of a limit, projected for the end of the month
STORAGE_WARN, STORAGE_FAIL = 0.80, 0.95  # of the limit, now
RATE_DAYS = 7  # full days that the rate is taken from
USAGE_OLD = 3600.0  # seconds after which the usage is no longer known

Finding = tuple[Standing, str]


@dataclass(frozen=True, slots=True)
class Account:
    """Who asks for which database. `database`: id or name, or empty for the one that is used."""

    email: str
    api_key: str
    database: str = ""
    url: str = API_URL


@dataclass(frozen=True, slots=True)
class Point:
    """One value of a series."""

    at: float  # Unix seconds
    value: float


@dataclass(frozen=True, slots=True)
class Usage:
    """What the Developer API told at `at`. `None` is what it did not tell. Bytes, USD, seconds."""

    at: float  # Unix seconds
    problem: str = ""  # why nothing is known, one sentence
    database: str = ""
    region: str = ""
    plan: str = ""  # free, payg, pro, paid
    state: str = ""  # active, suspended, passive
    eviction: bool | None = None
    commands: int | None = None  # this month
    reads: int | None = None
    writes: int | None = None
    scripts: int | None = None
    bandwidth: int | None = None  # this month
    storage: int | None = None  # now
    cost: float | None = None  # this month
    budget: float | None = None  # a month
    commands_limit: int | None = None  # a month
    bandwidth_limit: int | None = None  # a month
    storage_limit: int | None = None
    a_second: int | None = None  # commands that are served without delay
    daily: tuple[Point, ...] = ()  # commands of a day
    mean_latency: float | None = None  # seconds, the latest
    latency_99: float | None = None


@dataclass(frozen=True, slots=True)
class Projection:
    """Where a count of this month will be at its end, if the coming days are like the last."""

    so_far: float
    expected: float
    least: float  # if every day to come is like the quietest of them
    most: float  # like the busiest
    days: int  # full days that this rests on; 0: the mean of this month so far
    left: float  # seconds of the month


def month(now: float) -> tuple[float, float]:
    """Begin and end of the calendar month in UTC, by which Upstash counts. Unix seconds."""
    first = datetime.fromtimestamp(now, UTC).replace(
        day=1, hour=0, minute=0, second=0, microsecond=0
    )
    following = (first + timedelta(days=32)).replace(day=1)
    return first.timestamp(), following.timestamp()


def project(so_far: float, daily: Sequence[Point], now: float) -> Projection:
    """The end of the month by the mean of the last full days, and by their extremes.

    Without full days the mean of the month so far is taken, and least is what was used already.
    """
    begin, end = month(now)
    today = now // 86_400 * 86_400
    by_day = {point.at // 86_400 * 86_400: point.value for point in daily}
    full = [value for day, value in sorted(by_day.items()) if day < today][-RATE_DAYS:]
    days_left = (end - now) / 86_400
    if not full:
        rate = so_far / max((now - begin) / 86_400, 1 / 24)
        return Projection(so_far, so_far + rate * days_left, so_far, math.inf, 0, end - now)
    mean = sum(full) / len(full)
    return Projection(
        so_far,
        so_far + mean * days_left,
        so_far + min(full) * days_left,
        so_far + max(full) * days_left,
        len(full),
        end - now,
    )


def runs_out(projection: Projection, limit: float, now: float) -> float | None:
    """When the limit is reached at the expected rate (Unix seconds); None for not this month."""
    if projection.so_far >= limit:
        return now
    if projection.expected < limit:
        return None
    share = (limit - projection.so_far) / (projection.expected - projection.so_far)
    return now + share * projection.left


def findings(usage: Usage | None, now: float) -> list[Finding]:
    """What an operator should know of the plan, the worst first."""
    if usage is None:
        return []
    if now - usage.at > USAGE_OLD:
        age = duration(now - usage.at)
        return [(Standing.UNKNOWN, f"The usage of the Upstash plan is not known for {age}.")]
    if usage.problem:
        return [(Standing.UNKNOWN, usage.problem)]
    found = [*_of_state(usage), *_of_commands(usage, now), *_of_storage(usage)]
    rank = {Standing.FAIL: 0, Standing.UNKNOWN: 1, Standing.WARN: 2}
    return sorted(found, key=lambda one: rank[one[0]])


def standing_of(expected: float, limit: float) -> Standing:
    """How a projection stands against its limit."""
    if expected >= USAGE_FAIL * limit:
        return Standing.FAIL
    return Standing.WARN if expected >= USAGE_WARN * limit else Standing.PASS


def _of_state(usage: Usage) -> list[Finding]:
    if usage.state in ("", "active"):
        return []
    return [(Standing.FAIL, f"Upstash says that the database is {usage.state}.")]


def _of_commands(usage: Usage, now: float) -> list[Finding]:
    if usage.commands is None or usage.commands_limit is None:
        return []
    projection = project(usage.commands, usage.daily, now)
    standing = standing_of(projection.expected, usage.commands_limit)
    if standing is Standing.PASS:
        return []
    share = projection.expected / usage.commands_limit
    text = f"The month ends at {percent(share)} of the plan's {usage.commands_limit:,} commands"
    ends = runs_out(projection, usage.commands_limit, now)
    if ends is None:
        return [(standing, f"{text}, if the coming days are like the last.")]
    if ends <= now:
        return [(standing, f"The plan's {usage.commands_limit:,} commands are used up.")]
    return [(standing, f"{text}: they are used up in {duration(ends - now)}.")]


def _of_storage(usage: Usage) -> list[Finding]:
    if usage.storage is None or not usage.storage_limit:
        return []
    share = usage.storage / usage.storage_limit
    if share < STORAGE_WARN:
        return []
    then = "old keys are evicted" if usage.eviction else "writes are refused"
    standing = Standing.FAIL if share >= STORAGE_FAIL else Standing.WARN
    return [(standing, f"{percent(share)} of the plan's storage is used; when it is full, {then}.")]

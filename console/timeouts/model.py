"""The plan: every time-out of a service with its value and where that comes from.

`resolve` takes texts as they stand in the environment. What cannot be read keeps its default and
carries the problem; an unset variable that has no default has the source ABSENT.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from console.timeouts.catalogue import (
    DRAINING_VARIABLE,
    REDIS_VARIABLE,
    SETTINGS,
    UPSTASH_VARIABLE,
    Kind,
    Setting,
)
from console.timeouts.durations import DurationError, parse, shown, suspicious, written
from console.timeouts.platform_limits import (
    BY_KEY,
    KIT_REDIS_SECONDS,
    REDIS_PY_RETRIES,
    REDIS_PY_SECONDS,
    SERVER_BY_KEY,
    Platform,
    Server,
)

MOST_COUNT = 10_000_000
MOST_RETRIES = 100
GUNICORN_FLAGS = {"SERVER_TIMEOUT_SECONDS", "GRACEFUL_SHUTDOWN_SECONDS", "SERVER_KEEPALIVE_SECONDS"}


class Source(StrEnum):
    """Where a value comes from."""

    WHAT_IF = "what-if"
    VARIABLE = "variable"
    PLATFORM = "platform table"
    LIBRARY = "library default"
    DEFAULT = "default"
    ABSENT = "not set"


@dataclass(frozen=True, slots=True)
class Value:
    """The value of one variable: seconds, a number, or a word."""

    setting: Setting
    amount: float | None  # None: no limit, or not set at all
    source: Source
    origin: str = ""  # more exactly
    word: str = ""  # of a choice
    problem: str = ""  # why what was set is not used
    looks_like: str = ""  # the unit that its number looks to be in, where that is not its own
    bare: float | None = None  # the number as it was written, without a unit

    @property
    def known(self) -> bool:
        """Whether there is any value, be it `no limit`."""
        return self.source is not Source.ABSENT

    @property
    def text(self) -> str:
        """The value for people."""
        if not self.known:
            return self.setting.absent or "not set"
        if self.setting.kind is Kind.CHOICE:
            return self.word
        if self.setting.kind is Kind.COUNT:
            return f"{self.amount:,.0f}" if self.amount is not None else "not set"
        return shown(self.amount)


@dataclass(frozen=True, slots=True)
class Plan:
    """All values, and the platform and server that the tables were asked for."""

    values: Mapping[str, Value]
    platform: Platform
    server: Server
    has_redis: bool = False
    kit: bool = False  # the service uses the kit

    def time(self, name: str) -> float | None:
        """Seconds; None for no limit or not set."""
        return self.values[name].amount

    def count(self, name: str) -> int:
        """A whole number; 0 where it is not set."""
        return int(self.values[name].amount or 0)

    def known(self, name: str) -> bool:
        """Whether it has a value."""
        return self.values[name].known

    def word(self, name: str) -> str:
        """A choice in lower case; empty where it is not set."""
        return self.values[name].word

    def said(self, name: str) -> str:
        """`API_TIMEOUT_SECONDS (30 s)`."""
        return f"{name} ({self.values[name].text})"

    def changed(self, changes: Mapping[str, float | None]) -> "Plan":
        """The same plan with some amounts replaced: what if."""
        values = dict(self.values)
        for name, amount in changes.items():
            old = values[name]
            if old.amount != amount or not old.known:
                values[name] = replace(
                    old, amount=amount, source=Source.WHAT_IF, origin="", problem="", looks_like=""
                )
        return replace(self, values=values)


def resolve(
    texts: Mapping[str, str],
    platform: str = "none",
    server: str = "uvicorn",
    origins: Mapping[str, str] | None = None,
    *,
    kit: bool = False,
) -> Plan:
    """Read the variables. `origins` says where each text comes from.

    `kit`: the service uses the kit, whose Redis client has limits of its own.
    """
    places = origins or {}
    given = {name: text for name, text in texts.items() if text.strip()}
    place, runs = BY_KEY[platform], SERVER_BY_KEY[server]
    has_redis = REDIS_VARIABLE in given or UPSTASH_VARIABLE in given
    values: dict[str, Value] = {}
    for setting in SETTINGS:
        default = _default(setting, place, runs, given, kit)
        values[setting.name] = (
            _read(setting, given[setting.name], default, places.get(setting.name, ""))
            if setting.name in given
            else default
        )
    return Plan(values, place, runs, has_redis, kit)


def env_line(setting: Setting, amount: float | None) -> str:
    """The line of a .env file that sets it."""
    if setting.kind is Kind.COUNT:
        return f"{setting.name}={amount or 0:.0f}"
    return f"{setting.name}={written(amount, setting.name)}"


def _read(setting: Setting, text: str, default: Value, origin: str) -> Value:
    if setting.kind is Kind.CHOICE:
        word = text.strip().lower()
        if word not in setting.choices:
            return replace(default, problem=f"must be one of {', '.join(setting.choices)}")
        return Value(setting, None, Source.VARIABLE, origin, word)
    if setting.kind is Kind.COUNT:
        number, most = text.strip(), MOST_RETRIES if "RETRIES" in setting.name else MOST_COUNT
        if not (number.isascii() and number.isdigit() and len(number) < 9 and int(number) <= most):
            return replace(default, problem=f"must be a whole number up to {most:,}")
        return Value(setting, float(number), Source.VARIABLE, origin)
    try:
        parsed = parse(text, setting.name)
    except DurationError as error:
        return replace(default, problem=str(error))
    endless = setting.kind is Kind.LIMIT and not parsed.seconds
    return Value(
        setting,
        None if endless else parsed.seconds or 0.0,
        Source.VARIABLE,
        origin,
        looks_like=suspicious(setting.name, parsed),
        bare=parsed.bare,
    )


def _default(
    setting: Setting, platform: Platform, server: Server, given: Mapping[str, str], kit: bool
) -> Value:
    """What holds where the variable is not set."""
    name = setting.name
    if name == "PLATFORM_REQUEST_TIMEOUT_SECONDS":
        return Value(setting, platform.request, Source.PLATFORM, platform.name)
    if name == "PLATFORM_KILL_DELAY_SECONDS":
        return _kill_delay(setting, platform, given)
    if name in GUNICORN_FLAGS:
        amount = {
            "SERVER_TIMEOUT_SECONDS": server.request,
            "GRACEFUL_SHUTDOWN_SECONDS": server.graceful,
            "SERVER_KEEPALIVE_SECONDS": server.keep_alive,
        }[name]
        return Value(setting, amount, Source.LIBRARY, server.name)
    if name in ("REDIS_TIMEOUT_SECONDS", "REDIS_MAX_RETRIES"):
        return _redis(setting, given, kit)
    if name == "HEALTH_CALLS_APIS" and kit:
        return Value(setting, None, Source.LIBRARY, "the kit's /health does no I/O", "false")
    if name == "API_TIMEOUT_SCOPE":
        return Value(setting, None, Source.DEFAULT, "default of the kit", "total")
    if name == "RATE_LIMIT_STORE":
        shared = kit or REDIS_VARIABLE in given or UPSTASH_VARIABLE in given
        why = "a Redis is known" if shared else "no Redis is known"
        return Value(setting, None, Source.DEFAULT, why, "redis" if shared else "memory")
    if setting.default is None:
        return Value(setting, None, Source.ABSENT)
    return Value(setting, setting.default, Source.DEFAULT, setting.origin)


def _kill_delay(setting: Setting, platform: Platform, given: Mapping[str, str]) -> Value:
    if platform.key == "railway" and DRAINING_VARIABLE in given:
        named = replace(setting, name=DRAINING_VARIABLE)
        table = Value(named, platform.kill_after, Source.PLATFORM, platform.name)
        return _read(named, given[DRAINING_VARIABLE], table, DRAINING_VARIABLE)
    if platform.kill_after is None:
        return Value(setting, None, Source.ABSENT)
    return Value(setting, platform.kill_after, Source.PLATFORM, platform.name)


def _redis(setting: Setting, given: Mapping[str, str], kit: bool) -> Value:
    """The client's own default: upstash-redis has no limit at all, redis-py tries 11 times."""
    retries = setting.kind is Kind.COUNT
    if kit:
        return Value(setting, 0.0 if retries else KIT_REDIS_SECONDS, Source.LIBRARY, "the kit")
    if UPSTASH_VARIABLE in given:
        return Value(setting, 1.0 if retries else None, Source.LIBRARY, "upstash-redis 1.8.0")
    if REDIS_VARIABLE in given:
        amount = float(REDIS_PY_RETRIES) if retries else REDIS_PY_SECONDS
        return Value(setting, amount, Source.LIBRARY, "redis-py 8.1")
    return Value(setting, None, Source.ABSENT)

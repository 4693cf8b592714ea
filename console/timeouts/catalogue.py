"""The variables that time-outs are made of: their names, defaults, and where a default comes from.

The names up to PROCESS_TIMEOUT_SECONDS are those of the invoicing profile; the rest describes what
is around the service. A default is what holds where the variable is not set.
"""

from dataclasses import dataclass
from enum import StrEnum

from console.timeouts.durations import unit_of
from console.timeouts.platform_limits import APPS_SCRIPT_SECONDS


class Kind(StrEnum):
    """What a variable holds."""

    LIMIT = "limit"  # a time after which something is given up; 0 and `none` mean no limit
    WAIT = "wait"  # a time that is waited; 0 is 0
    COUNT = "count"
    CHOICE = "choice"


@dataclass(frozen=True, slots=True)
class Setting:
    """One variable; times in seconds whatever the unit of its name is."""

    name: str
    kind: Kind
    default: float | None
    meaning: str
    origin: str = "published default"  # of the default
    most: float = 0.0  # end of its slider, seconds or number; 0: it has none
    step: float = 1.0
    choices: tuple[str, ...] = ()
    absent: str = ""  # what it means that it is not set and has no default

    @property
    def unit(self) -> str:
        """The unit that a bare number of it has; empty for what is no time."""
        return unit_of(self.name) if self.kind in (Kind.LIMIT, Kind.WAIT) else ""


TABLES = "table of limits"
KIT = "default of the kit"
L, W, C = Kind.LIMIT, Kind.WAIT, Kind.COUNT

SETTINGS = (
    Setting("API_TIMEOUT_SECONDS", L, 30.0, "One attempt of an external call", most=120),
    Setting("API_CONNECT_TIMEOUT_SECONDS", L, 5.0, "Its connection", "default of httpx", most=30),
    Setting(
        "API_TIMEOUT_SCOPE", Kind.CHOICE, None, "What that time counts: all of it, or each phase",
        choices=("total", "phase"), absent="total",
    ),
    Setting("API_MAX_RETRIES", C, 3, "Further attempts after 429 and 5xx", most=10),
    Setting("RETRY_BASE_MS", W, 0.3, "First wait, doubled each time", most=5, step=0.1),
    Setting(
        "RETRY_CAP_MS", L, None, "Longest of these waits",
        absent="no cap: the wait doubles each time",
    ),
    Setting("RETRY_JITTER_MS", W, 0.2, "Random part of each wait, at most", most=5, step=0.1),
    Setting(
        "RETRY_AFTER_MAX_SECONDS", L, None, "Longest Retry-After that is waited for",
        absent="Retry-After is not honoured",
    ),
    Setting("API_PAGE_WAIT_MS", W, 2.0, "Wait between two pages", most=5, step=0.5),
    Setting("API_PAGE_SIZE", C, 100, "Items a page", most=100, step=10),
    Setting("API_CONCURRENCY", C, 2, "Calls at the same time", most=10),
    Setting("BATCH_ITEMS", C, 500, "Items of one run: plan with month-end's number", most=5000,
            step=100),
    Setting("ITEM_TIMEOUT_SECONDS", L, 150.0, "One item with all its attempts", most=600),
    Setting("PROCESS_TIMEOUT_SECONDS", L, 300.0, "One whole run", most=900),
    Setting("CLEANUP_SECONDS", W, 5.0, "What a run that was given up still needs", "assumption"),
    Setting("SERVER_TIMEOUT_SECONDS", L, None, "The server gives up a request", TABLES, most=900),
    Setting(
        "PLATFORM_REQUEST_TIMEOUT_SECONDS", L, None, "The platform cuts a request off", TABLES,
        most=3600,
    ),
    Setting("CALLER_TIMEOUT_SECONDS", L, APPS_SCRIPT_SECONDS, "The caller waits",
            "Google Apps Script: 6 minutes for one execution", most=900),
    Setting("CALLER_RETRIES", C, 0, "Further attempts of the caller", "assumption"),
    Setting("HTTP_CLIENT_RETRIES", C, 0, "Further attempts inside of the HTTP client",
            "default of httpx"),
    Setting("GRACEFUL_SHUTDOWN_SECONDS", L, None, "Time the server gives open requests", TABLES),
    Setting("PLATFORM_KILL_DELAY_SECONDS", W, None, "From SIGTERM to SIGKILL", TABLES,
            absent="not known for this platform"),
    Setting("HEALTH_HANDLER_TIMEOUT_SECONDS", L, None, "The health route gives up",
            absent="not told"),
    Setting("HEALTH_CALLS_APIS", Kind.CHOICE, None, "Whether the health route calls external APIs",
            choices=("false", "true"), absent="not told"),
    Setting("TOKEN_TIMEOUT_SECONDS", L, 20.0, "One attempt to refresh a token", KIT),
    Setting("TOKEN_MAX_RETRIES", C, 0, "Further attempts to refresh it", KIT),
    Setting("TOKEN_LOCK_SECONDS", L, 30.0, "Lock of the instance that refreshes it", KIT),
    Setting("IDEMPOTENCY_LOCK_SECONDS", L, 300.0, "How long an item counts as being worked on",
            KIT),
    Setting("QUEUE_VISIBILITY_SECONDS", L, None, "How long a queue hides a message",
            absent="no queue"),
    Setting("CLIENT_KEEPALIVE_SECONDS", L, 5.0, "A client keeps an idle connection",
            "default of httpx"),
    Setting("SERVER_KEEPALIVE_SECONDS", L, None, "The server keeps an idle connection", TABLES),
    Setting("REDIS_TIMEOUT_SECONDS", L, None, "One command to Redis", TABLES,
            absent="no Redis known"),
    Setting("REDIS_MAX_RETRIES", C, None, "Further attempts of a command", TABLES,
            absent="no Redis known"),
    Setting("RATE_LIMIT_PER_MINUTE", C, 60, "Calls that the service lets a caller make", most=600,
            step=10),
    Setting("RATE_LIMIT_STORE", Kind.CHOICE, None, "Where these calls are counted",
            choices=("memory", "redis"), absent="redis where one is known, else memory"),
)  # fmt: skip
BY_NAME = {setting.name: setting for setting in SETTINGS}

# Not time-outs themselves, but they tell which default holds.
REDIS_VARIABLE = "REDIS_URL"
UPSTASH_VARIABLE = "UPSTASH_REDIS_REST_URL"
DRAINING_VARIABLE = "RAILWAY_DEPLOYMENT_DRAINING_SECONDS"
HINTS = (REDIS_VARIABLE, UPSTASH_VARIABLE, DRAINING_VARIABLE)
SLIDERS = tuple(setting.name for setting in SETTINGS if setting.most)

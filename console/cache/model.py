"""What is known of a cache at one moment. Plain data, written by the collector, read by the pages.

`None` is what the server does not tell; a page says "not offered", never 0.
"""

from dataclasses import dataclass
from enum import StrEnum


class Offer(StrEnum):
    """Whether a server offers something; asked once for each connection."""

    YES = "yes"
    NO = "no"  # unknown to it, or switched off
    FORBIDDEN = "forbidden"  # this user may not
    ERROR = "error"  # it failed otherwise


@dataclass(frozen=True, slots=True)
class Server:
    """Who answers."""

    name: str  # Redis, Valkey, Upstash
    version: str
    mode: str = ""  # standalone, cluster, sentinel
    uptime: float | None = None  # seconds
    role: str = ""  # master, slave
    replicas: int | None = None
    link: str = ""  # of a replica to its primary: up, down


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes."""

    used: int | None = None
    most: int | None = None  # 0: no limit is set; None: not told
    resident: int | None = None
    peak: int | None = None
    fragmentation: float | None = None
    policy: str = ""


@dataclass(frozen=True, slots=True)
class Totals:
    """Counters since the server's start, or since somebody reset them."""

    hits: int | None = None
    misses: int | None = None
    commands: int | None = None
    expired: int | None = None
    evicted: int | None = None
    rejected: int | None = None  # connections
    bytes_in: int | None = None
    bytes_out: int | None = None


@dataclass(frozen=True, slots=True)
class Clients:
    """Connections."""

    connected: int | None = None
    most: int | None = None
    blocked: int | None = None
    names: tuple[tuple[str, int], ...] = ()  # by name, or address where they have none


@dataclass(frozen=True, slots=True)
class Keyspace:
    """One database."""

    database: str
    keys: int
    expiring: int
    mean_ttl: float | None  # seconds


@dataclass(frozen=True, slots=True)
class CommandTime:
    """What one command costs the server."""

    name: str
    calls: int
    microseconds: float  # in all
    failed: int = 0
    rejected: int = 0
    p50: float | None = None  # microseconds, as the server measures them
    p99: float | None = None
    p999: float | None = None


@dataclass(frozen=True, slots=True)
class Slow:
    """One entry of the slow log. Arguments may be secret: only their number is kept."""

    at: float
    microseconds: int
    command: str
    arguments: int
    client: str


@dataclass(frozen=True, slots=True)
class Persistence:
    """How data gets to the disk."""

    snapshots: str = ""  # ok, or what the last one ended with
    changes: int | None = None  # since the last snapshot
    append_only: bool | None = None
    append_status: str = ""


@dataclass(frozen=True, slots=True)
class Prefix:
    """What the service's own cache did for one prefix in the last 24 hours, over all instances."""

    name: str
    hits_memory: int = 0
    hits_redis: int = 0
    misses: int = 0
    stale: int = 0
    shared: int = 0
    errors: int = 0
    saved_ms: float = 0.0
    calls_saved: int = 0

    @property
    def lookups(self) -> int:
        """Hits and misses."""
        return self.hits_memory + self.hits_redis + self.misses

    @property
    def ratio(self) -> float | None:
        """The share of lookups that were answered without loading; None for none at all."""
        hits = self.hits_memory + self.hits_redis
        return hits / self.lookups if self.lookups else None


@dataclass(frozen=True, slots=True)
class Quota:
    """What is left of an external API's rate limit. Times are Unix seconds."""

    api: str
    name: str  # `own` is the service's own limit, `blocked` a Retry-After
    at: float
    limit: float | None = None
    remaining: float | None = None
    reset_at: float | None = None
    window: float | None = None  # seconds
    blocked_until: float | None = None
    dialect: str = ""


@dataclass(frozen=True, slots=True)
class Token:
    """An OAuth token that the service keeps. Never its text."""

    name: str
    state: str  # ok, spent_unknown, refused; empty where none was told
    reason: str = ""
    expires_at: float | None = None
    refresh_expires_at: float | None = None
    rotated_at: float | None = None
    rotated_by: str = ""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything that was found at `at`."""

    at: float  # Unix seconds
    problem: str = ""  # why nothing could be read, one sentence
    place: str = ""  # host and port
    billed: bool = False
    server: Server | None = None
    memory: Memory = Memory()
    totals: Totals = Totals()
    clients: Clients = Clients()
    persistence: Persistence = Persistence()
    keyspaces: tuple[Keyspace, ...] = ()
    commands: tuple[CommandTime, ...] = ()  # the costliest first
    slow: tuple[Slow, ...] = ()
    offers: tuple[tuple[str, Offer], ...] = ()
    round_trip: float | None = None  # seconds of a PING from the collector
    operations: float | None = None  # commands a second since the reading before
    reset_at: float | None = None  # when counters were last seen to begin anew
    prefixes: tuple[Prefix, ...] = ()
    quotas: tuple[Quota, ...] = ()
    tokens: tuple[Token, ...] = ()

    @property
    def keys(self) -> int | None:
        """Keys in all databases."""
        return sum(one.keys for one in self.keyspaces) if self.server else None

    def offer(self, what: str) -> Offer:
        """Whether the server offers something; what was never asked counts as not offered."""
        return dict(self.offers).get(what, Offer.NO)

"""What web and collector tell each other through the store, as plain data."""

from dataclasses import dataclass

from console.health.model import Status


@dataclass(frozen=True, slots=True)
class CollectorBeat:
    """The collector's own heartbeat, written with every flush. Times are Unix seconds."""

    at: float
    fence: int
    started_at: float
    owner: str
    host: str
    pid: int
    version: str
    profile: str
    flush_interval: float  # seconds
    spool_bytes: int = 0  # waiting on disk
    dropped: int = 0  # results lost since the start: disk full or the spool's bound reached
    checks: int = 0
    lag_p99_ms: float = 0.0  # how late probes start


@dataclass(frozen=True, slots=True)
class PushBeat:
    """The last call of a job that reports by itself."""

    at: float
    status: Status
    message: str = ""
    duration: float | None = None  # seconds the job says it took


@dataclass(frozen=True, slots=True)
class ProbeRequest:
    """Somebody asks for one probe now; without a check, for a look at the deployments."""

    id: str
    service: str
    check: str

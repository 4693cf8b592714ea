"""The words of health: statuses, outcomes, results, and what is remembered of a check.

Everything here is plain data without input or output. Times are Unix seconds (UTC), durations
are seconds, both as floats, unless a name says otherwise.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from console.alerts.model import Alert


class Status(StrEnum):
    """How a check stands. Stale, missing or too few data is `unknown`, never `pass`."""

    PASS = "pass"
    WARN = "warn"
    FAIL = "fail"
    UNKNOWN = "unknown"


class Outcome(StrEnum):
    """What became of one probe; all but `ok` and `condition` mean that it got no full answer."""

    OK = "ok"
    CONDITION = "condition"  # answered in full, but a condition or the body's own status failed
    TIMEOUT = "timeout"
    RESOLVE = "resolve"  # the name does not resolve
    CONNECT = "connect"  # refused, unreachable, reset while connecting
    TLS = "tls"  # handshake or verification failed
    PROTOCOL = "protocol"  # the peer broke the protocol or closed in the middle
    REDIRECT = "redirect"  # too many redirects, or one that is not allowed
    MISSED = "missed"  # a push heartbeat did not arrive in time
    OFFLINE = "offline"  # the console itself has no network: says nothing about the service
    INTERNAL = "internal"  # the probe itself broke: a defect of the console


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a result: a condition, or a sub-check that the service reports in its body."""

    name: str
    status: Status
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Phases:
    """Where the time of one request went, in seconds; `None` where the phase did not happen."""

    resolve: float | None = None
    connect: float | None = None
    tls: float | None = None
    first_byte: float | None = None  # from the request being sent to the first byte of the answer
    transfer: float | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """What one probe of one check found."""

    check: str
    at: float  # when the probe started
    status: Status
    outcome: Outcome
    message: str  # one sentence, plain text
    duration: float | None = None  # seconds until the answer was complete; the limit for a time-out
    phases: Phases = Phases()
    parts: tuple[Part, ...] = ()
    http_status: int | None = None
    ip: str = ""
    certificate_expires_at: float | None = None
    body: str | None = None  # start of the answer, masked; kept only where the probe did not pass
    cold_start: bool = False  # the probe woke a service that was scaled to zero


@dataclass(frozen=True, slots=True)
class Sample:
    """One of the exact last results of a check, small enough to keep many."""

    at: float
    status: Status
    milliseconds: float | None


@dataclass(frozen=True, slots=True)
class Incident:
    """A stretch of time in which a check was failing, after the thresholds."""

    id: str
    check: str
    started_at: float
    message: str
    ended_at: float | None = None
    affected: tuple[str, ...] = ()  # the checks whose failure this one explains
    acknowledged_by: str = ""
    acknowledged_why: str = ""

    def duration(self, now: float) -> float:
        """Seconds from the start to the end, or to `now` while it is open."""
        return (now if self.ended_at is None else self.ended_at) - self.started_at


@dataclass(frozen=True, slots=True)
class CheckState:
    """All that is remembered of one check beside its series: one document in the store."""

    check: str
    status: Status = Status.UNKNOWN
    since: float | None = None
    reason: str = "No result yet."
    sleeping: bool = False
    caused_by: str = ""  # the parent whose failure explains this one
    alert: Alert = field(default_factory=Alert)
    incident: Incident | None = None  # the open one
    last: Result | None = None
    last_failure: Result | None = None
    recent: tuple[Sample, ...] = ()  # oldest first
    certificate_expires_at: float | None = None

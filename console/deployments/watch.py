"""What is seen of one deployment while it is watched. Plain data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from console.deployments.model import Evidence
from console.health.check import VERIFY_WINDOW
from console.health.model import Status

WINDOW = VERIFY_WINDOW  # seconds to watch after live, where the service does not say
LOOKS = 10  # times that an open window is judged, at most: of ten minutes, one a minute
# What is not required: a service may have no log, no settings class and no single-item run.
LOG, SETTINGS, RUN = "new errors in the log", "settings", "run"
OTHERS = {
    LOG: "No log is read.",
    SETTINGS: "The settings are not known.",
    RUN: "The run of a single item is not known.",
}


@dataclass(frozen=True, slots=True)
class Traffic:
    """Requests of one stretch of time."""

    durations: Mapping[int, int] = field(default_factory=dict[int, int])  # by histogram code
    requests: int = 0
    bad: int = 0  # of them failed


@dataclass(frozen=True, slots=True)
class CheckSeen:
    """One check, before and since the deployment."""

    title: str
    now: Status
    before: Status = Status.UNKNOWN
    # since live, among the results that are kept; None: which are kept is not known
    probes: int | None = None
    failed: int = 0  # of them


@dataclass(frozen=True, slots=True)
class Watch:
    """All that was seen of one deployment. `None`: that source is not there at all."""

    commit: str
    live_at: float
    window: float = WINDOW
    instances: Mapping[str, str] | None = None  # the commit that each living instance tells
    expected: int | None = None  # instances that should run
    checks: Sequence[CheckSeen] | None = None
    before: Traffic | None = None
    after: Traffic | None = None
    source: str = "the service's own traffic"
    probes: int = 0  # of the console, in the window
    told: Sequence[Evidence] = ()  # what other rooms say of it: log, settings, run (evidence.py)
    ended_at: float | None = None  # when another deployment took its place
    skipped: Sequence[str] = ()  # names of versions just before that `before` leaves out: as bad

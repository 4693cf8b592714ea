"""How each instance of a service stands: alive, draining or silent, and what it tells. Pure.

Ages are by the clock of the service's Redis, which stamped every heartbeat: an instance whose own
clock is an hour off is as alive as any other, and its clock is told.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from console.instances.heartbeat import Beat

# An instance that missed this many heartbeats is silent; the contract's own limit is about ten.
MISSED_BEATS = 4
SILENT_AFTER = 20.0  # seconds at least: the contract's time to live where beats come every 2 s
SNAPSHOT_OLD = 90.0  # seconds after which what was found of the instances is unknown

# Phases of the number of instances, as the first service of this console scales: 0-1 at night and
# on weekends, 2-3 in business hours, more at month-end.
QUIET_MOST, NORMAL_MOST = 1, 3


class Life(StrEnum):
    """Whether an instance is heard of."""

    ALIVE = "alive"
    DRAINING = "draining"  # is being stopped and ends what it has
    SILENT = "silent"  # did not say goodbye


class Phase(StrEnum):
    """How many instances run."""

    QUIET = "quiet"
    NORMAL = "normal"
    BUSY = "busy"


@dataclass(frozen=True, slots=True)
class Traffic:
    """What one instance answered in the last full minutes."""

    requests: int
    bad: int  # server errors, time-outs, broken off
    p50: float | None  # seconds
    p95: float | None


@dataclass(frozen=True, slots=True)
class Heard:
    """One instance as the service's Redis knows it."""

    instance: str
    at: float  # last heartbeat, by the clock of Redis, Unix seconds
    beat: Beat | None = None  # None: expired, or nothing that can be read
    traffic: Traffic | None = None  # None: it told of no traffic


@dataclass(frozen=True, slots=True)
class Switch:
    """The last switch of the mode, as it stands in Redis. Times are Unix seconds."""

    set_by: str = ""
    reason: str = ""
    set_at: float | None = None
    expires_at: float | None = None
    on_expiry: str = ""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What the collector found of a service's instances."""

    at: float  # by the collector's clock, Unix seconds
    server_at: float = 0.0  # by the clock of Redis
    problem: str = ""  # why nothing could be read, one sentence
    heard: tuple[Heard, ...] = ()
    unreadable: int = 0  # heartbeats that are none
    mode: str = ""  # as it stands in Redis now, expiry included; empty where none was ever set
    epoch: int = 0
    traffic_minutes: int = 0  # that `traffic` is of
    switch: Switch | None = None  # None: no mode was ever set
    writes: Mapping[str, int] = field(default_factory=dict[str, int])  # of this epoch, by verdict
    unverified: int = 0  # writes made without Redis since the switch


@dataclass(frozen=True, slots=True)
class Instance:
    """One instance, judged."""

    heard: Heard
    life: Life
    silent_for: float  # seconds since its last heartbeat
    skew: float | None  # seconds its clock is ahead; None where it was not told
    acknowledged: bool | None  # the present epoch; None where it told none

    @property
    def beat(self) -> Beat:
        """Its heartbeat, empty where there is none."""
        return self.heard.beat or Beat(self.heard.instance)


@dataclass(frozen=True, slots=True)
class Group:
    """Instances that have something in common."""

    value: str
    instances: tuple[str, ...]


def phase_of(count: float) -> Phase:
    """The phase of a number of instances."""
    if count <= QUIET_MOST:
        return Phase.QUIET
    return Phase.NORMAL if count <= NORMAL_MOST else Phase.BUSY


def silent_limit(beat: Beat | None) -> float:
    """Seconds of silence after which an instance is silent."""
    interval = beat.interval if beat and beat.interval else 0.0
    return max(SILENT_AFTER, MISSED_BEATS * interval)


def judge(heard: Heard, snapshot: Snapshot) -> Instance:
    """One instance of a snapshot."""
    beat = heard.beat
    silent_for = max(0.0, snapshot.server_at - heard.at)
    if beat is None or silent_for > silent_limit(beat):
        life = Life.SILENT
    else:
        life = Life.DRAINING if beat.draining else Life.ALIVE
    skew = beat.at - heard.at if beat and beat.at is not None else None
    seen = beat.epoch if beat else None
    acknowledged = None if seen is None else seen == snapshot.epoch
    return Instance(heard, life, silent_for, skew, acknowledged)


def commit_of(heard: Heard) -> str:
    """The commit that an instance tells; empty where it tells none."""
    return heard.beat.commit if heard.beat else ""


def started(heard: Heard) -> float:
    """When an instance began, by the clock of Redis; 0 where it does not tell.

    Its own clock may be off: by how much is seen in the heartbeat, which Redis stamped.
    """
    beat = heard.beat
    if beat is None or beat.started_at is None:
        return 0.0
    return beat.started_at - (beat.at - heard.at if beat.at is not None else 0.0)


def groups(instances: Sequence[Instance], of: str) -> tuple[Group, ...]:
    """Instances by what they tell of `commit` or `settings`, the largest group first."""
    found: dict[str, list[str]] = {}
    for one in instances:
        value = str(getattr(one.beat, of))
        if value and value != "not comparable":
            found.setdefault(value, []).append(one.heard.instance)
    ordered = sorted(found.items(), key=lambda item: (-len(item[1]), item[0]))
    return tuple(Group(value, tuple(names)) for value, names in ordered)

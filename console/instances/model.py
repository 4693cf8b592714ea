"""How the instances of a service stand: who is alive, who fell silent, who differs. Pure.

Ages are by the clock of the service's Redis, which stamped every heartbeat: an instance whose own
clock is an hour off is as alive as any other, and its clock is told.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from console.health.summary import Standing
from console.instances.heartbeat import Beat
from console.words import NOTHING, counted, duration

# An instance that missed this many heartbeats is silent; the contract's own limit is about ten.
MISSED_BEATS = 4
SILENT_AFTER = 20.0  # seconds at least: the contract's time to live where beats come every 2 s
FORGET_AFTER = 3600.0  # seconds after which a silent instance is no longer a warning
SKEW_WARN = 30.0  # seconds a clock may be off; tokens and signatures allow 60 s
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


@dataclass(frozen=True, slots=True)
class Summary:
    """The instances of a service at one moment."""

    standing: Standing
    sentence: str
    instances: tuple[Instance, ...]  # the silent first, then the newest
    alive: int
    silent: int
    phase: Phase
    commits: tuple[Group, ...]  # of those alive, the largest first
    fingerprints: tuple[Group, ...]
    findings: tuple[tuple[Standing, str], ...]

    @property
    def in_flight(self) -> int:
        """Requests and items under way, of those that tell it."""
        alive = (one for one in self.instances if one.life is not Life.SILENT)
        return sum(one.beat.in_flight or 0 for one in alive)


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


def summarise(snapshot: Snapshot | None, now: float) -> Summary:
    """The whole page in one sentence, and what it rests on."""
    if snapshot is None:
        return _nothing("No instance was ever heard of. Heartbeats come with the kit.")
    if now - snapshot.at > SNAPSHOT_OLD:
        age = duration(now - snapshot.at)
        return _nothing(f"How the instances stand is not known: nothing was read for {age}.")
    if snapshot.problem:
        return _nothing(f"How the instances stand is not known: {snapshot.problem}")
    judged = [judge(heard, snapshot) for heard in snapshot.heard]
    judged = [
        one for one in judged if one.life is not Life.SILENT or one.silent_for <= FORGET_AFTER
    ]
    judged.sort(key=lambda one: (one.life is not Life.SILENT, -(one.beat.started_at or 0.0)))
    alive = [one for one in judged if one.life is not Life.SILENT]
    silent = len(judged) - len(alive)
    commits = groups(alive, "commit")
    fingerprints = groups(alive, "settings")
    findings = tuple(_findings(snapshot, alive, silent, commits, fingerprints))
    standing = max((one for one, _ in findings), key=_RANK.__getitem__, default=Standing.PASS)
    if not alive:
        standing = Standing.UNKNOWN if not silent else Standing.FAIL
    sentence = _sentence(alive, silent, findings)
    phase = phase_of(len(alive))
    return Summary(
        standing,
        sentence,
        tuple(judged),
        len(alive),
        silent,
        phase,
        commits,
        fingerprints,
        findings,
    )


def groups(instances: Sequence[Instance], of: str) -> tuple[Group, ...]:
    """Instances by what they tell of `commit` or `settings`, the largest group first."""
    found: dict[str, list[str]] = {}
    for one in instances:
        value = str(getattr(one.beat, of))
        if value and value != "not comparable":
            found.setdefault(value, []).append(one.heard.instance)
    ordered = sorted(found.items(), key=lambda item: (-len(item[1]), item[0]))
    return tuple(Group(value, tuple(names)) for value, names in ordered)


_RANK = {Standing.PASS: 0, Standing.WARN: 1, Standing.UNKNOWN: 2, Standing.FAIL: 3}


def _nothing(sentence: str) -> Summary:
    return Summary(Standing.UNKNOWN, sentence, (), 0, 0, Phase.QUIET, (), (), ())


def _sentence(
    alive: Sequence[Instance], silent: int, findings: Sequence[tuple[Standing, str]]
) -> str:
    if not alive:
        if silent:
            return f"No instance is heard of: {counted(silent, 'instance')} fell silent."
        return "No instance is heard of. The service sleeps, or does not send heartbeats."
    count = counted(len(alive), "instance")
    verb = "runs" if len(alive) == 1 else "run"
    if not findings:
        alike = ", all alike" if len(alive) > 1 else ""
        return f"{count} {verb}{alike}, and none fell silent."
    return f"{count} {verb}. {findings[0][1]}"


def _findings(
    snapshot: Snapshot,
    alive: Sequence[Instance],
    silent: int,
    commits: Sequence[Group],
    fingerprints: Sequence[Group],
) -> list[tuple[Standing, str]]:
    """What an operator should look at, the worst first."""
    found: list[tuple[Standing, str]] = []
    late = [one for one in alive if one.acknowledged is False]
    if late:
        who, has = counted(len(late), "instance"), "has" if len(late) == 1 else "have"
        text = f"{who} {has} not acknowledged mode epoch {snapshot.epoch}."
        found.append((Standing.FAIL, text))
    if silent:
        text = f"{counted(silent, 'instance')} fell silent without a goodbye in the last hour."
        found.append((Standing.WARN, text))
    if len(commits) > 1:
        text = f"{len(commits)} different commits run: {_shares(commits)}."
        found.append((Standing.WARN, text))
    if len(fingerprints) > 1:
        text = f"Settings differ: {_shares(fingerprints)}."
        found.append((Standing.WARN, text))
    modes = Counter(one.beat.mode for one in alive if one.beat.mode)
    if len(modes) > 1:
        text = "Instances obey different modes: " + ", ".join(
            f"{count} {mode.replace('_', ' ')}" for mode, count in modes.most_common()
        )
        found.append((Standing.FAIL, f"{text}."))
    skewed = [one for one in alive if one.skew is not None and abs(one.skew) > SKEW_WARN]
    if skewed:
        worst = max(skewed, key=lambda one: abs(one.skew or 0.0))
        are = "is" if len(skewed) == 1 else "are"
        most = duration(abs(worst.skew or 0.0))
        text = f"{counted(len(skewed), 'clock')} {are} off, by up to {most}."
        found.append((Standing.WARN, text))
    waiting = sum(one.beat.journal for one in alive)
    if waiting:
        text = f"{counted(waiting, 'write')} made without Redis: not verified yet."
        found.append((Standing.WARN, text))
    if snapshot.unreadable:
        text = f"{counted(snapshot.unreadable, 'heartbeat')} cannot be read."
        found.append((Standing.WARN, text))
    found.sort(key=lambda one: -_RANK[one[0]])
    return found


def _shares(groups: Sequence[Group], limit: int = 3) -> str:
    told = [f"{group.value[:12] or NOTHING} on {len(group.instances)}" for group in groups[:limit]]
    more = f" and {len(groups) - limit} more" if len(groups) > limit else ""
    return ", ".join(told) + more

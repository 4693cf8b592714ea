"""What the console remembers of a service's deployments, from one reading to the next. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from console.deployments.model import Automatic, Record, Verdict
from console.health.model import Status
from console.platforms.memory import remembered
from console.platforms.model import (
    Deployment,
    DeploymentState,
    InstanceRange,
    Stage,
    StageName,
    StageState,
)

KEPT = 200  # deployments: a page shows them, the DORA figures are of them
ASKED = 20  # deployments that a reading asks for
LOST_AFTER = 6 * 3600.0  # seconds after which one that is no longer told of cannot still run
# Seconds after which a reading says nothing of now. Where commands are billed it is read, written
# and shown once a minute each, so that it may be three minutes old when all is well.
READING_OLD = 300.0
FRESH = 60.0  # seconds since live within which the checks still show the version before
SHORT = 7  # characters of a hash
LOGS_KEPT = 5  # deployments that keep the log of the stage that failed
BEFORE_LOOKING = "It was live before the console looked."
CLOCK_AHEAD = 5.0  # seconds that a platform's clock may be ahead before its times are not believed
CLOCK_BEHIND = 60.0  # seconds that one may be behind, or may tell late
# Characters of a text from outside that are kept; nobody reads more of it here.
MESSAGE, TEXT, NAME = 500, 300, 120


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The last reading, with all that is remembered."""

    at: float  # of the last reading that succeeded, Unix seconds
    platform: str = ""  # its title
    problem: str = ""  # why the last reading failed, one sentence
    known_since: float = 0.0  # since when the console reads this platform
    records: tuple[Record, ...] = ()  # newest first
    instances: InstanceRange | None = None
    missing: dict[str, str] = field(default_factory=dict[str, str])  # capability: the reason
    automatic: tuple[Automatic, ...] = ()  # the last ones, newest first
    source: str = "platform"  # or "instances": no platform, only the commits that instances tell


def merged(
    before: Snapshot, told: Sequence[Deployment], checks: Mapping[str, Status], now: float
) -> Snapshot:
    """The snapshot with what the platform tells now; `checks` is how they stand."""
    known = {one.deployment.id: one for one in before.records}
    for deployment in map(bounded, told):
        found = known.get(deployment.id)
        if found is not None:
            deployment = remembered(found.deployment, deployment)
            first = found.live_at is None
            record = _seen_live(replace(found, deployment=deployment), before, now, first=first)
            known[deployment.id] = _unwatched(record, before.known_since)
        else:
            fresh = deployment.state is DeploymentState.RUNNING or (
                deployment.ended_at is not None and now - deployment.ended_at < FRESH
            )
            found = Record(deployment, checks_before=dict(checks) if fresh else {})
            known[deployment.id] = _unwatched(
                _seen_live(found, before, now, first=True), before.known_since
            )
    still = {one.id for one in told}
    records = [
        one
        if one.deployment.id in still
        else replace(one, deployment=lost(one.deployment, now, LOST_AFTER))
        for one in known.values()
    ]
    records.sort(key=lambda one: (one.deployment.created_at, one.deployment.id), reverse=True)
    return replace(before, at=now, problem="", records=tuple(_lean(records[:KEPT])))


def bounded(one: Deployment) -> Deployment:
    """The same with every text from outside cut to what is kept."""
    return replace(
        one,
        id=one.id[:TEXT],
        commit=one.commit[:NAME],
        message=one.message[:MESSAGE],
        author=one.author[:NAME],
        branch=one.branch[:NAME],
        reason=one.reason[:TEXT],
        url=one.url[:MESSAGE],
        raw_state=one.raw_state[:NAME],
        stages=tuple(replace(stage, detail=stage.detail[:TEXT]) for stage in one.stages),
    )


def _seen_live(record: Record, before: Snapshot, now: float, *, first: bool) -> Record:
    """When the console saw it live first, where its platform's clock cannot be right: it is ahead,
    or what is live now is told to have been so before the reading that did not show it."""
    live = record.live_at
    if live is None:
        return record
    runs = record.deployment.state is DeploymentState.LIVE
    behind = first and runs and live < before.at - CLOCK_BEHIND
    return replace(record, seen_live_at=now) if behind or live > now + CLOCK_AHEAD else record


def _unwatched(record: Record, known_since: float) -> Record:
    """What was live before the console looked is not verified, and never will be."""
    live = record.live_at
    if live is None or live >= known_since or record.verification is not None:
        return record
    stage = Stage(StageName.VERIFY, StageState.SKIPPED, detail=BEFORE_LOOKING)
    return replace(record, deployment=record.deployment.with_stage(stage))


def known_from(snapshot: Snapshot) -> float:
    """Since when every deployment is known: a platform tells earlier ones, instances do not."""
    if snapshot.source != "platform" or not snapshot.records:
        return snapshot.known_since
    return snapshot.records[-1].deployment.created_at


def happened(snapshot: Snapshot) -> tuple[Record, ...]:
    """The records that are deployments: what ran already when instances were first heard of is not,
    however late they began."""
    if snapshot.source == "platform":
        return snapshot.records
    return tuple(
        one
        for one in snapshot.records
        if one.live_at is None or one.live_at >= snapshot.known_since
    )


def _lean(records: Sequence[Record]) -> Iterable[Record]:
    """Only the newest keep their logs, and only what is watched what it is compared with."""
    logs = 0
    for one in records:
        logs += bool(one.log)
        judged = one.verification is not None and one.verification.verdict is not Verdict.WATCHING
        if judged and one.checks_before:
            one = replace(one, checks_before={})
        yield replace(one, log="") if one.log and logs > LOGS_KEPT else one


def watched(snapshot: Snapshot) -> list[Record]:
    """Those whose verdict is open: live since the console looks, and not judged for good."""
    return [
        one
        for one in snapshot.records
        if one.live_at is not None
        and one.deployment.state is not DeploymentState.ROLLED_BACK
        and one.live_at >= snapshot.known_since
        and (one.verification is None or one.verification.verdict is Verdict.WATCHING)
    ]


def replaced_at(record: Record, snapshot: Snapshot) -> float | None:
    """When another deployment took the place of this one; `None` while none did."""
    live = record.live_at
    later = [
        other.live_at
        for other in snapshot.records
        if other.live_at is not None and live is not None and other.live_at > live
    ]
    return min(later, default=None)


_NO_MEASURE = frozenset((Verdict.FAILED, Verdict.DEGRADED))


def not_measures(record: Record, snapshot: Snapshot) -> list[Record]:
    """The versions before this one that it may not be compared with, the newest first.

    They were found failed or degraded, or their platform took them back: whoever is as bad as they
    were is not well.
    """
    live = record.live_at
    return [
        one
        for one in snapshot.records
        if one.live_at is not None
        and live is not None
        and one.live_at < live
        and (
            one.deployment.state is DeploymentState.ROLLED_BACK
            or (one.verification is not None and one.verification.verdict in _NO_MEASURE)
        )
    ]


def ran(record: Record, snapshot: Snapshot) -> tuple[float, float]:
    """From its first instance to when another version was live in its place, Unix seconds."""
    ended = replaced_at(record, snapshot)
    if record.deployment.state is DeploymentState.ROLLED_BACK:
        ended = record.deployment.ended_at or ended
    return record.begun, ended or snapshot.at


def never_live(record: Record, snapshot: Snapshot) -> list[tuple[float, float]]:
    """When versions before this one were tried and given up, Unix seconds."""
    return [
        (one.begun, one.deployment.ended_at or snapshot.at)
        for one in snapshot.records
        if one.deployment.state is DeploymentState.FAILED and one.begun < record.begun
    ]


def newer_commits(record: Record, snapshot: Snapshot) -> list[str]:
    """Other commits that began to take the place of this one, whatever became of them."""
    mine = record.deployment.commit
    return [
        one.deployment.commit
        for one in snapshot.records
        if one.begun > record.begun and one.deployment.commit not in ("", mine)
    ]


def with_records(snapshot: Snapshot, changed: Iterable[Record]) -> Snapshot:
    """The snapshot with some records in the place of those before."""
    new = {one.deployment.id: one for one in changed}
    return replace(
        snapshot, records=tuple(new.get(one.deployment.id, one) for one in snapshot.records)
    )


def lost(deployment: Deployment, now: float, limit: float) -> Deployment:
    """One that its platform no longer speaks of and that ran longer than `limit` is unknown."""
    running = deployment.state is DeploymentState.RUNNING
    if not running or now - deployment.created_at <= limit:
        return deployment
    return replace(
        deployment,
        state=DeploymentState.UNKNOWN,
        reason="Its platform stopped telling of it before it ended.",
    )

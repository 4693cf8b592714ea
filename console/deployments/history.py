"""What the console remembers of a service's deployments, from one reading to the next. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from console.activity.model import Event, Kind
from console.deployments.model import Automatic, Record, Verdict, lost
from console.health.model import Status
from console.platforms.model import (
    Deployment,
    DeploymentState,
    InstanceRange,
    StageName,
)
from console.words import duration, sentence

KEPT = 200  # deployments: a page shows them, the DORA figures are of them
ASKED = 20  # deployments that a reading asks for
LOST_AFTER = 6 * 3600.0  # seconds after which one that is no longer told of cannot still run
READING_OLD = 180.0  # seconds after which a reading says nothing of now
FRESH = 60.0  # seconds since live within which the checks still show the version before
SHORT = 7  # characters of a hash


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
    for deployment in told:
        found = known.get(deployment.id)
        if found is not None:
            known[deployment.id] = replace(found, deployment=deployment)
        else:
            fresh = deployment.state is DeploymentState.RUNNING or (
                deployment.ended_at is not None and now - deployment.ended_at < FRESH
            )
            known[deployment.id] = Record(deployment, checks_before=dict(checks) if fresh else {})
    still = {one.id for one in told}
    records = [
        one
        if one.deployment.id in still
        else replace(one, deployment=lost(one.deployment, now, LOST_AFTER))
        for one in known.values()
    ]
    records.sort(key=lambda one: (one.deployment.created_at, one.deployment.id), reverse=True)
    return replace(before, at=now, problem="", records=tuple(records[:KEPT]))


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


def with_records(snapshot: Snapshot, changed: Iterable[Record]) -> Snapshot:
    """The snapshot with some records in the place of those before."""
    new = {one.deployment.id: one for one in changed}
    return replace(
        snapshot, records=tuple(new.get(one.deployment.id, one) for one in snapshot.records)
    )


def events(before: Snapshot, after: Snapshot) -> list[Event]:
    """What the timeline is told: how each deployment ended, and the verdict of each.

    Nothing of the first reading: those happened before the console looked.
    """
    if not before.at or before.source != after.source:
        return []
    known = {one.deployment.id: one for one in before.records}
    found: list[Event] = []
    for record in after.records:
        one, earlier = record.deployment, known.get(record.deployment.id)
        was = earlier.deployment.state if earlier else DeploymentState.RUNNING
        if one.state is not was and one.state in _ENDS and one.ended_at is not None:
            status, words = _ENDS[one.state]
            title = f"Deployment of {_name(one)} {words}"
            found.append(_event(one, "ended", one.ended_at, title, status, one.reason))
        verdict = record.verification
        past = earlier.verification.verdict if earlier and earlier.verification else None
        if verdict and verdict.verdict is not past and verdict.verdict in _VERDICTS:
            title = f"Deployment of {_name(one)}: {verdict.verdict}. {verdict.sentence}"
            status = _VERDICTS[verdict.verdict]
            found.append(_event(one, "verdict", verdict.until, title, status, ""))
    return found


_ENDS = {
    DeploymentState.LIVE: ("", "is live"),
    DeploymentState.FAILED: ("fail", "failed"),
    DeploymentState.ROLLED_BACK: ("fail", "was rolled back"),
}
_VERDICTS = {
    Verdict.VERIFIED: "pass",
    Verdict.DEGRADED: "warn",
    Verdict.FAILED: "fail",
    Verdict.NOT_KNOWN: "unknown",
}


def _name(one: Deployment) -> str:
    return one.commit[:SHORT] or one.id


def _event(one: Deployment, what: str, at: float, title: str, status: str, detail: str) -> Event:
    took = one.stage(StageName.BUILD).seconds(at)
    told = [one.message.partition("\n")[0], detail, f"Built in {duration(took)}." if took else ""]
    return Event(
        f"deployment-{one.id}-{what}",
        at,
        Kind.DEPLOYMENT,
        sentence(title),
        one.id,
        status,
        one.author,
        " ".join(part for part in told if part),
    )

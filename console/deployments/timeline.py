"""What the timeline is told of deployments, from one snapshot to the next. Pure."""

from console.activity.model import Event, Kind
from console.deployments.history import SHORT, Snapshot
from console.deployments.model import Verdict
from console.platforms.model import Deployment, DeploymentState, StageName, StageState
from console.words import duration, sentence


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
    build = one.stage(StageName.BUILD)
    took = build.seconds(at)
    subject = one.message.partition("\n")[0].strip()
    worth = took is not None and took >= 1 and build.state is StageState.DONE
    built = f"Built in {duration(took or 0)}." if worth else ""
    told = [subject and sentence(subject), detail and sentence(detail), built]
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


def moved(before: Snapshot, after: Snapshot) -> bool:
    """Whether a deployment came or got further: what changes with each reading is left out."""
    return _how_far(before) != _how_far(after)


def _how_far(snapshot: Snapshot) -> list[object]:
    """How far each deployment is, without what changes with each reading."""
    return [
        (
            one.deployment.id,
            one.deployment.state,
            [stage.state for stage in one.deployment.stages],
            one.verification.verdict if one.verification else None,
        )
        for one in snapshot.records
    ]

"""What fires an alert in Deployments: one that did not go live, and one that made things worse.
Pure."""

from console.alerts.signal import FACTS, Signal
from console.deployments.history import READING_OLD, Snapshot
from console.deployments.model import Record
from console.deployments.verdict import STANDING_OF, name_of
from console.health.model import Status
from console.health.summary import Standing
from console.platforms.model import DeploymentState
from console.words import sentence

DEPLOYMENT = "deployment:"  # what the keys of those begin with
LOOKED_AT = 10  # of the newest deployments

_FAILED = (DeploymentState.FAILED, DeploymentState.ROLLED_BACK)
_SETTLED = (DeploymentState.LIVE, DeploymentState.REPLACED)
_STATUS = {
    Standing.PASS: Status.PASS,
    Standing.WARN: Status.WARN,
    Standing.FAIL: Status.FAIL,
}


def of_deployments(snapshot: Snapshot | None, now: float) -> list[Signal]:
    """The newest deployments, each by itself. Of those before the console looked nothing is told.

    One is over as soon as another one is live: what runs is told by that one.
    """
    if snapshot is None or snapshot.problem or now - snapshot.at > READING_OLD:
        return []
    found: list[Signal] = []
    followed = False  # whether a later one is live, or was
    for record in snapshot.records[:LOOKED_AT]:
        one = record.deployment
        ended = record.live_at or one.ended_at
        if ended is not None and ended >= snapshot.known_since:
            status, text = _standing(record, followed)
            name = f"Deployment of {name_of(one)}"
            key = DEPLOYMENT + one.id
            found.append(
                Signal(
                    key, name, status, sentence(text), "deployments", since=ended, thresholds=FACTS
                )
            )
        followed = followed or one.state in _SETTLED
    return found


def _standing(record: Record, followed: bool) -> tuple[Status, str]:
    one = record.deployment
    if followed:
        return Status.PASS, "A later one is live"
    if one.state in _FAILED:
        what = "It failed" if one.state is DeploymentState.FAILED else "It was rolled back"
        runs = "the version before it runs on"
        if one.state is DeploymentState.FAILED and one.reason:
            return Status.FAIL, one.reason  # that it failed, the reason says and the status
        return Status.FAIL, f"{what}: {one.reason or runs}"
    if one.state in _SETTLED and record.verification is not None:
        standing = STANDING_OF[record.verification.verdict]
        return _STATUS.get(standing, Status.UNKNOWN), record.verification.sentence
    return Status.UNKNOWN, "How it does is not known yet"

"""The versions of a service among its deployments: what runs, what ran, the way back. Pure."""

from console.deployments.history import Snapshot
from console.deployments.model import REACHED, Record, Verdict, Verification
from console.deployments.verdict import is_live
from console.platforms.model import DeploymentState

OFFERED = 10  # earlier versions that a rollback is offered to


def running(snapshot: Snapshot) -> Record | None:
    """The deployment that is live."""
    return next((one for one in snapshot.records if is_live(one)), None)


def under_way(snapshot: Snapshot) -> Record | None:
    """The deployment in progress."""
    newest = snapshot.records[:1]
    return next((r for r in newest if r.deployment.state is DeploymentState.RUNNING), None)


def known(snapshot: Snapshot, deployment: str) -> Record | None:
    """The record of a deployment."""
    return next((one for one in snapshot.records if one.deployment.id == deployment), None)


def earlier(snapshot: Snapshot) -> list[Record]:
    """Versions that ran before and do not run now, newest first, each commit once."""
    live = running(snapshot)
    commits = {live.deployment.commit or live.deployment.id} if live else set[str]()
    found: list[Record] = []
    for one in snapshot.records:
        commit = one.deployment.commit or one.deployment.id
        state = one.deployment.state
        if state in REACHED and state is not DeploymentState.ROLLED_BACK and commit not in commits:
            commits.add(commit)
            found.append(one)
    return found[:OFFERED]


def way_back(snapshot: Snapshot, window: float = 0.0) -> Record | None:
    """The version to go back to from what runs: the newest before it that was not found failed.

    With a `window` in seconds, one that was replaced before it was watched for so long is passed
    over: nobody knows whether it works.
    """
    live = running(snapshot)
    if live is None:
        return None
    for one in earlier(snapshot):
        older = one.deployment.created_at < live.deployment.created_at
        if older and not _is_doubtful(one.verification, window):
            return one
    return None


def _is_doubtful(found: Verification | None, window: float) -> bool:
    if found is None:
        return False  # it ran before the console looked
    unseen = found.verdict in (Verdict.NOT_KNOWN, Verdict.WATCHING)
    return found.verdict is Verdict.FAILED or (unseen and found.until - found.since < window)

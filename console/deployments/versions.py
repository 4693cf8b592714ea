"""The versions of a service among its deployments: what runs, what ran, the way back. Pure."""

from console.deployments.history import Snapshot
from console.deployments.model import REACHED, Record, Verdict, Verification
from console.deployments.verdict import is_live
from console.platforms.model import DeploymentState, Trigger

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


def newest_commit(snapshot: Snapshot) -> tuple[Record, str] | None:
    """The newest commit that was pushed, as far as the console knows, and what is known against
    rolling it out again: one sentence, or empty. `None` where no push is known."""
    pushed = next((r for r in snapshot.records if r.deployment.trigger is Trigger.PUSH), None)
    if pushed is None or not pushed.deployment.commit:
        return None
    commit, against = pushed.deployment.commit, ""
    for one in snapshot.records:
        found = one.verification.verdict if one.verification else None
        if one.deployment.commit != commit:
            left = one.deployment.trigger is Trigger.ROLLBACK
            left = left and one.deployment.created_at > pushed.deployment.created_at
            against = against or ("It was rolled back." if left else "")
        elif one.deployment.state is DeploymentState.ROLLED_BACK:
            return pushed, "It was rolled back."
        elif one.deployment.state is DeploymentState.FAILED:
            return pushed, "It failed."
        elif found in (Verdict.FAILED, Verdict.DEGRADED):
            return pushed, f"It was found {found}."
    return pushed, against


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


def best_back(snapshot: Snapshot) -> Record | None:
    """The version to offer first: the newest that is verified, else the newest not found bad."""
    offered = earlier(snapshot)
    good = next((one for one in offered if was_verified(one, snapshot)), None)
    bad = (Verdict.FAILED, Verdict.DEGRADED)
    return good or next((one for one in offered if _verdict_of(one) not in bad), None)


def was_verified(record: Record, snapshot: Snapshot) -> bool:
    """Whether the newest verdict on the commit is that it is well. One that came back and was
    replaced before its watch was over says nothing new."""
    told = (Verdict.VERIFIED, Verdict.DEGRADED, Verdict.FAILED)
    commit = record.deployment.commit
    same = [one for one in snapshot.records if commit and one.deployment.commit == commit]
    verdicts = [found for one in same or [record] if (found := _verdict_of(one)) in told]
    return verdicts[:1] == [Verdict.VERIFIED]


def _verdict_of(record: Record) -> Verdict | None:
    return record.verification.verdict if record.verification else None


def _is_doubtful(found: Verification | None, window: float) -> bool:
    if found is None:
        return False  # it ran before the console looked
    unseen = found.verdict in (Verdict.NOT_KNOWN, Verdict.WATCHING)
    return found.verdict is Verdict.FAILED or (unseen and found.until - found.since < window)

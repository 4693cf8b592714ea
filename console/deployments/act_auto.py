"""Rolling back by itself what failed its watch, where that is set.

Only the collector that holds the lease does it. It is careful: once for a deployment, never for one
that is a rollback itself, never for one that is merely degraded, never for one that failed long ago
and was left as it is, and never a second time before some deployment was verified in between. It
goes back to no version whose own watch was cut short. What it did is on the timeline, with the
evidence.
"""

from console.activity.model import Event, Kind
from console.deployments.history import Snapshot
from console.deployments.model import Record, Verdict
from console.deployments.verdict import name_of
from console.deployments.versions import running, way_back
from console.deployments.watch import WINDOW
from console.health.check import Service
from console.platforms.model import Trigger

# Seconds after its watch failed in which a deployment is rolled back: a platform or a store may be
# away for a while. Later, as when the console was off or this was set just now, people know of it.
PROMPT = 900.0


def is_on(service: Service, everywhere: bool) -> bool:
    """Whether it is set for a service; `everywhere` is CONSOLE_AUTO_ROLLBACK."""
    return everywhere if service.auto_rollback is None else service.auto_rollback


def due(snapshot: Snapshot, now: float, window: float = WINDOW) -> tuple[Record, Record] | None:
    """What is to be rolled back, and to what; None where nothing is. `window` is how long the
    deployments of the service are watched, in seconds."""
    live = running(snapshot)
    if live is None or live is not snapshot.records[0] or snapshot.problem:
        return None  # something newer is under way, or nobody knows
    if not failed(live, snapshot) or _twice(snapshot):
        return None
    if live.verification is None or now - live.verification.until > PROMPT:
        return None
    back = way_back(snapshot, window)
    return (live, back) if back is not None else None


def failed(record: Record, snapshot: Snapshot) -> bool:
    """Whether it failed its watch, is no rollback, and nothing was done of it yet."""
    found, one = record.verification, record.deployment
    if found is None or found.verdict is not Verdict.FAILED or one.trigger is Trigger.ROLLBACK:
        return False
    return all(done.deployment != one.id for done in snapshot.automatic)


def _twice(snapshot: Snapshot) -> bool:
    """Whether the last one was the last thing that could be relied on."""
    if not snapshot.automatic:
        return False
    last = snapshot.automatic[0].at
    return not any(
        one.deployment.created_at >= last
        and one.verification is not None
        and one.verification.verdict is Verdict.VERIFIED
        for one in snapshot.records
    )


def events(before: Snapshot, after: Snapshot) -> list[Event]:
    """What the timeline is told of rollbacks that were made since `before`."""
    told = {one.deployment for one in before.automatic}
    names = {one.deployment.id: name_of(one.deployment) for one in after.records}
    found: list[Event] = []
    for one in after.automatic:
        if one.deployment in told:
            continue
        bad, to = names.get(one.deployment, one.deployment), names.get(one.to, one.to)
        title = f"The console rolled {bad} back to {to} by itself."
        if not one.done:
            title = f"The console could not roll {bad} back to {to}."
        found.append(
            Event(
                f"automatic-{one.deployment}",
                one.at,
                Kind.DEPLOYMENT,
                title,
                one.deployment,
                "warn" if one.done else "fail",
                detail=one.sentence,
            )
        )
    return found

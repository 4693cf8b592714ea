"""Whether instances are being replaced just now, so that what they report is not all. Pure."""

from dataclasses import dataclass

from console.settings.reports import Snapshot
from console.words import counted

# Seconds after its start within which an instance may not have reported: two heartbeats of the kit
# where commands are free, and a reading of the collector (5 s each, at most), with room for a slow
# start. Without a platform that tells more, instances that differ are believed after that.
FRESH = 30.0
PATIENCE = 120.0  # seconds after the last start at a platform; who is silent then is no news


@dataclass(frozen=True, slots=True)
class RollOut:
    """What a platform tells of replacing instances. Times are Unix seconds."""

    platform: str  # as a sentence calls it
    under_way: bool
    since: float | None = None  # when it began
    started_at: float | None = None  # when it last started an instance
    wanted: int | None = None  # instances; None: not told


def restarting(snapshot: Snapshot, told: RollOut | None, now: float) -> str:
    """What is known of instances that are being replaced; empty where they are settled."""
    if told is None:
        return _by_heartbeats(snapshot, now)
    newest = max(snapshot.starts.values(), default=0.0)
    begun = told.started_at
    missing = (
        newest < begun or snapshot.reporting < (told.wanted or snapshot.alive) or snapshot.draining
        if begun is not None
        else False
    )
    if told.under_way or (missing and begun is not None and now - begun < PATIENCE):
        since = told.since if told.since is not None else begun
        new = sum(start >= since for start in snapshot.starts.values()) if since else 0
        of = max(told.wanted or snapshot.alive, new)
        return (
            f"Instances are restarting at {told.platform}: {new} of {of} started anew and "
            f"{'reports' if new == 1 else 'report'} so far."
        )
    return ""


def _by_heartbeats(snapshot: Snapshot, now: float) -> str:
    """The same where no platform tells: an instance that is being stopped, or has just started."""
    alive, reporting = snapshot.alive, snapshot.reporting
    if reporting == alive and len(snapshot.variants) < 2:
        return ""
    new = sum(now - start < FRESH for start in snapshot.starts.values())
    if not new and not snapshot.draining:
        return ""
    parts = [
        f"{counted(new, 'instance')} started in the last {FRESH:g} s" if new else "",
        f"{snapshot.draining} {'is' if snapshot.draining == 1 else 'are'} being stopped"
        if snapshot.draining
        else "",
    ]
    told = " and ".join(part for part in parts if part)
    return f"Instances are restarting: {told}; {reporting} of {alive} report so far."

"""Deployments in a line for other rooms: on the Overview, beside the instances, in the checklist.
Pure."""

from dataclasses import dataclass
from math import ceil

from console.deployments.history import READING_OLD, Snapshot
from console.deployments.model import Record, Verdict
from console.deployments.verdict import STANDING_OF, name_of, standing_of, summarise
from console.health.summary import Standing
from console.platforms.model import Capability, DeploymentState
from console.words import age, counted, duration

MINUTE = 60
SETTLES = 120.0  # seconds in which platform and heartbeats may differ while instances come and go


@dataclass(frozen=True, slots=True)
class Last:
    """The last deployment, as another room tells it."""

    commit: str
    state: str  # as its platform says
    verdict: str  # the console's own; empty where it has none
    standing: Standing
    sentence: str
    at: float  # live, or ended, or begun: Unix seconds
    settled: bool  # no deployment is under way, and none is being watched
    read_at: float


def last(snapshot: Snapshot | None, now: float) -> Last | None:
    """The newest deployment; `None` where none is known."""
    if snapshot is None or not snapshot.records:
        return None
    record = snapshot.records[0]
    one, found = record.deployment, record.verification
    standing, sentence = summarise(snapshot, now)
    if not _is_current(snapshot, now):  # then it tells why nothing is known, and of no deployment
        sentence = f"{name_of(one)} was the last one known. {sentence}"
    watching = found is not None and found.verdict is Verdict.WATCHING
    known = standing is not Standing.UNKNOWN or _is_current(snapshot, now)
    return Last(
        one.commit or one.id,
        one.state.value,
        found.verdict.value if found else "",
        standing,
        sentence,
        record.live_at or one.ended_at or one.created_at,
        known and one.state is not DeploymentState.RUNNING and not watching,
        snapshot.at,
    )


def headline(snapshot: Snapshot | None, now: float) -> tuple[Standing | None, str] | None:
    """`3f2a1b9 deployed 12 min ago, being verified`; no standing where there is no verdict of it.

    `None` where no deployment is known.
    """
    if snapshot is None or not snapshot.records:
        return None
    if not _is_current(snapshot, now):
        return Standing.UNKNOWN, summarise(snapshot, now)[1]
    record = snapshot.records[0]
    if record.live_at is None:
        standing, sentence = standing_of(record, snapshot, now)
        moving = record.deployment.state is DeploymentState.RUNNING
        return (None if moving else standing), sentence
    when = f"{name_of(record.deployment)} deployed {age(now - record.live_at)}"
    found = record.verification
    if found is None:
        return None, f"{when}, before the console looked."
    if found.verdict is Verdict.WATCHING:
        if now >= found.until:
            return None, f"{when}, about to be judged."
        return None, f"{when}, verifying for {_left(found.until - now)} more."
    standing = STANDING_OF[found.verdict]
    why = "" if found.verdict is Verdict.VERIFIED else f": {found.sentence}"
    return standing, f"{when}, {found.verdict}{why}".rstrip(".") + "."


def _left(seconds: float) -> str:
    """Of 119 s one says 2 min, and not 1 min."""
    return duration(seconds if seconds < MINUTE else ceil(seconds / MINUTE) * MINUTE)


def counts(snapshot: Snapshot | None, heard: int, now: float) -> tuple[Standing | None, str] | None:
    """What the platform says of the number of instances, beside those that are heard of.

    `None` where no platform is asked.
    """
    if snapshot is None or snapshot.source != "platform":
        return None
    missing = snapshot.missing.get(Capability.INSTANCES.value, "")
    if missing:
        return None, missing
    told = snapshot.instances
    if told is None or not _is_current(snapshot, now):
        problem = f" {snapshot.problem}" if snapshot.problem else ""
        return Standing.UNKNOWN, f"How many {snapshot.platform} runs is not known.{problem}"
    parts = [
        f"{told.running} run" if told.running is not None else "how many run is not told",
        f"{told.desired} desired" if told.desired is not None else "",
        f"scaled between {told.least} and {told.most}" if told.automatic else "",
    ]
    text = f"{snapshot.platform} says: {', '.join(part for part in parts if part)}"
    text += f" ({age(now - snapshot.at)})."
    if told.running is None or told.running == heard:
        return None, text
    if _moving(snapshot.records[0] if snapshot.records else None, now):
        return None, f"{text} {heard} report, while a deployment replaces them."
    verb = "reports" if heard == 1 else "report"
    why = (
        "the others run without the kit, or cannot reach their Redis"
        if heard < told.running
        else "the others belong to another service of this name, or are being ended"
    )
    said = f"The platform says {counted(told.running, 'instance')}, {heard} {verb}: {why}."
    return Standing.WARN, f"{said} {text}"


def _is_current(snapshot: Snapshot, now: float) -> bool:
    return not snapshot.problem and now - snapshot.at <= READING_OLD


def _moving(newest: Record | None, now: float) -> bool:
    if newest is None:
        return False
    one = newest.deployment
    ended = newest.live_at or one.ended_at
    return one.state is DeploymentState.RUNNING or (ended is not None and now - ended < SETTLES)

"""One application of a number of instances: what stands against it, and what shows that it took
effect. Pure.
"""

from dataclasses import dataclass

from console.instances.model import Life, Snapshot, judge
from console.instances.scaling.scaler import Scaler
from console.variables import Settings
from console.words import counted

CONFIRM_SECONDS = 60.0  # in which the heartbeats should show the new number


@dataclass(frozen=True, slots=True)
class Applied:
    """One application and how far it got."""

    before: int
    after: int
    at: float  # Unix seconds
    heard: int | None = None  # instances that run by their heartbeats, or as the platform says
    by: str = ""  # the platform, where it said so and not the heartbeats
    ended: bool = False
    done: bool = False
    problem: str = ""


def alive(snapshot: Snapshot) -> int:
    """Instances that take work, by their heartbeats."""
    return sum(judge(heard, snapshot).life is Life.ALIVE for heard in snapshot.heard)


def objections(
    wanted: int,
    snapshot: Snapshot,
    settings: Settings,
    scaler: Scaler | None,
    set_now: int | None = None,
) -> list[str]:
    """Why a number may not be applied; empty where it may. `set_now` is what the platform is set
    to: more than that cuts nothing off, whatever is known of what is in flight."""
    if scaler is None:
        return ["The console cannot scale this service: no platform is connected."]
    least = max(settings.instances_min, scaler.limits.least)
    most = min(settings.instances_max, scaler.limits.most)
    found: list[str] = []
    if wanted > most:
        found.append(
            f"At most {most}: raise CONSOLE_INSTANCES_MAX, where {scaler.title} allows it."
        )
    if wanted < least:
        found.append(f"At least {least}: lower CONSOLE_INSTANCES_MIN for fewer.")
    if set_now is not None and wanted >= set_now:
        return found
    if snapshot.problem:
        found.append(f"What is in flight is not known: {snapshot.problem}")
    elif wanted < alive(snapshot):
        beats = (judge(heard, snapshot) for heard in snapshot.heard)
        told = [one.beat.in_flight or 0 for one in beats if one.life is Life.ALIVE]
        safe = min(-(-sum(told) // settings.instance_concurrency), alive(snapshot))
        if wanted < safe:
            found.append(f"{sum(told)} in flight need {counted(safe, 'instance')}: wait for them.")
    return found


def evidence(applied: Applied) -> str:
    """What the log says of it."""
    if applied.heard is None:
        return f"Set; the heartbeats could not be read: {applied.problem}"
    told = f"{counted(applied.heard, 'instance')} heard of"
    if applied.by:
        told = f"{counted(applied.heard, 'instance')} run, as {applied.by} says"
    return told if applied.done else f"Set, but {told} after {CONFIRM_SECONDS:g} s."

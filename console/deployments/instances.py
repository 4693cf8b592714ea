"""Deployments as the instances of a service tell them, where no platform is asked. Pure.

An instance that reports another commit than the one that runs is the begin of a deployment; it is
live when no other commit answers any more. Push, detect and build happened where nobody looked.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from console.deployments.model import Record
from console.instances.model import Heard, Life, Snapshot, commit_of, judge, started
from console.platforms.model import (
    Capability,
    Deployment,
    DeploymentState,
    Stage,
    StageName,
    StageState,
    Trigger,
)
from console.words import counted

SOURCE = "instances"  # of a snapshot
TITLE = "its instances"
NOT_TOLD = "Not told without a platform."
MISSING = {
    one.value: "Not known without a platform: the console asks nobody but the instances."
    for one in Capability
    if one not in (Capability.DEPLOYMENTS, Capability.INSTANCES)
}
SHORT = 12  # characters of a hash in an id
OLDEST_START = 3600.0  # seconds before a reading that a start may lie, or the clock is off
_UNTOLD = (StageName.PUSH, StageName.DETECT, StageName.BUILD)


@dataclass(frozen=True, slots=True)
class _Seen:
    """One commit among the living instances."""

    commit: str
    instances: int
    first: float  # start of the first and the last of them, Unix seconds; 0 where none tells
    last: float


def told_by(
    heard: Snapshot, records: Sequence[Record], read_at: float, now: float
) -> list[Deployment]:
    """The deployments that begin, go on or end with what is heard now.

    `records` is what is known, newest first; `read_at` is when instances were heard of before.
    """
    if heard.problem:
        return []
    seen = _commits([one for one in heard.heard if judge(one, heard).life is Life.ALIVE])
    if not seen:
        return []
    live = _newest(records, DeploymentState.LIVE)
    if live is None:
        first = max(seen.values(), key=lambda one: (one.instances, one.last))
        live = _found(first, now)
        if len(seen) == 1:
            return [live]
    changed: dict[str, Deployment] = {live.id: live}
    running = _newest(records, DeploymentState.RUNNING)
    target = _target(live, running, seen, records)
    if running is not None and (target is None or target.commit != running.commit):
        gone = running.commit not in seen and live.commit in seen
        if target is not None or gone:
            changed[running.id] = _given_up(running, target, gone, now)
            running = None
    if target is not None:
        begun = running or _begun(target, live, records, read_at, now)
        changed[begun.id] = begun = _rolling(begun, target, seen, read_at, now)
        if begun.state is DeploymentState.LIVE:
            changed[live.id] = replace(live, state=DeploymentState.REPLACED)
    return list(changed.values())


def _commits(alive: Sequence[Heard]) -> Mapping[str, _Seen]:
    starts: dict[str, list[float]] = {}
    for one in alive:
        if commit := commit_of(one):
            starts.setdefault(commit, []).append(started(one))
    return {
        commit: _Seen(commit, len(times), min(times), max(times))
        for commit, times in starts.items()
    }


def _newest(records: Sequence[Record], state: DeploymentState) -> Deployment | None:
    return next((one.deployment for one in records if one.deployment.state is state), None)


def _target(
    live: Deployment,
    running: Deployment | None,
    seen: Mapping[str, _Seen],
    records: Sequence[Record],
) -> _Seen | None:
    """The commit that is being rolled out; `None` where the one that is live goes on alone.

    A commit that ran before counts only where an instance began with it since: a straggler that
    was silent for a while is no deployment.
    """
    known = {one.deployment.commit for one in records}
    since = live.ended_at or live.created_at
    others = [
        one
        for one in seen.values()
        if one.commit != live.commit
        and (
            one.commit not in known
            or one.last > since
            or (running is not None and one.commit == running.commit)
        )
    ]
    return max(others, key=lambda one: (one.last, one.instances), default=None)


def _found(one: _Seen, now: float) -> Deployment:
    """What ran already when the console looked first."""
    at = one.first if 0 < one.first <= now else now
    found = _deployment(one, at, Trigger.OTHER, DeploymentState.LIVE, at, "")
    stage = found.stage(StageName.DEPLOY)
    # when it began to replace the version before it is not known
    return found.with_stage(replace(stage, started_at=None, detail="It ran already."))


def _begun(
    target: _Seen, live: Deployment, records: Sequence[Record], read_at: float, now: float
) -> Deployment:
    since = live.ended_at or live.created_at
    earliest = max(since, (read_at or now) - OLDEST_START)
    starts = [at for at in (target.first, target.last) if earliest < at <= now]
    at = min(starts, default=now)
    back = any(one.deployment.commit == target.commit for one in records)
    trigger = Trigger.ROLLBACK if back else Trigger.OTHER
    return _deployment(target, at, trigger, DeploymentState.RUNNING, None, "")


def _deployment(
    one: _Seen,
    at: float,
    trigger: Trigger,
    state: DeploymentState,
    ended_at: float | None,
    detail: str,
) -> Deployment:
    done = StageState.DONE if state is DeploymentState.LIVE else StageState.RUNNING
    return Deployment(
        f"{SOURCE}-{one.commit[:SHORT]}-{at:.0f}",
        one.commit,
        state,
        at,
        ended_at,
        trigger=trigger,
        stages=(
            *(Stage(name, StageState.UNKNOWN, detail=NOT_TOLD) for name in _UNTOLD),
            Stage(StageName.DEPLOY, done, at, ended_at, detail),
            Stage(StageName.VERIFY),
        ),
    )


def _rolling(
    one: Deployment, target: _Seen, seen: Mapping[str, _Seen], read_at: float, now: float
) -> Deployment:
    every = sum(other.instances for other in seen.values())
    detail = f"{target.instances} of {counted(every, 'instance')} on it."
    stage = one.stage(StageName.DEPLOY)
    if target.instances < every:
        return one.with_stage(replace(stage, detail=detail))
    # the last other one was there at the reading before, unless nobody read for long
    ended = min(now, max(target.last if target.last <= now else now, read_at, one.created_at))
    done = replace(stage, state=StageState.DONE, ended_at=ended, detail=detail)
    return replace(one.with_stage(done), state=DeploymentState.LIVE, ended_at=ended)


def _given_up(one: Deployment, target: _Seen | None, gone: bool, now: float) -> Deployment:
    if gone:
        reason = "Its instances went away, and the version before runs on."
        state, stage_state = DeploymentState.ROLLED_BACK, StageState.FAILED
    else:
        newer = target.commit[:7] if target else ""
        reason = f"{newer} came before all instances ran it."
        state, stage_state = DeploymentState.SUPERSEDED, StageState.SKIPPED
    stage = replace(one.stage(StageName.DEPLOY), state=stage_state, ended_at=now, detail=reason)
    return replace(one.with_stage(stage), state=state, ended_at=now, reason=reason)

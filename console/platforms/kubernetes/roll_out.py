"""How each revision of a Deployment went, as far as Kubernetes keeps it. Pure."""

from collections.abc import Sequence
from typing import Any

from console.platforms.json_fields import fields, text_of, whole
from console.platforms.kubernetes.pods import main_container, trouble_of
from console.platforms.kubernetes.words import (
    CHANGE_CAUSE,
    RESTARTED,
    REVISION,
    Revision,
    Told,
    annotations_of,
    commit_of,
    image_of,
    meta_of,
    numbers,
    objects,
)
from console.platforms.model import (
    Deployment,
    DeploymentState,
    Stage,
    StageName,
    StageState,
    Trigger,
)
from console.platforms.times import time_of

AVAILABLE, EXCEEDED = "NewReplicaSetAvailable", "ProgressDeadlineExceeded"
PAUSES = ("DeploymentPaused", "DeploymentResumed")  # these hide how the revision went
NOT_TOLD = "Not offered by Kubernetes: it gets images."
NOT_KEPT = "Kubernetes keeps how the newest revision went, and of no other."


def deployments_of(
    deployment: Told, revisions: Sequence[Revision], pods: Sequence[Told]
) -> list[Deployment]:
    """The revisions as deployments, the newest first. `pods` are those of the newest one."""
    judged = (numbers(annotations_of(deployment).get(REVISION)) or [0])[0]
    found: list[Deployment] = []
    serving = next((one for one in revisions[1:] if one.current and _available(one)), None)
    for place, one in enumerate(revisions):
        before = revisions[place + 1] if place + 1 < len(revisions) else None
        lower = max((each.created for each in revisions[place:]), default=0.0)
        if place == 0:
            done = _newest(deployment, one, before, lower, pods, seen=one.number <= judged)
        else:
            through = found[0].state not in (DeploymentState.RUNNING, DeploymentState.FAILED)
            done = _earlier(one, before, lower, serves=one is serving and not through)
        found.append(done)
    return found


def complete(deployment: Told) -> bool:
    """Whether the newest revision has become available, be it long ago."""
    progress = _condition(deployment, "Progressing")
    if progress and progress.get("reason") not in PAUSES:
        return progress.get("reason") == AVAILABLE and progress.get("status") == "True"
    status = fields(deployment.get("status"))
    wanted = whole(fields(deployment.get("spec")).get("replicas"))
    wanted = 1 if wanted is None else wanted
    seen = whole(status.get("observedGeneration")) or 0
    counts = [whole(status.get(name)) or 0 for name in ("updatedReplicas", "availableReplicas")]
    total = whole(status.get("replicas")) or 0
    generation = whole(meta_of(deployment).get("generation")) or 0
    return bool(status) and seen >= generation and min(counts) >= wanted and total <= counts[0]


def _newest(
    deployment: Told,
    one: Revision,
    before: Revision | None,
    lower: float,
    pods: Sequence[Told],
    *,
    seen: bool,
) -> Deployment:
    """The newest revision. `seen`: the conditions are of it, and not of the one before."""
    progress = _condition(deployment, "Progressing" if seen else "")
    changed = time_of(progress.get("lastUpdateTime")) or time_of(progress.get("lastTransitionTime"))
    state, stage, reason, ended = DeploymentState.RUNNING, StageState.RUNNING, "", None
    if seen and complete(deployment):
        available = _condition(deployment, "Available")
        ended = changed or time_of(available.get("lastTransitionTime"))
        state, stage = DeploymentState.LIVE, StageState.DONE
    elif progress.get("reason") == EXCEEDED:
        state, stage, ended = DeploymentState.FAILED, StageState.FAILED, changed
        reason = trouble_of(pods) or _failure(one.told) or _sentence(progress.get("message"))
    else:
        wrong = _sentence(progress.get("message")) if progress.get("status") == "False" else ""
        reason = trouble_of(pods) or _failure(one.told) or wrong
        if fields(deployment.get("spec")).get("paused") is True:
            reason = "Its roll-out is paused."
    begun = one.created if one.first else _written(deployment, lower, ended)
    return _told(
        one,
        before,
        state,
        begun,
        Stage(StageName.DEPLOY, stage, begun, ended, reason),
        reason,
        text_of(progress.get("reason")) or "Progressing",
    )


def _earlier(one: Revision, before: Revision | None, lower: float, *, serves: bool) -> Deployment:
    """An earlier revision: it serves while the newest is not through, or nothing is kept of it."""
    begun = one.created if one.first else lower
    state = DeploymentState.LIVE if serves else DeploymentState.UNKNOWN
    stage = StageState.DONE if serves else StageState.UNKNOWN
    why = "" if serves else NOT_KEPT
    return _told(one, before, state, begun, Stage(StageName.DEPLOY, stage, begun, None, why), why)


def _available(one: Revision) -> bool:
    return (whole(fields(one.told.get("status")).get("availableReplicas")) or 0) > 0


def _told(
    one: Revision,
    before: Revision | None,
    state: DeploymentState,
    begun: float,
    roll_out: Stage,
    reason: str,
    raw: str = "",
) -> Deployment:
    return Deployment(
        one.id,
        commit_of(one.told),
        state,
        begun,
        roll_out.ended_at,
        message=text_of(annotations_of(one.told).get(CHANGE_CAUSE)) or image_of(one.told),
        trigger=_trigger(one, before),
        stages=(
            Stage(StageName.PUSH, StageState.UNKNOWN, detail=NOT_TOLD),
            Stage(StageName.DETECT, StageState.UNKNOWN, detail=NOT_TOLD),
            Stage(StageName.BUILD, StageState.UNKNOWN, detail=NOT_TOLD),
            roll_out,
            Stage(StageName.VERIFY),
        ),
        reason=reason,
        raw_state=raw,
    )


def _trigger(one: Revision, before: Revision | None) -> Trigger:
    """By what is different from the revision before."""
    if not one.first:
        return Trigger.ROLLBACK
    if before is None:
        return Trigger.OTHER
    now, then = (fields(fields(each.told.get("spec")).get("template")) for each in (one, before))
    if image_of(one.told) != image_of(before.told):
        return Trigger.PUSH
    if main_container(now).get("env") != main_container(then).get("env"):
        return Trigger.SETTINGS
    restarted = annotations_of(now).get(RESTARTED)
    same = restarted == annotations_of(then).get(RESTARTED)
    return Trigger.OTHER if same or restarted is None else Trigger.REDEPLOY


def _written(deployment: Told, lower: float, ended: float | None) -> float:
    """When the pod template was last written, by what the API server keeps of who wrote what."""
    at = [
        time
        for one in objects(meta_of(deployment).get("managedFields"))
        if "f:template" in fields(fields(one.get("fieldsV1")).get("f:spec"))
        and (time := time_of(one.get("time"))) is not None
        and lower <= time
        and (ended is None or time <= ended)
    ]
    return max(at, default=lower)


def _failure(told: Told) -> str:
    """Why a ReplicaSet cannot make pods, one sentence."""
    for one in objects(fields(told.get("status")).get("conditions")):
        if one.get("type") == "ReplicaFailure" and one.get("status") == "True":
            return _sentence(one.get("message"))
    return ""


def _condition(deployment: Told, kind: str) -> Told:
    for one in objects(fields(deployment.get("status")).get("conditions")):
        if one.get("type") == kind:
            return one
    return fields(None)


def _sentence(told: Any) -> str:
    text = text_of(told, 300).strip().rstrip(".")
    return f"{text[:1].upper()}{text[1:]}." if text else ""

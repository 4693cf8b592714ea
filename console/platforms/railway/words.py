"""Railway's words for deployments, turned into the console's. Pure.

From Railway's GraphQL schema: `meta` is JSON without a type, so nothing in it is relied on; what a
deployment did is told by its steps. Statuses and steps that are not known here stay unknown.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from console.platforms.extras import Times
from console.platforms.json_fields import fields, items, text_of, whole
from console.platforms.model import (
    Deployment,
    DeploymentState,
    InstanceRange,
    Stage,
    StageName,
    StageState,
    Trigger,
)
from console.platforms.times import time_of

_W, _R, _D = StageState.WAITING, StageState.RUNNING, StageState.DONE
_F, _S, _U = StageState.FAILED, StageState.SKIPPED, StageState.UNKNOWN

# Railway's status: how the deployment stands, its build, and its roll-out.
_STATUS = {
    "QUEUED": (DeploymentState.RUNNING, _W, _W),
    "WAITING": (DeploymentState.RUNNING, _W, _W),
    "NEEDS_APPROVAL": (DeploymentState.RUNNING, _W, _W),
    "INITIALIZING": (DeploymentState.RUNNING, _W, _W),
    "BUILDING": (DeploymentState.RUNNING, _R, _W),
    "DEPLOYING": (DeploymentState.RUNNING, _D, _R),
    "SUCCESS": (DeploymentState.LIVE, _D, _D),
    "SLEEPING": (DeploymentState.LIVE, _D, _D),
    "CRASHED": (DeploymentState.FAILED, _D, _F),
    "FAILED": (DeploymentState.FAILED, _U, _U),  # its steps tell which
    "SKIPPED": (DeploymentState.SUPERSEDED, _S, _S),
    "REMOVING": (DeploymentState.REPLACED, _D, _D),
    "REMOVED": (DeploymentState.REPLACED, _D, _D),
}
_REASONS = {
    "NEEDS_APPROVAL": "It waits for somebody to approve it on Railway.",
    "WAITING": "It waits for the checks of its commit.",
    "CRASHED": "It crashed after it had started.",
    "FAILED": "It failed.",
    "SKIPPED": "Railway skipped it.",
    "SLEEPING": "It sleeps until the next request.",
}
_BUILD = ("SNAPSHOT_CODE", "BUILD_IMAGE", "PUBLISH_IMAGE")
_DEPLOY = (
    "PRE_DEPLOY_COMMAND",
    "WAIT_FOR_DEPENDENCIES",
    "MIGRATE_VOLUMES",
    "CREATE_CONTAINER",
    "CONFIGURE_NETWORK",
    "HEALTHCHECK",
)  # DRAIN_INSTANCES is of the version before, after this one is live
_STEP_WORDS = {
    "SNAPSHOT_CODE": "taking the code",
    "BUILD_IMAGE": "building the image",
    "PUBLISH_IMAGE": "publishing the image",
    "PRE_DEPLOY_COMMAND": "the pre-deploy command",
    "WAIT_FOR_DEPENDENCIES": "waiting for other services",
    "MIGRATE_VOLUMES": "moving volumes",
    "CREATE_CONTAINER": "creating the container",
    "CONFIGURE_NETWORK": "configuring the network",
    "HEALTHCHECK": "the health check",
}
_TRIGGER = {
    "deploy": Trigger.PUSH,
    "redeploy": Trigger.REDEPLOY,
    "rollback": Trigger.ROLLBACK,
}
_ENDED = ("SUCCESS", "FAILED", "CRASHED", "SKIPPED")  # the status changed when it was done
_NO_PUSH = "Railway does not tell when it was pushed."


def deployment_of(told: Mapping[str, Any], page: str = "") -> Deployment | None:
    """One deployment without the times of its stages; `None` for one without id or time."""
    name, created = text_of(told.get("id")), time_of(told.get("createdAt"))
    if not name or created is None:
        return None
    status, meta = text_of(told.get("status")), _meta(told.get("meta"))
    unknown = (DeploymentState.UNKNOWN, _U, _U)
    state, build, deploy = _STATUS.get(status, unknown)
    commit, image = text_of(meta.get("commitHash"), 64), text_of(meta.get("image"))
    if image and not commit:
        build = _S  # an image is built elsewhere
    changed = time_of(told.get("statusUpdatedAt"))
    reason = text_of(meta.get("reason"))
    return Deployment(
        name,
        commit,
        state,
        created,
        changed if status in _ENDED else None,
        message=text_of(meta.get("commitMessage")) or image,
        author=text_of(meta.get("commitAuthor"))
        or text_of(fields(told.get("creator")).get("name")),
        branch=text_of(meta.get("branch")),
        trigger=_TRIGGER.get(reason, Trigger.OTHER if reason or not commit else Trigger.PUSH),
        stages=(
            Stage(StageName.PUSH, _U, detail=_NO_PUSH),
            Stage(StageName.DETECT, _D, None, created),
            Stage(StageName.BUILD, build),
            Stage(StageName.DEPLOY, deploy),
            Stage(StageName.VERIFY),
        ),
        reason=_REASONS.get(status, ""),
        url=page,
        raw_state=status,
    )


def with_steps(deployment: Deployment, told: Sequence[Mapping[str, Any]]) -> Deployment:
    """The deployment with the times of its stages, and with what its failed step says."""
    found = sorted((_step(one) for one in told), key=lambda one: one.begun or 0.0)
    built = [one for one in found if one.name in _BUILD]
    rolled = [one for one in found if one.name in _DEPLOY]
    if not built and not rolled:
        return deployment
    failed = _failed(deployment, [*built, *rolled])
    build = _staged(deployment, StageName.BUILD, built, failed, later=bool(rolled))
    deploy = _staged(deployment, StageName.DEPLOY, rolled, failed)
    deployment = deployment.with_stage(build).with_stage(deploy)
    if failed is not None:
        return replace(deployment, reason=_why(failed))
    if deployment.state is DeploymentState.REPLACED and not rolled:
        stopped = Stage(StageName.DEPLOY, _S)
        return replace(
            deployment.with_stage(stopped),
            state=DeploymentState.SUPERSEDED,
            reason="It was taken away before it was rolled out.",
        )
    ended = deployment.stage(StageName.DEPLOY).ended_at
    if deployment.state in (DeploymentState.LIVE, DeploymentState.REPLACED) and ended is not None:
        return replace(deployment, ended_at=ended)
    return deployment


def with_triggers(found: Sequence[Deployment]) -> list[Deployment]:
    """The deployments, newest first, where a commit that was deployed before is no new push."""
    told: list[Deployment] = []
    for place, one in enumerate(found):
        before = [each.commit for each in found[place + 1 :] if each.commit]
        if one.commit in before and one.trigger in (Trigger.PUSH, Trigger.OTHER):
            again = one.commit == before[0]
            one = replace(one, trigger=Trigger.REDEPLOY if again else Trigger.ROLLBACK)
        told.append(one)
    return told


def instances_of(told: Mapping[str, Any]) -> InstanceRange:
    """How many run, of all versions that are in service."""
    running = {
        text_of(instance.get("id"))
        for one in _objects(told.get("activeDeployments"))
        for instance in _objects(one.get("instances"))
        if instance.get("status") == "RUNNING"
    }
    known = isinstance(told.get("activeDeployments"), list)
    return InstanceRange(len(running) if known else None, whole(told.get("numReplicas")))


def log_of(told: Any) -> str:
    """The lines of a log in the order of their times."""
    lines = [
        (text_of(one.get("timestamp")), text_of(one.get("message"), 4000)) for one in _objects(told)
    ]
    return "\n".join(f"{at} {message}" for at, message in sorted(lines, key=lambda one: one[0]))


def times_of(told: Any) -> list[Times]:
    """Response times in seconds; Railway tells milliseconds."""
    found: list[Times] = []
    for one in _objects(fields(told).get("samples")):
        at = time_of(one.get("ts"))
        if at is not None:
            shares = [_seconds(one.get(share)) for share in ("p50", "p90", "p95", "p99")]
            found.append(Times(at, *shares))
    return sorted(found, key=lambda one: one.at)


@dataclass(frozen=True, slots=True)
class _Step:
    """One step of a deployment."""

    name: str
    begun: float | None
    ended: float | None
    skipped: bool
    error: bool
    said: str  # why, without a full stop
    tried: str  # which attempt


def _step(told: Mapping[str, Any]) -> _Step:
    payload = fields(told.get("payload"))
    begun, ended = time_of(told.get("createdAt")), time_of(told.get("completedAt"))
    took = whole(payload.get("durationMs"))
    if ended is None and begun is not None and took is not None:
        ended = begun + took / 1000
    error = text_of(payload.get("error"))
    said = error or text_of(payload.get("reason")) or text_of(payload.get("detail"))
    attempt, most = whole(payload.get("attempt")), whole(payload.get("maxAttempts"))
    tried = f", attempt {attempt} of {most}" if attempt and most and most > 1 else ""
    return _Step(
        text_of(told.get("step")),
        begun,
        ended,
        payload.get("skipped") is True,
        bool(error),
        said.rstrip(" .!\n"),
        tried,
    )


def _failed(deployment: Deployment, found: Sequence[_Step]) -> _Step | None:
    """The step at which it failed: the last with an error, else the last that did not end."""
    if deployment.state is not DeploymentState.FAILED or deployment.raw_state == "CRASHED":
        return None
    wrong = [one for one in found if one.error]
    return (wrong or [one for one in found if one.ended is None] or [None])[-1]


def _why(failed: _Step) -> str:
    why = f"It failed at {_STEP_WORDS[failed.name]}"
    return f"{why}: {failed.said}." if failed.said else f"{why}."


def _staged(
    deployment: Deployment,
    name: StageName,
    found: Sequence[_Step],
    failed: _Step | None,
    *,
    later: bool = False,
) -> Stage:
    """A stage by its steps. `later`: the stage after this one has begun."""
    stage = deployment.stage(name)
    if not found:
        # it failed in the other stage: nothing of this one was done
        return replace(stage, state=_S) if failed is not None and stage.state is _U else stage
    start = min((one.begun for one in found if one.begun is not None), default=None)
    end = max((one.ended for one in found if one.ended is not None), default=None)
    last = found[-1]
    if failed is not None and failed in found:
        return Stage(name, _F, start, failed.ended or deployment.ended_at, _why(failed))
    if all(one.skipped for one in found):
        return Stage(name, _S)
    state = stage.state
    if failed is not None or (later and state in (_W, _U)):
        state = _D
    elif state is _W:
        state = _R
    if state is _R:
        doing = f"{_STEP_WORDS[last.name].capitalize()}{last.tried}."
        return Stage(name, _R, start, None, "" if last.ended is not None else doing)
    return Stage(name, state, start, None if last.ended is None else end)


def _meta(told: Any) -> Mapping[str, Any]:
    """The JSON of `meta`, which has no type: an object, or the text of one."""
    if isinstance(told, str):
        try:
            return fields(json.loads(told))
        except (ValueError, RecursionError):
            return {}
    return fields(told)


def _objects(told: Any) -> list[Mapping[str, Any]]:
    return items(told, "") if isinstance(told, list) else []


def _seconds(told: Any) -> float | None:
    if isinstance(told, bool) or not isinstance(told, int | float) or not 0 <= told < 1e9:
        return None
    return told / 1000

"""The course of a deployment by the steps that Railway tells of it. Pure; what is not known here
stays unknown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from console.platforms.json_fields import fields, text_of, whole
from console.platforms.model import Deployment, DeploymentState, Stage, StageName, StageState
from console.platforms.times import time_of

_W, _R, _D = StageState.WAITING, StageState.RUNNING, StageState.DONE
_F, _S, _U = StageState.FAILED, StageState.SKIPPED, StageState.UNKNOWN
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

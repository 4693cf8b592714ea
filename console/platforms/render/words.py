"""Render's words for deployments, turned into the console's. Pure.

From Render's OpenAPI file and recorded answers: `commit` may be null (an image), `startedAt` and
`finishedAt` absent or null, and an event carries only the time that it happened.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from console.platforms.json_fields import fields, text_of, whole
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
_F, _S = StageState.FAILED, StageState.SKIPPED

# Render's status: how the deployment stands, its build, and its roll-out.
_STATUS = {
    "created": (DeploymentState.RUNNING, _W, _W),
    "queued": (DeploymentState.RUNNING, _W, _W),
    "build_in_progress": (DeploymentState.RUNNING, _R, _W),
    "pre_deploy_in_progress": (DeploymentState.RUNNING, _D, _R),
    "update_in_progress": (DeploymentState.RUNNING, _D, _R),
    "live": (DeploymentState.LIVE, _D, _D),
    "deactivated": (DeploymentState.REPLACED, _D, _D),
    "build_failed": (DeploymentState.FAILED, _F, _S),
    "pre_deploy_failed": (DeploymentState.FAILED, _D, _F),
    "update_failed": (DeploymentState.FAILED, _D, _F),
    "canceled": (DeploymentState.SUPERSEDED, _S, _S),
}
_TRIGGER = {
    "new_commit": Trigger.PUSH,
    "rollback": Trigger.ROLLBACK,
    "manual": Trigger.REDEPLOY,
    "api": Trigger.REDEPLOY,
    "deploy_hook": Trigger.REDEPLOY,
    "service_updated": Trigger.SETTINGS,
}
_REASONS = {
    "build_failed": "The build failed.",
    "pre_deploy_failed": "The pre-deploy command failed.",
    "update_failed": "The new version did not become healthy.",
    "canceled": "It was cancelled.",
}
MATCH_SLACK = 5.0  # seconds by which an event may come before the deployment that it belongs to


def deployment_of(told: Mapping[str, Any], page: str = "") -> Deployment | None:
    """One deployment without the times of its stages; `None` for one without id or time."""
    created = time_of(told.get("createdAt")) or time_of(told.get("startedAt"))
    name = text_of(told.get("id"))
    if not name or created is None:
        return None
    status = text_of(told.get("status"))
    unknown = (DeploymentState.UNKNOWN, StageState.UNKNOWN, StageState.UNKNOWN)
    state, build, deploy = _STATUS.get(status, unknown)
    commit, image = fields(told.get("commit")), fields(told.get("image"))
    started, ended = time_of(told.get("startedAt")), time_of(told.get("finishedAt"))
    if image and not commit:
        build = _S  # an image is built elsewhere
    committed = time_of(commit.get("createdAt"))
    return Deployment(
        name,
        text_of(commit.get("id")),
        state,
        created,
        ended,
        message=text_of(commit.get("message")) or text_of(image.get("ref")),
        trigger=_TRIGGER.get(text_of(told.get("trigger")), Trigger.OTHER),
        stages=(
            _push(committed),
            Stage(StageName.DETECT, _D, None, created),
            Stage(StageName.BUILD, build, started if build is _R else None),
            _roll_out(deploy, started, ended, built=build is _S),
            Stage(StageName.VERIFY),
        ),
        reason=_REASONS.get(status, ""),
        url=page,
        raw_state=status,
    )


def with_events(
    deployments: Sequence[Deployment], events: Sequence[Mapping[str, Any]]
) -> list[Deployment]:
    """The deployments with the times of their stages. A build event names no deployment: it belongs
    to the last one that was created before it."""
    ordered = sorted(deployments, key=lambda one: one.created_at)
    found = {one.id: one for one in ordered}
    for event in sorted(events, key=lambda one: time_of(one.get("timestamp")) or 0.0):
        at = time_of(event.get("timestamp"))
        details = fields(event.get("details"))
        if at is None:
            continue
        named = text_of(details.get("deployId"))
        before = [one.id for one in ordered if one.created_at <= at + MATCH_SLACK]
        owner = named or (before[-1] if before else "")
        if owner in found:
            found[owner] = _with_event(found[owner], text_of(event.get("type")), at, details)
    return [found[one.id] for one in deployments]


def instances_of(service: Mapping[str, Any], running: int) -> InstanceRange:
    """How many run, and may. `numInstances` is no running count; see the API's own remark."""
    details = fields(service.get("serviceDetails"))
    scaling = fields(details.get("autoscaling"))
    if scaling.get("enabled") is True:
        return InstanceRange(running, None, whole(scaling.get("min")), whole(scaling.get("max")))
    return InstanceRange(running, whole(details.get("numInstances")))


def _push(committed: float | None) -> Stage:
    if committed is None:
        return Stage(StageName.PUSH, StageState.UNKNOWN)
    detail = "Render tells when it was committed, not when it was pushed."
    return Stage(StageName.PUSH, _D, committed, None, detail)


def _roll_out(
    state: StageState, started: float | None, ended: float | None, *, built: bool
) -> Stage:
    """Where nothing was built, all the time was the roll-out's."""
    begun = started if built and state in (_R, _D, _F) else None
    return Stage(StageName.DEPLOY, state, begun, ended if state in (_D, _F) else None)


def _with_event(
    deployment: Deployment, kind: str, at: float, details: Mapping[str, Any]
) -> Deployment:
    build, deploy = deployment.stage(StageName.BUILD), deployment.stage(StageName.DEPLOY)
    if kind == "build_started":
        return deployment.with_stage(replace(build, started_at=at))
    if kind == "build_ended":
        return deployment.with_stage(replace(build, ended_at=at))
    if kind in ("pre_deploy_started", "deploy_started"):
        first = at if deploy.started_at is None else min(at, deploy.started_at)
        return deployment.with_stage(replace(deploy, started_at=first))
    if kind == "deploy_ended" and deploy.state not in (_W, _S):
        deployment = deployment.with_stage(replace(deploy, ended_at=at))
        why = _failure(fields(fields(details.get("reason")).get("failure")))
        return replace(deployment, reason=why) if why else deployment
    return deployment


def _failure(told: Mapping[str, Any]) -> str:
    if told.get("oomKilled"):
        return "The new version ran out of memory."
    if told.get("evicted"):
        return "The new version was evicted from its machine."
    if (code := whole(told.get("nonZeroExit"))) is not None:
        return f"The new version ended with code {code}."
    if told.get("unhealthy"):
        return "The new version did not pass its health check."
    if told.get("timedOutSeconds"):
        return f"The new version was not ready within {text_of(str(told['timedOutSeconds']), 9)} s."
    return ""

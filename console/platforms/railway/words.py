"""Railway's words for deployments, turned into the console's. Pure.

From Railway's GraphQL schema: `meta` is JSON without a type, so nothing in it is relied on.
Statuses that are not known here stay unknown.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from console.platforms.json_fields import fields, objects, text_of, whole
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
        for one in objects(told.get("activeDeployments"))
        for instance in objects(one.get("instances"))
        if instance.get("status") == "RUNNING"
    }
    known = isinstance(told.get("activeDeployments"), list)
    return InstanceRange(len(running) if known else None, whole(told.get("numReplicas")))


def _meta(told: Any) -> Mapping[str, Any]:
    """The JSON of `meta`, which has no type: an object, or the text of one."""
    if isinstance(told, str):
        try:
            return fields(json.loads(told))
        except (ValueError, RecursionError):
            return {}
    return fields(told)

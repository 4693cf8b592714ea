"""Cloud Run's words for services and revisions, turned into the console's. Pure.

From Google's discovery document of the API, version 2. A revision is a deployment: its condition
`Ready` says how it stands, and the traffic of the service which one is live. The commit is in the
label `commit-sha`, which Cloud Build's triggers and the GitHub action `deploy-cloudrun` write, or
else in the tag of the image.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from console.errors import PlatformError
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

LATEST = "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST"
REVISION = "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION"
COMMIT_LABEL = "commit-sha"
NOT_TOLD = "Built elsewhere; Cloud Run tells of no build."
_COMMIT = re.compile(r"[0-9a-f]{7,40}")
_TAGGED = re.compile(r":(?:[\w.-]*[-_.])?([0-9a-f]{40})(?:@|$)")

_STATE = {
    "CONDITION_SUCCEEDED": (DeploymentState.REPLACED, StageState.DONE),
    "CONDITION_FAILED": (DeploymentState.FAILED, StageState.FAILED),
    "CONDITION_PENDING": (DeploymentState.RUNNING, StageState.RUNNING),
    "CONDITION_RECONCILING": (DeploymentState.RUNNING, StageState.RUNNING),
}
# A revision that is put to rest is told so by the same conditions, long after it was live.
_RESTING = ("RETIRED", "RETIRING", "NO_DEPLOYMENT", "RESERVE")


def deployment_of(
    told: Mapping[str, Any], live: Sequence[str], page: str = ""
) -> Deployment | None:
    """One revision; `live` are those that get traffic. `None` for one without name or time."""
    name, created = short(told.get("name")), time_of(told.get("createTime"))
    if not name or created is None:
        return None
    ready = _condition(told, "Ready")
    word = text_of(ready.get("state"))
    unknown = (DeploymentState.UNKNOWN, StageState.UNKNOWN)
    state, deploy = _STATE.get(word, unknown)
    if word in ("", "STATE_UNSPECIFIED") and told.get("reconciling") is True:
        state, deploy = DeploymentState.RUNNING, StageState.RUNNING
    if name in live and state is DeploymentState.REPLACED:
        state = DeploymentState.LIVE
    ended = _ended(told, ready) if deploy in (StageState.DONE, StageState.FAILED) else None
    failed = state is DeploymentState.FAILED
    commit = _commit(told)
    return Deployment(
        name,
        commit,
        state,
        created,
        ended,
        message="" if commit else _image(told),
        author=text_of(told.get("creator"), 100),
        trigger=Trigger.PUSH if COMMIT_LABEL in fields(told.get("labels")) else Trigger.OTHER,
        stages=(
            Stage(StageName.PUSH, StageState.UNKNOWN),
            Stage(StageName.DETECT, StageState.DONE, None, created),
            Stage(StageName.BUILD, StageState.UNKNOWN, detail=NOT_TOLD),
            Stage(StageName.DEPLOY, deploy, created, ended),
            Stage(StageName.VERIFY),
        ),
        reason=text_of(ready.get("message"), 300) or "It did not become ready." if failed else "",
        url=(text_of(told.get("logUri")) if failed else "") or page,
        raw_state=" ".join(part for part in (word, text_of(ready.get("revisionReason"))) if part),
    )


def live_revisions(service: Mapping[str, Any]) -> list[str]:
    """The revisions that get traffic now; those asked for where the statuses are not there."""
    told = service.get("trafficStatuses") or service.get("traffic")
    found: list[str] = []
    for one in objects(told):
        if not whole(one.get("percent")):
            continue
        name = short(one.get("revision"))
        if not name or text_of(one.get("type")) == LATEST:
            name = short(service.get("latestReadyRevision"))
        found.append(name)
    return [name for name in found if name] or [short(service.get("latestReadyRevision"))]


def instances_of(service: Mapping[str, Any]) -> InstanceRange:
    """Between which bounds it scales, of the service or else of its revisions."""
    scaling = fields(service.get("scaling"))
    manual = whole(scaling.get("manualInstanceCount"))
    if text_of(scaling.get("scalingMode")) == "MANUAL" and manual is not None:
        return InstanceRange(None, manual, manual, manual)
    own = fields(fields(service.get("template")).get("scaling"))
    least = whole(scaling.get("minInstanceCount")) or whole(own.get("minInstanceCount"))
    most = whole(scaling.get("maxInstanceCount")) or whole(own.get("maxInstanceCount"))
    return InstanceRange(None, None, least or 0, most)


def variable_names(service: Mapping[str, Any]) -> list[str]:
    """The names that its containers are given, also of secrets; no value is looked at."""
    containers = objects(fields(service.get("template")).get("containers"))
    names = {text_of(one.get("name")) for each in containers for one in objects(each.get("env"))}
    return sorted(name for name in names if name)


def with_variable(template: Mapping[str, Any], name: str, value: str) -> dict[str, Any]:
    """The template with a variable set in the container that answers requests.

    Raises PlatformError where it is a secret there: its value is Secret Manager's.
    """
    containers = [dict(one) for one in objects(template.get("containers"))]
    if not containers:
        raise PlatformError("Cloud Run tells no container of this service.")
    chosen = next((one for one in containers if one.get("ports")), containers[0])
    kept: list[Mapping[str, Any]] = []
    for one in objects(chosen.get("env")):
        if one.get("name") == name and one.get("valueSource"):
            raise PlatformError(f"{name} is a secret there: change it in Secret Manager.")
        if one.get("name") != name:
            kept.append(one)
    chosen["env"] = [*kept, {"name": name, "value": value}]
    return {**template, "containers": containers}


def short(name: Any) -> str:
    """`checkout-00042-abc` of `projects/…/revisions/checkout-00042-abc`."""
    return text_of(name).rpartition("/")[2]


def page_of(project: str, region: str, service: str) -> str:
    """The service's page in Google's console."""
    where = f"{quote(region, safe='')}/{quote(service, safe='')}/revisions"
    return f"https://console.cloud.google.com/run/detail/{where}?project={quote(project, safe='')}"


def _condition(told: Mapping[str, Any], kind: str) -> Mapping[str, Any]:
    found = [one for one in objects(told.get("conditions")) if one.get("type") == kind]
    return found[0] if found else fields(None)


def _ended(told: Mapping[str, Any], ready: Mapping[str, Any]) -> float | None:
    if text_of(ready.get("revisionReason")) in _RESTING:
        ready = _condition(told, "ContainerHealthy")
    return time_of(ready.get("lastTransitionTime"))


def _commit(told: Mapping[str, Any]) -> str:
    label = text_of(fields(told.get("labels")).get(COMMIT_LABEL))
    if _COMMIT.fullmatch(label):
        return label
    tagged = _TAGGED.search(_image(told))
    return tagged[1] if tagged else ""


def _image(told: Mapping[str, Any]) -> str:
    containers = objects(told.get("containers"))
    chosen = [one for one in containers if one.get("ports")] or containers
    return text_of(chosen[0].get("image"), 300) if chosen else ""

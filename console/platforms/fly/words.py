"""Fly.io's words for releases and machines, turned into the console's. Pure.

From Fly.io's documentation and the types of its own client, not run against Fly.io. A release is a
deployment. Fly.io does not tell which one is live: it is the newest one whose image the machines
run. The commit is in a label of the image, or in its tag (`fly deploy --image-label`).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from console.platforms.extras import RuntimeLine
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

LINE_LIMIT = 16_000  # characters
NOT_TOLD = "Built elsewhere; Fly.io tells of no build."
GONE = ("destroyed", "destroying", "replaced")
APART = ("fly_app_release_command", "fly_app_console")  # process groups that serve nobody
COMMIT_LABELS = ("org.opencontainers.image.revision", "GH_SHA")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_LIVE = (DeploymentState.REPLACED, StageState.DONE)
_STATUS = {
    "complete": _LIVE,
    "succeeded": _LIVE,
    "running": (DeploymentState.RUNNING, StageState.RUNNING),
    "pending": (DeploymentState.RUNNING, StageState.WAITING),
    "failed": (DeploymentState.FAILED, StageState.FAILED),
    "interrupted": (DeploymentState.SUPERSEDED, StageState.SKIPPED),
    "dead": (DeploymentState.SUPERSEDED, StageState.SKIPPED),
}
Machine = Mapping[str, Any]


def deployments_of(
    releases: Sequence[Mapping[str, Any]],
    machines: Sequence[Machine],
    ended: dict[str, float],
    page: str = "",
) -> list[Deployment]:
    """The releases, the newest first.

    `ended` keeps when each was on all machines: their events, which tell it, are soon forgotten.
    """
    images = {image: one for one in machines if (image := image_of(one))}
    found = [made for one in releases if (made := _deployment(one, images, page))]
    found.sort(key=lambda one: (one.created_at, one.id), reverse=True)
    for place, one in enumerate(found):
        if one.state is DeploymentState.REPLACED and one.message in images:
            if (at := _launched(machines, one.message, one.created_at)) is not None:
                ended.setdefault(one.id, at)
            found[place] = _as_live(one)
            break
    for place, one in enumerate(found):
        if one.state in (DeploymentState.LIVE, DeploymentState.REPLACED) and one.id in ended:
            deploy = replace(one.stage(StageName.DEPLOY), ended_at=ended[one.id])
            found[place] = replace(one.with_stage(deploy), ended_at=ended[one.id])
    return found


def serving(machines: Sequence[Machine]) -> list[Machine]:
    """The machines that are there to answer requests."""
    return [
        one
        for one in machines
        if text_of(one.get("state")) not in GONE
        and text_of(_metadata(one).get("fly_process_group")) not in APART
    ]


def instances_of(machines: Sequence[Machine]) -> InstanceRange:
    """How many run. Where Fly.io stops idle ones, it may run fewer, and never more than there are.

    Running: started, on a host that answers, and no check of it fails.
    """
    running = sum(1 for one in machines if _runs(one))
    services = [each for one in machines for each in objects(_config(one).get("services"))]
    stops = any(each.get("autostop") not in (None, False, "off") for each in services)
    if not stops:
        return InstanceRange(running, len(machines))
    kept = [whole(each.get("min_machines_running")) or 0 for each in services]
    return InstanceRange(running, None, max(kept, default=0), len(machines))


def variable_names(machines: Sequence[Machine], secrets: Sequence[Mapping[str, Any]]) -> list[str]:
    """The names in the machines' configurations, and those of the app's secrets."""
    names = {name for one in machines for name in fields(_config(one).get("env"))}
    return sorted(names | {name for one in secrets if (name := text_of(one.get("name")))})


def image_of(machine: Machine) -> str:
    """The image of a machine, without its digest."""
    return _plain(text_of(_config(machine).get("image")))


def log_lines(told: Any) -> list[RuntimeLine]:
    """Lines of the log, the oldest first."""
    found: list[RuntimeLine] = []
    for one in objects(fields(told).get("data")):
        line = fields(one.get("attributes"))
        if text := text_of(line.get("message"), LINE_LIMIT):
            at, instance = time_of(line.get("timestamp")), text_of(line.get("instance"), 40)
            found.append(RuntimeLine(text, at, instance, text_of(one.get("id"))))
    return sorted(found, key=lambda one: one.at or 0.0)


def _deployment(
    told: Mapping[str, Any], images: Mapping[str, Machine], page: str
) -> Deployment | None:
    version, created = whole(told.get("version")), time_of(told.get("createdAt"))
    if version is None or created is None:
        return None
    word = text_of(told.get("status"))
    unknown = (DeploymentState.UNKNOWN, StageState.UNKNOWN)
    state, deploy = _STATUS.get(word.lower(), unknown)
    image, user = _plain(text_of(told.get("imageRef"))), fields(told.get("user"))
    reason = text_of(told.get("reason")) or text_of(told.get("description"))
    failed = state is DeploymentState.FAILED
    return Deployment(
        f"v{version}",
        _commit(image, images.get(image, {})),
        state,
        created,
        message=image,
        author=text_of(user.get("name"), 100) or text_of(user.get("email"), 100),
        trigger=Trigger.OTHER,
        stages=(
            Stage(StageName.PUSH, StageState.UNKNOWN),
            Stage(StageName.DETECT, StageState.DONE, None, created),
            Stage(StageName.BUILD, StageState.UNKNOWN, detail=NOT_TOLD),
            Stage(StageName.DEPLOY, deploy, created),
            Stage(StageName.VERIFY),
        ),
        reason=(reason or "Fly.io says that it failed.") if failed else "",
        url=page,
        raw_state=word,
    )


def _as_live(one: Deployment) -> Deployment:
    stage = Stage(StageName.DEPLOY, StageState.DONE, one.created_at)
    return replace(one.with_stage(stage), state=DeploymentState.LIVE)


def _launched(machines: Sequence[Machine], image: str, since: float) -> float | None:
    """When the last machine got this image, by their events (in milliseconds)."""
    found = [
        at
        for one in machines
        for event in objects(one.get("events"))
        if image_of(one) == image and event.get("type") in ("launch", "update")
        if (at := time_of(event.get("timestamp"))) is not None and at >= since
    ]
    return max(found, default=None)


def _runs(machine: Machine) -> bool:
    checks = [text_of(one.get("status")) for one in objects(machine.get("checks"))]
    host = text_of(machine.get("host_status")) or "ok"
    started = text_of(machine.get("state")) == "started"
    return started and host == "ok" and all(word == "passing" for word in checks)


def _commit(image: str, machine: Machine) -> str:
    labels = fields(fields(machine.get("image_ref")).get("labels"))
    told = [text_of(labels.get(name)) for name in COMMIT_LABELS]
    told.append(image.rpartition(":")[2])
    return next((one for one in told if _COMMIT.fullmatch(one)), "")


def _config(machine: Machine) -> Mapping[str, Any]:
    """Where its host does not answer, Fly.io gives what it knows under another name."""
    return fields(machine.get("config")) or fields(machine.get("incomplete_config"))


def _metadata(machine: Machine) -> Mapping[str, Any]:
    return fields(_config(machine).get("metadata"))


def _plain(image: str) -> str:
    return image.partition("@")[0]

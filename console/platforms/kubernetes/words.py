"""Kubernetes' objects, turned into the console's deployments. Pure.

A deployment is a revision: the ReplicaSet that the Deployment made of one pod template. A template
that comes back (a rollback) takes its old ReplicaSet with a new revision, and the ReplicaSet's
creation is then not when it began.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from console.platforms.json_fields import fields, items, text_of, whole
from console.platforms.kubernetes.pods import main_container
from console.platforms.model import (
    InstanceRange,
)
from console.platforms.times import time_of

Told = Mapping[str, Any]
REVISION = "deployment.kubernetes.io/revision"
HISTORY = "deployment.kubernetes.io/revision-history"
CHANGE_CAUSE = "kubernetes.io/change-cause"
RESTARTED = "kubectl.kubernetes.io/restartedAt"
HASH = "pod-template-hash"
_COMMIT_KEYS = {"revision", "commit", "commit-sha", "git-commit", "git-sha", "vcs-ref", "sha"}
_HASH_ONLY = re.compile(r"[0-9a-f]{7,40}")
# In an image's tag: with a letter and a digit, or a date would be one.
_IN_TAG = re.compile(r"(?<![0-9a-z])(?=[0-9]*[a-f])(?=[a-f]*[0-9])[0-9a-f]{7,40}(?![0-9a-z])")


@dataclass(frozen=True, slots=True)
class Revision:
    """One revision of a Deployment."""

    number: int
    told: Told  # its ReplicaSet
    first: bool  # the ReplicaSet was made for it
    current: bool  # it is what the ReplicaSet stands for now, and no earlier use of it

    @property
    def id(self) -> str:
        """`web-5d4f8c7b9:3`."""
        return f"{text_of(meta_of(self.told).get('name'))}:{self.number}"

    @property
    def created(self) -> float:
        """When its ReplicaSet was made, Unix seconds."""
        return time_of(meta_of(self.told).get("creationTimestamp")) or 0.0


def meta_of(told: Told) -> Told:
    """The metadata of an object."""
    return fields(told.get("metadata"))


def annotations_of(told: Told) -> Told:
    """Its annotations."""
    return fields(meta_of(told).get("annotations"))


def objects(told: Any) -> list[Told]:
    """The objects of a list that may be null."""
    return items(told, "") if isinstance(told, list) else []


def texts(told: Any) -> list[str]:
    """The texts of a list that may be null."""
    listed = cast("list[Any]", told) if isinstance(told, list) else []
    return [one for one in listed if isinstance(one, str)]


def selector_of(deployment: Told) -> str:
    """The label selector of its pods, as a query wants it."""
    selector = fields(fields(deployment.get("spec")).get("selector"))
    parts = [f"{name}={told}" for name, told in fields(selector.get("matchLabels")).items()]
    for one in objects(selector.get("matchExpressions")):
        key, operator = text_of(one.get("key")), text_of(one.get("operator"))
        listed = ",".join(texts(one.get("values")))
        forms = {
            "In": f"{key} in ({listed})",
            "NotIn": f"{key} notin ({listed})",
            "Exists": key,
            "DoesNotExist": f"!{key}",
        }
        if operator in forms:
            parts.append(forms[operator])
    return ",".join(parts)


def revisions_of(deployment: Told, sets: Iterable[Told]) -> list[Revision]:
    """The revisions that are kept, the newest first; nothing of other Deployments."""
    owner = meta_of(deployment).get("uid")
    found: list[Revision] = []
    for one in sets:
        owners = objects(meta_of(one).get("ownerReferences"))
        if not any(each.get("uid") == owner for each in owners):
            continue
        notes = annotations_of(one)
        past = numbers(notes.get(HISTORY))
        now = numbers(notes.get(REVISION))[:1]
        found += [
            Revision(number, one, place == 0, number in now)
            for place, number in enumerate([*past, *now])
        ]
    return sorted(found, key=lambda one: one.number, reverse=True)


def instances_of(deployment: Told, scaler: Told | None) -> InstanceRange:
    """How many are ready, how many there should be, and between which bounds it scales."""
    status, spec = fields(deployment.get("status")), fields(deployment.get("spec"))
    ready = (whole(status.get("readyReplicas")) or 0) if status else None
    desired = whole(spec.get("replicas"))
    desired = 1 if desired is None else desired
    if scaler is None:
        return InstanceRange(ready, desired)
    bounds = fields(scaler.get("spec"))
    least = whole(bounds.get("minReplicas"))
    return InstanceRange(
        ready, desired, 1 if least is None else least, whole(bounds.get("maxReplicas"))
    )


def scaler_of(name: str, scalers: Iterable[Told]) -> Told | None:
    """The HorizontalPodAutoscaler of a Deployment."""
    for one in scalers:
        target = fields(fields(one.get("spec")).get("scaleTargetRef"))
        if target.get("kind") == "Deployment" and target.get("name") == name:
            return one
    return None


def commit_of(told: Told) -> str:
    """The commit of a ReplicaSet: from an annotation or label, else from the image's tag."""
    template = fields(fields(told.get("spec")).get("template"))
    for holder in (template, told):
        for kind in ("annotations", "labels"):
            for key, value in fields(meta_of(holder).get(kind)).items():
                name = key.rpartition("/")[2].rpartition(".")[2].lower()
                text = text_of(value, 64).lower()
                if name in _COMMIT_KEYS and key != REVISION and _HASH_ONLY.fullmatch(text):
                    return text
    _, _, tag = image_of(told).partition("@")[0].rpartition(":")
    found = _IN_TAG.findall(tag)
    return found[-1] if found else ""


def image_of(told: Told) -> str:
    """The image of its main container."""
    template = fields(fields(told.get("spec")).get("template"))
    return text_of(main_container(template).get("image"))


def numbers(told: Any) -> list[int]:
    """The whole numbers of `1,3`."""
    return [int(one) for one in re.findall(r"\d{1,18}", told)] if isinstance(told, str) else []

"""What is sent to Kubernetes to change something. Pure; every change is one PATCH.

Merge patches, and not the list of JSON operations: by the API's own description a patch is an
object.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode

from console.masking import MASK
from console.platforms.json_fields import fields, text_of
from console.platforms.kubernetes.words import (
    CHANGE_CAUSE,
    HASH,
    RESTARTED,
    Told,
    annotations_of,
    meta_of,
)
from console.platforms.model import Action, Redeploy, Request, Rollback, Scale, SetVariable

MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"  # lists are merged by name
WRITER = "operations-console"  # who the API server keeps as the writer
PARAMETERS = {"fieldManager": WRITER, "fieldValidation": "Strict"}


@dataclass(frozen=True, slots=True)
class Change:
    """One PATCH. `body` may hold the value of a variable, so it is in no representation."""

    path: str
    content_type: str
    body: Mapping[str, Any]

    def __repr__(self) -> str:
        return f"Change({self.path!r})"


@dataclass(frozen=True, slots=True)
class Paths:
    """Where the objects of one Deployment are."""

    namespace: str
    name: str

    @property
    def apps(self) -> str:
        """Of Deployments and ReplicaSets."""
        return f"/apis/apps/v1/namespaces/{quote(self.namespace, safe='')}"

    @property
    def core(self) -> str:
        """Of pods, events, ConfigMaps and Secrets."""
        return f"/api/v1/namespaces/{quote(self.namespace, safe='')}"

    @property
    def scalers(self) -> str:
        """Of HorizontalPodAutoscalers."""
        group = "/apis/autoscaling/v2/namespaces"
        return f"{group}/{quote(self.namespace, safe='')}/horizontalpodautoscalers"

    @property
    def deployment(self) -> str:
        """Of the Deployment itself."""
        return f"{self.apps}/deployments/{quote(self.name, safe='')}"


def fixed(paths: Paths, count: int) -> Change:
    """Run so many."""
    return Change(f"{paths.deployment}/scale", MERGE, {"spec": {"replicas": count}})


def between(paths: Paths, scaler: str, least: int, most: int) -> Change:
    """Let the autoscaler choose between two numbers."""
    bounds = {"minReplicas": least, "maxReplicas": most}
    return Change(f"{paths.scalers}/{quote(scaler, safe='')}", MERGE, {"spec": bounds})


def restarted(paths: Paths, at: float) -> Change:
    """Replace every instance: what `kubectl rollout restart` writes."""
    when = datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    template = {"metadata": {"annotations": {RESTARTED: when}}}
    return Change(paths.deployment, STRATEGIC, {"spec": {"template": template}})


def variable(paths: Paths, container: str, name: str, value: str) -> Change:
    """Give one variable of one container a value; all others stay."""
    one = {"name": container, "env": [{"name": name, "value": value}]}
    template = {"spec": {"containers": [one]}}
    return Change(paths.deployment, STRATEGIC, {"spec": {"template": template}})


def brought_back(paths: Paths, deployment: Told, earlier: Told) -> Change:
    """The pod template of an earlier ReplicaSet, in place of the present one as a whole.

    With the version that was read: whoever changed the Deployment since then is not overwritten.
    """
    template = {**fields(fields(earlier.get("spec")).get("template"))}
    meta = {**fields(template.get("metadata"))}
    meta["labels"] = {
        name: told for name, told in fields(meta.get("labels")).items() if name != HASH
    }
    meta.pop("creationTimestamp", None)
    template["metadata"] = meta
    cause = text_of(annotations_of(earlier).get(CHANGE_CAUSE)) or None
    body = {
        "metadata": {
            "resourceVersion": text_of(meta_of(deployment).get("resourceVersion")),
            "annotations": {CHANGE_CAUSE: cause},
        },
        "spec": {"template": {"$patch": "replace", **template}},
    }
    return Change(paths.deployment, STRATEGIC, body)


def foreseen(paths: Paths, action: Action, container: str, scaler: str, at: float) -> Change:
    """What an action would send, without values and without the pod template of a rollback.

    `container` and `scaler` are empty while their names were not read.
    """
    match action:
        case Scale(least, most) if least == most:
            return fixed(paths, most)
        case Scale(least, most):
            return between(paths, scaler or paths.name, least, most)
        case Redeploy():
            return restarted(paths, at)
        case SetVariable(name, _):
            return variable(paths, container or "the main container", name, MASK)
        case Rollback(deployment):
            spec = {"template": f"the pod template of {deployment}"}
            body = {"metadata": {"resourceVersion": "as read just before"}, "spec": spec}
            return Change(paths.deployment, STRATEGIC, body)


def shown(url: str, change: Change) -> Request:
    """A change as it is shown before it is sent."""
    address = f"{url}{change.path}?{urlencode(PARAMETERS)}"
    body = json.dumps(change.body, indent=2, ensure_ascii=False)
    return Request(f"PATCH {address} ({change.content_type})", body)

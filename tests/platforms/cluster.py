"""A small API server of Kubernetes: it keeps one Deployment, and does what its controllers do.

Every request, and every answer of its own, is checked against Kubernetes' Swagger file, so that it
can neither be asked nor tell what the real one does not know. Time stands still until a test moves
it, and a roll-out ends only when a test says how.
"""

import copy
import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from tests.platforms.swagger import kubernetes, without_nulls

NAMESPACE, NAME = "shop", "web"
TOKEN = "eyJhbGciOi-token-of-the-test"
START = 1764000000.0
REVISION = "deployment.kubernetes.io/revision"
HISTORY = "deployment.kubernetes.io/revision-history"
METADATA_ONLY = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"


def iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def template(image: str, **more: Any) -> dict[str, Any]:
    env = [
        {"name": "MODE", "value": "secret-mode-value"},
        {"name": "DB_PASSWORD", "valueFrom": {"secretKeyRef": {"name": "db", "key": "password"}}},
    ]
    container = {"name": "app", "image": image, "env": env, **more}
    return {
        "metadata": {"creationTimestamp": None, "labels": {"app": NAME}},
        "spec": {"containers": [container, {"name": "proxy", "image": "envoy:1"}]},
    }


class Cluster:
    """One namespace with one Deployment."""

    def __init__(self) -> None:
        self.now = START
        self.deployment: dict[str, Any] = {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {
                "name": NAME,
                "uid": "uid-web",
                "generation": 1,
                "resourceVersion": "1",
                "annotations": {},
            },
            "spec": {
                "replicas": 2,
                "selector": {"matchLabels": {"app": NAME}},
                "template": template("registry.example/web:sha-5d4f8c7"),
            },
            "status": {},
        }
        self.sets: list[dict[str, Any]] = []
        self.pods: list[dict[str, Any]] = []
        self.scalers: list[dict[str, Any]] = []
        self.events: list[dict[str, Any]] = []
        self.logs: dict[tuple[str, bool], str] = {}  # by container and whether it is the run before
        self.keys: dict[str, list[str] | None] = {}  # of `configmaps/x` and `secrets/x`
        self.forbidden: tuple[str, ...] = ()  # parts of paths
        self.answer: Callable[[Request], Response | None] | None = None
        self.page = 1000  # items of a list that are given at once
        self.asked: list[str] = []
        self.bodies: list[Any] = []
        self.wrong: list[str] = []  # with requests and with own answers
        self.controller("kubectl")
        self.roll_out()

    # What the controllers do.

    def controller(self, writer: str) -> None:
        """See a new template: take its ReplicaSet, or make one."""
        spec, meta = self.deployment["spec"], self.deployment["metadata"]
        code = json.dumps(without_nulls(spec["template"]), sort_keys=True).encode()
        mark = hashlib.sha256(code).hexdigest()[:10]
        revision = str(
            1 + max((int(one["metadata"]["annotations"][REVISION]) for one in self.sets), default=0)
        )
        found = [one for one in self.sets if one["metadata"]["labels"]["pod-template-hash"] == mark]
        if found:
            notes = found[0]["metadata"]["annotations"]
            past = [notes[HISTORY]] if HISTORY in notes else []
            notes[HISTORY] = ",".join([*past, notes[REVISION]])
            notes[REVISION] = revision
        else:
            labels = {"app": NAME, "pod-template-hash": mark}
            own = copy.deepcopy(spec["template"])
            own["metadata"]["labels"]["pod-template-hash"] = mark
            owner = {
                "apiVersion": "apps/v1",
                "kind": "Deployment",
                "name": NAME,
                "uid": meta["uid"],
                "controller": True,
            }
            self.sets.append(
                {
                    "metadata": {
                        "name": f"{NAME}-{mark}",
                        "uid": f"uid-{mark}",
                        "labels": labels,
                        "annotations": {REVISION: revision},
                        "creationTimestamp": iso(self.now),
                        "ownerReferences": [owner],
                    },
                    "spec": {
                        "replicas": spec["replicas"],
                        "selector": {"matchLabels": labels},
                        "template": own,
                    },
                    "status": {"replicas": spec["replicas"]},
                }
            )
        meta["annotations"][REVISION] = revision
        written = {"f:spec": {"f:template": {}}}
        meta["managedFields"] = [
            {
                "manager": writer,
                "operation": "Update",
                "time": iso(self.now),
                "fieldsType": "FieldsV1",
                "fieldsV1": written,
            }
        ]
        self.progress("True", "ReplicaSetUpdated", "is progressing")

    def newest(self) -> dict[str, Any]:
        revision = self.deployment["metadata"]["annotations"][REVISION]
        return next(
            one for one in self.sets if one["metadata"]["annotations"][REVISION] == revision
        )

    def progress(self, status: str, reason: str, message: str) -> None:
        at = iso(self.now)
        available = {
            "type": "Available",
            "status": "True",
            "lastUpdateTime": iso(START),
            "lastTransitionTime": iso(START),
        }
        moving = {
            "type": "Progressing",
            "status": status,
            "reason": reason,
            "message": message,
            "lastUpdateTime": at,
            "lastTransitionTime": iso(START),
        }
        self.deployment["status"]["conditions"] = [available, moving]

    def roll_out(self) -> None:
        """The newest revision becomes available, all others are gone."""
        count = self.deployment["spec"]["replicas"]
        for one in self.sets:
            one["status"] = {"replicas": 0}
        self.newest()["status"] = {"replicas": count, "availableReplicas": count}
        self.pods = [self.pod(place) for place in range(count)]
        self.deployment["status"] |= {
            "observedGeneration": self.deployment["metadata"]["generation"],
            "replicas": count,
            "updatedReplicas": count,
            "readyReplicas": count,
            "availableReplicas": count,
        }
        self.progress("True", "NewReplicaSetAvailable", "has successfully progressed.")

    def give_up(self, **container: Any) -> None:
        """The newest revision did not become available in time; its pods are as told."""
        self.pods = [self.pod(0, **container)]
        message = 'ReplicaSet "web" has timed out progressing.'
        self.progress("False", "ProgressDeadlineExceeded", message)

    def pod(self, place: int, **container: Any) -> dict[str, Any]:
        mark = self.newest()["metadata"]["labels"]["pod-template-hash"]
        status = {
            "name": "app",
            "image": "web",
            "imageID": "",
            "ready": not container,
            "restartCount": 0,
            "state": {"running": {"startedAt": iso(self.now)}},
            **container,
        }
        return {
            "metadata": {
                "name": f"{NAME}-{mark}-{place}",
                "labels": {"app": NAME, "pod-template-hash": mark},
            },
            "spec": copy.deepcopy(self.deployment["spec"]["template"]["spec"]),
            "status": {"phase": "Running", "containerStatuses": [status]},
        }

    def scale_by(self, least: int | None, most: int, name: str = "web-hpa") -> None:
        target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": NAME}
        spec = {"scaleTargetRef": target, "maxReplicas": most, "minReplicas": least}
        self.scalers.append({"metadata": {"name": name}, "spec": spec})

    # What the API server does.

    async def serve(self, request: Request) -> Response:
        path, body = request.url.path, await request.body()
        self.asked.append(f"{request.method} {path}")
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return status(401, "Unauthorized")
        if self.answer is not None and (told := self.answer(request)) is not None:
            return told
        if any(part in path for part in self.forbidden):
            return status(403, f'{path.rpartition("/")[2]} is forbidden: User "console" cannot get')
        if "/configmaps/" in path or "/secrets/" in path:
            return self._metadata(request)  # the Swagger file here has no part of these
        told = json.loads(body) if body else None
        kind = request.headers.get("content-type", "")
        query = list(request.query_params.multi_items())
        self.wrong += kubernetes().wrong(request.method, path, query, kind, told)
        if self.wrong:
            return status(400, self.wrong[-1])
        if request.method == "PATCH":
            self.bodies.append(told)
            return self._patch(request, path, told, strategic="strategic" in kind)
        return self._checked(request, self._read(request, path))

    def _read(self, request: Request, path: str) -> Response:
        last = path.rpartition("/")[2]
        if path.endswith(f"/deployments/{NAME}"):
            return JSONResponse(self.deployment)
        if last == "log":
            before = request.query_params.get("previous") == "true"
            text = self.logs.get((request.query_params["container"], before))
            if text is None:
                return status(400, "previous terminated container not found")
            return PlainTextResponse(text)
        lists = {
            "replicasets": self.sets,
            "pods": self.pods,
            "events": self.events,
            "horizontalpodautoscalers": self.scalers,
        }
        if last not in lists:
            return status(404, f'deployments.apps "{last}" not found')
        return JSONResponse(self._list(request, lists[last]))

    def _list(self, request: Request, listed: list[dict[str, Any]]) -> dict[str, Any]:
        wanted = [
            part.split("=", 1)
            for part in request.query_params.get("labelSelector", "").split(",")
            if part
        ]
        found = [
            one
            for one in listed
            if all(one["metadata"].get("labels", {}).get(name) == told for name, told in wanted)
        ]
        begin = int(request.query_params.get("continue", "0"))
        size = min(self.page, int(request.query_params.get("limit", "1000")))
        more = str(begin + size) if begin + size < len(found) else ""
        return {"items": found[begin : begin + size], "metadata": {"continue": more}}

    def _checked(self, request: Request, answer: Response) -> Response:
        if answer.status_code == 200 and isinstance(answer, JSONResponse):
            schema = kubernetes().answered(request.method, request.url.path)
            told = json.loads(bytes(answer.body))
            self.wrong += kubernetes().misfits(schema, told)
            self.wrong += kubernetes().unknown(schema, told)
        return answer

    def _patch(self, request: Request, path: str, patch: Any, *, strategic: bool) -> Response:
        schema = kubernetes().answered("PATCH", path)
        scale = path.endswith("/scale")
        if scale:
            old: dict[str, Any] = {"spec": {"replicas": self.deployment["spec"]["replicas"]}}
        elif "/horizontalpodautoscalers/" in path:
            name = path.rpartition("/")[2]
            found = [one for one in self.scalers if one["metadata"]["name"] == name]
            if not found:
                return status(404, "not found")
            old = found[0]
        else:
            old = self.deployment
        version = patch.get("metadata", {}).get("resourceVersion")
        if version not in (None, old.get("metadata", {}).get("resourceVersion")):
            return status(409, "the object has been modified; please apply your changes")
        new = kubernetes().patched(schema, old, patch, strategic=strategic)
        wrong = [*kubernetes().misfits(schema, new), *kubernetes().unknown(schema, new)]
        for one in new["spec"].get("template", {}).get("spec", {}).get("containers", []):
            both = [e["name"] for e in one.get("env", []) if "value" in e and "valueFrom" in e]
            wrong += [
                f"env {name}: may not be specified when `value` is not empty" for name in both
            ]
        if wrong:
            return status(422, wrong[0])
        if request.query_params.get("dryRun") == "All":
            return JSONResponse(new)
        if scale:
            self.deployment["spec"]["replicas"] = new["spec"]["replicas"]
        elif old is self.deployment:
            changed = new["spec"]["template"] != old["spec"]["template"]
            self.deployment = new
            self._bump()
            if changed:
                self.controller(request.query_params["fieldManager"])
        else:
            old["spec"] = new["spec"]
        return JSONResponse(new)

    def _bump(self) -> None:
        meta = self.deployment["metadata"]
        meta["generation"] += 1
        meta["resourceVersion"] = str(int(meta["resourceVersion"]) + 1)

    def _metadata(self, request: Request) -> Response:
        name = "/".join(request.url.path.split("/")[-2:])
        if request.headers["accept"] != METADATA_ONLY:
            self.wrong.append(f"{name} was asked for with its values")
        if name not in self.keys:
            return status(404, f"{name} not found")
        keys = self.keys[name]
        if keys is None:
            return JSONResponse({"metadata": {"name": name}})
        written = {"f:data": {".": {}, **{f"f:{key}": {} for key in keys}}}
        return JSONResponse({"metadata": {"managedFields": [{"fieldsV1": written}]}})


def status(code: int, message: str, headers: dict[str, str] | None = None) -> Response:
    told = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": message}
    return JSONResponse({**told, "code": code}, code, headers)

"""Every adapter over a transport that answers what no server of its kind should.

Bytes alone: what a real server sends is tested with real ones, beside.
"""

import json
import re
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

import httpx

from console.errors import NotOffered, PlatformError
from console.platforms.budget import Budget
from console.platforms.cloud_run.platform import CloudRun
from console.platforms.extras import RuntimeLog, TellsTimes
from console.platforms.fly.platform import Fly
from console.platforms.github.platform import GitHub
from console.platforms.github.reader import GitHubReader
from console.platforms.kubernetes.access import Access
from console.platforms.kubernetes.platform import Kubernetes
from console.platforms.model import Platform, StageName
from console.platforms.railway.platform import Railway
from console.platforms.render.platform import Render

TOKEN = "a-token-of-the-test-0123456789"
SHA = "0123456789abcdef0123456789abcdef01234567"
AT = "2026-11-24T06:40:00Z"
NOW = 1_795_502_400.0  # the same

Answer = Callable[[httpx.Request], httpx.Response]


class Bytes(httpx.AsyncByteStream):
    """A body that comes part by part, as from a socket."""

    def __init__(self, *parts: bytes) -> None:
        self._parts = parts

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for part in self._parts:
            yield part


def says(
    status: int, body: str | bytes = b"", headers: Mapping[str, str] | None = None
) -> httpx.Response:
    """An answer that was not read yet."""
    data = body.encode() if isinstance(body, str) else body
    return httpx.Response(status, headers=dict(headers or {}), stream=Bytes(data))


class Line(httpx.AsyncBaseTransport):
    """Answers what it is told to, and keeps what was asked."""

    def __init__(self) -> None:
        self.answer: Answer = lambda _: says(404)
        self.asked: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        return self.answer(request)

    def hosts(self) -> set[str]:
        """Whoever was asked."""
        return {one.url.host for one in self.asked}


ADAPTERS: dict[str, Callable[[Line, Callable[[], float]], Any]] = {
    "render": lambda line, clock: Render(
        "srv-1", TOKEN, transport=line, clock=clock, budget=Budget(10**9)
    ),
    "railway": lambda line, clock: Railway(
        "p/e/s", TOKEN, transport=line, clock=clock, budget=Budget(10**9)
    ),
    "kubernetes": lambda line, clock: Kubernetes(
        "shop/web",
        Access("https://cluster.example", TOKEN),
        transport=line,
        clock=clock,
        budget=Budget(10**9),
    ),
    "cloud_run": lambda line, clock: CloudRun(
        "p/r/s", TOKEN, transport=line, clock=clock, budget=Budget(10**9)
    ),
    "fly": lambda line, clock: Fly(
        "shop", TOKEN, transport=line, clock=clock, budget=Budget(10**9), spacing=0.0
    ),
    "github": lambda line, clock: GitHub(
        GitHubReader("o/r", TOKEN, transport=line, clock=clock, budget=Budget(10**9))
    ),
}

_META = {"name": "web", "uid": "u1", "creationTimestamp": AT, "labels": {"app": "web"}}
_OWNER = {"kind": "Deployment", "uid": "u1", "controller": True}
_REVISION = {"deployment.kubernetes.io/revision": "1"}
_SET = {**_META, "uid": "u2", "ownerReferences": [_OWNER], "annotations": _REVISION}
_SPEC = {"containers": [{"name": "web", "image": f"web:{SHA}", "env": [{"name": "A"}]}]}
_CONDITION = {"type": "Ready", "state": "CONDITION_SUCCEEDED", "lastTransitionTime": AT}
_POINT = {"timestamp": AT, "value": 3.5, "unit": "ms"}
_RUN = {"id": 9, "name": "CI", "head_sha": SHA, "status": "completed", "conclusion": "failure"}
_LINE = {"id": "l1", "message": "a line", "timestamp": AT, "severity": "info"}
# Part of an address: what is answered there. The first that fits counts.
GOOD: dict[str, list[tuple[str, Any]]] = {
    "render": [
        ("/deploys/", {"id": "d1", "createdAt": AT, "finishedAt": AT, "status": "live"}),
        ("/deploys", [{"deploy": {"id": "d1", "createdAt": AT, "status": "live"}, "cursor": "c"}]),
        ("/events", [{"event": {"timestamp": AT, "type": "build_started", "details": {}}}]),
        ("/instances", [{"id": "i1", "createdAt": AT}]),
        ("/env-vars", [{"envVar": {"key": "A", "value": "b"}, "cursor": "c"}]),
        ("/logs", {"logs": [_LINE], "hasMore": True, "nextStartTime": AT, "nextEndTime": AT}),
        ("/metrics/", [{"labels": [], "values": [_POINT], "unit": "ms"}]),
        ("/services/", {"ownerId": "o", "serviceDetails": {"numInstances": 2}}),
    ],
    "railway": [
        (
            "/graphql",
            {
                "data": {
                    "deployments": {
                        "edges": [{"node": {"id": "d1", "status": "SUCCESS", "createdAt": AT}}],
                        "pageInfo": {"hasNextPage": True, "endCursor": "c"},
                    },
                    "e0": {
                        "edges": [{"node": {"step": "BUILD_IMAGE", "createdAt": AT}}],
                        "pageInfo": {"hasNextPage": True, "endCursor": "c"},
                    },
                    "deploymentEvents": {
                        "edges": [{"node": {"step": "HEALTHCHECK", "createdAt": AT}}],
                        "pageInfo": {"hasNextPage": True, "endCursor": "c"},
                    },
                    "serviceInstance": {"numReplicas": 2, "activeDeployments": []},
                    "variables": {"A": "b"},
                    "buildLogs": [_LINE],
                    "deploymentLogs": [_LINE],
                    "environmentLogs": [{**_LINE, "attributes": [{"key": "a", "value": "1"}]}],
                    "httpDurationMetrics": {"samples": [{"ts": 1795502400, "p50": 3}]},
                }
            },
        )
    ],
    "kubernetes": [
        ("/log", {"a": "line"}),
        ("/pods", {"items": [{"metadata": _META, "spec": _SPEC}], "metadata": {"continue": "c"}}),
        (
            "/replicasets",
            {
                "items": [{"metadata": _SET, "spec": {"template": {"spec": _SPEC}}}],
                "metadata": {"continue": "c"},
            },
        ),
        ("/horizontalpodautoscalers", {"items": [], "metadata": {"continue": "c"}}),
        ("/events", {"items": [{"type": "Warning", "lastTimestamp": AT, "message": "m"}]}),
        (
            "/deployments/",
            {
                "metadata": _META,
                "spec": {
                    "replicas": 2,
                    "selector": {"matchLabels": {"app": "web"}},
                    "template": {"spec": _SPEC},
                },
                "status": {"replicas": 2, "conditions": [{"type": "Progressing"}]},
            },
        ),
    ],
    "cloud_run": [
        (
            "/revisions",
            {
                "revisions": [{"name": "a/r1", "createTime": AT, "conditions": [_CONDITION]}],
                "nextPageToken": "t",
            },
        ),
        (
            "/timeSeries",
            {
                "timeSeries": [
                    {"points": [{"interval": {"endTime": AT}, "value": {"int64Value": "2"}}]}
                ],
                "nextPageToken": "t",
            },
        ),
        (
            "entries:list",
            {
                "entries": [{"timestamp": AT, "textPayload": "a line", "insertId": "i"}],
                "nextPageToken": "t",
            },
        ),
        ("/services/", {"template": _SPEC, "scaling": {"minInstanceCount": 1}}),
    ],
    "fly": [
        (
            "/graphql",
            {
                "data": {
                    "app": {
                        "organization": {"slug": "acme"},
                        "releases": {
                            "nodes": [{"version": 1, "status": "complete", "createdAt": AT}]
                        },
                    }
                }
            },
        ),
        ("/logs", {"data": [{"id": "1", "attributes": {"timestamp": AT, "message": "a line"}}]}),
        ("/secrets", {"secrets": [{"name": "A"}]}),
        (
            "/prometheus/",
            {"status": "success", "data": {"result": [{"values": [[1795502400, "0.25"]]}]}},
        ),
        (
            "/machines",
            [
                {
                    "id": "m1",
                    "state": "started",
                    "config": {"image": "i:1", "env": {"A": "b"}, "services": [{}]},
                    "checks": [{"status": "passing"}],
                    "events": [{"type": "launch", "timestamp": 1795502400000}],
                }
            ],
        ),
    ],
    "github": [
        ("/statuses", [{"state": "success", "created_at": AT}]),
        (
            "/deployments",
            [{"id": 1, "sha": SHA, "created_at": AT, "environment": "production"}],
        ),
        ("/activity", [{"after": SHA, "ref": "refs/heads/main", "timestamp": AT}]),
        ("/jobs/", {}),
        ("/jobs", {"jobs": [{"id": 5, "name": "test", "conclusion": "failure"}]}),
        ("/actions/runs", {"workflow_runs": [{**_RUN, "created_at": AT, "updated_at": AT}]}),
        ("/check-runs", {"check_runs": [{"id": 3, "name": "ci", "started_at": AT}]}),
        ("/commits", [{"sha": SHA, "commit": {"message": "m", "committer": {"date": AT}}}]),
    ],
}


def good(kind: str, request: httpx.Request) -> Any:
    """What a platform tells at an address; None where there is nothing."""
    return next((told for part, told in GOOD[kind] if part in request.url.path), None)


def bent(told: Any, leaf: Any) -> Any:
    """The same with every leaf in place of it, but the names that tell what something is."""
    if isinstance(told, dict):
        return {key: bent(value, leaf) for key, value in told.items()}
    if isinstance(told, list):
        return [bent(one, leaf) for one in told]
    return leaf


async def readings(platform: Any) -> dict[str, Any]:
    """Everything that an adapter can be asked, each by itself: what it told, or the typed error.

    Any other error passes on, and fails the test.
    """
    made: Platform = platform
    found: dict[str, Any] = {}

    def newest() -> str:
        told = found["deployments"]
        return told[0].id if isinstance(told, list) and told else "d1"

    calls: dict[str, Callable[[], Any]] = {
        "deployments": lambda: made.deployments(5),
        "instances": made.instances,
        "variables": made.variables,
        "build": lambda: made.log(newest(), StageName.BUILD),
        "deploy": lambda: made.log(newest(), StageName.DEPLOY),
    }
    if isinstance(made, RuntimeLog):
        log = made
        calls["lines"] = lambda: log.lines(NOW - 3600, 100)
    if isinstance(made, TellsTimes):
        measured = made
        calls["times"] = lambda: measured.response_times(NOW - 3600, NOW)
    for name, call in calls.items():
        try:
            found[name] = await call()
        except NotOffered:
            continue
        except PlatformError as error:
            found[name] = error
    assert TOKEN not in repr(found)
    return found


def sent(told: Any, status: int = 200) -> httpx.Response:
    """JSON, which may hold numbers that JSON has not."""
    return says(status, json.dumps(told))


def dots(request: httpx.Request) -> bool:
    """Whether an address leads up and out of where it should be."""
    return re.search(r"(^|/)(\.|%2e){1,2}(/|$)", request.url.raw_path.decode(), re.I) is not None

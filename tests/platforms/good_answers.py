"""What each platform tells at an address where all is well; to be bent by a test."""

from typing import Any

SHA = "0123456789abcdef0123456789abcdef01234567"


AT = "2026-11-24T06:40:00Z"


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

"""A server of Railway's own GraphQL schema: graphql-core checks and executes every request.

What the fields tell is like what Railway tells; nothing that the schema does not have can be asked
for, sent, or answered.
"""

import functools
import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from console.platforms.budget import Budget
from console.platforms.railway.platform import Railway
from tests.platforms.recorded import shared

PROJECT, ENVIRONMENT, SERVICE = "prj-1", "env-1", "svc-1"
TOKEN = "7d1c2f0e-token-of-the-test"
ABSENT = "Railway's GraphQL schema (shared/specs/railway-graphql.json) is not on this machine"

NAME = f"{PROJECT}/{ENVIRONMENT}/{SERVICE}"


@functools.cache
def schema() -> Any:
    """The schema; skips the test where it, or graphql-core, is absent."""
    graphql = pytest.importorskip("graphql", reason="graphql-core is not installed")
    found = shared("specs/railway-graphql.json")
    if found is None:
        pytest.skip(ABSENT)
    told = json.loads(found.read_bytes())
    # by its own rules graphql-core finds a deprecation in it that does not match
    return graphql.build_client_schema(told.get("data", told), assume_valid=True)


def wrong(query: str) -> list[str]:
    """What the schema finds wrong with a document."""
    import graphql

    return [one.message for one in graphql.validate(schema(), graphql.parse(query))]


def deployment(number: int, status: str = "REMOVED", **more: Any) -> dict[str, Any]:
    """One deployment, created in minute `number` of the day."""
    at = f"2026-11-24T{number // 60:02}:{number % 60:02}:"
    meta = {
        "commitHash": f"{number:040x}",
        "commitMessage": f"Change {number}",
        "commitAuthor": "ada",
        "branch": "main",
        "reason": "deploy",
    }
    return {
        "id": f"dep-{number}",
        "status": status,
        "createdAt": f"{at}05.123Z",
        "statusUpdatedAt": f"{at}50Z",
        "meta": meta,
        "creator": None,
        "canRollback": True,
        **more,
    }


def step(name: str, begun: str, ended: str | None, **payload: Any) -> dict[str, Any]:
    """One step of a deployment."""
    return {
        "id": f"evt-{name}-{begun}",
        "step": name,
        "createdAt": begun,
        "completedAt": ended,
        "payload": payload or None,
    }


class World:
    """One service; everything in it may be changed by a test."""

    def __init__(self) -> None:
        self.deployments: list[dict[str, Any]] = []
        self.steps: dict[str, list[dict[str, Any]]] = {}
        self.written: list[dict[str, Any]] = []  # by the instances, the oldest first
        self.variables = {"B": "secret-of-b-1234", "A": "secret-of-a-1234"}
        self.replicas: int | None = 2
        self.active: list[dict[str, Any]] = []
        self.header = "authorization"  # which one a token has to be in
        self.asked: list[tuple[str, dict[str, Any]]] = []  # operation, variables
        self.answer: Any = None  # a response that is given in place of all others
        self.refuses = False  # changes are answered with false
        self.gone: set[str] = set()  # deployments whose steps cannot be read

    async def serve(self, request: Request) -> Response:
        import graphql

        body = await request.json()
        document = graphql.parse(body["query"])
        name = _name(document)
        self.asked.append((name, body["variables"]))
        if self.answer is not None:
            return self.answer(self) if callable(self.answer) else self.answer
        given = request.headers.get(self.header, "").removeprefix("Bearer ")
        if given != TOKEN:
            problem = {"message": "Not Authorized", "extensions": {"code": "INTERNAL_SERVER_ERROR"}}
            return JSONResponse({"errors": [problem], "data": None})
        problems = graphql.validate(schema(), document)
        if problems:
            listed = [
                {"message": one.message, "extensions": {"code": "GRAPHQL_VALIDATION_FAILED"}}
                for one in problems
            ]
            return JSONResponse({"errors": listed}, 400)
        done = graphql.execute_sync(
            schema(), document, root_value=self._root(), variable_values=body["variables"]
        )
        told: dict[str, Any] = {"data": done.data}
        if done.errors:
            told["errors"] = [{"message": one.message, "path": one.path} for one in done.errors]
        return JSONResponse(told)

    def _root(self) -> dict[str, Any]:
        return {
            "deployments": self._deployments,
            "deployment": lambda _, id: self._one(id),
            "deploymentEvents": self._events,
            "serviceInstance": self._instance,
            "variables": self._variables,
            "buildLogs": lambda _, **more: self._log("built", more),
            "deploymentLogs": lambda _, **more: self._log("served", more),
            "environmentLogs": self._lines,
            "httpDurationMetrics": self._times,
            "serviceInstanceUpdate": self._update,
            "serviceInstanceDeployV2": self._deploy,
            "deploymentRollback": self._rollback,
            "variableUpsert": self._upsert,
        }

    def _one(self, name: str) -> dict[str, Any]:
        found = [one for one in self.deployments if one["id"] == name]
        if not found:
            raise ValueError("Deployment not found")
        return found[0]

    def _deployments(
        self, _: Any, input: Mapping[str, Any], first: int, after: str | None = None
    ) -> dict[str, Any]:
        assert input == {
            "projectId": PROJECT,
            "environmentId": ENVIRONMENT,
            "serviceId": SERVICE,
        }
        return _page(self.deployments, first, after)

    def _events(self, _: Any, id: str, first: int, after: str | None = None) -> dict[str, Any]:
        if id in self.gone:
            raise ValueError("Problem processing request")
        return _page(self.steps.get(id, []), first, after)

    def _instance(self, _: Any, environmentId: str, serviceId: str) -> dict[str, Any]:
        assert (environmentId, serviceId) == (ENVIRONMENT, SERVICE)
        return {"numReplicas": self.replicas, "activeDeployments": self.active}

    def _variables(self, _: Any, **place: Any) -> dict[str, str]:
        assert place["unrendered"] is True
        return self.variables

    def _log(self, word: str, asked: Mapping[str, Any]) -> list[dict[str, Any]]:
        self._one(asked["deploymentId"])
        return [
            {"timestamp": f"2026-11-24T00:01:0{second}Z", "message": f"{word} {second}"}
            for second in (2, 1)
        ]

    def _lines(self, _: Any, **asked: Any) -> list[dict[str, Any]]:
        assert (asked["environmentId"], asked["filter"]) == (ENVIRONMENT, f"@service:{SERVICE}")
        before = [one for one in self.written if one["timestamp"] >= asked["beforeDate"]]
        return before[-asked["beforeLimit"] :]

    def _times(self, _: Any, **asked: Any) -> dict[str, Any]:
        samples = [
            {"ts": 1700000060 + 60 * n, "p50": 20, "p90": 90.5, "p95": 120, "p99": 400}
            for n in (1, 0)
        ]
        return {"samples": samples}

    def _update(self, _: Any, input: Mapping[str, Any], **place: Any) -> bool:
        if not self.refuses:
            self.replicas = input["numReplicas"]
        return not self.refuses

    def _deploy(self, _: Any, **place: Any) -> str:
        self.deployments.insert(0, deployment(1000, "QUEUED"))
        return "dep-1000"

    def _rollback(self, _: Any, id: str) -> bool:
        fresh = deployment(1001, "DEPLOYING")
        fresh["meta"] = {**self._one(id)["meta"], "reason": "rollback"}
        self.deployments.insert(0, fresh)
        return True

    def _upsert(self, _: Any, input: Mapping[str, Any]) -> bool:
        self.variables[input["name"]] = input["value"]
        return True


def _name(document: Any) -> str:
    """Of the operation of a document: what its first definition is called."""
    return document.definitions[0].name.value


def written(second: int, message: str, service: str = SERVICE, **attributes: str) -> dict[str, Any]:
    """One line of an instance; Railway tells the values of fields as JSON in a text."""
    return {
        "timestamp": f"2026-11-24T06:40:{second:02}.123456789Z",
        "message": message,
        "severity": "info",
        "attributes": [{"key": key, "value": value} for key, value in attributes.items()],
        "tags": {"serviceId": service, "deploymentInstanceId": "instance-0123456789ab"},
    }


def _page(listed: list[dict[str, Any]], first: int, after: str | None) -> dict[str, Any]:
    begin = int(after or 0)
    part = listed[begin : begin + first]
    more = begin + first < len(listed)
    return {
        "edges": [
            {"node": one, "cursor": str(begin + place + 1)} for place, one in enumerate(part)
        ],
        "pageInfo": {
            "hasNextPage": more,
            "hasPreviousPage": begin > 0,
            "endCursor": str(begin + len(part)) if part else None,
        },
    }


@asynccontextmanager
async def railway(url: str, service: str = NAME, **more: Any) -> AsyncGenerator[Railway]:
    more.setdefault("budget", Budget(1000))
    platform = Railway(service, TOKEN, url=url, **more)
    try:
        yield platform
    finally:
        await platform.close()

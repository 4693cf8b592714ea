"""Google's discovery documents as a server: it judges what it is sent and answers from their
schemas. Never copied: that of Cloud Run is in `shared/specs` beside the project or above it, those
of Cloud Logging and Cloud Monitoring (in the wheel google-api-python-client, `logging.v2.json` and
`monitoring.v3.json`) in the user's cache.
"""

import json
import os
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tests.platforms.recorded import shared

FILE = "specs/google-run-v2-discovery.json"
ABSENT = f"Google's discovery document (shared/{FILE}) is not on this machine"
LOGS_FILE = "operations-console/google-logging-v2-discovery.json"
LOGS_ABSENT = f"Google's discovery document of Cloud Logging is not in the cache as {LOGS_FILE}"
METRICS_FILE = "operations-console/google-monitoring-v3-discovery.json"
METRICS_ABSENT = (
    f"Google's discovery document of Cloud Monitoring is not in the cache as {METRICS_FILE}"
)
DEPTH = 6  # of an answer that is made up: schemas may hold themselves
SAMPLES = {
    "google-datetime": "2026-11-24T06:40:00.123456789Z",
    "google-duration": "3.5s",
    "int64": "42",
}
KINDS: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
    "object": dict,
    "array": list,
}


class Discovery:
    """The document, and what it was asked."""

    def __init__(self, told: dict[str, Any]) -> None:
        self._schemas, self._globals = told["schemas"], told["parameters"]
        self._methods = list(_methods(told))
        self.answers: dict[str, Any] = {}  # by the name of a schema: in place of one made up
        self.asked: list[tuple[str, dict[str, str], Any]] = []
        self.wrong: list[str] = []

    async def answer(self, request: Request) -> Response:
        body = await request.body()
        sent = json.loads(body) if body else None
        query = dict(request.query_params)
        self.asked.append((f"{request.method} {request.url.path}", query, sent))
        path = request.url.path.lstrip("/")
        found = [
            one
            for one in self._methods
            if one["httpMethod"] == request.method
            and re.fullmatch(re.sub(r"\{[^}]*\}", "[^/:]+", one["flatPath"]), path)
        ]
        if not found:
            self.wrong.append(f"no {request.method} {path}")
            return JSONResponse({"error": {"code": 404, "message": "no such method"}}, 404)
        method = found[0]
        if not request.headers.get("authorization", "").startswith("Bearer "):
            self.wrong.append("no bearer token")
        self._judge_query(method, query)
        if "request" in method:
            self._judge(sent, {"$ref": method["request"]["$ref"]}, "body", sent=True)
        told = self.answers.get(method["id"], self.made({"$ref": method["response"]["$ref"]}))
        self._judge(told, {"$ref": method["response"]["$ref"]}, "answer", sent=False)
        return JSONResponse(told)

    def made(self, schema: dict[str, Any], depth: int = DEPTH) -> Any:
        """Something of a schema, with all that it may have."""
        if "$ref" in schema:
            schema = self._schemas[schema["$ref"]]
        if "enum" in schema:
            return schema["enum"][-1]
        kind = schema.get("type")
        if kind == "array":
            return [self.made(schema["items"], depth - 1)] if depth else []
        if kind == "object":
            fields = schema.get("properties", {}) if depth else {}
            return {name: self.made(told, depth - 1) for name, told in fields.items()}
        return {
            "string": SAMPLES.get(schema.get("format", ""), "x"),
            "boolean": True,
            "integer": 3,
            "number": 0.5,
            "any": "x",
        }[kind]

    def _judge_query(self, method: dict[str, Any], query: dict[str, str]) -> None:
        known = {**self._globals, **method["parameters"]}
        for name, text in query.items():
            told = known.get(name)
            if told is None or told["location"] != "query":
                self.wrong.append(f"{method['id']} has no parameter {name}")
            elif told["type"] == "integer" and not text.isdigit():
                self.wrong.append(f"{name} is no number")
            elif told["type"] == "boolean" and text not in ("true", "false"):
                self.wrong.append(f"{name} is neither true nor false")
            elif told.get("format") == "google-fieldmask":
                for path in text.split(","):
                    self._judge_path(method["request"]["$ref"], path)

    def _judge_path(self, schema: str, path: str) -> None:
        first, _, rest = path.partition(".")
        told = self._schemas[schema]["properties"].get(first)
        if told is None or told.get("readOnly"):
            self.wrong.append(f"{schema} has no {first} to change")
        elif rest:
            self._judge_path(told["$ref"], rest)

    def _judge(self, told: Any, schema: dict[str, Any], place: str, *, sent: bool) -> None:
        if "$ref" in schema:
            schema = self._schemas[schema["$ref"]]
        kind = schema.get("type")
        if kind != "any" and (
            not isinstance(told, KINDS[kind]) or (isinstance(told, bool) and kind != "boolean")
        ):
            self.wrong.append(f"{place} is no {kind}")
            return
        if "enum" in schema and told not in schema["enum"]:
            self.wrong.append(f"{place}: {told} is none of its words")
        for number, one in enumerate(told if kind == "array" else ()):
            self._judge(one, schema["items"], f"{place}[{number}]", sent=sent)
        if kind != "object" or "properties" not in schema:
            return
        for name, value in told.items():
            part = schema["properties"].get(name)
            if part is None or (sent and part.get("readOnly")):
                self.wrong.append(f"{place} has no {name}" + (" to send" if part else ""))
            else:
                self._judge(value, part, f"{place}.{name}", sent=sent)


def _methods(told: dict[str, Any]) -> Any:
    yield from told.get("methods", {}).values()
    for part in told.get("resources", {}).values():
        yield from _methods(part)


@cache
def _document() -> dict[str, Any] | None:
    found = shared(FILE)
    return None if found is None else json.loads(found.read_bytes())


def discovery() -> Discovery:
    """A judge that has heard nothing yet; skips where the document is absent."""
    told = _document()
    if told is None:
        pytest.skip(ABSENT)
    return Discovery(told)


def logging_discovery() -> Discovery:
    """The same of Cloud Logging."""
    return _cached(LOGS_FILE, LOGS_ABSENT)


def monitoring_discovery() -> Discovery:
    """The same of Cloud Monitoring."""
    return _cached(METRICS_FILE, METRICS_ABSENT)


def _cached(file: str, absent: str) -> Discovery:
    above = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    found = Path(above) / file
    if not found.exists():
        pytest.skip(absent)
    return Discovery(json.loads(found.read_bytes()))

"""GitHub's own OpenAPI file as a judge of requests, answers and web hooks; never copied.

It is in the npm package `@octokit/openapi` (`npm pack @octokit/openapi`; the file in it is
`package/generated/api.github.com.json`) and is looked for in the user's cache.
"""

import json
import os
import re
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from jsonschema import Draft4Validator
from jsonschema.validators import extend
from referencing import Registry
from referencing.jsonschema import DRAFT4
from starlette.requests import Request

FILE = "operations-console/api.github.com.json"
ABSENT = f"GitHub's OpenAPI file (npm pack @octokit/openapi) is not in the cache as {FILE}"


def _nullable(keyword: str) -> Any:
    """OpenAPI 3.0 says `nullable` where JSON Schema has a type of its own."""
    checked = Draft4Validator.VALIDATORS[keyword]

    def check(validator: Any, told: Any, instance: Any, schema: Any) -> Any:
        return (
            ()
            if instance is None and schema.get("nullable")
            else checked(validator, told, instance, schema)
        )

    return check


_Validator = extend(Draft4Validator, {word: _nullable(word) for word in ("type", "enum", "oneOf")})


class Contract:
    """The file."""

    def __init__(self, spec: dict[str, Any]) -> None:
        self.spec = spec
        self._registry = Registry().with_resource("spec:", DRAFT4.create_resource(spec))
        self._paths = [
            (re.compile(re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(path)) + "$"), path)
            for path in spec["paths"]
        ]

    def path(self, path: str) -> str:
        """The path of the file that a request's path is of; empty for none."""
        found = [told for pattern, told in self._paths if pattern.match(path)]
        return min(found, key=lambda told: told.count("{"), default="")

    def wrong(self, request: Request) -> list[str]:
        """What is wrong with a request: its path, and its parameters by name and value."""
        operation = self.spec["paths"].get(self.path(request.url.path), {}).get("get")
        if request.method != "GET" or operation is None:
            return [f"no {request.method} {request.url.path}"]
        known = {one["name"]: one for one in map(self._told, operation["parameters"])}
        found = [f"no parameter {name}" for name in request.query_params if name not in known]
        for name, text in request.query_params.items():
            schema = self._told(known.get(name, {}).get("schema", {}))
            number = schema.get("type") == "integer" and text.isdigit()
            found += self._errors(schema, int(text) if number else text)
        return found

    def wrong_answer(self, path: str, body: Any) -> list[str]:
        """What is wrong with an answer of a test's own server."""
        places = ("paths", self.path(path), "get", "responses", "200")
        return self.errors([*places, "content", "application/json", "schema"], body)

    def errors(self, places: list[str], instance: Any) -> list[str]:
        """What is wrong with something by the schema at a place of the file."""
        told = "/".join(place.replace("~", "~0").replace("/", "~1") for place in places)
        return self._errors({"$ref": f"spec:#/{quote(told, safe='/~')}"}, instance)

    def _errors(self, schema: dict[str, Any], instance: Any) -> list[str]:
        validator = _Validator(schema, registry=self._registry)
        return [f"{one.json_path}: {one.message[:200]}" for one in validator.iter_errors(instance)]

    def example(self, name: str) -> Any:
        """One of its examples, to be changed."""
        return json.loads(json.dumps(self.spec["components"]["examples"][name]["value"]))

    def invented(self, name: str) -> dict[str, Any]:
        """Something of a schema, of its required fields alone."""
        return self._made(self.spec["components"]["schemas"][name])

    def invented_at(self, name: str, *places: str) -> dict[str, Any]:
        """The same of a place in a schema."""
        schema = self.spec["components"]["schemas"][name]
        for place in places:
            schema = schema[place]
        return self._made({**schema, "nullable": False})

    def _made(self, schema: dict[str, Any]) -> Any:
        schema = self._told(schema)
        for word in ("allOf", "oneOf", "anyOf"):
            if word in schema and "properties" not in schema:
                return self._made(schema[word][0])
        if schema.get("nullable"):
            return None
        if "enum" in schema:
            return schema["enum"][0]
        if "properties" in schema or schema.get("type") == "object":
            wanted = schema.get("required", [])
            return {one: self._made(schema["properties"][one]) for one in wanted}
        kinds = {"array": [], "integer": 1, "number": 1, "boolean": False, "string": "x"}
        return kinds[schema.get("type", "string")]

    def _told(self, one: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in one:
            found: Any = self.spec
            for part in one["$ref"].removeprefix("#/").split("/"):
                found = found[part]
            one = found
        return one


@cache
def contract() -> Contract:
    """The judge; skips where the file is absent."""
    above = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    found = Path(above) / FILE
    if not found.exists():
        pytest.skip(ABSENT)
    return Contract(json.loads(found.read_bytes()))

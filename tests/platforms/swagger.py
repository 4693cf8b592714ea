"""Requests and objects checked against a Swagger 2 file, and patches applied as it describes."""

import copy
import functools
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import unquote

import jsonschema
import pytest

from tests.platforms.recorded import shared

KUBERNETES_ABSENT = (
    "Kubernetes' Swagger file (shared/specs/kubernetes-slice.json) is not on this machine"
)


class Swagger:
    """One description of an API."""

    def __init__(self, told: dict[str, Any]) -> None:
        self._told = told
        self._definitions = told["definitions"]
        # it says "string" of what is a number as well
        self._definitions["io.k8s.apimachinery.pkg.util.intstr.IntOrString"] = {}
        self._paths = [
            (re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path)) + "$"), path)
            for path in sorted(told["paths"], key=lambda path: path.count("{"))
        ]

    def operation(self, method: str, path: str) -> dict[str, Any] | None:
        """What it says of a method of a path."""
        for form, name in self._paths:
            if form.match(unquote(path)):
                found = self._told["paths"][name]
                if method.lower() not in found:
                    return None
                own = found[method.lower()]
                shared_by_all = found.get("parameters", [])
                return {**own, "parameters": [*own.get("parameters", []), *shared_by_all]}
        return None

    def wrong(
        self,
        method: str,
        path: str,
        query: Iterable[tuple[str, str]],
        content_type: str = "",
        body: Any = None,
    ) -> list[str]:
        """What is wrong with a request."""
        operation = self.operation(method, path)
        if operation is None:
            return [f"there is no {method} {path}"]
        problems: list[str] = []
        parameters = [self._resolved(one) for one in operation["parameters"]]
        known = {one["name"]: one for one in parameters if one["in"] == "query"}
        for name, value in query:
            if name not in known:
                problems.append(f"unknown parameter {name}")
            elif known[name]["type"] == "integer" and not re.fullmatch(r"-?\d+", value):
                problems.append(f"{name} is no whole number")
            elif known[name]["type"] == "boolean" and value not in ("true", "false"):
                problems.append(f"{name} is neither true nor false")
        schemas = [one["schema"] for one in parameters if one["in"] == "body"]
        if body is not None and not schemas:
            problems.append("takes no body")
        for schema in schemas:
            if body is None:
                problems.append("needs a body")
                continue
            if content_type not in operation["consumes"]:
                problems.append(f"does not take {content_type}")
            problems += self.misfits(schema, body)
        return problems

    def misfits(self, schema: Mapping[str, Any], told: Any) -> list[str]:
        """What is wrong with an object; nulls are as good as absent."""
        checked = {**schema, "definitions": self._definitions}
        found = jsonschema.Draft4Validator(checked).iter_errors(without_nulls(told))
        return [f"{'.'.join(map(str, one.path))}: {one.message[:200]}" for one in found]

    def answered(self, method: str, path: str) -> Mapping[str, Any]:
        """The schema of an answer with 200."""
        operation = self.operation(method, path)
        return {} if operation is None else operation["responses"]["200"].get("schema", {})

    def unknown(self, schema: Mapping[str, Any], told: Any, at: str = "") -> list[str]:
        """Fields that an object has and the description has not."""
        schema = self._resolved(schema)
        if isinstance(told, list):
            inner = schema.get("items", {})
            return [one for each in told for one in self.unknown(inner, each, f"{at}[]")]
        properties = schema.get("properties")
        if not isinstance(told, dict) or not properties:
            return []
        found = [f"{at}.{name}" for name in told if name not in properties]
        for name, value in told.items():
            if name in properties:
                found += self.unknown(properties[name], value, f"{at}.{name}")
        return found

    def patched(self, schema: Mapping[str, Any], told: Any, patch: Any, *, strategic: bool) -> Any:
        """An object after a merge patch (RFC 7386), or a strategic one, which merges lists by
        the keys that the description names and knows `$patch: replace`."""
        schema = self._resolved(schema)
        if not isinstance(patch, dict):
            if strategic and isinstance(patch, list) and isinstance(told, list):
                return self._merged(schema, told, patch)
            return copy.deepcopy(patch)
        if strategic and patch.get("$patch") == "replace":
            return copy.deepcopy({name: one for name, one in patch.items() if name != "$patch"})
        done = dict(told) if isinstance(told, dict) else {}
        properties = schema.get("properties", {})
        for name, value in patch.items():
            if value is None:
                done.pop(name, None)
            else:
                inner = properties.get(name, {})
                done[name] = self.patched(inner, done.get(name), value, strategic=strategic)
        return done

    def _merged(self, schema: Mapping[str, Any], told: list[Any], patch: list[Any]) -> list[Any]:
        key = schema.get("x-kubernetes-patch-merge-key")
        if key is None:
            return copy.deepcopy(patch)
        done = {one[key]: one for one in told}
        for one in patch:
            done[one[key]] = self.patched(
                schema["items"], done.get(one[key], {}), one, strategic=True
            )
        return list(done.values())

    def _resolved(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        if "$ref" not in schema:
            return schema
        _, kind, name = schema["$ref"].split("/", 2)
        # what stands beside a reference belongs to the place, as the merge key of a list does
        return {**self._told[kind][name.replace("~1", "/")], **schema}


@functools.cache
def kubernetes() -> Swagger:
    """Of Kubernetes; skips the test where it is absent."""
    found = shared("specs/kubernetes-slice.json")
    if found is None:
        pytest.skip(KUBERNETES_ABSENT)
    return Swagger(json.loads(found.read_bytes()))


def without_nulls(told: Any) -> Any:
    if isinstance(told, dict):
        return {name: without_nulls(one) for name, one in told.items() if one is not None}
    return [without_nulls(one) for one in told] if isinstance(told, list) else told

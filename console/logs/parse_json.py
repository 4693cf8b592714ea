"""JSON log lines: one record, an envelope around a line, or OpenTelemetry's export. Pure.

What begins like JSON and is none is left to whoever reads plain text.
"""

import json
from collections.abc import Iterator
from typing import cast

from console.logs.fields import flatten

Record = dict[str, object]


def records(text: str) -> list[Record] | None:
    """The flat records of a line, usually one; None where it is no JSON object."""
    try:
        found: object = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict):
        return None
    record = cast("Record", found)
    exported = list(_exported(record))
    return exported or [flatten(record)]


def wrapped(record: Record) -> str | None:
    """The line inside an envelope of Docker (`{"log": …, "stream": …, "time": …}`)."""
    line = record.get("log")
    return line if isinstance(line, str) and {"log", "stream"} <= record.keys() else None


def _exported(record: Record) -> Iterator[Record]:
    """The records of an OTLP document: resources hold scopes, scopes hold records."""
    for resource in _list(record, "resourceLogs"):
        about = flatten({"resource": resource.get("resource", {})})
        for scope in _list(resource, "scopeLogs"):
            scoped = flatten({"scope": scope.get("scope", {})})
            for one in _list(scope, "logRecords"):
                yield {**about, **scoped, **flatten(one)}


def _list(record: Record, name: str) -> list[Record]:
    found = record.get(name)
    if not isinstance(found, list):
        return []
    return [cast("Record", one) for one in cast("list[object]", found) if isinstance(one, dict)]

"""CONTRACT.md as the tests read it: its table of keys, its schemas, its scripts."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, ValidationError
from opskit.server import Server
from referencing import Registry, Resource

PATH = Path(__file__).resolve().parents[2] / "console" / "kit" / "CONTRACT.md"
TEXT = PATH.read_text("utf-8")

SCHEMAS: dict[str, Any] = {
    name: json.loads(body)
    for name, body in re.findall(r"```json schema=([\w-]+)\n(.*?)```", TEXT, re.DOTALL)
}
SCRIPTS: dict[str, str] = dict(re.findall(r"```lua\n-- (\w+)\.lua\n(.*?)```", TEXT, re.DOTALL))
_REGISTRY = Registry().with_resources(
    (name, Resource.from_contents({"$schema": Draft202012Validator.META_SCHEMA["$id"], **schema}))
    for name, schema in SCHEMAS.items()
)


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table of keys."""

    name: str
    type: str
    ttl: int | None
    schema: str
    pattern: re.Pattern[str]


def _row(cells: list[str]) -> Row:
    name = cells[0].strip("`")
    parts = re.split(r"<(\w+)>", name)
    expression = "".join(
        re.escape(part) if at % 2 == 0 else ("[0-9]+" if part in ("minute", "hour") else ".+")
        for at, part in enumerate(parts)
    )
    ttl = None if cells[2] == "none" else int(cells[2])
    return Row(name, cells[1], ttl, cells[3], re.compile(rf"ops:1:[a-z0-9._-]+:{expression}"))


ROWS = [
    _row([cell.strip() for cell in line.strip("| ").split("|")])
    for line in TEXT.splitlines()
    if re.match(r"\| `[a-z]+(:|`)", line)
]


def row_of(key: str) -> Row | None:
    """The row that describes a key: the one with the longest fixed part."""
    fits = [row for row in ROWS if row.pattern.fullmatch(key)]
    return max(fits, key=lambda row: len(re.sub(r"<\w+>", "", row.name)), default=None)


def validate(schema: str, document: Any) -> None:
    """Raise where a document does not follow a schema of the contract."""
    Draft202012Validator(SCHEMAS[schema], registry=_REGISTRY).validate(document)


def validate_text(schema: str, text: str) -> None:
    """The same for a document as it is stored."""
    raw = SCHEMAS[schema].get("type") == "string"
    validate(schema, text if raw else json.loads(text))


async def check_keys(server: Server) -> set[str]:
    """Check each key of a server against the document; returns the rows that were seen."""
    seen: set[str] = set()
    for key in await server.command("KEYS", "*"):
        row = row_of(key)
        assert row is not None, f"{key} is not in the document"
        assert await server.command("TYPE", key) == row.type, key
        ttl = await server.command("TTL", key)
        assert ttl == -1 if row.ttl is None else 0 <= ttl <= row.ttl, (key, ttl)
        if row.schema:
            for text in await texts_of(server, key, row.type):
                try:
                    validate_text(row.schema, text)
                except (ValidationError, ValueError) as error:
                    raise AssertionError(f"{key}: {text}") from error
        seen.add(row.name)
    return seen


async def texts_of(server: Server, key: str, kind: str) -> list[str]:
    if kind == "string":
        return [await server.command("GET", key)]
    if kind == "hash":
        return list((await server.command("HGETALL", key)).values())
    if kind == "zset":
        return await server.command("ZRANGE", key, 0, -1)
    assert kind == "stream"
    return [fields["line"] for _, fields in await server.command("XRANGE", key, "-", "+")]

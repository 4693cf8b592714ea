"""How what is wrong with a configuration is said: `where: what`, in the words of who wrote it.

No line holds a value of the configuration but the names of services and checks: it may be a secret.
"""

import difflib
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from pydantic import BaseModel, ValidationError

from console.health.check import Check, Maintenance, Service

NAME_LENGTH = 63  # characters; a longer one is not usable as a name anyway

_PLACE = re.compile(r"services\[(\d+)\](?:\.checks\[(\d+)\])?\.?")
_CONDITIONS = 'a list of conditions, such as ["[STATUS] == 200"]'
_CHECK_NAMES = 'a list of names of checks, such as ["api", "cache"]'
_LISTS = {
    "conditions": _CONDITIONS,
    "warn_conditions": _CONDITIONS,
    "depends_on": _CHECK_NAMES,
    "maintenance": "a list of tables; write [[services.maintenance]] with two brackets",
}
_KINDS = {
    "missing": "is missing",
    "string_type": "must be text in quotes",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "dict_type": "must be a table of names and values",
    "model_type": "must be a table",
}


def closest(name: str, known: Iterable[str]) -> str:
    """`; did you mean …?` where one of `known` is near, else nothing."""
    match = difflib.get_close_matches(name, list(known), 1)
    return f"; did you mean {match[0]}?" if match else ""


def describe(error: ValidationError, prefix: str) -> list[str]:
    """The problems of a model as `path: what`. `prefix` is empty for variables."""
    lines: list[str] = []
    for item in error.errors(include_url=False, include_input=False):
        path = prefix
        for part in item["loc"]:
            path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else str(part)
        lines.append(f"{path}: {_words(item['type'], item['msg'], path)}")
    return lines


def with_names(problems: Iterable[str], tables: Sequence[object]) -> list[str]:
    """The same with the names of services and checks in place of their numbers, where they have one
    that no other has: `services[0].checks[1].url: …` becomes `service shop, check api, url: …`."""
    return [_with_name(problem, tables) for problem in problems]


def _with_name(problem: str, tables: Sequence[object]) -> str:
    found = _PLACE.match(problem)
    if found is None:
        return problem
    place, check = int(found[1]), found[2]
    said = [_named("service", tables, place, "services")]
    if check is not None:
        checks = _fields(tables[place]).get("checks")
        listed = cast("list[object]", checks) if isinstance(checks, list) else []
        said.append(_named("check", listed, int(check), "checks"))
    rest = problem[found.end() :]
    return ", ".join(said) + (rest if rest.startswith(":") else f", {rest}")


def _named(what: str, tables: Sequence[object], place: int, key: str) -> str:
    names = Counter(_name(table) for table in tables)
    name = _name(tables[place]) if place < len(tables) else ""
    return f"{what} {name}" if name and names[name] == 1 else f"{key}[{place}]"


def _name(table: object) -> str:
    name: object = _fields(table).get("name")
    if not isinstance(name, str) or len(name) > NAME_LENGTH or not name.isprintable():
        return ""
    return "" if ":" in name else name  # what follows a colon is the problem


def _fields(table: object) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", table) if isinstance(table, Mapping) else {}


def _words(kind: str, message: str, path: str) -> str:
    key = path.rpartition(".")[2]
    if kind == "extra_forbidden":
        return f"is not known{closest(key, _model(path).model_fields)}"
    if kind in ("bool_parsing", "bool_type"):  # TOML has its own words for the two
        return "must be true or false, without quotes" if "." in path else "must be on or off"
    if kind in ("tuple_type", "list_type"):
        return f"must be {_list(path, key)}"
    if kind == "missing" and key == "checks":
        return "there are none; write at least one [[services.checks]] table below the service"
    if kind in _KINDS:
        return _KINDS[kind]
    return message.removeprefix("Value error, ").replace("Input should be", "must be")


def _list(path: str, key: str) -> str:
    if key == "checks":
        services = "a list of tables; write [[services.checks]] with two brackets"
        return _CHECK_NAMES if ".maintenance[" in path else services
    return _LISTS.get(key, "a list")


def _model(path: str) -> type[BaseModel]:
    if ".checks[" in path:
        return Check
    return Maintenance if ".maintenance[" in path else Service

"""What a specification is good for: `.env.example`, a Markdown table, TOML, a JSON Schema. Pure.

The class for pydantic-settings is in `generate_class.py`.
"""

import json
import re
import textwrap
from collections.abc import Iterator
from typing import Any, cast

from console.settings.model import ENTROPY, Group, Kind, Relation, Spec, Variable
from console.settings.values import WEB, number, truth

DRAFT = "https://json-schema.org/draft/2020-12/schema"
HEADINGS = {
    Group.REQUIRED: "Required: without these the service does not start",
    Group.OPTIONAL: "Optional: the default is written beside each",
    Group.TESTING: "Testing: leave these out in production",
    Group.TIMEOUT: "Time-outs",
}
JUST_ABOVE = 1e-6  # the least of what must be more than 0: a microsecond, where that is a time
DURATION = r"^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+$|^0$"
EMAIL = r"^[^@\s,;<>\"]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,63}$"


def by_group(spec: Spec) -> Iterator[tuple[Group, list[Variable]]]:
    """The groups that have variables, in their order."""
    for group in Group:
        members = [one for one in spec.variables.values() if one.group is group]
        if members:
            yield group, members


def env_example(spec: Spec) -> str:
    """A `.env.example`: what is required stands empty, what has a default is commented out."""
    parts = [f"# {_one_line(spec.title)}"] if spec.title else []
    for group, members in by_group(spec):
        parts += ["", f"# --- {HEADINGS[group]} ---"]
        for one in members:
            told = " · ".join(filter(None, (one.meaning, limits(one))))
            parts += [f"# {line}" for line in textwrap.wrap(_one_line(told), 96)]
            written = _quoted(one.default or "")
            line = f"{one.name}={written}"
            parts.append(line if group is Group.REQUIRED else f"# {line}")
    return "\n".join(parts).lstrip("\n") + "\n"


def markdown_table(spec: Spec) -> str:
    """A table for a README."""
    rows = ["| Variable | Group | Type | Default | Meaning |", "| --- | --- | --- | --- | --- |"]
    for group, members in by_group(spec):
        for one in members:
            default = "" if one.default is None else f"`{_cell(one.default)}`"
            bounds = limits(one)
            told = f"{one.meaning.rstrip('.')}{f' ({bounds})' if bounds else ''}".strip()
            kind = f"{one.kind}{', secret' if one.secret else ''}"
            rows.append(f"| `{one.name}` | {group} | {kind} | {default} | {_cell(told)} |")
    return "\n".join(rows) + "\n"


def limits(variable: Variable) -> str:
    """The bounds of a variable in words: `1 to 120`, `at least 32 characters`."""
    unit = " s" if variable.kind is Kind.DURATION else ""
    told = [_between(variable.least, variable.most, unit)]
    told.append(_between(variable.least_length, variable.most_length, " characters"))
    if variable.choices:
        told.append(f"one of {', '.join(variable.choices)}")
    if variable.kind is Kind.URL:
        told.append(f"begins with {' or '.join(f'{one}://' for one in variable.schemes or WEB)}")
    if variable.required_when:
        when = " and ".join(
            f"{name} is {'set' if wanted == '*' else wanted}"
            for name, wanted in variable.required_when
        )
        told.append(f"needed while {when}")
    return "; ".join(filter(None, told))


def json_schema(spec: Spec) -> str:
    """A JSON Schema of the settings as the service reads them: numbers are numbers."""
    schema: dict[str, Any] = {
        "$schema": DRAFT,
        "title": spec.title or "Settings",
        "type": "object",
        "properties": {one.name: _property(one) for one in spec.variables.values()},
        "required": [one.name for one in spec.variables.values() if one.group is Group.REQUIRED],
    }
    rules = [_conditional(one) for one in spec.variables.values() if one.required_when]
    dependent: dict[str, list[str]] = {}
    for related in spec.relations:
        names = related.names
        if related.relation is Relation.BOTH:
            for name in names:
                others = [other for other in names if other != name]
                dependent[name] = sorted({*dependent.get(name, ()), *others})
        elif related.relation is Relation.ONE_OF:
            rules.append({"anyOf": [{"required": [name]} for name in names]})
    schema |= {"dependentRequired": dependent} if dependent else {}
    schema |= {"allOf": rules} if rules else {}
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def to_toml(spec: Spec) -> str:
    """The specification as a file that reads as the same specification."""
    parts = [f"title = {_toml(spec.title)}"]
    if spec.ignore:
        parts.append(f"ignore = {_toml(spec.ignore)}")
    for one in spec.variables.values():
        parts += ["", f"[variables.{one.name}]"]
        parts += [f"{key} = {_toml(value)}" for key, value in _fields(one).items()]
    for related in spec.relations:
        parts += ["", "[[relations]]", f"{related.relation} = {_toml(related.names)}"]
        parts += [f"why = {_toml(related.why)}"] if related.why else []
    return "\n".join(parts) + "\n"


def typed(variable: Variable, text: str) -> str | int | float | bool:
    """A value as the service reads it."""
    if variable.kind is Kind.BOOL and (flag := truth(text)) is not None:
        return flag
    if variable.kind in (Kind.INT, Kind.PORT, Kind.FLOAT):
        value = number(variable, text)
        if value is not None:
            return value if variable.kind is Kind.FLOAT else int(value)
    return text


def _fields(one: Variable) -> dict[str, Any]:
    every: dict[str, tuple[Any, Any]] = {
        "group": (str(one.group), None),
        "type": (str(one.kind), "string"),
        "meaning": (one.meaning, ""),
        "next": (one.next, ""),
        "secret": (one.secret, False),
        "default": (one.default, None),
        "example": (one.example, ""),
        "min": (one.least, None),
        "max": (one.most, None),
        "min_length": (one.least_length, None),
        "max_length": (one.most_length, None),
        "choices": (one.choices, ()),
        "pattern": (one.pattern, ""),
        "schemes": (one.schemes, ()),
        "entropy": (one.entropy, ENTROPY),
        "required_when": (dict(one.required_when), {}),
        "live": (one.live, ""),
        "live_url": (one.live_url, ""),
        "live_reason": (one.live_reason, ""),
    }
    return {key: value for key, (value, usual) in every.items() if value != usual}


def _toml(value: Any) -> str:  # what a field of the model holds: texts, numbers, tuples, a table
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return f"[{', '.join(_toml(one) for one in cast('tuple[Any, ...]', value))}]"
    if isinstance(value, dict):
        table = cast("dict[str, Any]", value)
        return f"{{ {', '.join(f'{key} = {_toml(one)}' for key, one in table.items())} }}"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    # A JSON string is a TOML string, but for DEL, which TOML wants escaped.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _property(one: Variable) -> dict[str, Any]:
    made: dict[str, Any] = {"description": one.meaning} if one.meaning else {}
    made |= {"x-group": str(one.group)}
    types = {Kind.INT: "integer", Kind.PORT: "integer", Kind.FLOAT: "number", Kind.BOOL: "boolean"}
    made["type"] = types.get(one.kind, "string")
    if one.kind is Kind.PORT:
        made |= {"minimum": 1, "maximum": 65535}
    if one.kind is not Kind.DURATION:
        made |= {"minimum": one.least} if one.least is not None else {}
        made |= {"maximum": one.most} if one.most is not None else {}
    made |= {"minLength": one.least_length} if one.least_length is not None else {}
    made |= {"maxLength": one.most_length} if one.most_length is not None else {}
    made |= {"enum": list(one.choices)} if one.choices else {}
    if pattern := value_pattern(one):
        made["pattern"] = pattern
    made |= {"format": "uri"} if one.kind is Kind.URL else {}
    made |= {"contentMediaType": "application/json"} if one.kind is Kind.JSON else {}
    made |= {"writeOnly": True} if one.secret else {}
    made |= {"default": typed(one, one.default)} if one.default is not None else {}
    made |= {"examples": [typed(one, one.example)]} if one.example else {}
    return made


def value_pattern(one: Variable) -> str:
    """The form of a value as one pattern; empty where any will do."""
    if one.pattern:
        return f"^(?:{one.pattern})$"
    if one.kind is Kind.URL:
        return f"^(?:{'|'.join(re.escape(scheme) for scheme in one.schemes or WEB)})://[^\\s]+$"
    return {Kind.DURATION: DURATION, Kind.EMAIL: EMAIL}.get(one.kind, "")


def _conditional(one: Variable) -> dict[str, Any]:
    names = [name for name, _ in one.required_when]
    fixed = {name: {"const": wanted} for name, wanted in one.required_when if wanted != "*"}
    return {"if": {"required": names, "properties": fixed}, "then": {"required": [one.name]}}


def _between(least: float | None, most: float | None, unit: str) -> str:
    if least == JUST_ABOVE:
        upper = "" if most is None else f", at most {most:,g}"
        return f"more than 0{upper}{unit}"
    if least is not None and most is not None:
        return f"{least:,g} to {most:,g}{unit}"
    if least is not None:
        return f"at least {least:,g}{unit}"
    return "" if most is None else f"at most {most:,g}{unit}"


def _quoted(text: str) -> str:
    """A value of a `.env` that every reader takes for the same text."""
    if re.fullmatch(r"[\w.,:/@%+-]*", text, re.ASCII):
        return text
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _cell(text: str) -> str:
    return _one_line(text).replace("|", "\\|").replace("`", "'")

"""A class for pydantic-settings from a specification. Pure.

Every text of the specification goes into the code as a literal that Python writes itself, so that
none can become code.
"""

import keyword
from collections.abc import Iterable

from pydantic_settings import BaseSettings

from console.settings.generate import HEADINGS, by_group, typed, value_pattern
from console.settings.model import Group, Kind, Related, Relation, Spec, Variable

TYPES = {
    Kind.INT: "int",
    Kind.FLOAT: "float",
    Kind.BOOL: "bool",
    Kind.PORT: "int",
    Kind.JSON: "Json[Any]",
    Kind.REGEX: "Pattern[str]",
}
HEAD = """\
from re import Pattern
from typing import Any, Literal, Self

from pydantic import Field, Json, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    {title!r}

    model_config = SettingsConfigDict(
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
        protected_namespaces=(),
    )
"""


def settings_class(spec: Spec) -> str:
    """The source of a module with the class `Settings`."""
    fields = _field_names(spec.variables)
    parts = [HEAD.format(title=spec.title or "The settings of this service.")]
    for group, members in by_group(spec):
        parts.append(f"    # {HEADINGS[group]}.")
        parts += [_field(fields[one.name], one) for one in members]
        parts.append("")
    checks = [line for one in spec.variables.values() for line in _when(spec, fields, one)]
    checks += [line for one in spec.relations for line in _related(fields, one)]
    if checks:
        parts += [
            '    @model_validator(mode="after")',
            "    def _fits_together(self) -> Self:",
            *checks,
            "        return self",
        ]
    return "\n".join(parts).rstrip() + "\n"


def _field_names(names: Iterable[str]) -> dict[str, str]:
    """A usable and unique attribute for each variable."""
    found: dict[str, str] = {}
    for name in names:
        field = name.lower().lstrip("_") or "underscore"
        field = f"n{field}" if field[0].isdigit() else field
        if keyword.iskeyword(field) or hasattr(BaseSettings, field):
            field += "_"
        while field in found.values():
            field += "_"
        found[name] = field
    return found


def _field(field: str, one: Variable) -> str:
    is_text = one.kind not in TYPES
    kind = TYPES.get(one.kind, "str")
    if one.choices and is_text:
        kind = f"Literal[{', '.join(repr(choice) for choice in one.choices)}]"
    elif one.secret and is_text:
        kind = "SecretStr"
    arguments = [f"validation_alias={one.name!r}"]
    if one.default is not None and one.kind not in (Kind.JSON, Kind.REGEX):
        arguments.insert(0, repr(typed(one, one.default)))
    elif one.group is not Group.REQUIRED:
        kind += " | None"
        arguments.insert(0, "None")
    bounds = {"ge": one.least, "le": one.most} if one.kind in (Kind.INT, Kind.FLOAT) else {}
    if one.kind is Kind.PORT:
        bounds = {"ge": one.least or 1, "le": one.most or 65535}
    if kind.startswith(("str", "SecretStr")):
        bounds |= {"min_length": one.least_length, "max_length": one.most_length}
    arguments += [f"{name}={_number(limit)}" for name, limit in bounds.items() if limit is not None]
    pattern = value_pattern(one)
    if pattern and kind.startswith("str"):
        arguments.append(f"pattern={pattern!r}")
    if one.meaning:
        arguments.append(f"description={one.meaning!r}")
    return f"    {field}: {kind} = Field({', '.join(arguments)})"


def _number(limit: float) -> str:
    return str(int(limit)) if float(limit).is_integer() else repr(limit)


def _when(spec: Spec, fields: dict[str, str], one: Variable) -> list[str]:
    if not one.required_when:
        return []
    tests = [f"self.{fields[one.name]} is None"]
    for name, wanted in one.required_when:
        other = spec.variables.get(name)
        if other is None:
            return []
        value = f"self.{fields[name]}"
        tests.append(
            f"{value} is not None" if wanted == "*" else f"{value} == {typed(other, wanted)!r}"
        )
    return _raise(" and ".join(tests), f"{one.name} is needed: {dict(one.required_when)}")


def _related(fields: dict[str, str], related: Related) -> list[str]:
    attributes = [f"self.{fields[name]}" for name in related.names]
    listed = ", ".join(related.names)
    present = f"sum(one is not None for one in ({', '.join(attributes)}))"
    match related.relation:
        case Relation.BOTH:
            return _raise(f"{present} not in (0, {len(attributes)})", f"all or none of {listed}")
        case Relation.ONE_OF:
            return _raise(f"{present} == 0", f"one of {listed} is needed")
        case Relation.NOT_TOGETHER:
            present = f"sum(bool(one) for one in ({', '.join(attributes)}))"
            return _raise(f"{present} > 1", f"only one of {listed}")
        case Relation.ASCENDING:
            numbers = f"[one for one in ({', '.join(attributes)}) if one is not None]"
            return [
                f"        numbers = {numbers}",
                *_raise(
                    "any(a >= b for a, b in zip(numbers, numbers[1:], strict=False))",
                    f"{listed} must be in ascending order",
                ),
            ]


def _raise(condition: str, message: str) -> list[str]:
    return [f"        if {condition}:", f"            raise ValueError({message!r})"]

"""A specification to begin with: from an existing `.env`, or from the schema of a settings class.
Pure. No value of a secret gets into it, nor any text that might be one."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, cast

from console.masking import is_secret_name
from console.settings.dotenv import Binding
from console.settings.generate import JUST_ABOVE
from console.settings.model import Group, Kind, Spec, Variable
from console.settings.names import USABLE
from console.settings.secrecy import SHOWABLE, placeholder
from console.settings.spec_fields import written
from console.settings.values import problem

_TESTING = re.compile(r"(?:^|_)(?:DRY_RUN|TEST|TESTING|MOCK|DEBUG|FAKE|SANDBOX)(?:_|$)", re.I)
_TIMEOUT = re.compile(r"TIMEOUT|DEADLINE", re.I)
_GUESSES = (Kind.BOOL, Kind.INT, Kind.FLOAT, Kind.DURATION)
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*)://", re.I)
MEANING = 300  # characters of a comment that are taken over


def from_dotenv(text: str, bindings: Sequence[Binding], title: str = "") -> Spec:
    """Guess a specification. Comments above a variable become its meaning."""
    lines = re.split(r"\r\n|\n|\r", text.removeprefix("\ufeff"))
    found: dict[str, Variable] = {}
    for one in bindings:
        if one.key is not None and USABLE.fullmatch(one.key):
            found[one.key] = _guess(one.key, one.value or "", _comment(lines, one.place.line))
    return Spec(title, found)


def from_schema(schema: Mapping[str, Any], title: str = "") -> Spec:
    """From the JSON Schema that pydantic makes of a settings class, such as one on the kit."""
    properties = _table(schema.get("properties"))
    required = schema.get("required")
    names = cast("list[str]", required) if isinstance(required, list) else []
    found: dict[str, Variable] = {}
    for field, given in properties.items():
        one = _table(given)
        name = field.upper()
        found[name] = _from_property(name, one, _main(one), field in names)
    return Spec(title or str(schema.get("title", "")), found)


def _guess(name: str, value: str, meaning: str) -> Variable:
    value = value.strip()
    kind = next((kind for kind in _GUESSES if not problem(Variable(name, kind=kind), value)), None)
    scheme = _SCHEME.match(value)
    schemes: tuple[str, ...] = ()
    if kind is None and scheme:
        kind, schemes = Kind.URL, (scheme[1].lower(),)
    kind = kind or Kind.STRING
    secret = is_secret_name(name) and kind not in (Kind.BOOL, Kind.DURATION)
    secret = secret or (kind is Kind.URL and "@" in value)
    group = Group.OPTIONAL
    if _TESTING.search(name):
        group = Group.TESTING
    elif _TIMEOUT.search(name):
        group = Group.TIMEOUT
    elif secret or (value and kind in (Kind.STRING, Kind.URL)):
        group = Group.REQUIRED
    made = Variable(name, group, Kind.STRING if secret and not schemes else kind, meaning)
    keep = value and kind in SHOWABLE and not secret and group is not Group.REQUIRED
    default = value if keep and not placeholder(made, value) else None
    length = 32 if secret and len(value) >= 32 else None
    return Variable(
        name,
        made.group,
        made.kind,
        meaning,
        secret=secret,
        default=default,
        least_length=length if made.kind is Kind.STRING else None,
        schemes=() if schemes in (("http",), ("https",)) else schemes,
    )


def _comment(lines: Sequence[str], line: int) -> str:
    """The comment right above a line. One that is a setting itself is no description of it."""
    told: list[str] = []
    for above in reversed(lines[max(0, line - 6) : line - 1]):
        stripped = above.strip()
        if not stripped.startswith("#") or "=" in stripped:
            break
        told.append(stripped.lstrip("# "))
    return " ".join(reversed(told)).strip()[:MEANING]


def _from_property(
    name: str, one: Mapping[str, Any], main: Mapping[str, Any], required: bool
) -> Variable:
    kinds = {"integer": Kind.INT, "number": Kind.FLOAT, "boolean": Kind.BOOL}
    kind = kinds.get(str(main.get("type")), Kind.STRING)
    choices = main.get("enum")
    options = tuple(written(c) for c in cast("list[object]", choices or []))
    default = one.get("default")
    group = str(one.get("group", "required" if required else "optional"))
    return Variable(
        name,
        Group(group) if group in tuple(Group) else Group.OPTIONAL,
        Kind.CHOICE if options else kind,
        str(one.get("description", "")),
        secret=main.get("format") == "password",
        default=None if default is None or isinstance(default, list | dict) else written(default),
        least=_least(main, kind),
        most=_bound(main.get("maximum")),
        least_length=cast("int | None", main.get("minLength")),
        most_length=cast("int | None", main.get("maxLength")),
        choices=options,
        pattern=_inside(str(main.get("pattern", ""))),
    )


def _main(one: Mapping[str, Any]) -> Mapping[str, Any]:
    """The type beside null, where a property has both."""
    options = one.get("anyOf")
    listed = [_table(option) for option in cast("list[object]", options or [])]
    return next((option for option in listed if option.get("type") != "null"), one)


def _least(main: Mapping[str, Any], kind: Kind) -> float | None:
    above = _bound(main.get("exclusiveMinimum"))
    if above is None:
        return _bound(main.get("minimum"))
    return above + (1 if kind is Kind.INT else JUST_ABOVE)


def _bound(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value)


def _inside(pattern: str) -> str:
    """A pattern that is searched for, as one of the whole value."""
    if not pattern:
        return ""
    begins = re.match(r"((?:\(\?[a-z]+\))?)\^", pattern)
    head = begins[1] if begins else ""
    rest = pattern[begins.end() :] if begins else f".*{pattern}"
    closed = rest.endswith("$") and not rest.endswith("\\$")
    return head + (rest[:-1] if closed else f"{rest}.*")


def _table(value: object) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}

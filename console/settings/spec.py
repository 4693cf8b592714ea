"""Reads a specification (`settings.spec.toml`). Pure; nothing here raises for what a user wrote.

title = "Invoice service"
ignore = ["RAILWAY_*"]

[variables.RUN_TOKEN]
group = "required"          # required, optional, testing or timeout
type = "string"             # string, int, float, bool, url, duration, port, email, json, …
meaning = "Secret of the caller"
secret = true
min_length = 32

[[relations]]
both = ["UPSTASH_REDIS_REST_URL", "UPSTASH_REDIS_REST_TOKEN"]   # or one_of, not_together,
why = "One is of no use without the other."                     # ascending
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from console.health.check import seconds
from console.problems import closest
from console.settings.model import (
    ENTROPY,
    Finding,
    Group,
    Kind,
    Related,
    Relation,
    Rule,
    Severity,
    Spec,
    Variable,
)
from console.settings.names import USABLE
from console.settings.toml_places import Places, read

TOP = ("title", "ignore", "variables", "relations")
MOST_VARIABLES = 10_000
LIVE = ("http", "redis", "bearer", "run", "never")
ANY = "*"


class _WrongError(ValueError):
    """A field that cannot be used; the text follows the field's name."""


def read_spec(text: str) -> tuple[Spec, list[Finding]]:
    """The specification, and every problem with its line and column. What is right is kept."""
    tables, problems = read(text)
    places = Places(text)

    def wrong(where: str, key: str, name: str, told: str) -> None:
        place = places.of(where, key)
        problems.append(Finding(Rule.SPECIFICATION, Severity.ERROR, name, told, "", place))

    for key in tables:
        if key not in TOP:
            wrong("", key, "", f"{key[:40]} is not a field of a specification{closest(key, TOP)}.")
    variables: dict[str, Variable] = {}
    listed = _table(tables.get("variables", {}))
    if listed is None:
        wrong("variables", "", "", "variables must be tables: [variables.NAME].")
    for name, given in list((listed or {}).items())[:MOST_VARIABLES]:
        where, fields = f"variables.{name}", _table(given)
        if not USABLE.fullmatch(name) or len(name) > 200:
            wrong(where, "", "", "a variable's name must be of letters, digits and _.")
        elif fields is None:
            wrong("variables", name, name, "must be a table.")
        else:
            told, made = read_variable(name, fields)
            for field, text_of in told:
                wrong(where, field, name, text_of)
            variables[name] = made
    relations: list[Related] = []
    for index, given in enumerate(_list(tables.get("relations", []))):
        told_of, related = _relation(_table(given), variables)
        for text_of in told_of:
            wrong(f"relations.{index}", "", "", text_of)
        if related is not None:
            relations.append(related)
    for name, variable in variables.items():
        for other, _ in variable.required_when:
            if other not in variables:
                told_when = f"required_when names {other[:60]}, which is not there"
                wrong(
                    f"variables.{name}",
                    "required_when",
                    name,
                    f"{told_when}{closest(other, variables)}.",
                )
    title = tables.get("title", "")
    ignore = [one for one in _list(tables.get("ignore", [])) if isinstance(one, str)]
    found = {
        f"{name}.{field}" if field else name: place
        for name in variables
        for field in ("", *_FIELDS)
        if (place := places.of(f"variables.{name}", field)) is not None
    }
    kept = tuple(ignore[:200])
    return Spec(str(title)[:200], variables, tuple(relations), kept, places=found), problems


def read_variable(name: str, fields: Mapping[str, Any]) -> tuple[list[tuple[str, str]], Variable]:
    """One variable of its fields, and what is wrong with them: (field, what). Raises nothing."""
    problems: list[tuple[str, str]] = []
    named = fields.get("type")
    kind = Kind(named) if isinstance(named, str) and named in tuple(Kind) else Kind.STRING
    made: dict[str, Any] = {"kind": kind}
    for field, value in fields.items():
        reader = _FIELDS.get(field)
        if reader is None:
            problems.append((field, f"{field[:40]} is not known{closest(field, _FIELDS)}."))
            continue
        to, convert = reader
        try:
            made[to] = convert(value, kind)
        except _WrongError as error:
            problems.append((field, f"{field} {error}."))
    if "group" not in made:
        required = "default" not in made and not made.get("required_when")
        made["group"] = Group.REQUIRED if required else Group.OPTIONAL
    return problems, Variable(name, **made)


def _relation(
    fields: Mapping[str, Any] | None, variables: Mapping[str, Variable]
) -> tuple[list[str], Related | None]:
    if fields is None:
        return ["a relation must be a table: [[relations]]."], None
    known = {one.value for one in Relation}
    unknown = [key for key in fields if key not in known | {"why"}]
    problems = [f"{key[:40]} is not known{closest(key, [*known, 'why'])}." for key in unknown]
    kinds = [key for key in fields if key in known]
    if len(kinds) != 1:
        return [*problems, f"a relation is exactly one of {', '.join(sorted(known))}."], None
    names = [str(one) for one in _list(fields[kinds[0]])]
    problems += [
        f"{kinds[0]} names {one[:60]}, which is not there{closest(one, variables)}."
        for one in names
        if one not in variables
    ]
    names = [one for one in names if one in variables]
    if len(names) < 2:
        return [*problems, f"{kinds[0]} needs two variables at least."], None
    return problems, Related(Relation(kinds[0]), tuple(names), str(fields.get("why", ""))[:300])


def written(value: object) -> str:
    """A TOML value as an environment variable would have it."""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)


def _text(value: object, kind: Kind) -> str:
    if not isinstance(value, str) or len(value) > 2000:
        raise _WrongError("must be a text")
    return value


def _scalar(value: object, kind: Kind) -> str:
    if not isinstance(value, str | int | float):
        raise _WrongError("must be a text, a number or a boolean")
    return written(value)


def _flag(value: object, kind: Kind) -> bool:
    if not isinstance(value, bool):
        raise _WrongError("must be true or false")
    return value


def _bound(value: object, kind: Kind) -> float:
    if kind not in (Kind.INT, Kind.FLOAT, Kind.DURATION, Kind.PORT):
        raise _WrongError(f"is for numbers and durations, not for {kind}")
    if isinstance(value, str) and kind is Kind.DURATION:
        try:
            return seconds(value)
        except ValueError:
            raise _WrongError("is not a duration; write 30s, 500ms, 5m or 2h") from None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _WrongError("must be a number")
    try:
        return float(value)
    except OverflowError:
        raise _WrongError("is too large") from None


def _length(value: object, kind: Kind) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 10**6:
        raise _WrongError("must be a whole number, 0 to 1,000,000")
    return value


def _texts(value: object, kind: Kind) -> tuple[str, ...]:
    if not isinstance(value, list) or not value:
        raise _WrongError("must be a list of texts")
    return tuple(_scalar(one, kind) for one in cast("list[object]", value)[:200])


def _group(value: object, kind: Kind) -> Group:
    return Group(_one_of(value, tuple(Group)))


def _kind(value: object, kind: Kind) -> Kind:
    return Kind(_one_of(value, tuple(Kind)))


def _live(value: object, kind: Kind) -> str:
    return _one_of(value, LIVE)


def _one_of(value: object, words: Sequence[str]) -> str:
    if not isinstance(value, str) or value not in words:
        raise _WrongError(f"must be one of {', '.join(words)}")
    return value


def _when(value: object, kind: Kind) -> tuple[tuple[str, str], ...]:
    table = _table(value)
    if not table:
        raise _WrongError('must be a table: { NAME = "value" }, or "*" for "is set"')
    return tuple((name, _scalar(wanted, kind)) for name, wanted in table.items())


def _bits(value: object, kind: Kind) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 8:
        raise _WrongError(f"must be 0 to 8 bits a character; usual is {ENTROPY:g}")
    return float(value)


_FIELDS: dict[str, tuple[str, Callable[[object, Kind], Any]]] = {
    "group": ("group", _group),
    "type": ("kind", _kind),
    "meaning": ("meaning", _text),
    "next": ("next", _text),
    "secret": ("secret", _flag),
    "default": ("default", _scalar),
    "example": ("example", _scalar),
    "min": ("least", _bound),
    "max": ("most", _bound),
    "min_length": ("least_length", _length),
    "max_length": ("most_length", _length),
    "choices": ("choices", _texts),
    "pattern": ("pattern", _text),
    "schemes": ("schemes", _texts),
    "entropy": ("entropy", _bits),
    "required_when": ("required_when", _when),
    "live": ("live", _live),
    "live_url": ("live_url", _text),
    "live_reason": ("live_reason", _text),
}


def _table(value: object) -> dict[str, Any] | None:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else None


def _list(value: object) -> list[object]:
    return cast("list[object]", value) if isinstance(value, list) else []

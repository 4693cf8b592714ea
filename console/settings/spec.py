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

from collections.abc import Mapping
from typing import Any

from console.problems import closest
from console.settings.model import (
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
from console.settings.spec_fields import FIELDS, WrongError, as_list, as_table
from console.settings.toml_places import Places, read

TOP = ("title", "ignore", "variables", "relations")
MOST_VARIABLES = 10_000


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
    listed = as_table(tables.get("variables", {}))
    if listed is None:
        wrong("variables", "", "", "variables must be tables: [variables.NAME].")
    for name, given in list((listed or {}).items())[:MOST_VARIABLES]:
        where, fields = f"variables.{name}", as_table(given)
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
    for index, given in enumerate(as_list(tables.get("relations", []))):
        told_of, related = _relation(as_table(given), variables)
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
    ignore = [one for one in as_list(tables.get("ignore", [])) if isinstance(one, str)]
    found = {
        f"{name}.{field}" if field else name: place
        for name in variables
        for field in ("", *FIELDS)
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
        reader = FIELDS.get(field)
        if reader is None:
            problems.append((field, f"{field[:40]} is not known{closest(field, FIELDS)}."))
            continue
        to, convert = reader
        try:
            made[to] = convert(value, kind)
        except WrongError as error:
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
    names = [str(one) for one in as_list(fields[kinds[0]])]
    problems += [
        f"{kinds[0]} names {one[:60]}, which is not there{closest(one, variables)}."
        for one in names
        if one not in variables
    ]
    names = [one for one in names if one in variables]
    if len(names) < 2:
        return [*problems, f"{kinds[0]} needs two variables at least."], None
    return problems, Related(Relation(kinds[0]), tuple(names), str(fields.get("why", ""))[:300])

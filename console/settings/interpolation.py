"""`${NAME}` in a `.env`, resolved as python-dotenv does, within bounds. Pure."""

import re
from collections import ChainMap
from collections.abc import Iterator, Mapping, Sequence
from typing import cast

from console.settings.dotenv import Binding
from console.settings.model import Finding, Place, Rule, Severity

LONGEST = 1024 * 1024  # characters of all resolved values: ${A}${A} in thirty lines is gigabytes
# A name of at most 100 characters, or `${${${…` would be read anew from each of its beginnings.
REFERENCE = re.compile(r"\$\{([^}:]{0,100}+)(?::-([^}]*+))?\}")


def resolve(
    bindings: Sequence[Binding], environ: Mapping[str, str]
) -> tuple[dict[str, str], list[Finding]]:
    """The values with their references filled in, and what is wrong with references."""
    resolved: dict[str, str | None] = {}
    # A chain writes to its first map only, which is ours.
    known = ChainMap[str, str | None](resolved, cast("dict[str, str | None]", environ))
    findings: list[Finding] = []
    written = {one.key for one in bindings if one.key is not None}
    refers: dict[str, set[str]] = {}
    places: dict[str, Place] = {}
    budget = LONGEST
    for one in bindings:
        if one.key is None:
            continue
        value = one.value
        if value is not None and "${" in value:
            names = {match[1] for match in references(value)}
            refers[one.key], places[one.key] = names, one.place
            value = _filled(value, known, budget)
            if value is None:
                told = f"grows beyond {LONGEST:,} characters when its ${{…}} are filled in."
                findings.append(Finding(Rule.LOOP, Severity.ERROR, one.key, told, "", one.place))
                value = ""
            budget -= len(value)
            findings += _unresolved(one, names, resolved, written, environ)
        resolved[one.key] = value
    findings += [
        Finding(
            Rule.LOOP,
            Severity.ERROR,
            name,
            "refers to itself through its ${…}: it stays empty.",
            "Write the value out.",
            places[name],
        )
        for name in _circular(refers)
    ]
    return {name: value for name, value in resolved.items() if value is not None}, findings


def references(value: str) -> Iterator[re.Match[str]]:
    """The references in a value: group 1 the name, group 2 the default or None."""
    return REFERENCE.finditer(value, 0, value.rfind("}") + 1)


def _filled(value: str, known: Mapping[str, str | None], budget: int) -> str | None:
    parts: list[str] = []
    size = at = 0
    for match in references(value):
        text = known.get(match[1], match[2] or "") or ""
        parts += [value[at : match.start()], text]
        size += match.start() - at + len(text)
        at = match.end()
        if size > budget:
            return None
    return "".join([*parts, value[at:]])


def _unresolved(
    one: Binding,
    names: set[str],
    resolved: Mapping[str, str | None],
    written: set[str],
    environ: Mapping[str, str],
) -> list[Finding]:
    defaults = {match[1] for match in references(one.value or "") if match[2] is not None}
    own = defaults | {one.key}
    absent = [n for n in names if n not in own and n not in resolved and n not in environ]
    later = [name for name in absent if name in written]
    nowhere = [name for name in absent if name not in written]
    told: list[str] = []
    if later:
        told.append("refers to a variable that comes later in the file: it stays empty.")
    if nowhere:
        told.append("refers to a variable that is nowhere: it stays empty.")
    return [
        Finding(
            Rule.UNRESOLVED,
            Severity.WARN,
            one.key or "",
            text,
            "Define it above, or put single quotes into a shell: python-dotenv fills in both.",
            one.place,
        )
        for text in told
    ]


def _circular(refers: Mapping[str, set[str]]) -> list[str]:
    """The names that reach themselves. Iterative: a chain of ten thousand is no recursion."""
    state: dict[str, int] = {}  # 1: on the way, 2: done
    circular: set[str] = set()
    for start in refers:
        trail = [(start, iter(sorted(refers[start])))] if start not in state else []
        state.setdefault(start, 1)
        while trail:
            name, rest = trail[-1]
            following = next(rest, None)
            if following is None:
                state[name] = 2
                trail.pop()
            elif following in refers:
                if state.get(following) == 1:
                    names = [one for one, _ in trail]
                    circular |= set(names[names.index(following) :])
                elif following not in state:
                    state[following] = 1
                    trail.append((following, iter(sorted(refers[following]))))
    return sorted(circular)

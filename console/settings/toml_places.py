"""Reads TOML that may be broken: what can be read is read, and everything has a place. Pure.

tomllib stops at the first error and tells no places of keys. So a text that it refuses is read
table by table, and keys are found again by looking for them.
"""

import re
import tomllib
from collections.abc import Mapping
from itertools import pairwise
from typing import Any, cast

from console.settings.dotenv import Lines
from console.settings.model import Finding, Place, Rule, Severity

LIMIT = 1024 * 1024  # bytes of a specification; the largest profile has a hundredth

_TABLE = re.compile(r"(?m)^[ \t]*+\[")
_HEADER = re.compile(r"(?m)^[ \t]*+\[\[?[ \t]*+([^\]\r\n]++)\]\]?")
_KEY = re.compile(r"(?m)^[ \t]*+([A-Za-z0-9_-]++)[ \t]*+=")
_AT = re.compile(r"\(at line (\d+), column (\d+)\)")


def read(text: str) -> tuple[dict[str, Any], list[Finding]]:
    """The tables of the text, and what cannot be read of it. No message quotes the text."""
    if len(text) > LIMIT:
        return {}, [_broken("The specification has more than 1 MB.", None)]
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    try:
        return tomllib.loads(text), []
    except (tomllib.TOMLDecodeError, RecursionError):
        return _by_table(text)


class Places:
    """Finds the table and the key of a specification in its text."""

    def __init__(self, text: str) -> None:
        text = text.removeprefix("\ufeff").replace("\r\n", "\n")
        lines = Lines(text)
        self._found: dict[tuple[str, str], Place] = {}
        headers = [(match.start(), _normal(match[1])) for match in _HEADER.finditer(text)]
        counts: dict[str, int] = {}
        named: list[tuple[int, str]] = [(0, "")]
        for at, name in headers:
            if name == "relations":
                counts[name] = counts.get(name, -1) + 1
                name = f"{name}.{counts[name]}"
            named.append((at, name))
            self._found.setdefault((name, ""), lines.place(at))
        ends = [at for at, _ in named[1:]] + [len(text)]
        for (begins, name), ends_at in zip(named, ends, strict=True):
            for key in _KEY.finditer(text, begins, ends_at):
                self._found.setdefault((name, key[1]), lines.place(key.start(1)))

    def of(self, table: str, key: str = "") -> Place | None:
        """The place of a key, else of its table, else nothing."""
        return self._found.get((table, key)) or self._found.get((table, ""))


def _by_table(text: str) -> tuple[dict[str, Any], list[Finding]]:
    starts = [0, *(match.start() for match in _TABLE.finditer(text)), len(text)]
    lines = Lines(text)
    found: dict[str, Any] = {}
    problems: list[Finding] = []
    for begins, ends in pairwise(starts):
        try:
            _merge(found, tomllib.loads(text[begins:ends]))
        except (tomllib.TOMLDecodeError, RecursionError) as error:
            at = _AT.search(str(error))
            first = lines.place(begins)
            place = Place(first.line + int(at[1]) - 1, int(at[2])) if at else first
            problems.append(_broken(f"Line {place.line} is not TOML.", place))
    if not problems:  # each table alone is right: one of them is there twice
        problems.append(_broken("A table of the specification is there twice.", None))
    return found, problems


def _merge(into: dict[str, Any], more: Mapping[str, Any]) -> None:
    for key, value in more.items():
        present: Any = into.get(key)
        if isinstance(present, dict) and isinstance(value, dict):
            _merge(cast("dict[str, Any]", present), cast("dict[str, Any]", value))
        elif isinstance(present, list) and isinstance(value, list):
            into[key] = [*cast("list[Any]", present), *cast("list[Any]", value)]
        else:
            into.setdefault(key, value)


def _normal(header: str) -> str:
    return ".".join(part.strip().strip("\"'") for part in header.split("."))


def _broken(text: str, place: Place | None) -> Finding:
    return Finding(Rule.SPECIFICATION, Severity.ERROR, "", text, "Correct the file.", place)

"""The checks of dotenv-linter for a `.env`: 13 of its 14; the last one is the specification. Pure.

https://dotenv-linter.github.io: what python-dotenv forgives, another reader of the same file may
not.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from console.settings.dotenv import BOM, Binding
from console.settings.model import Finding, Place, Rule, Severity
from console.settings.names import shown

MOST_LINES = 10_000  # lines with white space that are told; a file of nothing else has millions

_NEWLINE = re.compile(r"\r\n|\n|\r")
_USABLE = re.compile(r"[A-Za-z0-9_]")
_NEEDS_QUOTES = re.compile(r"\s")
# `${NAME` that is not closed, `$NAME}` that was not opened. A name has 100 characters at most.
_SUBSTITUTION = re.compile(r"\$\{\w{0,100}+(?![\w}:])|\$[A-Za-z_]\w{0,100}+\}")


def check_hygiene(text: str, bindings: Sequence[Binding], known: Iterable[str]) -> list[Finding]:
    """What a linter says of the file. `known`: names that may be shown in any case."""
    text = text.removeprefix(BOM)
    known = frozenset(known)
    quoted = _lines_of_quoted(bindings)
    found = [
        *islice(_lines(text, quoted), MOST_LINES),
        *_keys(bindings, known),
        *_duplicates(bindings, known),
    ]
    found += _unordered(bindings, known)
    return found


def _keys(bindings: Sequence[Binding], known: frozenset[str]) -> Iterator[Finding]:
    for one in bindings:
        if one.key is None:
            continue
        name, place = shown(one.key, known), one.place
        if one.value is None:
            told = "has no = and no value: python-dotenv takes it for not set."
            yield _finding(Rule.KEY_WITHOUT_VALUE, Severity.WARN, name, told, place)
        if one.spaced:
            told = "has white space around its =: a shell does not take it."
            yield _finding(Rule.SPACE_CHARACTER, Severity.NOTE, name, told, place)
        first = one.key[:1]
        if not (first.isascii() and (first.isalpha() or first == "_")):
            told = "begins with something else than a letter or _."
            yield _finding(Rule.LEADING_CHARACTER, Severity.WARN, name, told, place)
        if any(not _USABLE.match(c) for c in one.key[1:]):
            told = "has something else than letters, digits and _ in its name."
            yield _finding(Rule.INCORRECT_DELIMITER, Severity.WARN, name, told, place)
        if one.key != one.key.upper() and one.key not in known:
            told = "is not in upper case."
            yield _finding(Rule.LOWERCASE_KEY, Severity.NOTE, name, told, place)
        yield from _value(one, name)


def _value(one: Binding, name: str) -> Iterator[Finding]:
    value, place = one.value or "", one.value_place or one.place
    if not one.quote and _NEEDS_QUOTES.search(value):
        told = "has white space in its value and no quotes: a shell takes the first word."
        yield _finding(Rule.VALUE_WITHOUT_QUOTES, Severity.NOTE, name, told, place)
    if not one.quote and any(mark in value for mark in "'\""):
        told = "has a quote in a value that is not quoted."
        yield _finding(Rule.QUOTE_CHARACTER, Severity.NOTE, name, told, place)
    if one.quote and value and not _NEEDS_QUOTES.search(value) and value.isalnum():
        told = "has quotes that it does not need."
        yield _finding(Rule.QUOTE_CHARACTER, Severity.NOTE, name, told, place)
    if one.quote != "'" and _SUBSTITUTION.search(value):
        told = "has a ${ that is not closed, or a } that was not opened."
        yield _finding(Rule.SUBSTITUTION_KEY, Severity.WARN, name, told, place)


def _duplicates(bindings: Sequence[Binding], known: frozenset[str]) -> Iterator[Finding]:
    first: dict[str, Place] = {}
    for one in bindings:
        if one.key is None:
            continue
        if one.key in first:
            told = f"is there already in line {first[one.key].line}; the last one counts."
            name = shown(one.key, known)
            yield _finding(Rule.DUPLICATED_KEY, Severity.WARN, name, told, one.place)
        first.setdefault(one.key, one.place)


def _unordered(bindings: Sequence[Binding], known: frozenset[str]) -> Iterator[Finding]:
    """The first name of each block that is not in alphabetical order. A block ends at an empty
    line, as it does for dotenv-linter; so does one at a comment, which is a heading mostly."""
    before: Binding | None = None
    told_in_block = False
    for one in bindings:
        if one.key is None:
            before, told_in_block = None, False
            continue
        if before is not None and one.place.line > before.place.line + 1 and not before.quote:
            before, told_in_block = None, False
        if before is not None and not told_in_block and (before.key or "") > one.key:
            told_in_block = True
            told = f"should come before {shown(before.key or '', known)}."
            yield _finding(
                Rule.UNORDERED_KEY, Severity.NOTE, shown(one.key, known), told, one.place
            )
        before = one


def _lines(text: str, quoted: set[int]) -> Iterator[Finding]:
    """What is wrong with white space at the ends of lines, outside of quoted values."""
    lines = _NEWLINE.split(text)
    if text and lines[-1]:
        told = "The last line has no line break: what is appended joins its value."
        place = Place(len(lines), len(lines[-1]) + 1)
        yield _finding(Rule.ENDING_BLANK_LINE, Severity.NOTE, "", told, place)
    for number, line in enumerate(lines, 1):
        if number in quoted:
            continue
        bare = line.rstrip()
        if line and bare != line:
            place = Place(number, len(bare) + 1)
            told = f"White space at the end of line {number}."
            yield _finding(Rule.TRAILING_WHITESPACE, Severity.NOTE, "", told, place)
        if number > 2 and not bare and not lines[number - 2].strip() and number < len(lines):
            told = f"Line {number} is a second empty line."
            yield _finding(Rule.EXTRA_BLANK_LINE, Severity.NOTE, "", told, Place(number, 1))


def _lines_of_quoted(bindings: Sequence[Binding]) -> set[int]:
    """Lines within a quoted value that spans several: white space there is part of it."""
    found: set[int] = set()
    for one in bindings:
        if one.quote and one.value_place is not None:
            extra = len(_NEWLINE.findall(one.raw_value))
            found.update(range(one.value_place.line, one.value_place.line + extra))
    return found


def _finding(rule: Rule, severity: Severity, name: str, text: str, place: Place) -> Finding:
    return Finding(rule, severity, name, text, "", place)

"""The fields of many lines at once, as columns. What a column does not surely tell is said.

A field is told only where parsing the line by itself (`parse.py`, `fields.py`) would tell the same:
where two columns may be one field, the caller has to parse. Every different value is converted
once, by what parsing uses.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from console.logs.arrow import Flags, Floats, every, flags, pa, pc
from console.logs.fields import (
    CANONICAL,
    DURATION_NAMES,
    RANK,
    WITH_UNIT_NAMES,
    level_of,
    milliseconds,
    plain_name,
    shown,
)
from console.logs.model import Level, Value
from console.logs.parse_text import level_of_status
from console.logs.safe import safe
from console.masking import is_secret_name

MANY = 1000  # different texts of a field in one part of a log
EXACT = 2.0**53  # beyond it a float is not every integer
_TIMED = DURATION_NAMES.keys() | set(WITH_UNIT_NAMES)
_NOT_TOLD = frozenset(("time", "stack", "raw"))  # of a column as it is
_OF_STACK = frozenset(("error", "error_type"))  # a stack may tell them


@dataclass(frozen=True, slots=True)
class Column:
    """One field of all lines. Where `sure` is False, parsing may tell something else."""

    values: Any  # Arrow array
    convert: Callable[[Any], Value]  # one value as parsing would tell it
    sure: Flags
    missing: Value = None  # what is told where there is no value
    factor: float | None = None  # where numbers are told as they are, times this

    @property
    def various(self) -> bool:
        """Whether it is text that is another one in many lines."""
        if not pa.types.is_string(self.values.type) or self.missing is not None:
            return False
        return len(self.values.unique()) > MANY

    def like(self, parts: tuple[str, ...], *, contained: bool) -> Flags:
        """Lines whose text is, or holds, the parts with anything between them; nothing that parsing
        takes out is taken out."""
        pattern = ".*".join(map(re.escape, parts))
        if not contained:
            pattern = f"(?s)^{pattern}$"
        found = pc.match_substring_regex(pc.utf8_lower(self.values), pattern)
        return flags(found)

    def there(self) -> Flags:
        """Lines that tell something at all, where nothing is taken out by parsing."""
        found = _there(self.values)
        if pa.types.is_string(self.values.type):
            found &= flags(pc.not_equal(self.values, ""))
        return found

    def numbers(self) -> Floats | None:
        """The values as numbers, where all are; not a number where there is none."""
        kind = self.values.type
        if self.factor is None or not (pa.types.is_integer(kind) or pa.types.is_floating(kind)):
            return None
        return self.values.cast(pa.float64()).to_numpy(zero_copy_only=False) * self.factor

    def only(self, lines: Flags) -> "Column":
        """The same of some lines."""
        return replace(self, values=self.values.filter(pa.array(lines)), sure=self.sure[lines])

    def which(self, asked: Callable[[Value], bool]) -> Flags:
        """Lines whose value is asked for."""
        values = self.values
        if pa.types.is_null(values.type):
            return np.full(len(values), asked(self.missing))
        encoded = values.dictionary_encode()
        told = [asked(self.convert(one)) for one in encoded.dictionary.to_pylist()]
        places = encoded.indices.fill_null(len(told)).to_numpy(zero_copy_only=False)
        return np.array([*told, asked(self.missing)], np.bool_)[places]


@dataclass(frozen=True, slots=True)
class Columns:
    """Lines that were read together."""

    count: int
    arrays: tuple[tuple[str, Any], ...]  # by flat name, in order of appearance
    typed: frozenset[str] = frozenset()  # flat names of which Arrow made times
    by_status: bool = False  # whether the status tells the level, as in access logs

    def column(self, name: str) -> Column | None:
        """A field by the console's name; None where no column surely tells it."""
        if name in _NOT_TOLD:
            return None
        if name == "level" and self.by_status:
            return self._level_of_status()
        if name == "duration_ms":
            return self._duration()
        found = self.called(name)
        if any(not plain_type(array.type) or is_secret_name(key) for key, array in found):
            return None
        if any(key in self.typed or plain_name(key) in _TIMED for key, _ in found):
            return None
        if not found:
            column = Column(pa.nulls(self.count, pa.string()), str, every(self.count))
        else:
            column = self._best(found)
        if name == "level":
            return self._level(column, found)
        if name == "message":
            return _message(column)
        if name in _OF_STACK:
            return replace(column, sure=column.sure & self._without("stack"))
        return column

    def called(self, name: str) -> list[tuple[str, Any]]:
        """The columns that may be a field, the likeliest first."""
        found = [
            (key, array)
            for key, array in self.arrays
            if CANONICAL.get(plain_name(key), key) == name and safe(key) == key
        ]
        return sorted(found, key=lambda one: RANK.get(plain_name(one[0]), 0))

    def _best(self, found: list[tuple[str, Any]]) -> Column:
        """The likeliest; where only another one tells a value, it may have been given as null."""
        key, array = found[0]
        there, others = _there(array), np.zeros(self.count, np.bool_)
        equal = np.zeros(self.count, np.bool_)
        for other, second in found[1:]:
            others |= _there(second)
            if RANK.get(plain_name(other), 0) == RANK.get(plain_name(key), 0):
                equal |= _there(second)
        sure = (there & ~equal) | (~there & ~others)
        if pa.types.is_floating(array.type):
            numbers = np.nan_to_num(array.fill_null(0.0).to_numpy(zero_copy_only=False))
            sure &= np.abs(numbers) < EXACT
        return Column(array, lambda value: shown(key, value), sure, factor=1.0)

    def _duration(self) -> Column | None:
        found = [(key, array) for key, array in self.arrays if plain_name(key) in _TIMED]
        if not found:
            return Column(pa.nulls(self.count), float, every(self.count))
        if len(found) > 1 or not plain_type(found[0][1].type) or found[0][0] in self.typed:
            return None
        array, plain = found[0][1], plain_name(found[0][0])
        sure = every(self.count)
        factor = DURATION_NAMES.get(plain)
        return Column(array, lambda value: milliseconds(plain, value), sure, factor=factor)

    def _level_of_status(self) -> Column:
        status = self.called("status")[0][1]
        return Column(
            status,
            lambda value: level_of_status(value).value,
            every(self.count),
            missing=level_of_status(None).value,
        )

    def _level(self, column: Column, found: list[tuple[str, Any]]) -> Column:
        """A level that is known; without any, a stack would make the line an error."""
        key = found[0][0] if found else "level"

        def convert(value: object) -> Value:
            return level_of(value, key).value

        level = replace(column, convert=convert, missing=Level.UNKNOWN.value, factor=None)
        known = level.which(lambda value: value != Level.UNKNOWN.value)
        sure = column.sure & (known | (~_there(column.values) & self._without("stack")))
        return replace(level, sure=sure)

    def _without(self, name: str) -> Flags:
        sure = every(self.count)
        for _, array in self.called(name):
            sure &= ~_there(array)
        return sure


def is_asked(key: str, names: frozenset[str]) -> bool:
    """Whether the column of that flat name may matter for one of these fields."""
    plain = plain_name(key)
    name = CANONICAL.get(plain, key)
    return name in names or name == "stack" or (plain in _TIMED and "duration_ms" in names)


def _message(column: Column) -> Column:
    """A message that says something; one that is blank is told from the line as a whole."""
    if pa.types.is_string(column.values.type):
        told = flags(pc.not_equal(pc.utf8_trim_whitespace(column.values), ""))
    else:
        told = column.which(lambda value: value is not None and bool(str(value).strip()))
    return replace(column, sure=column.sure & told)


def _there(array: Any) -> Flags:
    return flags(array.is_valid())


def plain_type(kind: Any) -> bool:
    """Whether values are text, numbers, or true and false."""
    of = pa.types
    return (
        of.is_string(kind) or of.is_integer(kind) or of.is_floating(kind) or of.is_boolean(kind)
        or of.is_null(kind)
    )  # fmt: skip

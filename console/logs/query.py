"""What a query asks of a line, as a tree that a line is held against. Pure.

    level:error AND duration_ms:>500        status:5xx OR "no answer"
    service:(billing OR orders) -path:/health*      time:>-15m      item:*

Words ask for text anywhere in the line, whatever its case; `field:value` for the whole value, where
`*` stands for anything. `console/logs/query_text.py` reads the text of a query.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from console.logs.model import Level, Line, Value

CONTAINED = frozenset(("message", "stack", "error", "raw"))  # of these a part is enough
Operator = Literal["<", "<=", ">", ">="]
_ORDER = {level.value: place for place, level in enumerate(Level) if level != Level.UNKNOWN}


@dataclass(frozen=True, slots=True)
class Everything:
    """Every line: an empty query, or `*`."""

    def matches(self, line: Line) -> bool:
        """Always."""
        return True


@dataclass(frozen=True, slots=True)
class Text:
    """Text anywhere in the line; several parts in this order, where a `*` stood between them."""

    parts: tuple[str, ...]  # in lower case

    def matches(self, line: Line) -> bool:
        """Whether the message, the raw line or the stack holds it."""
        places = (line.message, line.raw, line.stack)
        return any(_holds(place.lower(), self.parts) for place in places if place)


@dataclass(frozen=True, slots=True)
class Match:
    """A field's value. `parts` are what stood between the `*`: one where there was none."""

    name: str
    parts: tuple[str, ...]  # in lower case

    def matches(self, line: Line) -> bool:
        """Whether the field has that value."""
        return self.accepts(value_of(line, self.name))

    def accepts(self, value: Value) -> bool:
        """Whether it is that value."""
        if value is None:
            return False
        text = _as_text(value).lower()
        if self.name in CONTAINED:
            return _holds(text, tuple(part for part in self.parts if part))
        return _is(text, self.parts)


@dataclass(frozen=True, slots=True)
class Exists:
    """A field that is there at all."""

    name: str

    def matches(self, line: Line) -> bool:
        """Whether the line has the field."""
        return self.accepts(value_of(line, self.name))

    def accepts(self, value: Value) -> bool:
        """Whether it is a value at all."""
        return value not in (None, "")


@dataclass(frozen=True, slots=True)
class Compare:
    """A number, a time or a level on one side of a limit. What is no number never matches."""

    name: str
    operator: Operator
    limit: float

    def matches(self, line: Line) -> bool:
        """Whether the field's number is on that side."""
        return self.accepts(value_of(line, self.name))

    def accepts(self, value: Value) -> bool:
        """Whether the number is on that side."""
        number = _number(value, self.name)
        if number is None:
            return False
        if self.operator == ">":
            return number > self.limit
        if self.operator == ">=":
            return number >= self.limit
        return number < self.limit if self.operator == "<" else number <= self.limit


@dataclass(frozen=True, slots=True)
class Not:
    """Lines that do not match."""

    inner: "Node"

    def matches(self, line: Line) -> bool:
        """Whether the inner one does not."""
        return not self.inner.matches(line)


@dataclass(frozen=True, slots=True)
class And:
    """All of several."""

    inner: tuple["Node", ...]

    def matches(self, line: Line) -> bool:
        """Whether all do."""
        return all(one.matches(line) for one in self.inner)


@dataclass(frozen=True, slots=True)
class Or:
    """One of several."""

    inner: tuple["Node", ...]

    def matches(self, line: Line) -> bool:
        """Whether one does."""
        return any(one.matches(line) for one in self.inner)


Node = Everything | Text | Match | Exists | Compare | Not | And | Or


def select(lines: Iterable[Line], query: Node) -> list[Line]:
    """The lines that match, in their order."""
    return [line for line in lines if query.matches(line)]


def value_of(line: Line, name: str) -> Value:
    """A field of a line by the console's name; None where there is none."""
    if name == "level":
        return line.level.value
    if name == "message":
        return line.message
    if name == "stack":
        return line.stack
    if name == "raw":
        return line.raw
    if name == "time":
        return line.time
    return line.fields.get(name)


def _number(value: Value, name: str) -> float | None:
    """A value as a number; of a level its rank."""
    if name == "level":
        return rank_of(str(value))
    if isinstance(value, bool) or value is None:
        return None
    try:
        return float(value)
    except ValueError:
        return None


def rank_of(level: str) -> float | None:
    """Levels in order, from trace; None for unknown."""
    return _ORDER.get(level)


def _as_text(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _holds(text: str, parts: tuple[str, ...]) -> bool:
    """Whether the parts stand in the text in this order; linear, whatever the parts are."""
    at = 0
    for part in parts:
        found = text.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    return True


def _is(text: str, parts: tuple[str, ...]) -> bool:
    """Whether the text is the parts with anything between them."""
    first, *middle = parts
    if not middle:
        return text == first
    *between, last = middle
    if not text.startswith(first) or not text.endswith(last):
        return False
    inner = text[len(first) : len(text) - len(last)]
    return len(text) >= len(first) + len(last) and _holds(inner, tuple(between))

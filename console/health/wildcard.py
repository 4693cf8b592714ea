"""The patterns of `pat(…)`: `*` is any text, `?` one character, `[a-z]` and `[^a-z]` one of a set;
a `\\` takes the next character as it is.

A pattern is cut at its `*` into pieces of a fixed width, and the pieces are looked for one after
the other, each at its first place. Nothing is ever tried twice, so a hostile text costs time in
proportion to its length, which a regular expression with several `.*` does not promise.
"""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Piece:
    """Text between two `*`. `expression` is `None` for plain text, which is found faster."""

    text: str
    width: int
    expression: re.Pattern[str] | None = None

    def at(self, text: str, place: int) -> bool:
        """Whether the piece is at that place."""
        if self.expression is None:
            return text.startswith(self.text, place)
        return self.expression.match(text, place) is not None

    def find(self, text: str, start: int, end: int) -> int:
        """The first place from `start` on where the piece fits before `end`, or -1."""
        if self.expression is None:
            return text.find(self.text, start, end)
        found = self.expression.search(text, start, end)
        return -1 if found is None else found.start()


@dataclass(frozen=True, slots=True)
class Wildcard:
    """A compiled pattern; see `compile_wildcard`."""

    pieces: tuple[Piece, ...]

    def matches(self, text: str) -> bool:
        """Whether the whole text fits the pattern."""
        first, last = self.pieces[0], self.pieces[-1]
        if len(self.pieces) == 1:
            return len(text) == first.width and first.at(text, 0)
        place, end = first.width, len(text) - last.width
        if place > end or not first.at(text, 0) or not last.at(text, end):
            return False
        for piece in self.pieces[1:-1]:
            found = piece.find(text, place, end)
            if found < 0:
                return False
            place = found + piece.width
        return True


def compile_wildcard(pattern: str) -> Wildcard:
    """Read a pattern. Raises ValueError(place in the pattern, why)."""
    pieces: list[Piece] = []
    plain, source, width, simple = "", "", 0, True
    place = 0
    while place < len(pattern):
        character = pattern[place]
        place += 1
        if character == "*":
            pieces.append(_piece(plain, source, width, simple))
            plain, source, width, simple = "", "", 0, True
            continue
        width += 1
        if character == "?":
            source, simple = f"{source}.", False
        elif character == "[":
            characters, place = _set(pattern, place)
            source, simple = source + characters, False
        else:
            if character == "\\":
                if place == len(pattern):
                    raise ValueError(place - 1, "a \\ with nothing after it")
                character = pattern[place]
                place += 1
            plain += character
            source += re.escape(character)
    pieces.append(_piece(plain, source, width, simple))
    return Wildcard(tuple(pieces))


def _piece(plain: str, source: str, width: int, simple: bool) -> Piece:
    return Piece(plain, width, None if simple else re.compile(source, re.DOTALL))


def _set(pattern: str, start: int) -> tuple[str, int]:
    """The set that begins behind its `[` at `start`, as a regular expression, and its end."""
    place = start
    negated = pattern[place : place + 1] == "^"
    place += negated
    items: list[str] = []
    while place < len(pattern) and (pattern[place] != "]" or not items):
        low, place = _member(pattern, place)
        high = low
        if pattern[place : place + 1] == "-" and pattern[place + 1 : place + 2] not in ("", "]"):
            high, place = _member(pattern, place + 1)
        if low > high:
            raise ValueError(place - 1, f"the range {low}-{high} is empty")
        items.append(f"{re.escape(low)}-{re.escape(high)}")
    if place >= len(pattern):
        raise ValueError(start - 1, "a [ without its ]")
    return f"[{'^' * negated}{''.join(items)}]", place + 1


def _member(pattern: str, place: int) -> tuple[str, int]:
    if pattern[place] == "\\" and place + 1 < len(pattern):
        place += 1
    return pattern[place], place + 1

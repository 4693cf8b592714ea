"""Reads a `.env` exactly as python-dotenv does, and keeps where everything stands. Pure.

A line that cannot be read is told with line and column, and the rest is read all the same. Every
step runs in linear time: what has been read is never given back.
"""

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from typing import NoReturn

from console.settings.model import Place

LIMIT = 5 * 1024 * 1024  # bytes of a file; a .env of 10,000 variables has a tenth
MOST_BINDINGS = 100_000  # lines that are read; ten times the 10,000 variables of a huge file
BOM = "\ufeff"

_NEWLINE = re.compile(r"\r\n|\n|\r")
_ANY_SPACE = re.compile(r"\s*+")
_SPACE = re.compile(r"[^\S\r\n]*+")
_EXPORT = re.compile(r"export[^\S\r\n]++")
_QUOTED_KEY = re.compile(r"'([^']++)'")
_KEY = re.compile(r"[^=#\s]++")
_QUOTED = {
    "'": re.compile(r"'([^'\\]*+(?:\\.[^'\\]*+)*+)'", re.DOTALL),
    '"': re.compile(r'"([^"\\]*+(?:\\.[^"\\]*+)*+)"', re.DOTALL),
}
_ESCAPED = {"'": re.compile(r"\\([\\'])"), '"': re.compile(r"\\([\\'\"abfnrtv])")}
_ESCAPES = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_LINE = re.compile(r"[^\r\n]*+")
_COMMENT = re.compile(r"[^\S\r\n]*+#[^\r\n]*+")
_END = re.compile(r"[^\S\r\n]*+(?:\r\n|\n|\r|\Z)")
_REST = re.compile(r"[^\r\n]*+(?:\r|\n)?")
_COMMENT_BEGINS = re.compile(r"(?<=\s)#")


@dataclass(frozen=True, slots=True)
class Binding:
    """One line of a `.env`, or several where a quoted value spans them."""

    key: str | None  # None: a comment, the end of the file, or an error
    value: str | None = field(repr=False)  # None: no `=`
    place: Place  # of the key, or of what cannot be read
    problem: str = ""  # why it cannot be read; never quotes the line
    exported: bool = False
    quote: str = ""
    spaced: bool = False  # white space around the equals sign
    value_place: Place | None = None
    raw_value: str = field(default="", repr=False)  # as it is written, quotes and escapes included


class Lines:
    """Finds line and column of an offset."""

    def __init__(self, text: str) -> None:
        self._starts = [0, *(match.end() for match in _NEWLINE.finditer(text))]

    def place(self, offset: int) -> Place:
        """Line and column, counted from 1."""
        line = bisect_right(self._starts, offset)
        return Place(line, offset - self._starts[line - 1] + 1)


class _UnreadableError(Exception):
    """A binding cannot be read; `at` is the offset of what is wrong."""

    def __init__(self, problem: str, at: int) -> None:
        super().__init__(problem)
        self.problem, self.at = problem, at


def parse(text: str) -> list[Binding]:
    """Every binding, comment and unreadable line, in order; after MOST_BINDINGS one problem."""
    text = text.removeprefix(BOM)
    return _Parser(text).bindings()


def values(bindings: list[Binding]) -> dict[str, str]:
    """The variables as they are written; of a key that occurs twice the last."""
    last = {one.key: one.value for one in bindings if one.key is not None}
    return {key: value for key, value in last.items() if value is not None}


class _Parser:
    def __init__(self, text: str) -> None:
        self.text, self.at, self.lines = text, 0, Lines(text)

    def bindings(self) -> list[Binding]:
        found: list[Binding] = []
        while self.at < len(self.text):
            if len(found) == MOST_BINDINGS:
                problem = f"only the first {MOST_BINDINGS:,} lines are read"
                return [*found, Binding(None, None, self.lines.place(self.at), problem)]
            try:
                found.append(self._binding())
            except _UnreadableError as error:
                found.append(Binding(None, None, self.lines.place(error.at), error.problem))
                self._skip(_REST)
        return found

    def _binding(self) -> Binding:
        self._skip(_ANY_SPACE)
        begins = self.at
        if begins >= len(self.text):
            return Binding(None, None, self.lines.place(begins))
        exported = self._skip(_EXPORT)
        place = self.lines.place(self.at)
        key = self._key()
        before = self._skip(_SPACE)
        if not self._peek("="):
            self._end("there is no = after the name" if key is not None else "")
            return Binding(key, None, place, exported=exported)
        self.at += 1
        after = self._skip(_SPACE)
        value_at, quote = self.at, ""
        if after and self._peek("#"):
            value = ""
        elif self.text[self.at : self.at + 1] in _QUOTED:
            quote = self.text[self.at]
            value = self._quoted(quote)
        else:
            value = self._unquoted()
        raw = self.text[value_at : self.at]
        self._end("there is something after the closing quote")
        return Binding(
            key,
            value,
            place,
            exported=exported,
            quote=quote,
            spaced=before or after,
            value_place=self.lines.place(value_at),
            raw_value=raw,
        )

    def _key(self) -> str | None:
        if self._peek("#"):
            return None
        if self._peek("'"):
            quoted = _QUOTED_KEY.match(self.text, self.at)
            if quoted is None:
                self._fail("the quote of the name is not closed", self.at)
            self.at = quoted.end()
            return quoted[1]
        match = _KEY.match(self.text, self.at)
        if match is None:
            self._fail("there is no name before the =", self.at)
        self.at = match.end()
        return match[0]

    def _quoted(self, quote: str) -> str:
        match = _QUOTED[quote].match(self.text, self.at)
        if match is None:
            self._fail("the quote is not closed", self.at)
        self.at = match.end()
        return _ESCAPED[quote].sub(lambda one: _ESCAPES.get(one[1], one[1]), match[1])

    def _unquoted(self) -> str:
        match = _LINE.match(self.text, self.at)
        line = match[0] if match else ""
        self.at += len(line)
        comment = _COMMENT_BEGINS.search(line)
        return (line[: comment.start()] if comment else line).rstrip()

    def _end(self, problem: str) -> None:
        self._skip(_COMMENT)
        if not self._skip(_END) and self.at < len(self.text):
            self._skip(_SPACE)
            self._fail(problem, self.at)

    def _peek(self, character: str) -> bool:
        return self.text.startswith(character, self.at)

    def _skip(self, pattern: re.Pattern[str]) -> bool:
        """Whether anything was skipped."""
        match = pattern.match(self.text, self.at)
        begins = self.at
        self.at = match.end() if match else begins
        return self.at > begins

    def _fail(self, problem: str, at: int) -> NoReturn:
        raise _UnreadableError(problem, at)

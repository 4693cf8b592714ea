"""One log line, whatever it was written in. Plain data; every text in it is safe to show."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

Value = str | int | float | bool | None


class Level(StrEnum):
    """How serious a line is. `UNKNOWN` is what tells none: it is neither an error nor fine."""

    TRACE = "trace"
    DEBUG = "debug"
    INFO = "info"
    WARN = "warn"
    ERROR = "error"
    FATAL = "fatal"
    UNKNOWN = "unknown"


ERRORS = frozenset((Level.ERROR, Level.FATAL))


class Format(StrEnum):
    """What a line was written in."""

    JSON = "JSON"
    LOGFMT = "logfmt"
    ACCESS = "access log"
    TEXT = "text"
    BINARY = "binary"


class Flaw(StrEnum):
    """What was wrong with a line; it is shown all the same."""

    BROKEN_JSON = "begins like JSON and is none"
    CUT = "too long, the end is left out"
    BINARY = "binary data"
    ENCODING = "not UTF-8"
    NO_ZONE = "its time has no zone"
    NO_YEAR = "its time has no year"
    FUTURE = "its time is in the future"
    BAD_TIME = "its time could not be read"
    MANY_FIELDS = "more fields than are kept"


@dataclass(frozen=True, slots=True)
class Line:
    """One entry of a log, with the lines that continue it."""

    number: int  # where it begins in its source, from 1
    time: float | None  # Unix seconds; None where it tells none
    level: Level
    message: str
    fields: Mapping[str, Value] = field(default_factory=dict[str, Value])  # by the console's names
    raw: str = ""
    stack: str = ""  # a stack trace, or whatever else continues the line
    format: Format = Format.TEXT
    flaws: frozenset[Flaw] = frozenset()

    @property
    def subject(self) -> str:
        """What lines are grouped by: the message, and the error that its stack or fields tell."""
        kind, error = self.fields.get("error_type"), self.fields.get("error")
        told = f"{kind}: {error}" if kind and error else str(error or kind or "")
        return f"{self.message} | {told}" if told and told not in self.message else self.message

    def text(self, name: str) -> str:
        """A field as text; empty where there is none."""
        value = self.fields.get(name)
        return "" if value is None else str(value)


@dataclass(frozen=True, slots=True)
class Page:
    """Lines that a source gave, oldest first."""

    lines: tuple[Line, ...] = ()
    older: str = ""  # where the page before this one ends; empty: there is none
    newer: str = ""  # where the page after this one begins
    problem: str = ""  # why nothing could be read, or not all, one sentence

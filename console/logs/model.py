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


class Trend(StrEnum):
    """The last quarter of a window beside the rest of it."""

    RISING = "rising"
    STEADY = "steady"
    FALLING = "falling"
    TOO_FEW = "too few to tell"


class Kind(StrEnum):
    """What was decided about a pattern."""

    MUTE = "mute"
    RESOLVE = "resolve"
    REOPEN = "reopen"  # the decision before is taken back


class State(StrEnum):
    """Where a pattern stands."""

    OPEN = "open"
    MUTED = "muted"
    RESOLVED = "resolved"
    REGRESSED = "regressed"  # muted or resolved, and back


@dataclass(frozen=True, slots=True)
class Decision:
    """Somebody's word about a pattern. `until` ends a mute."""

    pattern: str  # `Pattern.key`
    kind: Kind
    reason: str
    by: str
    at: float  # Unix seconds
    until: float | None = None


@dataclass(frozen=True, slots=True)
class Names:
    """Different values of one field."""

    number: int
    some: tuple[str, ...]  # in order of first appearance


class Explained(StrEnum):
    """How well the fields tell where the errors are."""

    ONE_AREA = "one area"
    FEW_AREAS = "a few areas"
    SPREAD = "spread over everything"
    TOO_FEW = "too few errors"
    NO_FIELDS = "the lines tell too little"


@dataclass(frozen=True, slots=True)
class Cause:
    """A value that errors have more often than other lines have."""

    names: tuple[str, ...]  # fields; several, where they always go together
    values: tuple[str, ...]
    support: int  # errors that have it
    share: float  # of all errors
    share_of_others: float
    lift: float  # smoothed, so that a value no other line has is not infinitely likelier
    chi_square: float


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What explains the errors."""

    explained: Explained
    causes: tuple[Cause, ...]  # the most telling first
    areas: int  # causes that together have most of the errors
    errors: int
    others: int
    named: float  # share of the errors that tell a phase, an API or a request id
    span: float | None = None  # seconds before now that the errors are of; None: of all lines
    kind: str = ""  # the template of the most frequent kind of error among them
    kind_share: float = 0.0  # of the errors, that are of it


@dataclass(frozen=True, slots=True)
class Seen:
    """What is remembered of a pattern beyond the lines that are kept. Times are Unix seconds."""

    first: float
    last: float
    returned: float | None = None  # when it last came back after a day without a line


@dataclass(frozen=True, slots=True)
class PatternReading:
    """One kind of error among the lines that are kept, as pages, checklist and alerts see it."""

    id: str  # stable, also between versions of the service: for links and for alerts
    key: str  # what a decision is made about
    template: str  # for people: `Failed password for <word> from <address>`
    count: int  # lines among those that are kept
    first: float | None  # seen at all, Unix seconds; None where no line tells a time
    last: float | None
    bars: tuple[int, ...]  # lines in each equal part of the window
    trend: Trend
    new: bool | None  # since the last deployment; None: cannot be told
    instances: Names
    items: Names
    customers: Names
    message: str  # of the example, as it was written, masked
    stack: str = ""  # of the example
    why: tuple[str, ...] = ()  # these lines were put together, sentences
    state: State = State.OPEN
    decision: Decision | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """Where lines come from, and why they do not, one sentence."""

    name: str  # `kit` or `Loki`
    problem: str = ""


@dataclass(frozen=True, slots=True)
class LogsReading:
    """What the collector read of a service's log: the document `logs` in the store."""

    at: float  # Unix seconds
    sources: tuple[Source, ...] = ()  # empty: no log is known
    since: float | None = None  # of the oldest line that is kept; None where there is no line
    last: float | None = None  # of the newest
    silent: bool | None = None  # longer without a line than usual; None: not known
    usual_gap: float | None = None  # seconds; the usual longest time between two lines
    lines: int = 0  # that are kept
    levels: Mapping[str, int] = field(default_factory=dict[str, int])  # of those, by level
    commit: str = ""  # of the newest deployment
    deployed: float | None = None  # when it was first seen, Unix seconds
    earlier: tuple[str, ...] = ()  # commits that ran before, the newest first
    patterns: tuple[PatternReading, ...] = ()  # back or new first, then by count; muted last
    left_out: int = 0  # patterns beyond those that are listed
    diagnosis: Diagnosis | None = None
    seen: Mapping[str, Seen] = field(default_factory=dict[str, Seen])  # by the pattern's key
    known_since: float | None = None  # from when on lines are known, whether or not they are kept
    marks: Mapping[str, str] = field(default_factory=dict[str, str])  # how far each source was read
    chunks: tuple[int, int] = (1, 0)  # the first and the last portion of lines in the store
    cut: bool = False  # whether older lines were let go of: there were more than are counted

    @property
    def problem(self) -> str:
        """Why nothing, or not everything, could be read; empty where all is well."""
        return " ".join(one.problem for one in self.sources if one.problem)

    @property
    def errors(self) -> int:
        """Lines that are errors, among those that are kept."""
        return sum(self.levels.get(level, 0) for level in ERRORS)

    @property
    def open(self) -> tuple[PatternReading, ...]:
        """Patterns that nobody muted or resolved, or that came back since."""
        return tuple(one for one in self.patterns if one.state in (State.OPEN, State.REGRESSED))

"""What a setting is, what may be wrong with one, and what is told of it. Pure.

No type here holds a value of a setting except `Given`, whose repr hides them. What is told of a
value elsewhere is its length class, its character classes and a keyed fingerprint.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

ENTROPY = 3.0  # bits a character: detect-secrets' default for hexadecimal, and half of base64's 6


class Group(StrEnum):
    """The four groups of settings, in the order in which a page shows them."""

    REQUIRED = "required"
    OPTIONAL = "optional"
    TESTING = "testing"
    TIMEOUT = "timeout"


class Kind(StrEnum):
    """What a value has to be."""

    STRING = "string"
    INT = "int"
    FLOAT = "float"
    BOOL = "bool"
    URL = "url"
    DURATION = "duration"
    PORT = "port"
    EMAIL = "email"
    JSON = "json"
    CHOICE = "choice"
    REGEX = "regex"


class Severity(StrEnum):
    """How bad a finding is; the worst first."""

    ERROR = "error"  # the service does not start, or does the wrong thing
    WARN = "warn"  # it may do the wrong thing
    NOTE = "note"  # tidiness


class Rule(StrEnum):
    """Everything that is looked for, in the order in which it should be mended."""

    SPECIFICATION = "specification"  # the specification itself cannot be followed
    FILE = "file"  # too large, not text, NUL
    SYNTAX = "syntax"  # a line of a .env that cannot be read
    MISSING = "missing"
    BLANK = "blank"
    PLACEHOLDER = "placeholder"
    TYPE = "type"
    CHOICE = "choice"
    PATTERN = "pattern"
    RANGE = "range"
    LENGTH = "length"
    REQUIRED_WHEN = "required-when"
    BOTH_OR_NEITHER = "both-or-neither"
    ONE_OF = "one-of"
    NOT_TOGETHER = "not-together"
    ASCENDING = "ascending"
    TESTING_ON = "testing-on"
    TIME_OUTS = "time-outs"  # limits that do not fit into each other; the rule is in its text
    DIFFERS = "differs"  # between instances
    NOT_DEPLOYED = "not-deployed"  # the platform has it otherwise than the running process
    ENTROPY = "entropy"
    UNIT = "unit"
    WHITE_SPACE = "white-space"
    LOOP = "loop"  # ${A} that refers to itself
    UNRESOLVED = "unresolved"  # ${A} that is nowhere
    MISSPELT = "misspelt"
    UNKNOWN = "unknown"
    # The checks of dotenv-linter; its schema violation is every rule above.
    DUPLICATED_KEY = "duplicated-key"
    INCORRECT_DELIMITER = "incorrect-delimiter"
    KEY_WITHOUT_VALUE = "key-without-value"
    LEADING_CHARACTER = "leading-character"
    LOWERCASE_KEY = "lowercase-key"
    QUOTE_CHARACTER = "quote-character"
    SPACE_CHARACTER = "space-character"
    SUBSTITUTION_KEY = "substitution-key"
    TRAILING_WHITESPACE = "trailing-whitespace"
    UNORDERED_KEY = "unordered-key"
    VALUE_WITHOUT_QUOTES = "value-without-quotes"
    EXTRA_BLANK_LINE = "extra-blank-line"
    ENDING_BLANK_LINE = "ending-blank-line"


_ORDER = {rule: rank for rank, rule in enumerate(Rule)}
_SEVERITY = {severity: rank for rank, severity in enumerate(Severity)}


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a text, counted from 1."""

    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, and what to do about it. No text holds a value."""

    rule: Rule
    severity: Severity
    name: str  # of the variable; empty where it is about the whole
    text: str
    next: str = ""
    place: Place | None = None
    also: tuple[str, ...] = ()  # further variables that it is about
    only: tuple[str, ...] = ()  # the instances that it is about; empty: all that report


@dataclass(frozen=True, slots=True)
class Variable:
    """One setting as the specification has it. Numbers have the unit of their variable."""

    name: str
    group: Group = Group.OPTIONAL
    kind: Kind = Kind.STRING
    meaning: str = ""
    next: str = ""  # what to do when it is wrong
    secret: bool = False
    default: str | None = None  # as it would be written; None: not set
    example: str = ""
    least: float | None = None  # durations: seconds
    most: float | None = None
    least_length: int | None = None  # characters
    most_length: int | None = None
    choices: tuple[str, ...] = ()
    pattern: str = ""  # of the whole value
    schemes: tuple[str, ...] = ()  # of a URL
    entropy: float = ENTROPY  # of a secret, bits a character at least
    required_when: tuple[tuple[str, str], ...] = ()  # all of name = value hold; `*`: is set
    live: str = ""  # how it can be tried: http, redis, bearer, run (the kit's token), never
    live_url: str = ""  # where a token is tried; may name variables as ${NAME}
    live_reason: str = ""  # why it must never be tried


class Relation(StrEnum):
    """What several variables have to do with each other."""

    BOTH = "both"
    ONE_OF = "one_of"
    NOT_TOGETHER = "not_together"
    ASCENDING = "ascending"


@dataclass(frozen=True, slots=True)
class Related:
    """A rule over several variables."""

    relation: Relation
    names: tuple[str, ...]
    why: str = ""


@dataclass(frozen=True, slots=True)
class Spec:
    """Every variable that a service reads."""

    title: str = ""
    variables: Mapping[str, Variable] = field(default_factory=dict[str, Variable])
    relations: tuple[Related, ...] = ()
    ignore: tuple[str, ...] = ()  # names, or beginnings that end with *, that are nobody's business
    partial: bool = False  # made of what instances report: no types, no defaults
    # Where a variable (`NAME`) and its fields (`NAME.min`) stand in the file of the specification.
    places: Mapping[str, Place] = field(default_factory=dict[str, Place], repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Given:
    """The variables of one source, with their values."""

    source: str  # what a person calls it
    values: Mapping[str, str] = field(repr=False)
    places: Mapping[str, Place] = field(default_factory=dict[str, Place], repr=False)
    whole: bool = True  # nothing else is in there: an unknown name is worth a word


def in_order(findings: list[Finding]) -> list[Finding]:
    """What to mend first, first."""
    return sorted(
        findings,
        key=lambda one: (
            _SEVERITY[one.severity],
            _ORDER[one.rule],
            (one.place.line, one.place.column) if one.place else (0, 0),
            one.name,
        ),
    )

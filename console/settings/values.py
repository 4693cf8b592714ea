"""Whether a value is of its kind. Pure.

Every answer is a phrase that follows the variable's name ("is not a whole number"). None quotes the
value: what was written into the wrong variable may be a secret.
"""

import json
import math
import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import StringConstraints, TypeAdapter, ValidationError
from pydantic_core import SchemaError

from console.health.check import seconds
from console.settings.model import Kind, Variable

TRUE = frozenset({"true", "1", "yes", "on", "t", "y"})  # what pydantic reads as such
FALSE = frozenset({"false", "0", "no", "off", "f", "n"})
LONGEST_VALUE = (
    128 * 1024
)  # characters: Linux' limit for one string of an environment (MAX_ARG_STRLEN)
LONGEST_PATTERN = 1000  # characters
_INT = re.compile(r"[+-]?[0-9]{1,400}")
_FLOAT = re.compile(
    r"[+-]?(?:[0-9]{1,400}(?:\.[0-9]{0,400})?|\.[0-9]{1,400})(?:[eE][+-]?[0-9]{1,4})?"
)
_EMAIL = re.compile(r"[^@\s,;<>\"]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,63}")
_BARE = re.compile(r"[0-9]+(?:\.[0-9]+)?")
WEB = ("https", "http")


class PatternError(ValueError):
    """A pattern that cannot be used."""


def problem(variable: Variable, text: str) -> str:
    """Why the text is not of the variable's kind, or nothing."""
    if len(text) > LONGEST_VALUE:
        return f"is longer than {LONGEST_VALUE:,} characters: no environment takes it"
    match variable.kind:
        case Kind.INT:
            return "" if _INT.fullmatch(text) else "is not a whole number"
        case Kind.FLOAT:
            finite = _FLOAT.fullmatch(text) and math.isfinite(float(text))
            return "" if finite else "is not a number"
        case Kind.BOOL:
            return "" if text.lower() in TRUE | FALSE else "is neither true nor false"
        case Kind.PORT:
            port = int(text) if re.fullmatch(r"[0-9]{1,5}", text) else 0
            return "" if 1 <= port <= 65535 else "is not a port (1 to 65535)"
        case Kind.URL:
            return _url_problem(text, variable.schemes or WEB)
        case Kind.DURATION:
            return _duration_problem(text)
        case Kind.EMAIL:
            return "" if _EMAIL.fullmatch(text) else "is not an e-mail address"
        case Kind.JSON:
            return _json_problem(text)
        case Kind.REGEX:
            return _readable(text)
        case Kind.STRING | Kind.CHOICE:
            return ""


def number(variable: Variable, text: str) -> float | None:
    """The value as a number (durations in seconds); None where it is none."""
    if variable.kind not in (Kind.INT, Kind.FLOAT, Kind.PORT, Kind.DURATION):
        return None
    if problem(variable, text):
        return None
    return seconds(text) if variable.kind is Kind.DURATION else float(text)


def truth(text: str) -> bool | None:
    """A boolean, or None."""
    word = text.strip().lower()
    return True if word in TRUE else False if word in FALSE else None


def same(variable: Variable, one: str, other: str) -> bool:
    """Whether two texts mean the same to the service: `false` and `0`, `60` and `60.0`."""
    if variable.kind is Kind.BOOL and truth(one) is not None:
        return truth(one) == truth(other)
    left, right = number(variable, one), number(variable, other)
    return one.strip() == other.strip() if left is None or right is None else left == right


def matches(pattern: str, text: str) -> bool:
    """Whether the whole text fits the pattern. Raises PatternError.

    The engine is the `regex` crate inside of pydantic: linear time whatever the pattern is, no
    look-around and no back-references. It needs no further dependency, cannot hang a thread that
    nothing could interrupt, and is what checks `Field(pattern=…)` in the service itself.
    """
    try:
        _matcher(pattern).validate_python(text)
    except ValidationError:
        return False
    return True


def pattern_problem(pattern: str) -> str:
    """Why a pattern cannot be used, or nothing."""
    try:
        _matcher(pattern)
    except PatternError as error:
        return str(error)
    return ""


def _matcher(pattern: str) -> TypeAdapter[str]:
    if said := _readable(pattern):
        raise PatternError(said)
    try:
        return TypeAdapter(Annotated[str, StringConstraints(pattern=rf"^(?:{pattern})\z")])
    except SchemaError:
        raise PatternError(
            "is a regular expression that cannot be checked in linear time (look-around, "
            "back-reference, or far too large)"
        ) from None


def _readable(pattern: str) -> str:
    """Why Python cannot read a pattern. It is compiled and never run."""
    if len(pattern) > LONGEST_PATTERN:
        return f"is a pattern of more than {LONGEST_PATTERN:,} characters"
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError):
        return "is not a regular expression"
    return ""


def _url_problem(text: str, schemes: tuple[str, ...]) -> str:
    wanted = " or ".join(f"{scheme}://" for scheme in schemes)
    try:
        parts = urlsplit(text)
        _ = parts.port  # raises for one that is none
    except ValueError:
        return "is not a URL (its host or port cannot be read)"
    if parts.scheme not in schemes:
        return f"does not begin with {wanted}"
    if re.search(r"\s", text):
        return "is not a URL: there is white space in it"
    return "" if parts.hostname or parts.scheme == "unix" else "is not a URL: it has no host"


def _duration_problem(text: str) -> str:
    if _BARE.fullmatch(text) and float(text):
        return "has no unit; write 30s, 500ms, 5m or 2h"
    try:
        long = math.isfinite(seconds(text[:100])) and len(text) <= 100
    except ValueError:
        long = False
    return "" if long else "is not a duration; write 30s, 500ms, 5m or 2h"


def _json_problem(text: str) -> str:
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        return f"is not JSON (line {error.lineno}, column {error.colno})"
    except (RecursionError, ValueError):
        return "is JSON that is nested too deeply, or holds too long a number"
    return ""

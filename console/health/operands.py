"""The sides of a condition: placeholders, values, patterns; and how they are read."""

import difflib
import re
from dataclasses import dataclass, field
from typing import Literal, cast

from console.errors import ConditionError
from console.health.wildcard import Wildcard, compile_wildcard

PLACEHOLDERS = ("STATUS", "RESPONSE_TIME", "BODY", "CONNECTED", "IP", "CERTIFICATE_EXPIRATION")
ELSEWHERE = ("DOMAIN_EXPIRATION", "DNS_RCODE", "CONTEXT")  # Gatus has them, this console does not
NUMBER_LENGTH = 60  # characters; what is longer is text, not a number
_MILLISECONDS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}

_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?", re.IGNORECASE | re.ASCII)
_BASED = re.compile(r"[+-]?0(?:x[0-9a-f]+|o[0-7]+|b[01]+)", re.IGNORECASE)
_DURATION = re.compile(r"(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+", re.ASCII)
_AMOUNT = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)", re.ASCII)
_PLACEHOLDER = re.compile(r"\[([A-Za-z_]+)\]")
_KEY = re.compile(r"\.([^.\[]+)")
_INDEX = re.compile(r"\[(\d{1,9})\]", re.ASCII)
_QUOTED_KEY = re.compile(r'\["([^"]+)"\]')
_OPTION = re.compile(r"""\s*("[^"]*"|'[^']*'|[^,]*)\s*(?:,|$)""")

Function = Literal["", "len", "has"]


@dataclass(frozen=True, slots=True)
class Placeholder:
    """Something of the answer: `[STATUS]`, `len([BODY].items)`."""

    source: str  # as written
    name: str  # one of PLACEHOLDERS
    path: tuple[str | int, ...] = ()  # keys and indexes below [BODY]
    function: Function = ""


@dataclass(frozen=True, slots=True)
class Value:
    """A fixed value."""

    source: str  # as written
    text: str  # without quotes
    quoted: bool
    number: float | None  # where it is one
    amount: float | None  # the same, or a duration in milliseconds


@dataclass(frozen=True, slots=True)
class Pattern:
    """`pat(…)`."""

    source: str
    wildcard: Wildcard = field(repr=False)


@dataclass(frozen=True, slots=True)
class Options:
    """`any(…)`."""

    source: str
    values: tuple[Value, ...]


Operand = Placeholder | Value | Pattern | Options


def number(text: str) -> float | None:
    """The text as a number (`12`, `-3.5`, `1e3`, `0x1F`), or `None`."""
    if len(text) > NUMBER_LENGTH:
        return None
    if _NUMBER.fullmatch(text):
        return int(text) if text.lstrip("+-").isdigit() else float(text)
    return int(text, 0) if _BASED.fullmatch(text) else None


def amount(text: str) -> float | None:
    """The text as a number, or as a duration (`48h`, `1h30m`, `250ms`) in milliseconds."""
    if len(text) <= NUMBER_LENGTH and _DURATION.fullmatch(text):
        return sum(float(count) * _MILLISECONDS[unit] for count, unit in _AMOUNT.findall(text))
    return number(text)


def read_operand(condition: str, start: int, text: str) -> Operand:
    """Read one side, which begins at `start` of the condition. Raises ConditionError."""
    for name in ("pat", "any", "len", "has"):
        if text.startswith(f"{name}("):
            if not text.endswith(")"):
                raise ConditionError(
                    condition, start + len(text) + 1, f"the ) of {name}( is missing"
                )
            inner, place = text[4:-1], start + 4
            if name == "pat":
                return Pattern(text, _wildcard(condition, place, inner))
            if name == "any":
                return _options(condition, place, text, inner)
            return _function(condition, place, text, cast("Function", name))
    return _placeholder(condition, start, text) or _value(text)


def _wildcard(condition: str, start: int, pattern: str) -> Wildcard:
    try:
        return compile_wildcard(pattern)
    except ValueError as error:
        place, why = cast("tuple[int, str]", error.args)
        raise ConditionError(condition, start + place + 1, f"the pattern has {why}") from None


def _options(condition: str, start: int, source: str, inner: str) -> Options:
    found: list[str] = []
    place = 0
    while place <= len(inner) and (match := _OPTION.match(inner, place)):
        found.append(match[1].strip())
        if match.end() == len(inner) and not match[0].endswith(","):
            break
        place = match.end()
    if "" in found or not found:
        raise ConditionError(condition, start + 1, "any( ) needs values between its commas")
    return Options(source, tuple(_value(text) for text in found))


def _function(condition: str, start: int, source: str, function: Function) -> Placeholder:
    inner = source[4:-1]
    stripped = inner.strip()
    place = start + inner.find(stripped) if stripped else start
    of = _placeholder(condition, place, stripped)
    if of is None:
        why = f"{function}( ) is of a placeholder, such as {function}([BODY].items)"
        raise ConditionError(condition, place + 1, why)
    return Placeholder(source, of.name, of.path, function)


def _placeholder(condition: str, start: int, text: str) -> Placeholder | None:
    match = _PLACEHOLDER.match(text)
    if match is None:
        return None
    name, rest = match[1].upper(), text[match.end() :]
    if name in ELSEWHERE:
        raise ConditionError(condition, start + 1, f"[{name}] is not offered by this console")
    if name not in PLACEHOLDERS:
        near = difflib.get_close_matches(name, PLACEHOLDERS, 1)
        hint = f"did you mean [{near[0]}]?" if near else 'a text in brackets needs quotes: "[…]"'
        raise ConditionError(condition, start + 1, f"[{match[1]}] is not known; {hint}")
    if rest and name != "BODY":
        place = start + match.end() + 1
        raise ConditionError(condition, place, f"only [BODY] has places in it, not [{name}]")
    return Placeholder(text, name, _path(condition, start + match.end(), rest))


def _path(condition: str, start: int, text: str) -> tuple[str | int, ...]:
    path: list[str | int] = []
    place = 0
    while place < len(text):
        if index := _INDEX.match(text, place):
            path.append(int(index[1]))
        elif match := _KEY.match(text, place) or _QUOTED_KEY.match(text, place):
            path.append(match[1].strip())
            index = match
        else:
            why = 'a place in the body is written .name, [0] or ["a.b"]'
            raise ConditionError(condition, start + place + 1, why)
        place = index.end()
    return tuple(path)


def _value(text: str) -> Value:
    quoted = len(text) >= 2 and text[0] == text[-1] and text[0] in "\"'`"
    inner = text[1:-1] if quoted else text
    return Value(text, inner, quoted, None if quoted else number(text), amount(inner))

"""Conditions on an answer, in the syntax of Gatus: `[STATUS] == 200`, `[BODY].items[0].id > 3`.

A condition is two sides with a comparison between them and spaces around it:

    [STATUS] [RESPONSE_TIME] (ms) [BODY] [CONNECTED] [IP] [CERTIFICATE_EXPIRATION]
    [BODY].a.b[0]   [BODY][0].id   [BODY]["a.b"]     a place in a JSON body
    len(…)   has(…)                                 of a placeholder
    pat(john*)   any(200, 204)                      with == and != only
    200   3.5   0x1F   48h   1h30m   500ms   john   "john"      values; quotes are optional

It differs from Gatus where that would let something pass by accident: a value that is missing or no
number fails < <= > >= (Gatus takes it for 0), numbers keep their fraction, a body that is not JSON
fails whatever asks for a place in it, and what can never hold (no placeholder, an unknown one,
`< potato`) is an error at start. A missing value equals `null` and nothing else. `[BODY]["a.b"]`
and the unit `d` are additions.
"""

import json
import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import Any, cast

from console.errors import ConditionError
from console.health.answer import NOT_JSON, Answer
from console.health.model import Part, Status
from console.health.operands import (
    Operand,
    Options,
    Pattern,
    Placeholder,
    Value,
    amount,
    number,
    read_operand,
)
from console.masking import MASK, is_secret_name, one_line

SHOWN = 60  # characters of a value in the detail of a part
HOUR = 3600.0  # seconds

_OPERATOR = re.compile(r"(?<!\S)(==|!=|<=|>=|<|>)(?!\S)")
_CROWDED = re.compile(r"==|!=|<=|>=|<|>|=")
_ORDER: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class Absent(Enum):
    """Why there is no value; shown as such."""

    MISSING = "missing"  # the JSON body has no such place
    NOT_JSON = "not a JSON body"
    CUT = "a body longer than 1 MiB, the most that is read"
    NOT_KNOWN = "not known"  # this answer has none, such as the status of a TCP check


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition, read."""

    text: str
    left: Operand
    comparison: str  # == != < <= > >=
    right: Operand

    @property
    def placeholders(self) -> frozenset[str]:
        """What of the answer it asks for, such as `CONNECTED`."""
        sides = (self.left, self.right)
        return frozenset(side.name for side in sides if isinstance(side, Placeholder))


@lru_cache(maxsize=4096)  # a probe reads its conditions again every time
def parse(text: str) -> Condition:
    """Read a condition. Raises ConditionError with the column of what is wrong."""
    at = _find_operator(text)
    left = _side(text, 0, at.start())
    right = _side(text, at.end(), len(text))
    condition = Condition(text, left, at[1], right)
    _check(condition, at.start())
    return condition


def evaluate(condition: Condition, answer: Answer) -> Part:
    """Whether the condition holds for the answer, with the values it compared. Never raises."""
    left, right = _resolve(condition.left, answer), _resolve(condition.right, answer)
    holds = _holds(condition, left, right)
    detail = " ".join(
        (_shown(condition.left, left), condition.comparison, _shown(condition.right, right))
    )
    return Part(condition.text, Status.PASS if holds else Status.FAIL, detail)


def _find_operator(text: str) -> re.Match[str]:
    for match in _OPERATOR.finditer(text):
        left = text[: match.start()].strip()
        inside_function = left.startswith(("pat(", "any(")) and not left.endswith(")")
        inside_quotes = not left.startswith("pat(") and left.count('"') % 2
        if not inside_function and not inside_quotes:
            return match
    crowded = _CROWDED.search(text)
    if crowded is None:
        raise ConditionError(text, len(text) + 1, "a comparison is missing (== != < <= > >=)")
    if crowded[0] == "=":
        raise ConditionError(text, crowded.start() + 1, "= is no comparison; write ==")
    raise ConditionError(text, crowded.start() + 1, f"{crowded[0]} needs a space on both sides")


def _side(text: str, start: int, end: int) -> Operand:
    side = text[start:end]
    stripped = side.strip()
    if not stripped:
        raise ConditionError(text, end + 1, "there is nothing to compare with")
    return read_operand(text, start + side.find(stripped), stripped)


def _check(condition: Condition, at: int) -> None:
    """What can be read but never hold."""
    sides = (condition.left, condition.right)
    if not any(isinstance(side, Placeholder) for side in sides):
        raise ConditionError(condition.text, 1, "neither side has a placeholder such as [STATUS]")
    if condition.comparison not in _ORDER:
        return
    for side in sides:
        if isinstance(side, Pattern | Options):
            why = f"{side.source[:3]}( ) goes with == and != only, not with {condition.comparison}"
            raise ConditionError(condition.text, at + 1, why)
        if isinstance(side, Value) and side.amount is None:
            column = condition.text.find(side.source, 0 if side is condition.left else at) + 1
            why = f"{condition.comparison} needs a number or a duration"
            raise ConditionError(condition.text, column, why)


def _resolve(side: Operand, answer: Answer) -> object:
    """The value of a side: plain data, or Absent; fixed sides stand for themselves."""
    if not isinstance(side, Placeholder):
        return side
    value = _look_up(side, answer)
    if side.function == "has":
        if isinstance(value, Absent) and value is not Absent.MISSING:
            return value
        return (
            value is not None and value is not Absent.MISSING and (bool(side.path) or value != "")
        )
    if side.function == "len" and not isinstance(value, Absent) and value is not None:
        if side.name == "BODY" and not side.path and answer.text().startswith("["):
            value = answer.document()
        return len(cast("list[Any]", value)) if isinstance(value, list) else len(_text(value))
    return value


def _look_up(side: Placeholder, answer: Answer) -> object:
    match side.name:
        case "STATUS":
            value = answer.status
        case "RESPONSE_TIME":
            seconds = answer.response_time
            value = None if seconds is None else round(seconds * 1000, 1)
        case "CONNECTED":
            value = answer.connected
        case "IP":
            value = answer.ip or None
        case "CERTIFICATE_EXPIRATION":
            seconds = answer.certificate_expires_in
            value = None if seconds is None else seconds * 1000
        case _:
            return _in_body(side.path, answer) if side.path else answer.text()
    return Absent.NOT_KNOWN if value is None else value


def _in_body(path: tuple[str | int, ...], answer: Answer) -> object:
    value = answer.document()
    if value is NOT_JSON:
        return Absent.CUT if answer.cut else Absent.NOT_JSON
    for step in path:
        if isinstance(step, int) and isinstance(value, list):
            value = cast("list[object]", value)
            value = value[step] if step < len(value) else Absent.MISSING
        elif isinstance(step, str) and isinstance(value, dict):
            value = cast("dict[str, object]", value).get(step, Absent.MISSING)
        else:
            return Absent.MISSING
    return value


def _holds(condition: Condition, left: object, right: object) -> bool:
    for value in (left, right):
        if isinstance(value, Absent) and value is not Absent.MISSING:
            return False
    if condition.comparison in _ORDER:
        first, second = _amount(left), _amount(right)
        if first is None or second is None:
            return False
        return _ORDER[condition.comparison](first, second)
    equal = _equal(left, right) if isinstance(condition.left, Placeholder) else _equal(right, left)
    return equal is (condition.comparison == "==")


def _equal(value: object, other: object) -> bool:
    """Whether a value of the answer equals the other side, which may be another such value."""
    if value is None or value is Absent.MISSING:
        return isinstance(other, Value) and not other.quoted and other.text == "null"
    if isinstance(other, Pattern):
        return other.wildcard.matches(_text(value))
    if isinstance(other, Options):
        return any(_equal(value, option) for option in other.values)
    text = _text(value)
    if isinstance(other, Value):
        # as written counts too: Gatus knows no quotes, and a body may be a JSON string
        return text in (other.text, other.source) or _same_number(text, other.number)
    if other is None or other is Absent.MISSING:
        return False
    return text == _text(other) or _same_number(text, number(_text(other)))


def _same_number(text: str, other: float | None) -> bool:
    return other is not None and number(text) == other


def _amount(value: object) -> float | None:
    if isinstance(value, Value):
        return value.amount
    return None if value is None or isinstance(value, Absent) else amount(_text(value))


def _text(value: object) -> str:
    """A value as text: as it is written in JSON, but strings without quotes and keys sorted."""
    if isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:  # exact below
        return str(int(value))
    try:
        return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    except RecursionError:  # the reader of JSON goes a little deeper than its writer
        return "(too deep)"


def _shown(side: Operand, value: object) -> str:
    if not isinstance(side, Placeholder):
        return side.source
    if isinstance(value, Absent):
        shown = value.value
    elif side.path and isinstance(key := side.path[-1], str) and is_secret_name(key):
        shown = MASK
    elif side.name == "CERTIFICATE_EXPIRATION" and isinstance(value, float):
        shown = f"{value / 1000 / HOUR:.0f}h"
    else:
        shown = one_line(_text(value), SHOWN)
    return f"{side.source} ({shown})"

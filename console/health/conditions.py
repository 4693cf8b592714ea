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

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from console.errors import ConditionError
from console.health.answer import Answer
from console.health.lookup import Absent, resolve, text_of
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
    left, right = resolve(condition.left, answer), resolve(condition.right, answer)
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
        return other.wildcard.matches(text_of(value))
    if isinstance(other, Options):
        return any(_equal(value, option) for option in other.values)
    text = text_of(value)
    if isinstance(other, Value):
        # as written counts too: Gatus knows no quotes, and a body may be a JSON string
        return text in (other.text, other.source) or _same_number(text, other.number)
    if other is None or other is Absent.MISSING:
        return False
    return text == text_of(other) or _same_number(text, number(text_of(other)))


def _same_number(text: str, other: float | None) -> bool:
    return other is not None and number(text) == other


def _amount(value: object) -> float | None:
    if isinstance(value, Value):
        return value.amount
    return None if value is None or isinstance(value, Absent) else amount(text_of(value))


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
        shown = one_line(text_of(value), SHOWN)
    return f"{side.source} ({shown})"

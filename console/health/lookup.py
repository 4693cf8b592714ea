"""The value that a side of a condition has in an answer: plain data, or why there is none. Pure."""

import json
from enum import Enum
from typing import Any, cast

from console.health.answer import NOT_JSON, Answer
from console.health.operands import Operand, Placeholder


class Absent(Enum):
    """Why there is no value; shown as such."""

    MISSING = "missing"  # the JSON body has no such place
    NOT_JSON = "not a JSON body"
    CUT = "a body longer than 1 MiB, the most that is read"
    NOT_KNOWN = "not known"  # this answer has none, such as the status of a TCP check


def resolve(side: Operand, answer: Answer) -> object:
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
        return len(cast("list[Any]", value)) if isinstance(value, list) else len(text_of(value))
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


def text_of(value: object) -> str:
    """A value as text: as it is written in JSON, but strings without quotes and keys sorted."""
    if isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:  # exact below
        return str(int(value))
    try:
        return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    except RecursionError:  # the reader of JSON goes a little deeper than its writer
        return "(too deep)"

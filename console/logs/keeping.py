"""A line as it is kept: one line of text that is read back as the very same line. Pure.

What was read is masked already. The raw text is kept where reading it again gives the same time,
level, message and fields; else (labels of a back end, a time that came with the transport, several
lines in one entry) the fields are written down as JSON in the console's own names.
"""

import json
from collections.abc import Mapping

from console.logs.model import Line, Value
from console.logs.parse import parse
from console.logs.times import Clock


def kept(line: Line, clock: Clock) -> str:
    """The text of a line for the store and for a spool."""
    if line.raw and "\n" not in line.raw and not line.stack:
        again = parse(line.raw, clock)
        if len(again) == 1 and _same(again[0], line):
            return line.raw
    told: dict[str, Value] = {}
    if line.time is not None:
        told["time"] = round(line.time, 6)
    told |= {"level": line.level.value, "message": line.message}
    told |= {name: value for name, value in line.fields.items() if name not in told}
    if line.stack:
        told["stack"] = line.stack
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))


def _same(one: Line, other: Line) -> bool:
    return (one.time, one.level, one.message) == (
        other.time,
        other.level,
        other.message,
    ) and _plain(one.fields) == _plain(other.fields)


def _plain(fields: Mapping[str, Value]) -> dict[str, Value]:
    return dict(fields)

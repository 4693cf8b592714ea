"""Durations as configuration writes them: `30s`, `5m`, `250ms`, `1h30m`, `7d`."""

import re
from typing import Annotated

from pydantic import BeforeValidator

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")


def seconds(value: object) -> float:
    """Read a duration: `30s`, `1h30m`, `250ms`, or a number of seconds.

    Raises ValueError where it is neither, or negative.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError(
            f"{value!r} is not a duration; write 30s, 5m, 250ms or a number of seconds"
        )
    text = str(value).strip()
    if re.fullmatch(r"\d+(\.\d+)?", text):
        return float(text)
    pairs = _DURATION.findall(text)
    if not pairs or "".join(number + unit for number, unit in pairs) != text:
        raise ValueError(
            f"{value!r} is not a duration; write 30s, 5m, 250ms or a number of seconds"
        )
    return sum(float(number) * _UNITS[unit] for number, unit in pairs)


Duration = Annotated[float, BeforeValidator(seconds)]

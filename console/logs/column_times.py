"""The times of many lines at once, where they are written as most programs write them."""

from datetime import UTC
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from console.logs.arrow import Flags, Floats, every, flags, pa, pc
from console.logs.columns import Columns
from console.logs.model import Flaw
from console.logs.times import EARLIEST, SCALES, Clock, of_value

NEAR = 1e-5  # seconds: nearer to a limit than this, two ways of reading a time may differ
MOST_FORMS = 5000  # different times that are read one by one in one part of a log
_ISO = r"^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?"
_ZONED, _LOCAL = _ISO + r"(?:Z|[+-]\d\d:?\d\d)$", _ISO + "$"


def seconds_of(columns: Columns, clock: Clock) -> tuple[Floats, Flags]:
    """Unix seconds, not a number where a line tells no time; and where that is sure."""
    nothing = np.full(columns.count, np.nan), every(columns.count)
    found = columns.called("time")
    if not found:
        return nothing
    if len(found) > 1 or found[0][0] in columns.typed:
        return nothing[0], ~nothing[1]
    array = found[0][1]
    if pa.types.is_null(array.type):
        return nothing
    try:
        if pa.types.is_string(array.type):
            return _of_text(array, clock)
        if pa.types.is_integer(array.type) or pa.types.is_floating(array.type):
            return _of_numbers(array)
    except (pa.ArrowException, OverflowError):  # 31 February, the year 9999
        pass
    return nothing[0], ~nothing[1]


def _of_numbers(array: Any) -> tuple[Floats, Flags]:
    numbers = array.cast(pa.float64()).to_numpy(zero_copy_only=False)
    seconds = np.full(len(numbers), np.nan)
    for scale in SCALES:
        scaled = numbers / scale
        fits = np.isnan(seconds) & (scaled >= EARLIEST) & (scaled < EARLIEST * 5)
        seconds[fits] = scaled[fits]
    return seconds, every(len(numbers))


def _of_text(array: Any, clock: Clock) -> tuple[Floats, Flags]:
    """Times with a zone, and those without in the reader's. Anything else is left to parsing."""
    missing = flags(array.is_null())
    seconds, sure = np.full(len(array), np.nan), missing.copy()
    for pattern, zoned in ((_ZONED, True), (_LOCAL, False)):
        fits = pc.match_substring_regex(array, pattern)
        these = flags(fits)
        if not these.any():
            continue
        text = pc.replace_substring(array, ",", ".")
        text = pc.if_else(fits, text, pa.scalar(None, pa.string()))
        if zoned:
            moments = text.cast(pa.timestamp("ns", "UTC"))
        else:
            zone = _zone_name(clock)
            if not zone:
                continue
            moments = pc.assume_timezone(
                text.cast(pa.timestamp("ns")), zone, ambiguous="earliest", nonexistent="earliest"
            )
        nanoseconds = moments.cast(pa.int64()).fill_null(0).to_numpy(zero_copy_only=False)
        seconds[these] = nanoseconds[these] / 1e9
        sure |= these
    if not sure.all():
        _one_by_one(array, clock, seconds, sure)
    return seconds, sure


def _one_by_one(array: Any, clock: Clock, seconds: Floats, sure: Flags) -> None:
    """Times in any other form, where not too many are different."""
    encoded = array.filter(pa.array(~sure)).dictionary_encode()
    if len(encoded.dictionary) > MOST_FORMS:
        return
    found = [of_value(one, clock) for one in encoded.dictionary.to_pylist()]
    told = [one.at if one and Flaw.BAD_TIME not in one.flaws else np.nan for one in found]
    seconds[~sure] = np.array(told)[encoded.indices.to_numpy(zero_copy_only=False)]
    sure[:] = True


def _zone_name(clock: Clock) -> str:
    if clock.zone is UTC:
        return "UTC"
    return clock.zone.key if isinstance(clock.zone, ZoneInfo) else ""

"""The axes of the charts. Durations are drawn in milliseconds on a log axis: the same distance is
the same factor, and a time-out does not flatten everything else."""

from math import ceil, floor, log10
from typing import Any

LEAST_SPAN = 4.0  # an axis covers at least this factor, so that chance does not look like a storm

# Dates are told once below the hours; few enough ticks for a phone, where they would be turned.
TIME_AXIS: dict[str, Any] = {"hoverformat": "%a %d %b %H:%M", "nticks": 7, "tickangle": 0}


def log_axis(low: float, high: float) -> dict[str, Any]:
    """A logarithmic axis in milliseconds with ticks that read `50 ms`, `1 s`."""
    low, high = low * 1000 / 1.15, high * 1000 * 1.15
    missing = LEAST_SPAN / (high / low)
    if missing > 1:
        low, high = low / missing**0.5, high * missing**0.5
    decades = log10(high / low)
    steps = (1, 2, 5) if decades < 2.5 else (1,)
    ticks = [
        step * 10.0**power
        for power in range(floor(log10(low)), ceil(log10(high)) + 1)
        for step in steps
        if low <= step * 10.0**power <= high
    ]
    return {
        "type": "log",
        "range": [log10(low), log10(high)],
        "tickvals": ticks,
        "ticktext": [_tick(tick) for tick in ticks],
    }


def _tick(milliseconds: float) -> str:
    if milliseconds >= 1000:
        return f"{milliseconds / 1000:g} s"
    return f"{milliseconds:g} ms" if milliseconds >= 1 else f"{milliseconds * 1000:g} µs"

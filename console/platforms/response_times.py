"""Response times that a platform tells share by share, put together by their moments. Pure."""

from collections.abc import Mapping
from typing import Any

from console.platforms.extras import Times

SHARES = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99}
STEPS = 60  # of one reading
SHORTEST = 60  # seconds of a step: what platforms measure by
LONGEST = 86400.0  # seconds that an answer can have taken: what is longer is a mistake


def step_of(since: float, until: float) -> int:
    """Seconds of each step of a window."""
    return max(SHORTEST, int((until - since) / STEPS))


def together(shares: Mapping[str, Mapping[float, float]]) -> list[Times]:
    """The steps, the oldest first, of seconds by moment by share (`p50` and so on)."""
    moments = sorted({at for told in shares.values() for at in told})
    return [Times(at, **{name: told.get(at) for name, told in shares.items()}) for at in moments]


def seconds_of(told: Any, scale: float = 1.0) -> float | None:
    """A response time in seconds, of a number or its text; `None` for what is none."""
    if isinstance(told, bool) or not isinstance(told, int | float | str):
        return None
    try:
        seconds = float(told) * scale
    except (ValueError, OverflowError):
        return None
    return seconds if 0 <= seconds < LONGEST else None  # not so for NaN, which means no request

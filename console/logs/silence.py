"""Whether a log that tells nothing has nothing to tell. Silence is not health. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from console.logs.model import Line

GAPS = 3.0  # times the usual longest gap
SHORTEST = 60.0  # seconds: no shorter silence is told
LEAST_LINES = 20  # with a time; of fewer nothing is usual
USUAL = 0.99  # of the gaps are no longer than the usual longest


@dataclass(frozen=True, slots=True)
class Silence:
    """How long nothing came. `usual` is None where too few lines are known."""

    since: float | None  # Unix seconds of the last line
    seconds: float | None
    usual: float | None  # seconds of the usual longest gap
    silent: bool | None  # None: not known


def silence(lines: Sequence[Line], now: float) -> Silence:
    """The time since the last line beside the gaps that are usual between them."""
    times = sorted(line.time for line in lines if line.time is not None and line.time <= now)
    if not times:
        return Silence(None, None, None, None)
    quiet = now - times[-1]
    if len(times) < LEAST_LINES:
        return Silence(times[-1], quiet, None, None)
    gaps = sorted(later - earlier for earlier, later in pairwise(times))
    usual = gaps[min(len(gaps) - 1, int(USUAL * len(gaps)))]
    return Silence(times[-1], quiet, usual, quiet > max(SHORTEST, GAPS * usual))

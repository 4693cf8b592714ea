"""Split-conformal intervals: the spread of past ratios actual / forecast, by rank. Pure numpy.

With n past ratios the (n+1)-ranks cover the level whatever the shape of the errors, provided that
today is like the past days. Fewer than `least_scores` allow no interval at that level.
"""

from math import ceil, floor

import numpy as np
from numpy.typing import NDArray

DEFAULT_LEVEL = 0.8
_ROUNDING = 1e-9  # (n + 1) x 0.1 is a whole number though floating point misses it


def least_scores(level: float) -> int:
    """How many past ratios an interval of this level needs: 9 for 80 %."""
    return ceil(2 / (1 - level) - _ROUNDING) - 1


def interval_factors(
    ratios: NDArray[np.float64], level: float = DEFAULT_LEVEL
) -> tuple[float, float] | None:
    """What to multiply a forecast with for its low and high end; None for too few ratios."""
    known = np.sort(ratios[np.isfinite(ratios)])
    count, tail = len(known), (1 - level) / 2
    low = floor((count + 1) * tail + _ROUNDING)
    high = ceil((count + 1) * (1 - tail) - _ROUNDING)
    if low < 1 or high > count:
        return None
    return float(known[low - 1]), float(known[high - 1])

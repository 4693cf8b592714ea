"""Past days with few slots missing, filled with what these slots usually have. Pure numpy.

A day that is left out for one missing slot would cost most of a history in which every slot is
missing now and then.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

MISSING_MOST = 0.1  # of a day's slots that may be missing, for the day to count


def filled(table: Floats) -> Floats:
    """A row a day, NaN where nothing is known. Days with more gaps stay as they are."""
    if table.ndim != 2 or not table.size:
        return table
    gaps = np.isnan(table)
    usable = gaps.sum(axis=1) <= MISSING_MOST * table.shape[1]
    sums = np.where(gaps, 0.0, table).sum(axis=1)
    wanted = np.flatnonzero(usable & gaps.any(axis=1) & (sums > 0))
    if not len(wanted):
        return table
    shares = _usual(table[usable & (sums > 0)])
    found = table.copy()
    for row in wanted.tolist():
        missing = gaps[row]
        known = 1 - float(shares[missing].sum())
        if known > 0:
            found[row, missing] = sums[row] / known * shares[missing]
    return found


def _usual(rows: Floats) -> Floats:
    """The share of a day that each slot usually has, of days in which it is known."""
    there = ~np.isnan(rows)
    known = np.where(there, rows, 0.0)
    scaled = known / known.sum(axis=1, keepdims=True)
    means = scaled.sum(axis=0) / np.maximum(there.sum(axis=0), 1)
    return means / max(float(means.sum()), 1e-9)

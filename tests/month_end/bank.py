"""Calls to a bank, 164 days, a column per 5 minutes: where this machine has them, never copied.

From robjhyndman/fpp2-package: in `shared/data` beside the project or above it.
"""

import csv
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

FEW = 5  # counts may rise so often by chance
MOSTLY = 0.5  # of a row or column that are numbers, for it to be one of counts
ABSENT = "the bank's calls (shared/data/bank_calls.csv) are not on this machine"


def bank_calls() -> NDArray[np.float64] | None:
    """A row a day; None where they are absent."""
    for above in Path(__file__).resolve().parents:
        path = above / "shared" / "data" / "bank_calls.csv"
        if path.is_file():
            return np.loadtxt(path, delimiter=",", skiprows=1)[:, 1:]
    return None


def read_days(path: Path) -> NDArray[np.float64]:
    """Any file of days: a row a day, a column a slot, between commas, semicolons or tabs. A header,
    dates and names are left out; what is empty or no number is not known. Raises ValueError."""
    text = path.read_text(encoding="utf-8-sig")
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    rows = [row for row in csv.reader(text.splitlines(), delimiter=delimiter) if any(row)]
    width = max((len(row) for row in rows), default=0)
    table = np.array([[_number(cell) for cell in row] + [np.nan] * (width - len(row))
                      for row in rows]).reshape(len(rows), width)  # fmt: skip
    days = table[np.isfinite(table).mean(axis=1) > MOSTLY] if len(table) else table
    found = days[:, np.isfinite(days).mean(axis=0) > MOSTLY] if len(days) else days
    if len(found) > 1 and _rising(found[0]):
        found = found[1:]  # a header of times or numbers
    if found.shape[1] > 1 and _rising(found[:, 0]):
        found = found[:, 1:]  # the number of the day
    if not found.size:
        raise ValueError(f"{path.name} has no row of numbers")
    return found


def _rising(values: NDArray[np.float64]) -> bool:
    """Whether these are numbers in order, as no counts are."""
    known = values[np.isfinite(values)]
    return len(known) > FEW and bool((np.diff(known) > 0).all())


def _number(cell: str) -> float:
    try:
        return float(cell.strip().replace("\u00a0", ""))
    except ValueError:
        return np.nan

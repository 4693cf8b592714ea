"""The shown curves as a table for a spreadsheet."""

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import numpy as np

from console.response_times.analysis import Analysis
from console.response_times.model import Curve, percent_name, samples_needed
from console.words import iso

HEADER = (
    "series",
    "window",
    "percentile",
    "from_utc",
    "to_utc",
    "milliseconds",
    "samples",
    "samples_needed",
)


def to_csv(found: Analysis) -> str:
    """One line for each step of each curve; without a value where samples were too few."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(HEADER)
    series = str(found.question.series)
    windows = [("this window", found.curves)]
    windows += [(earlier.stretch.name, earlier.curves) for earlier in found.earlier]
    for name, curves in windows:
        for row in _rows(curves):
            writer.writerow((series, name, *row))
    return text.getvalue()


def file_name(found: Analysis) -> str:
    """`response-times_check-api_20261124T0300Z_20261124T0400Z.csv`."""
    ask = found.question
    series = "".join(letter if letter.isalnum() else "-" for letter in str(ask.series))
    edges = [
        datetime.fromtimestamp(at, UTC).strftime("%Y%m%dT%H%MZ") for at in (ask.since, ask.until)
    ]
    return "_".join(("response-times", series, *edges)) + ".csv"


def _rows(curves: Sequence[Curve]) -> Iterator[tuple[object, ...]]:
    for curve in curves:
        name, needed = percent_name(curve.quantile), samples_needed(curve.quantile)
        for at, value, samples in zip(curve.at, curve.values, curve.samples, strict=True):
            known = "" if np.isnan(value) else f"{value * 1000:.4g}"
            yield name, iso(float(at)), iso(float(at + curve.step)), known, int(samples), needed

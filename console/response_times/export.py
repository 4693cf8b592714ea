"""What the charts show as a table for a spreadsheet: percentiles, and results by outcome."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

import numpy as np

from console.health.model import Outcome
from console.response_times.analysis import Analysis
from console.response_times.model import Curve, percent_name, samples_needed
from console.response_times.outcomes import LEFT_OUT, WORDS
from console.words import iso

NOW = "this window"
HEADER = (
    "series",
    "window",
    "percentile",
    "from_utc",
    "to_utc",
    "milliseconds",
    "samples",
    "samples_needed",
    "results",
    "not_ok",
    "outcomes",
)


def to_csv(found: Analysis) -> str:
    """One line for each step of each curve, without a value where samples were too few; then lines
    without a percentile that count results and what went wrong with them: for each step of this
    window, and for each earlier one as a whole."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(HEADER)
    series = str(found.question.series)
    windows = [(NOW, found.curves)]
    windows += [(earlier.stretch.name, earlier.curves) for earlier in found.earlier]
    for name, curves in windows:
        for row in _rows(curves):
            writer.writerow((series, name, *row, "", "", ""))
    for name, since, until, results, not_ok in _counts(found):
        bad = sum(count for outcome, count in not_ok.items() if outcome not in LEFT_OUT)
        told = "; ".join(f"{WORDS[one]} {count}" for one, count in not_ok.items() if count)
        edges = (iso(since), iso(until))
        writer.writerow((series, name, "", *edges, "", "", "", results, bad, told))
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


def _counts(
    found: Analysis,
) -> Iterator[tuple[str, float, float, int, Mapping[Outcome, int]]]:
    """Window, begin, end, results, and the results that were not ok."""
    bars = found.bars
    for place, (at, results) in enumerate(zip(bars.at, bars.results, strict=True)):
        not_ok = {outcome: int(counts[place]) for outcome, counts in bars.not_ok.items()}
        yield NOW, float(at), float(at + bars.step), int(results), not_ok
    for one in found.earlier:
        yield (
            one.stretch.name,
            one.stretch.since,
            one.stretch.until,
            one.counts.results,
            one.counts.not_ok,
        )

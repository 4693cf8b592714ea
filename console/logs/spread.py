"""How all lines that match a query lie in time, whatever the log's size; not only the newest.

Lines are read as columns where that tells surely whether they match, when, and how serious they
are. What columns do not tell is parsed; of more than can be parsed in the time, evenly spaced ones
speak for the others, and that is said.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from console.logs.arrow import Flags, every
from console.logs.blocks import Blocks
from console.logs.column_times import seconds_of
from console.logs.columns import Columns
from console.logs.facets import BARS, Bar, Histogram, step_of
from console.logs.json_columns import Reader
from console.logs.model import ERRORS, Level, Line
from console.logs.query import Node
from console.logs.rows import Groups, Rows
from console.logs.search import entries_of
from console.logs.sieve import Fields, Sifted, Words, columns_of, names_of, sift
from console.logs.times import FUTURE, Clock

BUDGET = 4.0  # seconds
PARSED = 20_000  # lines that columns do not tell and that are parsed: about a second
LEAST_PARSED = 50  # of each block
TIMELESS = -1  # in the place of a second
ERROR, WARNING, OTHER = range(3)
KINDS = 4  # numbers that a second has for itself in a tally's keys
Numbers = NDArray[np.int64]
Tally = tuple[Numbers, NDArray[np.float64]]  # keys that tell second and kind, and lines of each


@dataclass(frozen=True, slots=True)
class Spread:
    """Matching lines by second and how serious they are."""

    seconds: Numbers  # Unix, ascending; `TIMELESS` first
    kinds: Numbers
    counts: NDArray[np.float64]
    whole: bool  # whether all of the log was looked at; else only its newest part
    estimated: bool  # whether some lines spoke for others

    @property
    def lines(self) -> int:
        """All that match."""
        return round(float(self.counts.sum()))


def spread(
    blocks: Blocks, query: Node, clock: Clock, *, budget: float = BUDGET, parsed: int = PARSED
) -> Spread:
    """Count the lines that match, the newest part of the log first. Raises OSError."""
    end = time.monotonic() + budget
    reader, names = Reader(), frozenset((*names_of(query), "time", "level"))
    most = max(LEAST_PARSED, parsed // max(1, blocks.count))
    found: list[Tally] = []
    whole, estimated = True, False
    for number in reversed(range(blocks.count)):
        if time.monotonic() > end:
            whole = False
            break
        rows = Rows(blocks.read(number))
        left, told = _by_columns(query, rows, names, reader, clock)
        found += told
        chosen, weight = _some(np.flatnonzero(left), most)
        estimated |= weight > 1
        lines = entries_of(rows, chosen, blocks.first(number), clock)
        found.append(_of_lines((one for one in lines if query.matches(one)), weight))
    return _summed(found, whole=whole, estimated=estimated)


def histogram_of(found: Spread, now: float, least: float, bars: int = BARS) -> Histogram | None:
    """Bars over all of it, at least `least` seconds long; None where no line tells a time. Times
    in the future are left out: one of them would squeeze all others into a bar."""
    drawn = (found.seconds != TIMELESS) & (found.seconds <= now + FUTURE)
    if not drawn.any():
        return None
    seconds, kinds, counts = found.seconds[drawn], found.kinds[drawn], found.counts[drawn]
    until = float(seconds[-1]) + 1
    step = step_of(max(until - float(seconds[0]), least), bars)
    first = int(min(seconds[0], until - least) // step)
    places = (seconds // step).astype(np.int64) - first
    table = np.zeros((int(places[-1]) + 1, 3))
    np.add.at(table, (places, kinds), counts)
    told = np.rint(table).astype(int).tolist()
    return Histogram(
        step,
        tuple(Bar((first + place) * step, *row) for place, row in enumerate(told)),
        round(float(found.counts[~drawn].sum())),
    )


def _by_columns(
    query: Node, rows: Rows, names: frozenset[str], reader: Reader, clock: Clock
) -> tuple[Flags, list[Tally]]:
    """Groups that have to be parsed, and those that surely match."""
    words = Words(rows, negated=True)
    left = sift(query, words).may
    told: list[Tally] = []
    for part, columns in columns_of(rows, left.copy(), names, reader):
        sifted = sift(query, Fields(columns, clock, words, part))
        kinds, seconds, sure = _read(columns, clock)
        told.append(_table(seconds, kinds, sifted.must & sure, 1.0))
        left[part] = _open(sifted, sure)
    return left, told


def _open(sifted: Sifted, sure: Flags) -> Flags:
    return sifted.may & ~(sifted.must & sure)


def _read(columns: Columns, clock: Clock) -> tuple[Numbers, NDArray[np.float64], Flags]:
    """How serious lines are, when they were written, and where both are sure."""
    seconds, sure = seconds_of(columns, clock)
    kinds = np.full(columns.count, OTHER, np.int64)
    level = columns.column("level")
    if level is None:
        return kinds, seconds, ~every(columns.count)
    kinds[level.which(lambda value: value == Level.WARN.value)] = WARNING
    kinds[level.which(lambda value: value in ERRORS)] = ERROR
    return kinds, seconds, sure & level.sure


def _some(groups: Groups, most: int) -> tuple[Groups, float]:
    """Evenly spaced ones, and how many each of them speaks for."""
    if len(groups) <= most:
        return groups, 1.0
    places = np.linspace(0, len(groups) - 1, most).astype(np.int64)
    return groups[places], len(groups) / most


def _of_lines(lines: Iterable[Line], weight: float) -> Tally:
    told = [(np.nan if line.time is None else line.time, _kind(line.level)) for line in lines]
    seconds = np.array([at for at, _ in told], np.float64)
    kinds = np.array([kind for _, kind in told], np.int64)
    return _table(seconds, kinds, every(len(told)), weight)


def _kind(level: Level) -> int:
    return ERROR if level in ERRORS else WARNING if level is Level.WARN else OTHER


def _table(seconds: NDArray[np.float64], kinds: Numbers, chosen: Flags, weight: float) -> Tally:
    at = np.floor(np.nan_to_num(seconds[chosen], nan=TIMELESS)).clip(TIMELESS).astype(np.int64)
    keys, counts = np.unique(at * KINDS + kinds[chosen], return_counts=True)
    return keys, counts.astype(np.float64) * weight


def _summed(parts: list[Tally], *, whole: bool, estimated: bool) -> Spread:
    nothing: Tally = (np.zeros(0, np.int64), np.zeros(0))
    every_key, every_count = zip(nothing, *parts, strict=True)
    keys, places = np.unique(np.concatenate(every_key), return_inverse=True)
    counts = np.zeros(len(keys))
    np.add.at(counts, places, np.concatenate(every_count))
    return Spread(keys // KINDS, keys % KINDS, counts, whole, estimated)

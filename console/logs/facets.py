"""What a set of lines is made of: the values of each field, and lines over time by level. Pure."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor

from console.logs.model import ERRORS, Level, Line

MOST_VALUES = 10  # shown of a field
MOST_DIFFERENT = 200  # a field with more different values is an id, and no facet
FIRST = ("level", "service", "instance", "status", "api", "phase", "method", "route", "error_type")
"""Fields that come first; the others follow by how many lines have them."""
BARS = 60
STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400)
"""Seconds of a bar; of longer windows a number of days."""


@dataclass(frozen=True, slots=True)
class Facet:
    """One field over a set of lines."""

    name: str
    lines: int  # that have it
    different: int
    values: tuple[tuple[str, int], ...]  # the most frequent, with their lines


@dataclass(frozen=True, slots=True)
class Bar:
    """Lines of one stretch of time."""

    start: float  # Unix seconds
    errors: int
    warnings: int
    others: int

    @property
    def lines(self) -> int:
        """All of them."""
        return self.errors + self.warnings + self.others


@dataclass(frozen=True, slots=True)
class Histogram:
    """Lines over time."""

    step: float  # seconds of a bar
    bars: tuple[Bar, ...]  # without a gap
    timeless: int  # lines that tell no time


def facets(lines: Sequence[Line]) -> list[Facet]:
    """Fields with few enough different values to choose from, the most telling first."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for line in lines:
        counts["level"][line.level.value] += 1
        for name, value in line.fields.items():
            if value is None or value == "":
                continue
            seen = counts[name]
            text = str(value)
            if len(seen) <= MOST_DIFFERENT or text in seen:
                seen[text] += 1
    found = [
        Facet(name, seen.total(), len(seen), tuple(_ranked(seen)[:MOST_VALUES]))
        for name, seen in counts.items()
        if len(seen) <= MOST_DIFFERENT and (len(seen) < seen.total() or seen.total() == 1)
    ]
    return sorted(found, key=_telling)


def histogram(lines: Sequence[Line], since: float, until: float, bars: int = BARS) -> Histogram:
    """Lines between two times, in at most `bars` bars and one."""
    step = step_of(until - since, bars)
    begin = floor(since / step)
    end = max(begin, ceil(until / step) - 1)
    counts: dict[int, list[int]] = {place: [0, 0, 0] for place in range(begin, end + 1)}
    timeless = 0
    for line in lines:
        if line.time is None:
            timeless += 1
        elif since <= line.time < until:
            counts[floor(line.time / step)][_column(line.level)] += 1
    return Histogram(
        step, tuple(Bar(place * step, *counts[place]) for place in sorted(counts)), timeless
    )


def step_of(window: float, bars: int = BARS) -> float:
    """Seconds of a bar, a round number, so that a window has at most `bars` of them."""
    least = window / bars
    fitting = next((step for step in STEPS if step >= least), None)
    return float(fitting or 86400 * -(-least // 86400))


def _column(level: Level) -> int:
    return 0 if level in ERRORS else 1 if level is Level.WARN else 2


def _ranked(seen: Counter[str]) -> list[tuple[str, int]]:
    return sorted(seen.items(), key=lambda one: (-one[1], one[0]))


def _telling(facet: Facet) -> tuple[int, int, str]:
    place = FIRST.index(facet.name) if facet.name in FIRST else len(FIRST)
    return place, -facet.lines, facet.name

"""What of a closing is still to come, drawn many times over. Pure numpy; moments are Unix seconds.

How many and when are both uncertain. How many: around what is expected, as far off as such
forecasts have been. When: as in one of the past closings, drawn anew for each simulation, with what
came to it after the deadline; without any, evenly until the deadline. The last item matters most:
it is not done before it came.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

HOUR = 3600.0
LATE_HOURS = 48  # after the deadline, in which what comes still belongs to this closing
LATE_PRIOR = 0.05  # a guess: closings with something late, as if one more had been seen
FREE = 30  # degrees of freedom where a number was declared, not measured
ENOUGH = 50  # drawn numbers that are left, from which they stand for all
DRAWN = 4  # times as many numbers as are needed: some are below what is there already
PARTS = 4  # of an hour: so finely it is drawn how many come
LAST = 24  # items whose end is drawn, the last ones
SHAPE = 2.0  # of how long items take, a gamma distribution: some take much longer than others


@dataclass(frozen=True, slots=True, eq=False)
class Shapes:
    """In which stretches of time items came to past closings, on the days of this one."""

    starts: Floats
    ends: Floats
    rows: Floats  # a row each; items by stretch


@dataclass(frozen=True, slots=True, eq=False)
class ToCome:
    """Items still to come."""

    expected: float  # below zero: more are there than were expected
    off: float  # standard deviation of that, items
    freedom: int  # that `off` was measured with: few closings tell it badly
    starts: Floats  # of the stretches in which they may come
    ends: Floats
    shares: Floats  # a row for each course that may be followed; each adds up to 1
    straggler: float = 0.0  # how likely one comes after the deadline though it never was so
    nothing: float = 0.0  # how likely nothing comes any more, as in past closings by this time

    def draw(self, count: int, deadline: float, chance: np.random.Generator) -> "Drawn":
        """So many possible futures."""
        rest = self._rests(count, chance)
        if self.nothing:
            rest[chance.uniform(size=count) < self.nothing] = 0.0
        chosen = chance.integers(0, len(self.shares), count)
        items = chance.poisson(rest[:, None] * self.shares[chosen]).astype(np.float64)
        starts, ends = self.starts, self.ends
        if self.straggler:
            late = chance.uniform(size=count) < self.straggler
            starts, ends = np.append(starts, deadline), np.append(ends, deadline + HOUR)
            items = np.column_stack([items, late.astype(np.float64)])
        return Drawn(starts, ends, items)

    def _rests(self, count: int, chance: np.random.Generator) -> Floats:
        """How many are to come: never fewer than none, so that only numbers count that what is
        there already allows."""
        drawn = self.expected + self.off * chance.standard_t(self.freedom, DRAWN * count)
        kept = drawn[drawn >= 0]
        if len(kept) >= count:
            return kept[:count].copy()
        if len(kept) >= ENOUGH:
            return chance.choice(kept, count)
        # far more came than was expected: what is still to come is what a normal tail leaves
        return chance.exponential(self.off**2 / max(self.off, -self.expected), count)


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """Possible futures, a row each."""

    starts: Floats
    ends: Floats
    items: Floats  # by stretch

    def by_block(self, now: float, block: float, blocks: int) -> Floats:
        """Items that come in each block of so many seconds from `now` on."""
        used = np.flatnonzero(self.items.any(axis=0))
        if not len(used):
            return np.zeros((len(self.items), blocks))
        edges = now + block * np.arange(blocks + 1)
        starts, ends = self.starts[used, None], self.ends[used, None]
        shared = np.minimum(ends, edges[1:]) - np.maximum(starts, edges[:-1])
        return self.items[:, used] @ (np.maximum(shared, 0.0) / (ends - starts))

    def over(self, seconds: float, chance: np.random.Generator) -> tuple[Floats, Floats]:
        """When the last item comes, and when the last would be done if none had to wait for
        another; each takes `seconds` on average. Minus infinity where nothing comes."""
        rows = np.arange(len(self.items))
        there = self.items > 0
        at = np.where(there, self.ends, -np.inf).argmax(axis=1)
        begin, end = self.starts[at], self.ends[at]
        inside = chance.uniform(size=len(rows)) ** (1 / np.maximum(self.items[rows, at], 1.0))
        last = np.where(there.any(axis=1), begin + (end - begin) * inside, -np.inf)
        if seconds <= 0:
            return last, last
        # the one that came last need not be the last that is done
        sums = np.column_stack([np.zeros(len(rows)), np.cumsum(self.items, axis=1)])
        first = np.maximum(at - PARTS + 1, 0)
        came = sums[rows, at + 1] - sums[rows, first]
        gap = np.maximum(end - self.starts[first], 1.0) / np.maximum(came, 1.0)
        gaps = chance.exponential(size=(len(rows), LAST)) * gap[:, None]
        gaps[:, 0] = 0.0
        before: Floats = np.cumsum(gaps, axis=1)
        before[np.arange(LAST) >= came[:, None]] = np.inf
        took = seconds / SHAPE * chance.gamma(SHAPE, size=(len(rows), LAST))
        return last, last + (took - before).max(axis=1)


def to_come(
    expected: float,
    off: float,
    freedom: int,
    shapes: Shapes | None,
    now: float,
    deadline: float,
    *,
    sure: bool = False,
) -> ToCome | None:
    """What is still to come to a closing of which `expected` more are expected; None: nothing.
    `sure`: somebody declared the number, so what is missing will come whatever was usual."""
    if expected <= 0 and off <= 0:
        return None
    seen, nothing = (0 if shapes is None else len(shapes.rows)), 0.0
    if shapes is not None:
        open_for = np.clip((shapes.ends - now) / (shapes.ends - shapes.starts), 0.0, 1.0)
        ahead = np.flatnonzero((open_for > 0) & shapes.rows.any(axis=0))
        own = shapes.rows[:, ahead] * open_for[ahead]
        sums = own.sum(axis=1, keepdims=True)
        own = (own / np.maximum(sums, 1e-9))[sums[:, 0] > 0]
        nothing = 0.0 if sure else (seen - len(own)) / (seen + 1)
        if len(own):
            late = shapes.starts[ahead] >= deadline
            known = bool((own[:, late] > 0).any())
            # up to the deadline a closing is like one before it and like all; what is late is rare
            shares: Floats = (own + own.mean(axis=0)) / 2
            shares[:, late] = own[:, late]
            shares /= np.maximum(shares.sum(axis=1, keepdims=True), 1e-9)
            starts, ends = np.maximum(shapes.starts[ahead], now), shapes.ends[ahead]
            straggler = 0.0 if known else _straggler(seen, now, deadline)
            whole = ToCome(expected, off, freedom, starts, ends, shares, straggler, nothing)
            return _parted(whole)
    until = deadline if now < deadline else now + HOUR
    starts = np.arange(now, until, HOUR)
    ends = np.minimum(starts + HOUR, until)
    shares = ((ends - starts) / (until - now))[None, :]
    straggler = _straggler(seen, now, deadline)
    return _parted(ToCome(expected, off, freedom, starts, ends, shares, straggler, nothing))


def _parted(whole: ToCome) -> ToCome:
    """The same in quarters of its stretches."""
    parts = np.arange(PARTS, dtype=np.float64)
    length = (whole.ends - whole.starts)[:, None] / PARTS
    starts: Floats = (whole.starts[:, None] + length * parts).ravel()
    ends: Floats = (whole.starts[:, None] + length * (parts + 1)).ravel()
    return replace(whole, starts=starts, ends=ends, shares=whole.shares.repeat(PARTS, 1) / PARTS)


def _straggler(seen: int, now: float, deadline: float) -> float:
    """How likely something is late though none of so many closings saw it."""
    return LATE_PRIOR / (seen + 1) if now < deadline else 0.0

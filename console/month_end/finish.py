"""When a closing will be done: simulated from how fast the last quarters of an hour went. Pure.

Nobody has enough closings to count how often one ended in time, so many are simulated from blocks
of a quarter of an hour, never from items: neighbouring items and blocks have a pace in common, and
a forecast that takes them for independent is far too sure. What is said is labelled as simulated.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from console.month_end.inflow import Drawn, ToCome
from console.words import duration

Floats = NDArray[np.float64]

BLOCK = 900.0  # seconds; items within one are correlated, so blocks are drawn and never items
BATCHES = (1, 2, 4, 8)  # blocks: a quarter of an hour to two hours, as disturbances last
LEAST_BATCHES = 4  # fewer tell no variance
LEVEL_MOST = 4.0  # times as fast as in the past, or as slow; more is not believed of a level
SIMULATIONS = 2000
SPARE = 16  # blocks looked ahead beyond three times the usual end
HORIZON = 10 * 24 * 4  # blocks looked ahead, ten days of work
LEAST_BLOCKS = 4  # an hour; fewer say nothing of a pace
LEVEL = 0.8  # of the interval
SEED = 20  # the same numbers give the same answer


@dataclass(frozen=True, slots=True)
class Finish:
    """The end of a closing. Moments are Unix seconds."""

    probability: float | None  # of being done by the deadline; None: not known
    expected: float | None = None  # the middle; None: not within the horizon
    low: float | None = None
    high: float | None = None
    source: str = ""  # what it was simulated from
    problem: str = ""  # why it is not known, one sentence


@dataclass(frozen=True, slots=True)
class Fan:
    """Items done by then, over the simulations."""

    times: Floats  # Unix seconds, ends of blocks
    low: Floats
    middle: Floats
    high: Floats


def simulate(
    left: float,
    done_by_block: Floats,
    now: float,
    deadline: float,
    *,
    coming: ToCome | None = None,
    seconds: float = 0.0,
    off: float = 0.0,
    quota: float | None = None,
    worked: Floats | None = None,
    block: float = BLOCK,
    seed: int = SEED,
) -> tuple[Finish, Fan | None]:
    """Simulate the end of `left` items that are here and those still `coming`.

    `done_by_block` are items done in past blocks of working time, oldest first; unknown ones are
    NaN. `seconds` is how long an item takes: the last one is done so long after it came. `off` is
    how far off the pace may be for good, as a share, beyond what its blocks tell. `quota` is the
    most items that the external API allows in a block. `worked` is the share of each future
    block that is working time (0 at night); without it work never rests.
    """
    known = done_by_block[np.isfinite(done_by_block) & (done_by_block >= 0)]
    if left <= 0 and coming is None:
        return Finish(1.0 if now <= deadline else 0.0, now, now, now, "nothing is left"), None
    if len(known) < LEAST_BLOCKS:
        less = "" if len(known) else "less than "
        seen = f"{less}{duration(max(len(known), 1) * block)} was seen"
        least = duration(LEAST_BLOCKS * block)
        problem = f"How fast it goes is told from {least} of work; {seen}."
        return Finish(None, problem=problem), None
    of = duration(len(known) * block)
    source = f"{SIMULATIONS:,} simulated closings, at the pace of the last {of} of work"
    if not known.any():
        probability = None if now < deadline else 0.0
        return Finish(probability, source=source, problem="Nothing was done lately."), None
    chance = np.random.default_rng(seed)
    drawn = coming.draw(SIMULATIONS, deadline, chance) if coming else _none(now)
    items = left + float(drawn.items.sum(axis=1).mean())
    last, soonest = drawn.over(seconds, chance)
    arriving = 0
    if np.isfinite(last).any():
        arriving = int(np.ceil((float(last.max()) - now) / block))
    ahead = _blocks_ahead(items, arriving, known) if worked is None else len(worked[:HORIZON])
    if ahead < 1 or (worked is not None and ahead < arriving):
        return Finish(None, problem="The working time ahead is not known as far as needed."), None
    pace = _paces(known, ahead, items / float(known.mean()), chance)
    if off:
        pace = pace * np.exp(off * chance.standard_normal((SIMULATIONS, 1)))
    if worked is not None:
        pace = pace * np.clip(worked[:HORIZON], 0.0, 1.0)
    if quota is not None:
        pace = np.minimum(pace, quota)
    inflow = drawn.by_block(now, block, ahead)
    done = _worked(left, inflow, pace)
    ends = _ends(left, inflow, pace, done, soonest, now, block)
    low, middle, high = np.quantile(ends, [(1 - LEVEL) / 2, 0.5, (1 + LEVEL) / 2], method="nearest")
    probability = float((ends <= deadline).mean())
    finish = Finish(probability, _finite(middle), _finite(low), _finite(high), source)
    return finish, _fan(done, now, block)


def _none(now: float) -> Drawn:
    """Futures to which nothing comes."""
    rows = SIMULATIONS
    return Drawn(np.array([now]), np.array([now + 1]), np.zeros((rows, 1)))


def _ends(
    left: float, inflow: Floats, pace: Floats, done: Floats, last: Floats, now: float, block: float
) -> Floats:
    """When each is done; infinite where that is beyond what was looked at. `last` is when the last
    item that is to come would be done if it had not to wait."""
    total = left + inflow.sum(axis=1, keepdims=True)
    over = done >= total - 1e-6
    at, rows = over.argmax(axis=1), np.arange(len(done))
    before = np.where(at > 0, done[rows, at - 1], 0.0)
    step = np.maximum(done[rows, at] - before, 1e-9)
    within = np.clip((total[:, 0] - before) / np.maximum(pace[rows, at], step), 0.0, 1.0)
    drained = now + (at + within) * block
    came = left + np.cumsum(inflow, axis=1)
    # where nothing waited before, the last item is done as soon as it can be
    idle = (at > 0) & (before >= came[rows, at - 1] - 1e-6) & np.isfinite(last)
    ends = np.where(idle, last, np.maximum(drained, last))
    looked = now + done.shape[1] * block
    return np.where(over.any(axis=1) & (last <= looked), ends, np.inf)


def _blocks_ahead(items: float, arriving: int, known: Floats) -> int:
    """Far enough for nearly every simulation to end, and never farther than the horizon."""
    usual = items / max(float(known.mean()), 1e-9)
    return int(min(HORIZON, max(3 * usual, arriving) + SPARE))


def _paces(known: Floats, ahead: int, needed: float, chance: np.random.Generator) -> Floats:
    """Blocks to come: blocks of the past, times a level that one simulation keeps.

    The level scatters by what neighbouring blocks have in common: the long-run variance, over the
    past that the pace is known from and over the blocks that are needed, less what single blocks
    scatter anyway. A short past tells its own variance badly, hence Student's t.
    """
    count, mean = len(known), float(known.mean())
    drawn = known[chance.integers(0, count, (SIMULATIONS, ahead))]
    variance, freedom = _long_run(known)
    needed = min(max(needed, 1.0), float(ahead))
    level = variance * (1 / count + 1 / needed) - float(known.var()) / needed
    relative = np.sqrt(max(0.0, level)) / mean
    factor = np.exp(relative * chance.standard_t(freedom, (SIMULATIONS, 1)))
    return drawn * np.clip(factor, 1 / LEVEL_MOST, LEVEL_MOST)


def _long_run(known: Floats) -> tuple[float, int]:
    """Variance of a block's mean over long stretches, by batch means, the largest of several
    lengths, and its degrees of freedom."""
    best, freedom = 0.0, len(known) - 1
    for length in BATCHES:
        batches = len(known) // length
        if batches < LEAST_BATCHES:
            break
        means = known[len(known) - batches * length :].reshape(batches, length).mean(axis=1)
        found = length * float(means.var(ddof=1))
        if found > best:
            best, freedom = found, batches - 1
    return best, max(freedom, 3)  # below three, Student's t has no variance


def _worked(left: float, inflow: Floats, pace: Floats) -> Floats:
    """Items done by the end of each block: as many as the pace allows and as are there."""
    queue = np.full(len(pace), float(left))
    done = np.empty(pace.shape)
    so_far = np.zeros(len(pace))
    for at in range(pace.shape[1]):
        queue += inflow[:, at]
        worked = np.minimum(queue, pace[:, at])
        queue -= worked
        so_far += worked
        done[:, at] = so_far
    return done


def _fan(done: Floats, now: float, block: float) -> Fan:
    low, middle, high = np.quantile(done, [(1 - LEVEL) / 2, 0.5, (1 + LEVEL) / 2], axis=0)
    times: Floats = now + np.arange(1, done.shape[1] + 1, dtype=np.float64) * block
    return Fan(times, low, middle, high)


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None

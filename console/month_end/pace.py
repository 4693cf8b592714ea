"""How fast the service works on a closing, from its last quarters of an hour. Pure."""

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from console.month_end.finish import BLOCK, HORIZON, LEAST_BLOCKS
from console.month_end.snapshot import Snapshot
from console.words import duration

Floats = NDArray[np.float64]
HOUR = 3600.0
FAR = HORIZON * BLOCK * 0.8  # seconds: farther ahead is simulated in hours
PACE_HOURS = 7 * 24  # in which the best hour is looked for
BLOCKS = 16  # of a steady pace
BUSY = 0.5  # of the present pace
OFF = 0.15  # of what can be done, where it was never needed: as a share
OFF_EARLY = 0.3  # the same in the first hour
_SCATTER = np.array([NormalDist().inv_cdf((n + 0.5) / BLOCKS) for n in range(BLOCKS)])


@dataclass(frozen=True, slots=True)
class Pace:
    """Items done in past blocks of so many seconds."""

    blocks: Floats
    block: float
    note: str = ""
    steady: bool = False  # what can be done, not what was
    off: float = 0.0  # how far off it may be, as a share, beyond what the blocks tell


def pace_of(snapshot: Snapshot, left: float, able: float | None = None) -> Pace:
    """How fast the service works, for a deadline `left` seconds away, by its last quarters of an
    hour; in hours where the deadline is far.

    Where more waits than the best of them did, the work is as fast as it can be, and only those
    count that belong to it. Else it was as slow as what came in: then it is known to do the best of
    them, and what the running instances are able to do (`able`, items an hour). That also stands in
    for the first hour of work.
    """
    blocks = np.array(snapshot.blocks, np.float64)
    best = float(blocks.max()) if len(blocks) else 0.0
    note, steady, short = ", as if work never rested", False, len(blocks) < LEAST_BLOCKS
    busy = blocks[_busy_from(blocks) :] if snapshot.waiting > best and not short else None
    early = short or (busy is not None and len(busy) < LEAST_BLOCKS)
    if snapshot.waiting and not short and not blocks[-1]:
        blocks = np.zeros(LEAST_BLOCKS)  # something waits, and nobody works on it
    elif busy is not None and not early:
        blocks = busy
    elif short and able is None:
        pass  # next to nothing was seen yet
    else:
        seen = busy is not None and len(busy) > 1  # the first one is rarely a whole one
        can = 0.0 if seen else (able or 0.0) * BLOCK / HOUR
        hour = max(snapshot.hours[-PACE_HOURS:], default=0) * BLOCK / HOUR
        level = max(best - best**0.5, can, hour)  # the best of many counts is partly luck
        if level > 0:  # how much the blocks scatter tells of what came in, not of what can be done
            blocks, steady = np.maximum(level + level**0.5 * _SCATTER, 0.0), True
            why = "at what the running instances and the API quota allow"
            if can < level:
                why = "as fast as in the best hour or quarter of one"
            because = f"less than {duration(LEAST_BLOCKS * BLOCK)} of such work was seen"
            if not early:
                because = "hardly more waits than that does"
            note = f", {why}, because {because}"
    off = (OFF_EARLY if early else OFF) if steady else 0.0
    if left > FAR:
        return Pace(blocks * (HOUR / BLOCK), HOUR, note, steady, off)
    return Pace(blocks, BLOCK, note, steady, off)


def _busy_from(blocks: Floats) -> int:
    """From which block on the work is as busy as at present; the ones before waited for items."""
    first = max(0, len(blocks) - LEAST_BLOCKS)
    tail = blocks[first:]
    busy = BUSY * float(tail.max()) if len(tail) else 0.0
    if busy <= 0:
        return first
    at = first + int(np.flatnonzero(tail >= busy)[0])
    while at > 0 and blocks[at - 1] >= busy:
        at -= 1
    return at

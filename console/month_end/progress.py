"""Items and when they were done, by blocks of time, with whatever is odd about them. Pure numpy."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from console.words import counted

Floats = NDArray[np.float64]

FUTURE_GRACE = 60.0  # seconds by which clocks may differ


@dataclass(frozen=True, slots=True)
class Progress:
    """What was done by when."""

    times: Floats  # ends of blocks, Unix seconds
    done: Floats  # items done in each block
    total: int  # items done in all, each once
    twice: int  # entries of items that had been counted before
    late: int  # items done after the deadline
    ahead: int  # entries whose time is in the future
    unknown: int  # entries without a time that can be one
    notes: tuple[str, ...] = ()

    @property
    def cumulative(self) -> Floats:
        """Items done by the end of each block."""
        return np.cumsum(self.done) + self._before

    @property
    def _before(self) -> float:
        return float(self.total - self.ahead - self.unknown - self.done.sum())


def progress(
    items: Sequence[str],
    done_at: Floats,
    start: float,
    now: float,
    deadline: float,
    *,
    block: float = 900.0,
) -> Progress:
    """Count items by when they were done, from `start` to `now`.

    An item counts once, at its first time. A time in the future (a clock that jumped) or none at
    all counts the item as done, in no block, and is told. Items done before `start` count in the
    total and in no block.
    """
    times = np.array(done_at, dtype=np.float64)
    names = np.asarray(items, dtype=np.str_)
    rank = np.where(np.isfinite(times) & (times > 0), times, np.inf)
    order = np.lexsort((rank,))
    _, firsts = np.unique(names[order], return_index=True)
    kept = rank[order][firsts]
    unknown = int(np.isinf(kept).sum())
    ahead = int((np.isfinite(kept) & (kept > now + FUTURE_GRACE)).sum())
    usable = kept[np.isfinite(kept) & (kept <= now + FUTURE_GRACE)]
    blocks = max(1, int(np.ceil((now - start) / block))) if now > start else 1
    edges: Floats = start + np.arange(blocks + 1, dtype=np.float64) * block
    counts, _ = np.histogram(np.minimum(usable, edges[-1] - 1e-3), bins=edges)
    late = int((usable > deadline).sum())
    twice = len(names) - len(kept)
    return Progress(
        edges[1:],
        np.asarray(counts, dtype=np.float64),
        len(kept),
        twice,
        late,
        ahead,
        unknown,
        _notes(twice, late, ahead, unknown),
    )


def _notes(twice: int, late: int, ahead: int, unknown: int) -> tuple[str, ...]:
    found: list[str] = []
    if twice:
        found.append(f"{counted(twice, 'repeated row')} left out: an item counts once.")
    if late:
        found.append(f"{counted(late, 'item')} done after the deadline.")
    if ahead:
        found.append(f"{counted(ahead, 'item')} done in the future: a clock has jumped.")
    if unknown:
        found.append(f"{counted(unknown, 'item')} done at a time that is not known.")
    return tuple(found)

"""A discrete-event simulation of workers and a queue: what the formulas are held against."""

import heapq

import numpy as np
from numpy.typing import NDArray


def waits(
    servers: int, load: float, seconds: float, items: int, seed: int, *, steady: bool = False
) -> NDArray[np.float64]:
    """How long each item waited, the first tenth left out. First come, first served."""
    chance = np.random.default_rng(seed)
    arrives = np.cumsum(chance.exponential(seconds / load, items))
    takes = np.full(items, seconds) if steady else chance.exponential(seconds, items)
    free = [0.0] * servers
    found = np.empty(items)
    for number in range(items):
        at = float(arrives[number])
        begins = max(at, heapq.heappop(free))
        heapq.heappush(free, begins + float(takes[number]))
        found[number] = begins - at
    return found[items // 10 :]


def finished(
    servers: int,
    backlog: int,
    coming: int,
    over: float,
    seconds: float,
    seed: int,
    *,
    quota_gap: float = 0.0,
) -> float:
    """When the last item is done: a backlog and items that arrive evenly over `over` seconds.
    No item begins sooner than `quota_gap` seconds after the one before it."""
    chance = np.random.default_rng(seed)
    arrives = np.concatenate([np.zeros(backlog), np.sort(chance.uniform(0, over, coming))])
    free = [0.0] * servers
    begun = -quota_gap
    last = 0.0
    for at in arrives:
        begun = max(float(at), heapq.heappop(free), begun + quota_gap)
        ends = begun + float(chance.exponential(seconds))
        heapq.heappush(free, ends)
        last = max(last, ends)
    return last

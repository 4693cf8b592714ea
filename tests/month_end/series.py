"""Made-up days of work, of kinds that differ: few items, weekdays, drift, an unsteady course."""

import numpy as np
from numpy.typing import NDArray

SLOTS = 48

KINDS: dict[str, dict[str, float]] = {
    "few items": {"mean": 30},
    "few items, steady days": {"mean": 30, "spread": 0.02},
    "weekdays that differ": {"mean": 300, "weekly": 1},
    "growing by 1 % a day": {"mean": 300, "drift": 0.01},
    "an unsteady course": {"mean": 1000, "unsteady": 0.6},
}


def made_up(
    seed: int,
    *,
    mean: float,
    spread: float = 0.2,
    unsteady: float = 0.1,
    drift: float = 0.0,
    weekly: float = 0.0,
    days: float = 160,
) -> tuple[NDArray[np.float64], list[int]]:
    """Counts by day and slot, and the weekday of each day."""
    chance = np.random.default_rng(seed)
    course = np.exp(-0.5 * ((np.arange(SLOTS) - 20) / 9) ** 2) + 0.05
    factors = np.array([1.3, 1, 1, 1, 0.9, 0.2, 0.1]) ** weekly
    weekdays = [day % 7 for day in range(int(days))]
    rows: list[NDArray[np.float64]] = []
    for day, weekday in enumerate(weekdays):
        shape = course * np.exp(unsteady * np.cumsum(chance.normal(size=SLOTS)) / 3)
        busy = mean * np.exp(spread * chance.normal() + drift * day) * factors[weekday]
        rows.append(np.asarray(chance.poisson(busy * shape / shape.sum()), dtype=np.float64))
    return np.array(rows), weekdays

"""Past closings that are made up, and say so: nobody publishes enough real ones."""

from datetime import time
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from console.month_end.calendar import moment_of
from console.month_end.model import Rules, closing_of
from console.month_end.snapshot import Snapshot

TOKYO = ZoneInfo("Asia/Tokyo")
RULES = Rules("JP")
DAYS = (0.06, 0.08, 0.12, 0.16, 0.22, 0.36)  # of the items, from five business days before
Floats = NDArray[np.float64]
HOURS: Floats = np.array(
    [0.0] * 9 + [0.08, 0.12, 0.14, 0.1, 0.14, 0.14, 0.12, 0.1, 0.06] + [0.0] * 6
)


def course(name: str, total: int, seed: int = 0) -> tuple[float, Floats]:
    """When its window opens (Unix seconds), and items by hour from then on."""
    found = closing_of(name, RULES, TOKYO)
    assert found is not None
    one, calendar = found
    first = moment_of(one.opens, time(), TOKYO)
    last = moment_of(one.day, time(), TOKYO) + 86_400
    hours = np.zeros(int((last - first) // 3600))
    chance = np.random.default_rng(seed)
    for offset, share in enumerate(DAYS):
        day = calendar.add(one.day, offset - 5) if offset < 5 else one.day
        start = int((moment_of(day, time(), TOKYO) - first) // 3600)
        expected = total * share * HOURS / HOURS.sum()
        hours[start : start + 24] += chance.multinomial(
            round(total * share), expected / expected.sum()
        )
    return first, hours


def past(name: str, total: int, seed: int = 0, **more: Any) -> Snapshot:
    """A closing that is over, all of it done in time."""
    first, hours = course(name, total, seed)
    done = int(hours.sum())
    known: dict[str, Any] = {"done": done, "total": done, "late": 0, "hours_start": first}
    known |= {"hours": tuple(int(n) for n in hours), "last_done": first + 3600 * len(hours)}
    return Snapshot(first + 40 * 86_400, name=name, **(known | more))


def months(count: int, last: tuple[int, int] = (2026, 10)) -> list[str]:
    """Names of so many month-ends up to that one, oldest first."""
    year, month = last
    at = year * 12 + month - 1
    return [f"{n // 12}-{n % 12 + 1:02}" for n in range(at - count + 1, at + 1)]


def present(name: str, total: int, share: float, seed: int = 99, **more: Any) -> Snapshot:
    """A closing under way, at this share of its window's items: all that came is done."""
    first, hours = course(name, total, seed)
    sums: Floats = np.cumsum(hours)
    count = int(np.searchsorted(sums, share * float(sums[-1]))) + 1
    done = int(sums[count - 1])
    at = first + 3600 * count
    known: dict[str, Any] = {
        "done": done,
        "total": done,
        "late": 0,
        "hours_start": first,
        "blocks": (20,) * 16,
    }
    known |= {"hours": tuple(int(n) for n in hours[:count]), "blocks_end": at, "last_done": at}
    return Snapshot(at, name=name, **(known | more))

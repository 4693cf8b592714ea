"""Scaling: how good and how fast recommendation and plan are: `python -m tests.bench scaling`.

A simulated closing (60, then 1,200, then 60 items an hour of 12 s; 40 s to start) is scaled by the
recommendation, with ten seeds: of the items that come once it has caught up at most 5 % may wait
longer than 30 s. Then the times of a plan from 400 days, of judging its forecasts, and of one
recommendation. Returns 1 where a goal is missed.
"""

import itertools
import sys
import time
from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from console.instances.scaling.advice import plan_of, quality_of  # noqa: E402  # needs the path above
from console.instances.scaling.load import Long  # noqa: E402  # needs the path above
from console.instances.scaling.measured import Work  # noqa: E402  # needs the path above
from console.instances.scaling.model import decide  # noqa: E402  # needs the path above
from console.instances.scaling.rules import Rules  # noqa: E402  # needs the path above
from console.month_end.demand import History  # noqa: E402  # needs the path above
from tests.instances.scaling.scaled_service import run  # noqa: E402  # needs the path above

SEEDS = 10
RAMP, PEAK, AFTER = (60.0, 1800.0), (1200.0, 5400.0), (60.0, 3600.0)
CAUGHT_UP = 4500.0  # seconds: a quarter of an hour for what piled up, half an hour for the rest
LATE_GOAL = 0.05
PLAN_GOAL, QUALITY_GOAL, DECIDE_GOAL = 0.1, 1.0, 0.002  # seconds
ZONE = ZoneInfo("Asia/Tokyo")
TODAY = date(2026, 11, 24)
NOW = 1_795_478_400.0  # that day


def closings() -> bool:
    """The simulated closings; whether all keep the waiting target."""
    print("seed   wait > 30 s   most   changes   instance hours   always 8")
    kept = True
    for seed in range(SEEDS):
        service = run([RAMP, PEAK, AFTER], seed)
        waits = [wait for began, wait in service.waits if CAUGHT_UP <= began < 7200]
        late = sum(wait > 30 for wait in waits) / len(waits)
        counts = [count for _, count in service.counts]
        changes = sum(a != b for a, b in itertools.pairwise(counts))
        hours = sum(counts) * 30 / 3600
        print(f"{seed:4} {late:13.1%} {max(counts):6} {changes:9} {hours:16.1f} {24.0:10.1f}")
        kept = kept and late <= LATE_GOAL
    return kept


def times() -> bool:
    """The times; whether all keep their goals."""
    days = tuple(TODAY - timedelta(n) for n in range(400, 0, -1))
    random = np.random.default_rng(1)
    hours = np.array([[20.0] * 9 + [300.0] * 9 + [20.0] * 6 for _ in days])
    hours = hours * random.uniform(0.8, 1.2, (len(days), 1))
    long = Long(History(days, hours), 12.0)
    work = Work("item", NOW, 2, 1, 1.4, 40, 1200.0, 1200.0, 12.0, done=300)
    rules = Rules()
    found = {
        "plan of 35 days from 400": (lambda: plan_of(long, rules, ZONE, NOW), PLAN_GOAL),
        "judging its forecasts": (lambda: quality_of(long, ZONE, NOW), QUALITY_GOAL),
        "one recommendation": (lambda: decide(work, rules, NOW, 3), DECIDE_GOAL),
    }
    kept = True
    for name, (act, goal) in found.items():
        act()
        began = time.perf_counter()
        for _ in range(5):
            act()
        seconds = (time.perf_counter() - began) / 5
        print(f"{name:26} {seconds * 1000:9.2f} ms, goal {goal * 1000:g} ms")
        kept = kept and seconds <= goal
    return kept


if __name__ == "__main__":
    results = [closings(), times()]
    sys.exit(0 if all(results) else 1)

"""How well the forecast of a closing's end is calibrated: `python -m tests.bench closings`.

Simulated closings of twelve kinds, item by item, each with past closings of its own: orders until
hours before the deadline, until it and after it, a backlog, a standstill, few orders, no history at
all. Each is forecast after 25, 50 and 75 % of its time, and then ends as it does. Of what was said
to be so likely to be done in time, as many should be: within 12 points in every bin of at least 30
forecasts. Of the 80 % intervals of the end, 70 to 92 % should hold, and of one kind of closing at
least 55 %. Returns 1 where that is missed.
"""

import itertools
import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.month_end.worlds import Forecast, World, forecasts  # noqa: E402  # needs the path above

SEEDS = int(os.environ.get("BENCH_SEEDS", "40"))
AT = (0.25, 0.50, 0.75)
BINS = (0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99, 1.01)
MISSED, LEAST = 0.12, 30  # points, forecasts of a bin
COVERED, COVERED_LEAST = (0.70, 0.92), 0.55
WORLDS = {
    "orders until the deadline": World(),
    "orders until three hours before": World(course="until 15", mean=500),
    "few orders": World(mean=120, seconds=120),
    "many orders, a backlog": World(mean=1500, seconds=40, drift=0.25),
    "most orders at the end": World(course="late", servers=3),
    "early orders, then drained": World(course="early", mean=700, seconds=75, drift=0.25),
    "orders after the deadline, 1 of 3": World(late=0.33),
    "an hour of standstill, 1 of 5": World(course="early", stall=0.2, seconds=70),
    "three days": World(days=3, mean=900, servers=1, seconds=75),
    "declared, no history": World(past=0, declared=True),
    "one past closing": World(past=1),
    "twelve past closings": World(past=12, mean=520, seconds=110, course="early"),
}


def known(found: Iterable[Forecast]) -> list[Forecast]:
    """Those that said something."""
    return [one for one in found if one.finish.probability is not None]


def said(found: Sequence[Forecast]) -> tuple[float, float, float]:
    """What was said in the mean, how often it came, and how many intervals held."""
    likely = float(np.mean([one.finish.probability or 0.0 for one in found]))
    came = float(np.mean([one.in_time for one in found]))
    return likely, came, float(np.mean([one.inside for one in found]))


def kinds() -> tuple[list[Forecast], bool]:
    """Every kind of closing; all forecasts, and whether enough intervals hold in each."""
    print(f"{'simulated closings':36} {'at':>4} {'n':>4} {'said':>6} {'came':>6} {'held':>6} width")
    every: list[Forecast] = []
    kept = True
    for label, world in WORLDS.items():
        found = [one for seed in range(SEEDS) for one in forecasts(label, world, 1000 + seed, AT)]
        for share in AT:
            mine = known(one for one in found if one.share == share)
            if not mine:
                continue
            likely, came, held = said(mine)
            ends = [one.finish for one in mine if one.finish.low and one.finish.high]
            wide = np.median([(one.high or 0) - (one.low or 0) for one in ends]) / 60
            print(
                f"{label:36} {share:>4.0%} {len(mine):4} {likely:6.0%} {came:6.0%} {held:6.0%} "
                f"{wide:4.0f} min"
            )
        every += found
        kept &= said(known(found))[2] >= COVERED_LEAST
    return every, kept


def bins(every: Sequence[Forecast]) -> bool:
    """What was said against what came; whether every bin with enough forecasts keeps the goal."""
    print(f"\n{'said to be in time':>20} {'n':>6} {'in the mean':>12} {'were in time':>13}")
    kept = True
    for low, high in itertools.pairwise(BINS):
        mine = [one for one in every if low <= (one.finish.probability or 0.0) < high]
        if not mine:
            continue
        likely, came, _ = said(mine)
        good = len(mine) < LEAST or abs(likely - came) <= MISSED
        kept &= good
        told = "" if good else "  missed"
        share = f"{low:.0%} to {min(high, 1):.0%}"
        print(f"{share:>20} {len(mine):6} {likely:12.1%} {came:13.1%}{told}")
    return kept


def main() -> int:
    """Run everything. Returns 1 where a goal is missed."""
    every, kept = kinds()
    told = known(every)
    kept &= bins(told)
    held = said(told)[2]
    kept &= COVERED[0] <= held <= COVERED[1]
    misses = np.mean([((one.finish.probability or 0.0) - one.in_time) ** 2 for one in told])
    print(f"\n{len(told)} of {len(every)} forecasts said something; {held:.1%} of the 80 % "
          f"intervals held; Brier score {misses:.3f}.")  # fmt: skip
    print("Every goal is kept." if kept else "A goal is missed.")
    return int(not kept)


if __name__ == "__main__":
    sys.exit(main())

"""Log mining on labelled real logs: `python -m tests.bench logs`. It prints and never asserts.

Per set: GA (lines whose whole group is exact), FGA (F1 over groups), and lines a second of messages
that were never seen before, the final grouping included. Goals: mean GA 0.85, mean FGA 0.91, 20,000
lines a second on one core. Leave one set out: the thresholds that the other sets would choose.
"""

import itertools
import statistics
import sys
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from console.logs import masks  # noqa: E402  # needs the path above
from console.logs.merging import Thresholds, merge  # noqa: E402  # needs the path above
from console.logs.patterns import Miner  # noqa: E402  # needs the path above
from tests.logs.loghub import ABSENT, LabelledSet, grouping_accuracy, labelled_sets  # noqa: E402  # needs the path above

RUNS = 5
Scores = dict[str, tuple[float, float]]  # GA and FGA by set


def mine(labelled: LabelledSet) -> tuple[list[str], float, int]:
    """The pattern of each line, seconds of this process, and how many patterns."""
    masks.forget()
    began = time.process_time()
    miner = Miner()
    numbers = miner.add(labelled.messages)
    patterns = miner.patterns()
    seconds = time.process_time() - began
    of = {number: one.id for one in patterns for number in one.shapes}
    return [of[number] for number in numbers], seconds, len(patterns)


def grid() -> Iterator[Thresholds]:
    """Thresholds far to both sides of the defaults."""
    for word, first, preposition, role, identifier in itertools.product(
        (4, 6, 8, 10, 14, 20), (10, 20, 40, 1 << 30), (2, 3, 5, 10), (2, 4), (2, 3, 5)
    ):
        if preposition <= word:
            yield Thresholds(word, first, preposition, role, identifier, 2 * word)


def judge(sets: list[LabelledSet], limits: Thresholds, shapes: dict[str, list[str]]) -> Scores:
    """Every set with these thresholds."""
    scores: Scores = {}
    for one in sets:
        templates = merge(shapes[one.name], limits).templates
        found = [str(templates[shape]) for shape in shapes[one.name]]
        scores[one.name] = grouping_accuracy(one.groups, found)
    return scores


def mean(scores: Scores, names: list[str]) -> tuple[float, float]:
    """Over sets."""
    return tuple(statistics.mean(scores[name][kind] for name in names) for kind in (0, 1))


def leave_one_out(sets: list[LabelledSet]) -> None:
    """Each set with the thresholds that the others would choose."""
    shapes = {one.name: [masks.shape(message) for message in one.messages] for one in sets}
    tried = [(limits, judge(sets, limits, shapes)) for limits in grid()]
    names = [one.name for one in sets]
    chosen: Scores = {}
    for name in names:
        rest = [other for other in names if other != name]
        _, scores = max(tried, key=lambda one: sum(mean(one[1], rest)))
        chosen[name] = scores[name]
    worst = min(tried, key=lambda one: sum(mean(one[1], names)))
    ga, fga = mean(chosen, names)
    print(f"leave one set out, over {len(tried)} thresholds: GA {ga:.3f}, FGA {fga:.3f}")
    ga, fga = mean(worst[1], names)
    print(f"the worst of them on all sets: GA {ga:.3f}, FGA {fga:.3f} ({worst[0]})")


def grouping(sets: list[LabelledSet]) -> None:
    """The table per set, and the means."""
    print(f"{'set':12}{'GA':>7}{'FGA':>7}{'groups':>8}{'true':>6}{'lines/s':>10}")
    rows: list[tuple[float, float, float]] = []
    for one in sets:
        runs = [mine(one) for _ in range(RUNS)]
        found, _, count = runs[0]
        speed = len(one.messages) / statistics.median(seconds for _, seconds, _ in runs)
        ga, fga = grouping_accuracy(one.groups, found)
        rows.append((ga, fga, speed))
        true = len(set(one.groups))
        print(f"{one.name:12}{ga:7.3f}{fga:7.3f}{count:8}{true:6}{speed:10,.0f}")
    ga, fga, speed = (statistics.mean(column) for column in zip(*rows, strict=True))
    slowest = min(row[2] for row in rows)
    print(f"{'mean':12}{ga:7.3f}{fga:7.3f}{'':14}{speed:10,.0f}   slowest {slowest:,.0f}")
    print("goals: GA 0.850, FGA 0.910, 20,000 lines/s")


def main() -> int:
    """Always 0: it measures."""
    if sets := labelled_sets():
        grouping(sets)
        leave_one_out(sets)
    else:
        print(f"grouping: {ABSENT}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

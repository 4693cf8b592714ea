"""Log mining on labelled real logs: `python -m tests.bench logs`. It prints and never asserts.

Per set: GA (lines whose whole group is exact), FGA (F1 over groups), and lines a second of messages
that were never seen before, the final grouping included. Goals: mean GA 0.85, mean FGA 0.91, 20,000
lines a second on one core. Leave one set out: the thresholds that the other sets would choose.
"""

import itertools
import json
import os
import random
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from console.logs import load, masks  # noqa: E402  # needs the path above
from console.logs.blocks import index  # noqa: E402  # needs the path above
from console.logs.merging import merge  # noqa: E402  # needs the path above
from console.logs.model import Source  # noqa: E402  # needs the path above
from console.logs.parse import read  # noqa: E402  # needs the path above
from console.logs.patterns import Miner  # noqa: E402  # needs the path above
from console.logs.query_text import parse_query  # noqa: E402  # needs the path above
from console.logs.search import search  # noqa: E402  # needs the path above
from console.logs.tail import Tail  # noqa: E402  # needs the path above
from console.logs.times import Clock  # noqa: E402  # needs the path above
from console.logs.varying import Thresholds  # noqa: E402  # needs the path above
from console.store.documents import packed  # noqa: E402  # needs the path above
from tests.logs.loghub import ABSENT, LabelledSet, grouping_accuracy, labelled_sets  # noqa: E402  # needs the path above

RUNS = 5
LINES = 1_000_000
QUERIES = (
    "deadbeefdeadbeef",
    '"no answer"',
    "level:error",
    "level:error AND duration_ms:>200",
    "duration_ms:>2900",
    "status:5xx phase:post",
    "instance:i1 AND bank",
    "phase:post",
    "phase:info",
    "NOT request",
    "NOT (level:info OR level:error)",
    "-level:info",
    "level:debug",
    "status:404",
    "duration_ms:<0",
    "duration_ms:2900..2901",
    "time:>2026-11-25",
    "item:*",
    "-request_id:*",
    "request_id:*abc*",
    "(level:error OR status:503) -phase:post",
)
OTHERS = ("deadbeefdeadbeef", "level:error", "-level:info", "NOT 2026", "time:>2026-11-25",
          "item:*", "-message:*request*")  # fmt: skip
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
    chosen = [scores[name] for name in names]
    return statistics.mean(ga for ga, _ in chosen), statistics.mean(fga for _, fga in chosen)


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


def write_log(path: Path, lines: int) -> None:
    """Lines as the kit writes them; one in 500 is an error, one in 50 is slow."""
    chance = random.Random(11)
    with path.open("w", encoding="utf-8") as file:
        for number in range(lines):
            error, slow = number % 500 == 7, number % 50 == 3
            record = {
                "ts": f"2026-11-24T{number // 3_600_000 % 24:02}:{number // 60_000 % 60:02}"
                f":{number // 1000 % 60:02}.{number % 1000:03}Z",
                "level": "error" if error else "info",
                "event": "item failed: no answer from the bank" if error else "request",
                "service": "billing",
                "instance": f"i{number % 3}",
                "commit": "c0ffee1",
                "request_id": f"{chance.getrandbits(64):016x}",
                "phase": ("auth", "fetch", "post")[number % 3],
                "status": 503 if error else 200,
                "ms": round(chance.random() * (3000 if slow else 300), 2),
            }
            file.write(json.dumps(record, separators=(",", ":")) + "\n")


def write_text(path: Path, lines: int, form: str) -> None:
    """Lines of an access log, or of a program that writes text; one in 500 is an error."""
    chance = random.Random(11)
    with path.open("w", encoding="utf-8") as file:
        for number in range(lines):
            at = f"{number // 60_000 % 24:02}:{number // 1000 % 60:02}:{number % 1000 // 17:02}"
            error = number % 500 == 7
            file.write(
                form.format(
                    number % 250, at, "ERROR" if error else "INFO", 503 if error else 200,
                    number % 5000, chance.getrandbits(40),
                )
            )  # fmt: skip


def searching(lines: int) -> None:
    """Seconds of searches in files of different kinds."""
    access = (
        '10.0.7.{0} - - [24/Nov/2026:{1} +0000] "GET /invoices/{4}?page=2 HTTP/1.1" {3} {4} "-" '
        '"Mozilla/5.0 (X11; Linux x86_64)"\n'
    )
    text = "2026-11-24 {1},123 {2} billing.jobs: request {5:x} done for customer C{0}\n"
    logfmt = 'ts=2026-11-24T{1}Z level={2} msg="request done" status={3} request_id={5:x}\n'
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "app.log"
        write_log(path, lines)
        _search(path, "JSON", lines, QUERIES)
        for name, form in (("access log", access), ("text", text), ("logfmt", logfmt)):
            write_text(path, lines, form)
            _search(path, name, lines, OTHERS)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"  peak memory of this process {peak:,.0f} MB")


def _search(path: Path, kind: str, lines: int, queries: tuple[str, ...]) -> None:
    clock = Clock(1_795_600_000.0)
    size = path.stat().st_size
    began, worked = time.perf_counter(), time.process_time()
    known = index(path)
    print(
        f"search in {lines:,} lines of {kind}, {size / 1e6:,.0f} MB (goal: 2 s); finding its "
        f"blocks, once: {time.perf_counter() - began:.2f} s, "
        f"{time.process_time() - worked:.2f} s of a core; load {os.getloadavg()[0]:.1f}:"
    )
    for query in queries:
        began, worked = time.perf_counter(), time.process_time()
        found = search(path, parse_query(query, clock), clock, known=known)
        seconds, work = time.perf_counter() - began, time.process_time() - worked
        share = found.bytes_searched / size
        early = "" if found.whole else f"; {share:.0%} searched: {found.reason}"
        spent = f"{seconds:6.2f} s, {work:5.2f} s of a core"
        print(f"  {spent}  {query:40} {len(found.lines):6,} hits{early}")


def collecting(lines: int = 10_000) -> None:
    """What the collector spends on lines that come, and what they cost the store."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "app.log"
        write_log(path, lines)
        clock = Clock(1_795_600_000.0)
        read_lines = list(read([path.read_bytes()], clock))
        tail = Tail(None, {}, clock)
        began = time.process_time()
        tail.add(read_lines, clock)
        added = time.process_time()
        taken = tail.take([Source("kit")], [], [], clock.now)
        ended = time.process_time()
        stored = sum(map(len, taken.changes.changed.values()))
        document = len(packed(load.encode(taken.reading)))
        print(
            f"collect {lines:,} lines: kept in {added - began:.2f} s, grouped and explained in "
            f"{ended - added:.3f} s of a core; {stored / 1e3:,.0f} KB in the store, its reading "
            f"{document / 1e3:,.1f} KB"
        )


def parsing() -> None:
    """Lines a second of the parser, by form."""
    forms = {
        "JSON": '{"ts":"2026-11-24T03:57:12Z","level":"info","event":"done","status":200,"n":%d}',
        "logfmt": 'ts=2026-11-24T03:57:12Z level=info msg="request done" status=200 n=%d',
        "access": '10.0.0.1 - - [24/Nov/2026:03:57:12 +0000] "GET /a/%d HTTP/1.1" 200 7 "-" "x"',
        "text": "2026-11-24 03:57:12,123 INFO billing: request %d done",
    }
    clock = Clock(1_795_600_000.0)
    for name, form in forms.items():
        data = "\n".join(form % number for number in range(20_000)).encode()
        began = time.process_time()
        count = sum(1 for _ in read([data], clock))
        print(f"parse {name:8} {count / (time.process_time() - began):10,.0f} lines/s")


def main() -> int:
    """Always 0: it measures. A number as argument is how many lines are searched."""
    if sets := labelled_sets():
        grouping(sets)
        leave_one_out(sets)
    else:
        print(f"grouping: {ABSENT}")
    parsing()
    collecting()
    searching(int(sys.argv[1]) if len(sys.argv) > 1 else LINES)
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""How long percentiles of a window take, read from a real store, and the whole analysis of a page.

`python tests/bench/bench_response_times.py`. One check, probed every 30 seconds for 400 days, is
written as the collector writes it. Each figure is the middle one of many; it ends with code 1 where
one is over its budget.
"""

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from console.health.check import Check, Service  # noqa: E402  # needs the path above
from console.response_times.analysis import Question  # noqa: E402
from console.response_times.load import analyse  # noqa: E402
from console.response_times.model import percentile_series, percentiles  # noqa: E402
from console.store.cells import DAY, HOUR  # noqa: E402
from console.store.read import Store  # noqa: E402
from console.store.series import SeriesId  # noqa: E402
from tests.response_times.made_history import believable, write  # noqa: E402
from tests.valkey_process import ValkeyProcess  # noqa: E402

CHECK = Check(name="api", url="https://api.example")
SHOP = Service(name="shop", checks=(CHECK,))
API = SeriesId("check", "api")
DAYS = 400
EVERY = 30.0  # seconds
TRIES = 15

# Window, its length in seconds, budget of its percentiles in milliseconds.
WINDOWS = (
    ("1 h", HOUR, 50.0),
    ("24 h", DAY, 50.0),
    ("35 d", 35 * DAY, 150.0),
    ("400 d", 400 * DAY, 150.0),
)


def main() -> int:
    """Measure and print; 1 where a budget is broken."""
    with tempfile.TemporaryDirectory() as directory:
        server = ValkeyProcess(Path(directory))
        server.start()
        try:
            now = time.time()
            past = believable("api", now, DAYS, EVERY, phases=False)
            asyncio.run(write(server.url, SHOP.name, past, now))
            store = Store(server.url)
            print(f"{len(past.results):,} results of {DAYS} days, one every {EVERY:g} s\n")
            print("window  cells    percentiles  budget  whole page's analysis")
            broken = [measure(store, now, *window) for window in WINDOWS]
            store.close()
        finally:
            server.kill()
    return int(any(broken))


def measure(store: Store, now: float, name: str, length: float, budget: float) -> bool:
    """Print one line; whether the budget is broken."""
    since = now - length
    question = Question(SHOP, API, since, now, UTC, 10.0)

    def read() -> None:
        cells = store.cells(SHOP.name, API, since, now)
        percentiles(cells)
        percentile_series(cells, since, now)

    took = typical(read)
    whole = typical(lambda: analyse(store, question))
    cells = len(store.cells(SHOP.name, API, since, now))
    print(f"{name:6}  {cells:7,}  {took:8.1f} ms  {budget:3.0f} ms  {whole:8.1f} ms")
    return took > budget


def typical(work: Callable[[], object]) -> float:
    """Milliseconds, the middle one of several tries."""
    took: list[float] = []
    for _ in range(TRIES):
        began = time.perf_counter()
        work()
        took.append((time.perf_counter() - began) * 1000)
    return statistics.median(took)


if __name__ == "__main__":
    sys.exit(main())

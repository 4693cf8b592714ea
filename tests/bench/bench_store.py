"""What history costs and how exact it is: `python tests/bench/bench_store.py`.

One check with all its phases, probed every 30 seconds, is written and packed as the collector does
it. The percentiles read back are compared with numpy's over the raw response times.
"""

import asyncio
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from console.response_times.model import percentiles  # noqa: E402  # needs the path above
from console.store import keys  # noqa: E402
from console.store.cells import DAY  # noqa: E402
from console.store.read import Store  # noqa: E402
from console.store.series import SeriesId  # noqa: E402
from tests.response_times.made_history import Past, believable, write  # noqa: E402
from tests.valkey_process import ValkeyProcess  # noqa: E402

SERVICE = "shop"
API = SeriesId("check", "api")
DAYS = 60
EVERY = 30.0  # seconds
ERROR = 0.01  # relative; what the buckets promise
SHARES = (0.5, 0.95, 0.99)
WINDOWS = (("24 h", DAY), ("35 d", 35 * DAY), ("60 d", 60 * DAY))


def main() -> int:
    """Measure and print; 1 where a percentile is off by more than is promised."""
    with tempfile.TemporaryDirectory() as directory:
        server = ValkeyProcess(Path(directory))
        server.start()
        try:
            # the end of a day: what is packed is all there is
            now = time.time() // DAY * DAY + 600
            past = believable("api", now, DAYS, EVERY)
            asyncio.run(write(server.url, SERVICE, past, now))
            worst = exactness(server, past, now)
            sizes(server, now)
        finally:
            server.kill()
    return int(worst > ERROR)


def exactness(server: ValkeyProcess, past: Past, now: float) -> float:
    """Print the error of each percentile. Returns the largest."""
    timed = [(at, s) for at, series, s, _ in past.results if series == API and s is not None]
    times = np.array([at for at, _ in timed])
    seconds = np.array([took for _, took in timed])
    store = Store(server.url)
    worst = 0.0
    print("window  percentile       numpy       store   error  (promised: 1 %)")
    for name, length in WINDOWS:
        cells = store.cells(SERVICE, API, now - length, now)
        edge = float(cells.periods.min())  # the window of the store begins with a whole period
        raw = np.sort(seconds[times >= edge])
        for share, found in zip(SHARES, percentiles(cells), strict=True):
            exact = float(np.quantile(raw, share, method="inverted_cdf"))
            value = found.value
            error = abs(value / exact - 1) if value is not None else float("nan")
            worst = max(worst, error)
            figures = f"{exact * 1000:10.3f}  {(value or 0) * 1000:10.3f}  {error:6.2%}"
            print(f"{name:6}  p{share * 100:<2.0f}      {figures}")
    store.close()
    return worst


def sizes(server: ValkeyProcess, now: float) -> None:
    """Print the bytes of one series a day, by minutes and by hours."""
    results = DAY / EVERY
    print(f"\nbytes per series and day, at {results:,.0f} results a day")
    with server.client() as client:
        names = sorted(name.decode() for name in client.smembers(keys.series(SERVICE)))
        for name in names:
            blobs = client.hgetall(keys.closed_cells(SERVICE, name))
            hours = [len(blob) for field, blob in blobs.items() if field.startswith(b"h")]
            days = [len(blob) for field, blob in blobs.items() if field.startswith(b"d")]
            memory = client.memory_usage(keys.closed_cells(SERVICE, name), samples=0) or 0
            print(f"{name:24}  by minute {sum(hours) / len(hours) * 24:7,.0f}"
                  f"  by hour {sum(days) / max(1, len(days)):6,.0f}"
                  f"  in all {memory / 1024:7,.0f} KiB of memory for {DAYS} days")  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())

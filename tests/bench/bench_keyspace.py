"""The keyspace analysis beside redis-cli: `python -m tests.bench.bench_keyspace [keys]`.

Budgets for a million keys: at least three times faster per key than `redis-cli --memkeys` on the
same server in the same run where scripts are allowed, no slower where they are not, at most 100 MB
of extra memory, and the p99 of other clients at most 5 ms higher.
"""

import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from console.cache.scan import Scan
from tests.valkey_process import ValkeyProcess

KEYS = 1_000_000
SPEED_BUDGET, PLAIN_BUDGET = 3.0, 1.0  # times as fast as redis-cli
MEMORY_BUDGET = 100e6  # bytes
LATENCY_BUDGET = 0.005  # seconds


class Neighbour:
    """Another client, which measures how long its commands take."""

    def __init__(self, server: ValkeyProcess) -> None:
        self._server, self._stop, self.times = server, threading.Event(), list[float]()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "Neighbour":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def p99(self) -> float:
        """Seconds."""
        return statistics.quantiles(self.times, n=100)[-1]

    def _run(self) -> None:
        with self._server.client() as client:
            while not self._stop.wait(0.002):
                began = time.perf_counter()
                client.get("user:1:cart")
                self.times.append(time.perf_counter() - began)


def fill(server: ValkeyProcess, keys: int) -> None:
    """Small strings, as caches hold them."""
    with server.client() as client:
        script = (
            "for i = ARGV[1], ARGV[2] do redis.call('SET', 'user:' .. i .. ':cart', 'xxxxxxxx') end"
        )
        for first in range(0, keys, 20_000):
            client.eval(script, 0, first, first + 19_999)


def analyse(server: ValkeyProcess, keys: int, *, scripted: bool) -> tuple[float, float]:
    """Seconds per key, and the p99 of a neighbour meanwhile."""
    scan = Scan(server.url, keys)
    if not scripted:
        scan._prepare()
        scan.scripted, scan._prepare = False, lambda: None
    with Neighbour(server) as neighbour:
        began = time.perf_counter()
        for _ in scan.run():
            pass
        seconds = time.perf_counter() - began
    return seconds / max(1, scan.accumulator.scanned), neighbour.p99()


def main() -> int:
    """Returns 1 where a budget is exceeded, 2 where there is no redis-cli."""
    keys = int(sys.argv[1]) if len(sys.argv) > 1 else KEYS
    cli = shutil.which("redis-cli")
    if cli is None:
        print("redis-cli is not installed: nothing to compare with")
        return 2
    with tempfile.TemporaryDirectory() as folder:
        server = ValkeyProcess(Path(folder))
        server.start()
        try:
            fill(server, keys)
            with Neighbour(server) as quiet:
                time.sleep(2)
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
            scripted, busy = analyse(server, keys, scripted=True)
            memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 - before
            began = time.perf_counter()
            subprocess.run(
                [cli, "-p", str(server.port), "--memkeys"], check=True, stdout=subprocess.DEVNULL
            )
            rival = (time.perf_counter() - began) / keys
            plain, plain_busy = analyse(server, min(keys, 200_000), scripted=False)
        finally:
            server.kill()
    print(f"{keys:,} keys, microseconds a key: scripts {scripted * 1e6:.2f}, "
          f"redis-cli {rival * 1e6:.2f}, pipelines {plain * 1e6:.2f}")  # fmt: skip
    print(f"times as fast as redis-cli: {rival / scripted:.1f} (budget {SPEED_BUDGET}), "
          f"by pipelines {rival / plain:.1f} (budget {PLAIN_BUDGET})")  # fmt: skip
    print(f"extra memory {memory / 1e6:.1f} MB; p99 of others: quiet {quiet.p99() * 1e3:.2f} ms, "
          f"scripts {busy * 1e3:.2f} ms, pipelines {plain_busy * 1e3:.2f} ms")  # fmt: skip
    fits = (
        rival / scripted >= SPEED_BUDGET
        and rival / plain >= PLAIN_BUDGET
        and memory <= MEMORY_BUDGET
        and max(busy, plain_busy) - quiet.p99() <= LATENCY_BUDGET
    )
    print("within the budget" if fits else "BEYOND THE BUDGET")
    return 0 if fits else 1


if __name__ == "__main__":
    sys.exit(main())

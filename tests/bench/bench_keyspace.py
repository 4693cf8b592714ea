"""The keyspace analysis beside redis-cli: `python -m tests.bench keyspace`, or this file with a
number of keys and the name of a server (valkey, redis-7, redis-8).

Budgets for a million keys: at least three times faster per key than `redis-cli --memkeys` on the
same server in the same run where scripts are allowed, no slower where they are not, at most 100 MB
of extra memory, and the p99 of other clients at most 5 ms higher.

What is measured is what the console runs: the analysis is a process of its own, and so is the
neighbour whose commands are timed; each figure is the median of ROUNDS.
"""

import json
import multiprocessing
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.valkey_process import ValkeyProcess  # noqa: E402  # needs the path above

KEYS = 1_000_000
ROUNDS = 3
SPEED_BUDGET, PLAIN_BUDGET = 3.0, 1.0  # times as fast as redis-cli
MEMORY_BUDGET = 100e6  # bytes
LATENCY_BUDGET = 0.005  # seconds
PASSWORD = "plain"

# Mostly strings, as caches hold them, and some of every other type; half of them expire.
FILL = """
for i = ARGV[1], ARGV[2] do
  local part = i % 20
  local key = 'shop:' .. (i % 50) .. ':' .. i
  if part < 15 then redis.call('SET', 'user:' .. i .. ':cart', string.rep('x', 8 + i % 200))
    key = 'user:' .. i .. ':cart'
  elseif part < 17 then redis.call('HSET', key, 'a', i, 'b', 'text', 'c', i * 2, 'd', 'more')
  elseif part == 17 then redis.call('RPUSH', key, 1, 2, 3, i)
  elseif part == 18 then redis.call('SADD', key, 'one', 'two', i)
  else redis.call('ZADD', key, 1, 'one', 2, i) end
  if i % 2 == 0 then redis.call('EXPIRE', key, 600 + i % 3000000) end
end
"""


@dataclass(frozen=True)
class Took:
    """One analysis."""

    seconds_a_key: float
    neighbour_p99: float  # seconds
    memory: int  # bytes at most, of the whole process


@contextmanager
def neighbour(port: int) -> Iterator[list[float]]:
    """Another client in a process of its own; the list gets how long its commands took."""
    times: list[float] = []
    here, there = multiprocessing.Pipe()
    process = multiprocessing.Process(target=_visit, args=(port, there))
    process.start()
    here.recv()  # it is connected
    yield times
    here.send("enough")
    times += here.recv()
    process.join()


def _visit(port: int, pipe: Connection) -> None:
    import redis

    client = redis.Redis(port=port, socket_timeout=10)
    client.get("user:0:cart")
    pipe.send("here")
    times: list[float] = []
    while not pipe.poll(0.002):
        began = time.perf_counter()
        client.get("user:0:cart")
        times.append(time.perf_counter() - began)
    pipe.send(times)


def p99(times: list[float]) -> float:
    """Seconds."""
    return statistics.quantiles(times, n=100)[-1]


def analyse(port: int, *, scripted: bool) -> Took:
    """One run of the program that the console starts."""
    login = "" if scripted else f"plain:{PASSWORD}@"
    given = {"url": f"redis://{login}127.0.0.1:{port}", "most": 10 * KEYS}
    with neighbour(port) as times:
        process = subprocess.Popen(
            [sys.executable, "-m", "console.cache.scan"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(given).encode() + b"\n")
        process.stdin.flush()
        memory, result = 0, {}
        for line in process.stdout:
            memory = max(memory, _peak(process.pid))
            result = json.loads(line).get("result", result)
        process.wait()
    if not result or result["scripted"] is not scripted:
        raise RuntimeError("the analysis ended without the result that was wanted")
    return Took(result["seconds"] / result["scanned"], p99(times), memory)


def _peak(pid: int) -> int:
    """The most memory that a process ever had; 0 once it is gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(one.split()[1]) * 1024 for one in lines if one.startswith("VmHWM")), 0)


def main() -> int:
    """Returns 1 where a budget is exceeded, 2 where there is no redis-cli."""
    keys = int(sys.argv[1]) if len(sys.argv) > 1 else KEYS
    name = sys.argv[2] if len(sys.argv) > 2 else "valkey"
    cli = shutil.which("redis-cli")
    if cli is None:
        print("redis-cli is not installed: nothing to compare with")
        return 2
    rivals, scripts, plain = list[float](), list[Took](), list[Took]()
    with tempfile.TemporaryDirectory() as folder:
        server = ValkeyProcess(Path(folder), server=name)
        server.start()
        try:
            with server.client() as client:
                client.acl_setuser("plain", enabled=True, passwords=[f"+{PASSWORD}"], keys=["*"],
                                   channels=["*"], categories=["+@all", "-@scripting"])  # fmt: skip
                for first in range(0, keys, 10_000):
                    client.eval(FILL, 0, first, first + 9_999)
                total = client.dbsize()
            with neighbour(server.port) as quiet:
                time.sleep(4)
            for _ in range(ROUNDS):
                began = time.perf_counter()
                subprocess.run(
                    [cli, "-p", str(server.port), "--memkeys"],
                    check=True,
                    stdout=subprocess.DEVNULL,
                )
                rivals.append((time.perf_counter() - began) / total)
                scripts.append(analyse(server.port, scripted=True))
                plain.append(analyse(server.port, scripted=False))
        finally:
            server.kill()
    return _told(name, total, p99(quiet), rivals, scripts, plain)


def _told(
    name: str, keys: int, quiet: float, rivals: list[float], scripts: list[Took], plain: list[Took]
) -> int:
    rival = statistics.median(rivals)
    print(f"{name}, {keys:,} keys, median of {len(rivals)} (each in brackets)")
    print(f"redis-cli --memkeys: {rival * 1e6:.2f} us a key {_each([1e6 * one for one in rivals])}")
    fits = True
    for what, runs, budget in (
        ("scripts", scripts, SPEED_BUDGET),
        ("pipelines", plain, PLAIN_BUDGET),
    ):
        speed = [other / one.seconds_a_key for other, one in zip(rivals, runs, strict=True)]
        higher = [one.neighbour_p99 - quiet for one in runs]
        memory = max(one.memory for one in runs)
        took = statistics.median(one.seconds_a_key for one in runs)
        print(
            f"{what}: {took * 1e6:.2f} us a key; {statistics.median(speed):.1f} times as fast "
            f"{_each(speed)}, budget {budget}\n"
            f"  p99 of others {statistics.median(higher) * 1e3:+.2f} ms "
            f"{_each([1e3 * one for one in higher])} over {quiet * 1e3:.2f} ms, "
            f"budget {LATENCY_BUDGET * 1e3:+.0f} ms\n"
            f"  memory of the whole process {memory / 1e6:.0f} MB, "
            f"budget {MEMORY_BUDGET / 1e6:.0f} MB"
        )
        fits &= statistics.median(speed) >= budget and memory <= MEMORY_BUDGET
        fits &= statistics.median(higher) <= LATENCY_BUDGET
    print(f"machine: {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    print("within the budget" if fits else "BEYOND THE BUDGET")
    return 0 if fits else 1


def _each(values: list[float]) -> str:
    return f"({', '.join(f'{value:.2f}' for value in values)})"


if __name__ == "__main__":
    sys.exit(main())

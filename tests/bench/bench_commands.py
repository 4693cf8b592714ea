"""How many commands a day the console sends to a server that bills each of them.

`python tests/bench/bench_commands.py`, or `--minutes 3` for a short look. A real console with ten
checks every 30 seconds in the economy profile; what its clients send is read from MONITOR, where
the commands inside of scripts do not count. Measured are some minutes without and some with a
visitor who keeps a page open; what happens once an hour is measured once and counted 24 times.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from console.store.write import CollectorStore  # noqa: E402  # needs the path above
from tests.bench.viewer import Viewer  # noqa: E402
from tests.console_process import console_in  # noqa: E402
from tests.valkey_process import ValkeyProcess  # noqa: E402

CHECKS = 10
GOAL = 6_000  # commands a day; Upstash's free plan is 500,000 a month
DAY = 86_400.0  # seconds
VISIT = 8 * 3600.0  # seconds a day that somebody looks
PAGES = ("", "health", "status", "response-times")
# Commands that MONITOR shows and no server bills: how a connection introduces itself.
FREE = frozenset({"MONITOR", "CLIENT", "AUTH", "HELLO", "SELECT"})
# What packing sends, which is measured by itself; an hour may end during any measurement.
PACKING = frozenset({"SSCAN", "EVAL"})


def services(server: ValkeyProcess) -> str:
    """Ten checks that can be probed here: the store's own port."""
    checks = "".join(
        f'\n[[services.checks]]\nname = "c{n}"\ntype = "tcp"\n'
        f'url = "tcp://127.0.0.1:{server.port}"\ninterval = "30s"\n'
        for n in range(CHECKS)
    )
    return f'[[services]]\nname = "shop"\n{checks}'


def listen(server: ValkeyProcess, seconds: float) -> Counter[str]:
    """The commands of some time."""
    with server.watched() as commands:
        time.sleep(seconds)
    return _billed(commands)


async def look(url: str, server: ValkeyProcess, page: str, seconds: float) -> Counter[str]:
    """The commands while somebody keeps a page open."""
    with server.watched() as commands:
        async with Viewer(url) as viewer:
            await viewer.open(page)
            await viewer.stay(seconds)
    if viewer.errors:
        raise RuntimeError(f"/{page} did not open: {viewer.errors[0]}")
    return _billed(commands)


def _billed(commands: list[str]) -> Counter[str]:
    return Counter(command for command in commands if command not in FREE | PACKING)


async def compaction(server: ValkeyProcess) -> int:
    """The commands of packing one hour and, as at midnight, one day; on top of everything else."""
    async with CollectorStore(server.url, "economy") as store:
        with server.client() as client:
            client.delete("console:1:lease")
        await store.acquire()
        with server.watched() as commands:
            await store.compact(time.time() + 3 * 3600)
    return sum(1 for command in commands if command not in FREE)


def run(minutes: float) -> int:
    """Measure and print; 1 where the goal is missed."""
    with tempfile.TemporaryDirectory() as directory:
        home = Path(directory)
        (home / "valkey").mkdir()
        server = ValkeyProcess(home / "valkey")
        server.start()
        (home / "services.toml").write_text(services(server), encoding="utf-8")
        console = console_in(
            home,
            CONSOLE_STORE_URL=server.url,
            CONSOLE_STORE_PROFILE="economy",
            CONSOLE_SERVICES_FILE=str(home / "services.toml"),
        )
        try:
            console.start()
            listen(server, 65)  # the first flush, and what is known only then
            alone = listen(server, minutes * 60)
            print(f"nobody looks, {minutes:g} min: {dict(alone)}")
            watched: list[float] = []
            for page in PAGES:
                seen = asyncio.run(look(console.url, server, page, minutes * 60))
                watched.append(seen.total())
                print(f"/{page} open, {minutes:g} min: {dict(seen)}")
        finally:
            console.stop()
        hourly = asyncio.run(compaction(server))
        server.kill()
    resting = alone.total() / minutes / 60 * DAY
    worst = (max(watched) / minutes / 60 - resting / DAY) * VISIT
    packing = hourly * 24
    total = resting + worst + packing
    print(f"\ncollector alone, a day   {resting:8,.0f}")
    print(f"packing, a day           {packing:8,.0f}  ({hourly} an hour)")
    print(f"one visitor, 8 hours     {worst:8,.0f}  (the page that asks most)")
    print(f"in all                   {total:8,.0f}  goal: at most {GOAL:,}")
    return int(total > GOAL)


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0, help="of each measurement")
    return run(parser.parse_args().minutes)


if __name__ == "__main__":
    sys.exit(main())

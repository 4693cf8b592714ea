"""How long the pages take on the server and how much they send.

`python tests/bench/bench_pages.py`, or with `--checks 1000` for one installation only.

A real `streamlit run`, a real Valkey, 35 days of minutes for every check, and a writer that flushes
all states every ten seconds as the collector does, so that no page lives off an old snapshot. A
visitor without a browser opens each page over the websocket; what is measured reaches from the
request to the last message of the run, so it is a little more than the page's own run.
"""

import argparse
import asyncio
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC
from pathlib import Path
from random import Random

import httpx
import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from console.collector.reader import INSTANCES  # noqa: E402
from console.health.check import Service  # noqa: E402  # needs the path above
from console.health.watch import Watch  # noqa: E402
from console.instances.heartbeat import Beat  # noqa: E402
from console.instances.load import _ADAPTER as INSTANCES_ADAPTER  # noqa: E402
from console.instances.model import Heard, Snapshot, Traffic  # noqa: E402
from console.store import keys  # noqa: E402
from console.store.batch import Batch  # noqa: E402
from console.store.cells import DAY, HOUR, MINUTE, Cells, pack, to_hours  # noqa: E402
from console.store.documents import packed  # noqa: E402
from console.store.histogram import code_of  # noqa: E402
from console.store.model import CollectorBeat  # noqa: E402
from console.store.series import SeriesId  # noqa: E402
from console.store.write import CollectorStore  # noqa: E402
from tests.bench.viewer import Run, Viewer  # noqa: E402
from tests.pages.filling import Past, good, uptime_record  # noqa: E402
from tests.processes import clean_environment, free_port  # noqa: E402
from tests.valkey_process import ValkeyProcess  # noqa: E402

DAYS = 35  # of minutes
FLUSH = 10.0  # seconds
OPENS = 60  # of each page, after the first
TICKS = 12.0  # seconds that a page stays open
PHASES = ("connect", "first_byte", "transfer")
START_LIMIT = 60.0  # seconds


@dataclass(frozen=True)
class Size:
    """One installation and what is promised for it."""

    name: str
    checks: int
    instances: int
    p95_ms: float
    kilobytes: float


SIZES = (Size("ordinary", 10, 3, 100, 250), Size("large", 1000, 1000, 200, 250))
INSTANCES_MS = 300  # of server time, for the page Instances of the large one


@dataclass(frozen=True)
class Measured:
    """One page of one installation."""

    page: str
    opens: Sequence[Run]
    ticks: Sequence[Run]

    def p95(self, runs: Sequence[Run]) -> float:
        """Milliseconds."""
        return float(np.percentile([run.seconds * 1000 for run in runs], 95)) if runs else 0.0

    def kilobytes(self, runs: Sequence[Run]) -> float:
        """The most that one run sent."""
        return max((run.bytes for run in runs), default=0) / 1000


def platform(checks: int, redis_url: str) -> Service:
    """A service with so many checks, and a Redis whose instances are known."""
    return Service.model_validate(
        {
            "name": "platform",
            "title": "Platform",
            "checks": [
                {"name": f"tenant-{n:04d}", "title": f"Tenant {n:04d}", "url": f"https://t{n}.test"}
                for n in range(checks)
            ]
            + [{"name": "cache", "title": "Cache", "type": "redis", "url": redis_url}],
        }
    )


def services_file(service: Service, path: Path) -> None:
    """The same as the console reads it."""
    lines = ["[[services]]", f'name = "{service.name}"', f'title = "{service.title}"']
    for check in service.checks:
        lines += ["[[services.checks]]", f'name = "{check.name}"', f'title = "{check.title}"']
        lines += [f'url = "{check.url}"', f'type = "{check.type}"']
    path.write_text("\n".join(lines))


def seed_history(valkey: ValkeyProcess, service: Service, now: float) -> int:
    """35 days of minutes for every check, and phases for the first. Returns the cells of one."""
    minutes = made_minutes(now)
    blobs: dict[str, bytes] = {}
    for hour in np.unique(minutes.periods // HOUR):
        blobs[f"h{hour}"] = pack(part(minutes, hour * HOUR, HOUR), int(hour * HOUR))
    hours = to_hours(minutes)
    for day in np.unique(hours.periods // DAY):
        blobs[f"d{day}"] = pack(part(hours, day * DAY, DAY), int(day * DAY))
    series = [SeriesId("check", check.name) for check in service.checks]
    series += [SeriesId("check", service.checks[0].name, phase) for phase in PHASES]
    with valkey.client() as client:
        for one in series:
            client.hset(keys.closed_cells(service.name, str(one)), mapping=blobs)
        client.sadd(keys.series(service.name), *map(str, series))
        client.sadd(keys.SERVICES, service.name)
    return len(minutes)


def made_minutes(now: float) -> Cells:
    """A probe every 30 seconds with a daily rhythm, up to the last full hour."""
    rng = np.random.default_rng(3)
    end = now // HOUR * HOUR
    at = np.arange(end - DAYS * DAY, end, 30.0)
    seconds = 0.08 * (1 + 0.3 * np.sin(at / DAY * 2 * np.pi)) * rng.lognormal(0, 0.25, len(at))
    found = np.array([code_of(float(one)) for one in seconds], dtype=np.int64)
    pairs, counts = np.unique(
        np.stack([at // MINUTE * MINUTE, found]).astype(np.int64), axis=1, return_counts=True
    )
    return Cells(MINUTE, pairs[0], pairs[1].astype(np.uint16), counts.astype(np.uint32))


def part(cells: Cells, start: int, length: int) -> Cells:
    """The cells of one period."""
    inside = (cells.periods >= start) & (cells.periods < start + length)
    return Cells(cells.resolution, cells.periods[inside], cells.codes[inside], cells.counts[inside])


def heartbeats(instances: int, now: float) -> bytes:
    """What a collector reads of so many instances."""
    heard: list[Heard] = []
    for n in range(instances):
        name = f"web-{n:04d}"
        beat = Beat(name, at=now, started_at=now - 60 * n, interval=2.0, commit="4f1c9e2", epoch=1,
                    mode="live", in_flight=n % 7, memory_bytes=80_000_000 + n)  # fmt: skip
        heard.append(Heard(name, now, beat, Traffic(60 + n, n % 5, 0.05, 0.2)))
    return packed(INSTANCES_ADAPTER.dump_json(Snapshot(now, now, heard=tuple(heard), epoch=1)))


def keep_writing(url: str, size: Size) -> None:
    """A collector without probes: every flush has a new result of every check."""
    asyncio.run(_keep_writing(url, platform(size.checks, url), size.instances))


async def _keep_writing(url: str, service: Service, instances: int) -> None:
    random, started = Random(5), time.time()
    watch = Watch(service, UTC)
    for check in service.checks:
        watch.uptimes[check.name] = uptime_record(check, Past(), started - 600)
    async with CollectorStore(url, "local") as store:
        fence = await store.acquire()
        assert fence is not None
        at = started - 600
        while True:
            while at < time.time():
                for check in service.checks:
                    watch.take(good(check, at, random))
                at += FLUSH
            now = time.time()
            beat = CollectorBeat(now, fence, started, "bench", "host", 1, "1", "local", FLUSH)
            states, uptimes = {service.name: watch.states}, {service.name: watch.uptimes}
            found = {service.name: {INSTANCES: heartbeats(instances, now)}}
            await store.flush(
                Batch(fence, now, states=states, uptimes=uptimes, beat=beat, found=found)
            )
            await asyncio.sleep(max(0.0, at - time.time()))


@contextmanager
def console(directory: Path, url: str, service: Service) -> Iterator[str]:
    """The real web process, without a collector of its own."""
    services_file(service, directory / "services.toml")
    port = free_port()
    address = f"http://localhost:{port}"
    environment = clean_environment(
        CONSOLE_STORE_URL=url,
        CONSOLE_COLLECTOR="off",
        CONSOLE_DATA_DIR=str(directory / "data"),
        CONSOLE_SERVICES_FILE=str(directory / "services.toml"),
    )
    command = [sys.executable, "-m", "streamlit", "run", "streamlit_app.py"]
    command += ["--server.address", "localhost", "--server.port", str(port)]
    with (directory / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + START_LIMIT
        while not _answers(address):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError((directory / "log").read_text(errors="replace"))
            time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        process.wait(20)


def _answers(address: str) -> bool:
    try:
        return httpx.get(f"{address}/_stcore/health", timeout=2).text == "ok"
    except httpx.HTTPError:
        return False


async def measure(address: str, service: Service, opens: int) -> list[Measured]:
    """Open every page again and again, then leave it open."""
    first = service.checks[0].name
    pages = {
        "Overview": ("", ""),
        "Status": ("status", ""),
        "Health": ("health", ""),
        "Health, one check": ("health", f"check={first}"),
        "Response times, 24 h": ("response-times", f"series=check:{first}&window=24h"),
        "Response times, 30 d": ("response-times", f"series=check:{first}&window=30d"),
        "Instances": ("instances", ""),
        "Checklist": ("checklist", ""),
    }
    found: list[Measured] = []
    for name, (path, query) in pages.items():
        async with Viewer(address) as viewer:
            await viewer.open(path, query)  # what is imported and compiled once
            runs: list[Run] = []
            for _ in range(opens):
                runs.append(await viewer.open(path, query))
                await asyncio.sleep(0.2)  # visitors do not come in one heap
            await viewer.stay(TICKS)
            if viewer.errors:
                raise RuntimeError(f"{name}: {viewer.errors[0]}")
            found.append(Measured(name, runs, viewer.ticks))
    return found


def run(size: Size, opens: int) -> bool:
    """Measure one installation and print its rows. Returns whether all of it is within budget."""
    well = True
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        valkey = ValkeyProcess(directory)
        valkey.start()
        service = platform(size.checks, valkey.url)
        writer = multiprocessing.Process(target=keep_writing, args=(valkey.url, size))
        try:
            cells = seed_history(valkey, service, time.time())
            print(
                f"\n{size.name}: {size.checks:,} checks, {cells:,} cells of minutes each, "
                f"{size.instances:,} instances\n"
            )
            print("| page | p50 ms | p95 ms | budget | sent KB | budget | tick p95 ms | tick KB |")
            print("| --- | --- | --- | --- | --- | --- | --- | --- |")
            writer.start()
            _wait_for_states(valkey, service)
            with console(directory, valkey.url, service) as address:
                for one in asyncio.run(measure(address, service, opens)):
                    well &= _row(one, size)
        finally:
            if writer.pid:
                writer.terminate()
                writer.join(10)
            valkey.kill()
    return well


def _wait_for_states(valkey: ValkeyProcess, service: Service) -> None:
    deadline = time.monotonic() + START_LIMIT
    with valkey.client() as client:
        while client.hlen(keys.states(service.name)) < len(service.checks):
            if time.monotonic() > deadline:
                raise RuntimeError("the writer wrote nothing")
            time.sleep(0.1)


def _row(one: Measured, size: Size) -> bool:
    p50 = float(np.median([run.seconds * 1000 for run in one.opens]))
    p95, sent = one.p95(one.opens), one.kilobytes(one.opens)
    most = INSTANCES_MS if one.page == "Instances" and size.instances > 100 else size.p95_ms
    print(
        f"| {one.page} | {p50:.0f} | {p95:.0f} | {most:.0f} | {sent:.0f} "
        f"| {size.kilobytes:.0f} | {one.p95(one.ticks):.0f} | {one.kilobytes(one.ticks):.0f} |",
        flush=True,
    )
    return p95 <= most and sent <= size.kilobytes


def main() -> int:
    """Measure; the exit code is 1 where a budget is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--opens", type=int, default=OPENS)
    parser.add_argument("--checks", type=int, help="only the installation of so many checks")
    asked = parser.parse_args()
    sizes = [replace(size) for size in SIZES if asked.checks in (None, size.checks)]
    results = [run(size, asked.opens) for size in sizes]
    print(f"\nmachine: {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())

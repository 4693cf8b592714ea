"""A thousand checks every ten seconds: what the collector costs and how punctual it is.

`python tests/bench/bench_checks.py`, or `--checks 100 --seconds 20 --no-viewers` for a short look.

A real `python -m console.collector`, a real Valkey, a target server in a process of its own. Two
thirds of the checks are HTTP and a third HTTPS, with conditions of several kinds, every answer read
in full. CPU and memory are those of the collector's process as /proc counts them, so that other
work on the machine does not show in them. Lags and response times do feel it: this process notes
how long it oversleeps itself, and those two are taken from the calmest stretches. Every other
stretch has ten visitors with live pages.
"""

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import httpx

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from console.store.model import CollectorBeat  # noqa: E402  # needs the path above
from console.store.read import Store  # noqa: E402
from tests.bench.viewer import Viewer  # noqa: E402
from tests.processes import clean_environment, free_port  # noqa: E402
from tests.valkey_process import ValkeyProcess  # noqa: E402

SERVICE = "platform"
INTERVAL = 10  # seconds between two probes of a check
WARM_UP = 25.0  # seconds: two rounds, and the first flushes
START_LIMIT = 60.0  # seconds
VIEWERS = 10
OPENING = 5.0  # seconds in which visitors come
FIRST = -10  # niceness: nine times the weight of an ordinary process
PAGES = ("", "health", "status", f"health?check=c0000&service={SERVICE}", "response-times")
TICKS = os.sysconf("SC_CLK_TCK")

CONDITIONS = (
    (),
    ("[STATUS] == 200",),
    ("[STATUS] == any(200, 204)", "[RESPONSE_TIME] < 5000"),
    ("[STATUS] == 200", "[BODY].queue.length < 10", "len([BODY].items) > 0"),
    ("[BODY].name == pat(j*)", "has([BODY].errors) == false"),
)


@dataclass(frozen=True)
class Stretch:
    """What was seen in one stretch of time."""

    viewers: bool
    cpu: float  # of one core, 0 to 1
    web: float  # the same, of the web process
    rss: float  # MB at its end
    p50: float  # milliseconds, of all probes of the stretch
    p95: float
    ticks: int  # updates that the visitors got
    overslept: float  # milliseconds at the 95th percentile: what the machine alone adds
    probes: int
    lag_p99: float  # milliseconds


def services_file(path: Path, checks: int, port: int) -> None:
    """The checks as a user writes them."""
    lines = ["[[services]]", f'name = "{SERVICE}"']
    for number in range(checks):
        secure = number % 3 == 2
        scheme, at = ("https", port + 1) if secure else ("http", port)
        conditions = CONDITIONS[number % len(CONDITIONS)]
        lines += [
            "[[services.checks]]",
            f'name = "c{number:04d}"',
            f'url = "{scheme}://127.0.0.1:{at}/{number}"',
            f"interval = {INTERVAL}",
            f"conditions = {list(conditions)}",
        ]
        if secure:
            lines.append("verify_tls = false")
    path.write_text("\n".join(lines))


@contextmanager
def program(
    command: Sequence[str], environment: dict[str, str], log: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """A process that ends with the block."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, *command], cwd=ROOT, env=environment, stdout=output, stderr=output
        )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(20)


def wait_for(what: str, done: Callable[[], bool], log: Path) -> None:
    deadline = time.monotonic() + START_LIMIT
    while not done():
        if time.monotonic() > deadline:
            raise RuntimeError(f"{what} did not start:\n{log.read_text(errors='replace')}")
        time.sleep(0.1)


def cpu_seconds(pid: int | None) -> float:
    """Processor time of a process with its threads, in user and system mode."""
    if pid is None:
        return 0.0
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def rss_megabytes(pid: int) -> float:
    """Memory that the process holds now."""
    status = Path(f"/proc/{pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1000


def answers(address: str) -> bool:
    try:
        return httpx.get(f"{address}/_stcore/health", timeout=2).text == "ok"
    except httpx.HTTPError:
        return False


async def stretch(
    store: Store, pid: int, web: int | None, seconds: float, address: str | None
) -> Stretch:
    """Watch for a while, with visitors where there is an address. `web`: the pid of its process."""
    visits: list[asyncio.Task[int]] = []
    async with asyncio.TaskGroup() as group:
        if address:
            for number in range(VIEWERS):
                visitor = visit(address, PAGES[number % len(PAGES)], seconds + OPENING)
                visits.append(group.create_task(visitor))
            await asyncio.sleep(OPENING)
        began, started = time.time(), time.monotonic()
        spent, served = cpu_seconds(pid), cpu_seconds(web)
        overslept = await sleep_lightly(seconds)
        spent, served = cpu_seconds(pid) - spent, cpu_seconds(web) - served
        lasted = time.monotonic() - started
    beat = await flushed(store, began + seconds)
    states = store.states(SERVICE).values()
    taken = sorted(
        sample.milliseconds
        for state in states
        for sample in state.recent
        if began <= sample.at < began + seconds and sample.milliseconds is not None
    )
    return Stretch(
        viewers=address is not None,
        cpu=spent / lasted,
        web=served / lasted,
        rss=rss_megabytes(pid),
        p50=taken[len(taken) // 2],
        p95=taken[int(len(taken) * 0.95)],
        ticks=sum(task.result() for task in visits),
        overslept=overslept * 1000,
        probes=len(taken),
        lag_p99=beat.lag_p99_ms,
    )


async def sleep_lightly(seconds: float) -> float:
    """Sleep in small steps. Returns how much too long they took, in seconds at the 95th percentile:
    what any process feels that wants to run at a certain time."""
    step, too_long = 0.01, list[float]()
    end = time.monotonic() + seconds
    while (before := time.monotonic()) < end:
        await asyncio.sleep(step)
        too_long.append(time.monotonic() - before - step)
    return sorted(too_long)[int(len(too_long) * 0.95)]


async def flushed(store: Store, until: float) -> CollectorBeat:
    """Wait until the collector has written what it found until then."""
    deadline = time.monotonic() + START_LIMIT
    while (beat := store.collector()) is None or beat.at < until + 1:
        if time.monotonic() > deadline:
            raise RuntimeError("the collector writes no more")
        await asyncio.sleep(0.2)
    return beat


async def visit(address: str, page: str, seconds: float) -> int:
    """One visitor who keeps a page open, and loads it again when an update does not come.

    Returns how many updates came.
    """
    path, _, query = page.partition("?")
    deadline = time.monotonic() + seconds
    ticks = 0
    while (left := deadline - time.monotonic()) > 0:
        viewer = Viewer(address)
        try:
            async with asyncio.timeout(left), viewer:
                await viewer.open(path, query)
                await viewer.stay(left)
        except TimeoutError:
            if time.monotonic() < deadline:
                print(f"  an update of /{page} did not come; the visitor loads it again")
        if viewer.errors:
            raise RuntimeError(f"{page}: {viewer.errors[0]}")
        ticks += len(viewer.ticks)
    return ticks


def row(what: str, figure: str, goal: str) -> None:
    print(f"| {what} | {figure} | {goal} |", flush=True)


def calmest(stretches: Sequence[Stretch]) -> Stretch:
    """The stretch in which other work on the machine was felt the least."""
    return min(stretches, key=lambda one: one.overslept)


def report(stretches: Sequence[Stretch], start_rss: float) -> None:
    """The table: figure and goal."""
    alone = calmest([one for one in stretches if not one.viewers])
    watched = [one for one in stretches if one.viewers]
    print("\n| what | figure | goal |\n| --- | --- | --- |")
    row("start lag, p99", f"{alone.lag_p99:.0f} ms", "<= 500 ms")
    row("collector's CPU", f"{median(one.cpu for one in stretches):.0%} of a core", "<= 40 %")
    rss = stretches[-1].rss
    row("collector's memory", f"{start_rss:.0f} MB warm, {rss:.0f} MB at the end", "bounded")
    row("response time p95", f"{alone.p95:.1f} ms", "")
    if watched:
        one = calmest(watched)
        moved = f"{one.p95:.1f} ms ({one.p95 / alone.p95 - 1:+.0%})"
        row(f"response time p95 with {VIEWERS} visitors", moved, "<= +20 %")
        row(f"start lag p99 with {VIEWERS} visitors", f"{one.lag_p99:.0f} ms", "<= 500 ms")
    print("\n| stretch | probes | CPU | web CPU | updates | MB | p50 | p95 | lag p99 | overslept |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for one in stretches:
        print(
            f"| {'visitors' if one.viewers else 'nobody'} | {one.probes} | {one.cpu:.1%} "
            f"| {one.web:.0%} | {one.ticks} | {one.rss:.0f} | {one.p50:.1f} ms "
            f"| {one.p95:.1f} ms | {one.lag_p99:.0f} ms | {one.overslept:.1f} ms |"
        )
    print(f"\nmachine: {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")


def run(checks: int, seconds: float, rounds: int, viewers: bool) -> None:
    """Start everything, watch, print the table."""
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        valkey = ValkeyProcess(directory)
        stack.callback(valkey.kill)
        valkey.start()
        environment = clean_environment(
            CONSOLE_STORE_URL=valkey.url,
            CONSOLE_SERVICES_FILE=str(directory / "services.toml"),
            CONSOLE_DATA_DIR=str(directory / "data"),
        )

        def start(name: str, *command: str, **more: str) -> subprocess.Popen[bytes]:
            log = directory / f"{name}.log"
            return stack.enter_context(program(command, environment | more, log))

        def wait(name: str, done: Callable[[], bool]) -> None:
            wait_for(name, done, directory / f"{name}.log")

        store = stack.enter_context(closing(Store(valkey.url, "local")))
        port = free_port()
        services_file(directory / "services.toml", checks, port)
        start("target", "tests/bench/target.py", str(port))
        wait("target", lambda: "ready" in (directory / "target.log").read_text())
        process = start("collector", "-m", "console.collector")
        wait("collector", lambda: store.collector() is not None)
        visitors: list[str | None] = [None]
        web = None
        if viewers:
            web_port = free_port()
            visitors.append(f"http://localhost:{web_port}")
            options = ("--server.address", "localhost", "--server.port", str(web_port))
            command = ("-m", "streamlit", "run", "streamlit_app.py", *options)
            web = start("web", *command, CONSOLE_COLLECTOR="off").pid
            wait("web", lambda: answers(f"http://localhost:{web_port}"))
        time.sleep(WARM_UP)
        start_rss = rss_megabytes(process.pid)
        found = [
            asyncio.run(stretch(store, process.pid, web, seconds, address))
            for _ in range(rounds)
            for address in visitors
        ]
        report(found, start_rss)


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checks", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=40.0, help="of each stretch")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--no-viewers", action="store_true")
    parser.add_argument(
        "--first",
        action="store_true",
        help="go before other work on the machine, which needs the right to (Linux: root)",
    )
    asked = parser.parse_args()
    if asked.first:
        os.nice(FIRST)  # all that is started here inherits it, so their share of each other stays
    run(asked.checks, asked.seconds, asked.rounds, not asked.no_viewers)


if __name__ == "__main__":
    main()

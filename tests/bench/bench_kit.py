"""What the kit costs: `python -m tests.bench.bench_kit`.

1. One request through the middleware (deadline, histogram, log line), without a round trip to
   Redis. Budget: 150 microseconds median more than the bare application.
2. One guarded write: the commands it sends, and its time beside a bare PING.
3. From a switch to the acknowledgement of eight instances. Budget: p95 at most 1 s where the
   server offers pub/sub, 6 s by polling.
"""

import asyncio
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "console" / "kit")]

from opskit import (  # noqa: E402  # needs the path above
    Kit,
    KitSettings,
    Mode,
    OpsMiddleware,
    heartbeat,
    load,
    stage,
)
from opskit.mode import switch  # noqa: E402

from tests.valkey_process import ValkeyProcess  # noqa: E402

REQUEST_BUDGET = 150e-6  # seconds
HEARD_BUDGET, POLLED_BUDGET = 1.0, 6.0  # seconds, p95
ROUNDS, PER_ROUND = 30, 200
INSTANCES, SWITCHES = 8, 20
SCOPE: dict[str, Any] = {
    "type": "http", "method": "GET", "path": "/x", "headers": [(b"host", b"test")],
}  # fmt: skip

App = Callable[[Any, Any, Any], Awaitable[None]]


async def bare(scope: Any, receive: Any, send: Any) -> None:
    """An application that answers at once."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"{}"})


async def with_stage(scope: Any, receive: Any, send: Any) -> None:
    """The same with one named stage."""
    with stage("work"):
        await bare(scope, receive, send)


async def _nothing(*_: Any) -> dict[str, Any]:
    return {"type": "http.request"}


async def cost(app: App) -> float:
    """Median seconds of one request."""
    medians: list[float] = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        for _ in range(PER_ROUND):
            await app(dict(SCOPE), _nothing, _nothing)
        medians.append((time.perf_counter() - began) / PER_ROUND)
    return statistics.median(medians)


def make(url: str, log: Any, **more: str) -> Kit:
    """A kit of one instance."""
    environ = {"OPS_SERVICE": "bench", "REDIS_URL": url, "DRY_RUN": "false", **more}
    return Kit(load(KitSettings, environ), environ=environ, log_stream=log)


async def requests(url: str, log: Any) -> float:
    """Seconds that the kit adds to one request."""
    kit = make(url, log)
    await kit.start()
    app = OpsMiddleware(with_stage, kit)
    await cost(app)
    without, within = await cost(bare), await cost(app)
    await kit.stop()
    added = within - without
    print(f"request: bare {without * 1e6:.1f} us, with the kit {within * 1e6:.1f} us, "
          f"added {added * 1e6:.1f} us (budget {REQUEST_BUDGET * 1e6:.0f})")  # fmt: skip
    return added


async def writes(server: ValkeyProcess, log: Any) -> list[str]:
    """The commands of one guarded write."""
    kit = make(server.url, log, OPS_PROFILE="economy")
    await kit.start()
    assert kit.server is not None

    async def timed(call: Callable[[], Awaitable[Any]]) -> float:
        each: list[float] = []
        for _ in range(1000):
            began = time.perf_counter()
            await call()
            each.append(time.perf_counter() - began)
        return statistics.median(each)

    ping = await timed(lambda: kit.server.command("PING"))  # pyright: ignore[reportOptionalMemberAccess]  asserted above
    guard = await timed(lambda: kit.mode.guard("POST /x"))
    with server.watched() as commands:
        await kit.mode.guard("POST /x")
    await kit.stop()
    print(f"guarded write: {guard * 1e6:.0f} us beside {ping * 1e6:.0f} us of a PING, "
          f"commands: {' '.join(commands)}")  # fmt: skip
    return commands


async def acknowledgements(url: str, log: Any, *, listen: bool) -> float:
    """Seconds from a switch until eight instances acknowledged it, p95; by polling alone where
    nobody listens."""
    heartbeat.LOCAL = replace(heartbeat.LOCAL, listen=listen)
    kits = [make(url, log) for _ in range(INSTANCES)]
    for kit in kits:
        await kit.start()
    first = kits[0]
    assert first.server is not None
    names = [first.keys.of("inst", kit.identity.instance) for kit in kits]
    listening = 0
    while listen and listening < INSTANCES:  # listeners connect in their own time
        await asyncio.sleep(0.01)
        _, listening = await first.server.command("PUBSUB", "NUMSUB", first.keys.of("bell"))
    epoch, took = 0, list[float]()
    for n in range(SWITCHES):
        began = time.perf_counter()
        mode = (Mode.DRY_RUN, Mode.LIVE)[n % 2]
        _, epoch = await switch(first.server, first.keys, mode, by="b", reason="", epoch=epoch)
        while True:
            texts = await first.server.command("MGET", *names)
            if all(text and json.loads(text)["epoch"] == epoch for text in texts):
                break
            await asyncio.sleep(0.002)
        took.append(time.perf_counter() - began)
    for kit in kits:
        await kit.stop()
    p95 = statistics.quantiles(took, n=20)[-1]
    how, budget = ("pub/sub", HEARD_BUDGET) if listen else ("polling alone", POLLED_BUDGET)
    print(f"switch to {INSTANCES} acknowledgements by {how}: median "
          f"{statistics.median(took) * 1000:.0f} ms, p95 {p95 * 1000:.0f} ms "
          f"(budget {budget * 1000:.0f})")  # fmt: skip
    return p95


def main() -> int:
    """Run all three; returns 1 where a budget is exceeded."""
    with tempfile.TemporaryDirectory() as folder, open("/dev/null", "w", encoding="utf-8") as log:
        server = ValkeyProcess(Path(folder))
        server.start()
        try:
            added = asyncio.run(requests(server.url, log))
            commands = asyncio.run(writes(server, log))
            heard = asyncio.run(acknowledgements(server.url, log, listen=True))
        finally:
            server.kill()
        server = ValkeyProcess(Path(folder))
        server.start()
        try:
            polled = asyncio.run(acknowledgements(server.url, log, listen=False))
        finally:
            server.kill()
    fits = added <= REQUEST_BUDGET and commands == ["EVALSHA"]
    fits &= heard <= HEARD_BUDGET and polled <= POLLED_BUDGET
    print("within the budget" if fits else "BEYOND THE BUDGET")
    return 0 if fits else 1


if __name__ == "__main__":
    sys.exit(main())

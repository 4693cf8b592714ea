"""Traffic on the relay in three shapes: quiet, normal, month-end. They take turns unless one is
chosen: python -m console.sample traffic month-end --for 10m
"""

import asyncio
import json
import os
import random
import secrets
import time
from collections.abc import Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from console.parent import told, when_parent_ends
from console.sample.books import OPENING


@dataclass(frozen=True, slots=True)
class Shape:
    """How much comes in. Rates a second."""

    reads: float
    orders: float


SHAPES = {
    "quiet": Shape(reads=0.3, orders=2 / 60),
    "normal": Shape(reads=0.6, orders=8 / 60),
    # with its reads more than the 60 calls a minute that the accounting API allows: it piles up
    "month-end": Shape(reads=1.5, orders=50 / 60),
}
SHAPE_FOR = 300.0  # seconds each, where they take turns
TIMEOUT = 5.0  # seconds for one request
AT_ONCE = 20  # requests under way at most; more are left out, as impatient callers would be


def shape(now: float, file: Path | None = None) -> str:
    """The shape at `now` (Unix seconds): the chosen one, or that whose turn it is."""
    chosen, until = read(file) if file else ("", 0.0)
    if chosen in SHAPES and (until == 0 or now < until):
        return chosen
    return list(SHAPES)[int(now // SHAPE_FOR) % len(SHAPES)]


def read(file: Path) -> tuple[str, float]:
    """The chosen shape, and until when (Unix seconds; 0 for good). Empty where none is chosen."""
    try:
        content: Any = json.loads(file.read_text())
        return str(content["shape"]), float(content["until"])
    except (OSError, ValueError, KeyError, TypeError):
        return "", 0.0


def choose(file: Path, name: str, until: float) -> None:
    """Choose a shape until then (Unix seconds; 0 for good); an empty name lets them take turns."""
    temporary = file.with_suffix(".tmp")
    temporary.write_text(json.dumps({"shape": name, "until": until}))
    temporary.replace(file)


def pause(rate: float) -> float:
    """Seconds until the next one: callers do not know of each other."""
    return random.expovariate(rate)


def number() -> int:
    """The invoice that is asked for: a few are asked for often, most seldom."""
    return int(OPENING * random.random() ** 3)  # noqa: S311 - no secret


def order(now: float) -> str:
    """The number of a new order."""
    return f"INV-{time.strftime('%m%d-%H%M%S', time.gmtime(now))}-{secrets.token_hex(4)}"


class Traffic:
    """Callers of the relay. Each is a new connection, so that all instances get their share."""

    def __init__(self, relay: str, file: Path, client: httpx.AsyncClient) -> None:
        self.relay, self.file, self.client = relay, file, client
        self.under_way: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Read and order, for ever."""
        await asyncio.gather(self._reads(), self._orders())

    async def _reads(self) -> None:
        while True:
            await asyncio.sleep(pause(SHAPES[shape(time.time(), self.file)].reads))
            self._begin(self.client.get(f"{self.relay}/items/INV-{number():05}"))

    async def _orders(self) -> None:
        while True:
            await asyncio.sleep(pause(SHAPES[shape(time.time(), self.file)].orders))
            new = {"items": [order(time.time())]}
            self._begin(self.client.post(f"{self.relay}/items", json=new))

    def _begin(self, request: Coroutine[Any, Any, httpx.Response]) -> None:
        if len(self.under_way) >= AT_ONCE:
            request.close()
            return
        task = asyncio.create_task(_ask(request))
        self.under_way.add(task)
        task.add_done_callback(self.under_way.discard)


async def _ask(request: Coroutine[Any, Any, httpx.Response]) -> None:
    try:
        async with asyncio.timeout(TIMEOUT):
            await request
    except (httpx.HTTPError, TimeoutError):
        return  # whether it works is for the console to find out


async def main(relay: str, file: Path) -> None:
    """Make traffic for ever."""
    limits = httpx.Limits(max_keepalive_connections=0)
    async with httpx.AsyncClient(timeout=TIMEOUT, limits=limits) as client:
        await Traffic(relay, file, client).run()


if __name__ == "__main__":
    given = told()
    when_parent_ends(lambda: os._exit(0))
    asyncio.run(main(given["relay"], Path(given["shape"])))

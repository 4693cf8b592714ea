"""Steady traffic on the relay, in three shapes that take turns: quiet, normal, busy."""

import asyncio
import itertools
import os
import random
import time
from collections.abc import Sequence

import httpx

from console.parent import told, when_parent_ends
from console.sample.accounting import INVOICES

SHAPES = {"quiet": 0.5, "normal": 1.0, "busy": 3.0}  # requests a second
SHAPE_FOR = 300.0  # seconds each
TIMEOUT = 5.0  # seconds for one request
AT_ONCE = 20  # requests under way at most; more are left out, as impatient callers would be


def shape(now: float) -> str:
    """The shape of the traffic at `now`."""
    return list(SHAPES)[int(now // SHAPE_FOR) % len(SHAPES)]


def pause(now: float) -> float:
    """Seconds until the next request: callers do not know of each other."""
    return random.expovariate(SHAPES[shape(now)])


def item() -> int:
    """The item that is asked for: a few are asked for often, most seldom."""
    return int(INVOICES * random.random() ** 3)  # noqa: S311 - no secret


async def run(relays: Sequence[str]) -> None:
    """Ask one instance or another, for ever."""
    turns = itertools.cycle(relays)
    under_way: set[asyncio.Task[None]] = set()
    async with httpx.AsyncClient(timeout=TIMEOUT) as client:
        while True:
            await asyncio.sleep(pause(time.time()))
            if len(under_way) < AT_ONCE:
                task = asyncio.create_task(_ask(client, f"{next(turns)}/items/{item()}"))
                under_way.add(task)
                task.add_done_callback(under_way.discard)


async def _ask(client: httpx.AsyncClient, url: str) -> None:
    try:
        async with asyncio.timeout(TIMEOUT):
            await client.get(url)
    except (httpx.HTTPError, TimeoutError):
        return  # whether it works is for the console to find out


if __name__ == "__main__":
    given = told()
    when_parent_ends(lambda: os._exit(0))
    asyncio.run(run(given["relays"]))

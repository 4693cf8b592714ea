"""A closing day of the sample service, sped up: real orders over HTTP, real instances, the kit's
ledger. Two minutes stand for the nine hours from 9:00 to 18:00; the past closings are made up.

What the console would have said after 25, 50 and 75 % of the day is kept beside what came of it.
"""

import asyncio
import json
import tempfile
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

import httpx
import numpy as np
from numpy.typing import NDArray
from redis import Redis

from console.month_end.board import Board, Found, board
from console.month_end.gather import STATES, read_closing
from console.month_end.history import counted
from console.month_end.model import Rules
from console.month_end.snapshot import Snapshot
from console.month_end.work import Work
from console.sample import traffic
from console.sample.service import SERVICE
from console.sample.world import World
from console.service_redis import ServiceRedis
from tests.valkey_process import ValkeyProcess

TOKYO = ZoneInfo("Asia/Tokyo")
CLOSING, COPY = "2026-11", "copy"
RULES = Rules("JP", before=0, after=0)
BEGINS, DUE = (datetime(2026, 11, 30, hour, tzinfo=TOKYO).timestamp() for hour in (9, 18))
SECONDS = 120.0  # that the day takes
SPEED = (DUE - BEGINS) / SECONDS
ORDERS = 500
AT = (0.25, 0.50, 0.75)
COURSE = np.array([8, 11, 13, 12, 14, 15, 13, 9, 5], np.float64)  # of orders, by hour from 9:00
PREFIX = "run-"  # of the orders of this day
RATE_LIMIT = 2000  # calls a minute: as much faster as the day
START_LIMIT, END_LIMIT = 60.0, 90.0  # seconds


@dataclass(frozen=True, slots=True)
class Said:
    """What was said after this share of the day."""

    at: float
    board: Board


@dataclass(frozen=True, slots=True)
class Run:
    """What was said and what came of it."""

    said: tuple[Said, ...]
    total: int
    done: int
    ended: float  # of the day's own orders, Unix seconds on the clock of the day


def run() -> Run:
    """Play the day. Takes about two and a half minutes."""
    with tempfile.TemporaryDirectory() as place:
        store = ValkeyProcess(Path(place))
        store.start()
        world = World(Path(place) / "data", store.url, 2, RATE_LIMIT)
        try:
            addresses = world.start()
            traffic.choose(world.traffic, "quiet", 0.0)  # the orders come from here
            return asyncio.run(_play(addresses.relay_url, addresses.cache, store))
        finally:
            world.stop()
            store.kill()


async def _play(relay: str, cache: str, copy: ValkeyProcess) -> Run:
    client_of = cast(Any, Redis)  # redis-py tells its types only in part
    real = client_of.from_url(cache, socket_timeout=5, socket_connect_timeout=5)
    place = f"ops:1:{SERVICE}:ledger:{time.strftime('%Y-%m')}"
    orders = _orders()
    said: list[Said] = []
    arrived, before = _past_arrivals(), Snapshot(BEGINS, name=CLOSING)
    async with httpx.AsyncClient(timeout=10) as client:
        await _ready(client, relay)
        began, sent = time.time(), 0
        while time.time() - began < SECONDS:
            await asyncio.sleep(0.25)
            share = (time.time() - began) / SECONDS
            due = int(np.searchsorted(orders, share))
            if due > sent:
                items = [f"{PREFIX}{n:05}" for n in range(sent, due)]
                (await client.post(f"{relay}/items", json={"items": items})).raise_for_status()
                sent = due
            now = BEGINS + (time.time() - began) * SPEED
            total = int(_whole(real.hlen(f"{place}:items")))
            after = Snapshot(now, name=CLOSING, total=total)
            hour = int(now // 3600) * 3600
            items_of_hour, readings = arrived.get(hour, (0, 0))
            new = dict(counted(before, after))
            arrived[hour] = (items_of_hour + new.get(0, 0), readings + 1)
            before = after
            if len(said) < len(AT) and share >= AT[len(said)]:
                _copy(real, place, copy, began)
                said.append(Said(AT[len(said)], await _board(copy, arrived, now)))
        for _ in range(int(END_LIMIT * 4)):
            if not _left(real, place):
                break
            await asyncio.sleep(0.25)
    done: list[tuple[bytes, float]] = real.zrange(f"{place}:done", 0, -1, withscores=True)
    # the sample's own callers go on ordering
    last = max(score for item, score in done if item.startswith(PREFIX.encode()))
    return Run(
        tuple(said),
        _whole(real.hlen(f"{place}:items")),
        len(done),
        BEGINS + (last / 1000 - began) * SPEED,
    )


def _orders() -> NDArray[np.float64]:
    """When each order comes, as a share of the day."""
    chance = np.random.default_rng(11)
    hours = chance.choice(len(COURSE), ORDERS, p=COURSE / COURSE.sum())
    return np.sort((hours + chance.uniform(size=ORDERS)) / len(COURSE))


async def _ready(client: httpx.AsyncClient, relay: str) -> None:
    end = time.monotonic() + START_LIMIT
    while time.monotonic() < end:
        try:
            if (await client.get(f"{relay}/health")).json().get("status") in ("pass", "warn"):
                return
        except (httpx.HTTPError, ValueError):
            pass
        await asyncio.sleep(0.25)
    raise TimeoutError("The sample service did not start.")


def _copy(real: Any, place: str, copy: ValkeyProcess, began: float) -> None:
    """The ledger as it stands, with its times on the clock of the day."""
    with copy.client() as connected:
        client: Any = connected
        client.flushall()
        client.zadd(f"ops:1:{COPY}:closings", {CLOSING: 1})
        target = f"ops:1:{COPY}:ledger:{CLOSING}"
        pipeline = real.pipeline(transaction=True)  # at one moment, as the console reads it
        for state in STATES:
            pipeline.zrange(f"{place}:{state}", 0, -1, withscores=True)
        pipeline.hgetall(f"{place}:items")
        *states, facts = pipeline.execute()
        for state, scored in zip(STATES, states, strict=True):
            for item, score in scored:
                at = (BEGINS + (score / 1000 - began) * SPEED) * 1000
                client.zadd(f"{target}:{state}", {item: at})
        for item, text in facts.items():
            client.hset(f"{target}:items", item, text)


async def _board(copy: ValkeyProcess, arrived: dict[int, tuple[int, int]], now: float) -> Board:
    redis = ServiceRedis(copy.url)
    try:
        snapshot = await read_closing(redis, COPY, now, rules=RULES, zone=TOKYO)
    finally:
        await redis.close()
    with copy.client() as client:
        facts: Any = client.hvals(f"ops:1:{COPY}:ledger:{CLOSING}:items")
    took = [json.loads(text).get("seconds") for text in facts]
    known = [float(one) * SPEED for one in took if one]
    work = Work(len(known), float(np.mean(known)) if known else None)
    found = Found(snapshot, _past(), None, dict(arrived), work, running=2)
    return board(found, RULES, now, TOKYO)


def _past() -> tuple[Snapshot, ...]:
    """Six closings before, made up: as many hours as the day has, all done in time."""
    found: list[Snapshot] = []
    for month, total, hours in _months():
        first = datetime(2026, month, _last(month), 9, tzinfo=TOKYO).timestamp()
        done = tuple(int(n) for n in hours)
        found.append(
            Snapshot(first + 90_000, name=f"2026-{month:02}", done=total, total=total, late=0,
                     hours_start=first, hours=done, last_done=first + 9 * 3600)
        )  # fmt: skip
    return tuple(found)


def _past_arrivals() -> dict[int, tuple[int, int]]:
    found: dict[int, tuple[int, int]] = {}
    for month, _, hours in _months():
        day = int(datetime(2026, month, _last(month), tzinfo=TOKYO).timestamp())
        found |= {day + 3600 * hour: (0, 120) for hour in range(24)}
        found |= {day + 3600 * (9 + n): (int(count), 120) for n, count in enumerate(hours)}
    return found


def _months() -> list[tuple[int, int, NDArray[np.int64]]]:
    chance = np.random.default_rng(5)
    found: list[tuple[int, int, NDArray[np.int64]]] = []
    for month in (5, 6, 7, 8, 9, 10):
        total = int(chance.normal(450, 60))
        shares = COURSE * np.exp(0.08 * chance.normal(size=len(COURSE)))
        found.append((month, total, chance.multinomial(total, shares / shares.sum())))
    return found


def _last(month: int) -> int:
    """The day on which the month-end is held in 2026, in Japan."""
    return {5: 29, 6: 30, 7: 31, 8: 31, 9: 30, 10: 30}[month]


def _left(real: Any, place: str) -> int:
    return sum(_whole(real.zcard(f"{place}:{state}")) for state in ("waiting", "running"))


def _whole(answer: Any) -> int:
    return int(answer)

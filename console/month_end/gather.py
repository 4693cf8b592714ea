"""Reads the ledger of the newest closing from the service's Redis, as the kit's contract has it.

Three exchanges a reading, about thirty commands: which closing, its six sums at one moment, and
how many items were done in each of the last whole quarters of an hour.
"""

from typing import Any, cast

from console.instances.gather import key
from console.month_end.finish import BLOCK
from console.month_end.model import Snapshot
from console.service_redis import ServiceRedis, ServiceRedisError

BLOCKS = 16  # four hours, which tell the pace of the day
STATES = ("done", "running", "waiting", "held", "failed")
NAME_LIMIT = 120  # bytes of a closing's name


async def read_closing(redis: ServiceRedis, service: str, now: float) -> Snapshot:
    """How the newest closing stands. Never raises: a failure is in the snapshot's `problem`."""
    try:
        return await _read(redis, service, now)
    except ServiceRedisError as error:
        return Snapshot(now, problem=str(error))


async def _read(redis: ServiceRedis, service: str, now: float) -> Snapshot:
    listed: list[bytes] = await redis.command("ZREVRANGE", key(service, "closings"), 0, 0)
    if not listed:
        return Snapshot(now)
    name = listed[0][:NAME_LIMIT].decode("utf-8", "replace")
    place = {state: key(service, "ledger", name, state) for state in STATES}
    answers = await redis.commands(
        ("MULTI",),
        *(("ZCARD", place[state]) for state in STATES),
        ("HLEN", key(service, "ledger", name, "items")),
        ("EXEC",),
    )
    sums = _numbers(answers[-1], len(STATES) + 1)
    first = await redis.command("ZRANGE", place["done"], 0, 0, "WITHSCORES")
    end = now // BLOCK * BLOCK
    began = _score(first)
    starts = [end - (n + 1) * BLOCK for n in reversed(range(BLOCKS))]
    if began is not None:  # the time before the first item is no slow pace
        starts = [start for start in starts if start >= began]
    counts: list[Any] = []
    if starts:
        counts = await redis.commands(
            *(
                ("ZCOUNT", place["done"], int(start * 1000), f"({int((start + BLOCK) * 1000)}")
                for start in starts
            )
        )
    blocks = tuple(_numbers(counts, len(starts)))
    done, running, waiting, held, failed, total = sums
    return Snapshot(now, "", name, done, running, waiting, held, failed, total, blocks, end)


def _numbers(answer: Any, count: int) -> list[int]:
    """So many whole numbers. Raises ServiceRedisError for anything else."""
    values = cast("list[Any]", answer) if isinstance(answer, list) else [answer]
    for value in values:
        if isinstance(value, ServiceRedisError):
            raise value
    if len(values) != count or not all(isinstance(value, int) for value in values):
        raise ServiceRedisError("The ledger of the closing cannot be read.")
    return [int(value) for value in values]


def _score(answer: Any) -> float | None:
    """Unix seconds of the first member, answered in pairs or flat."""
    try:
        first: Any = answer[0]
        score = cast("list[Any]", first)[1] if isinstance(first, list | tuple) else answer[1]
        return float(score) / 1000
    except (IndexError, TypeError, ValueError):
        return None

"""Reads the ledger of the newest closing from the service's Redis, as the kit's contract has it.

Five exchanges a reading, about thirty commands: which closing, its six sums at one moment, how many
items were done in each of the last quarters of an hour and in each hour that was not counted yet,
and what is known of the items that failed.
"""

import json
from collections.abc import Sequence
from datetime import tzinfo
from typing import Any, cast

from console.instances.gather import key
from console.month_end.calendar import span
from console.month_end.finish import BLOCK
from console.month_end.rules import Rules, closing_of
from console.month_end.snapshot import Snapshot
from console.service_redis import ServiceRedis, ServiceRedisError

BLOCKS = 16  # four hours, which tell the pace of the day
MINUTE, HOUR = 60.0, 3600.0
MOST_HOURS = 45 * 24  # a closing that is worked on for a whole month, and its window
PAST_CLOSINGS = 24  # that are remembered: two years of month-ends
STATES = ("done", "running", "waiting", "held", "failed")
NAME_LIMIT = 120  # bytes of a closing's name
MOST_FAILED = 500  # failed items that are looked at, the newest; the rest counts for a person
FACTS_LIMIT = 20_000  # bytes of what is known of one item


async def read_closing(
    redis: ServiceRedis,
    service: str,
    now: float,
    *,
    rules: Rules | None = None,
    zone: tzinfo | None = None,
    before: Snapshot | None = None,
) -> Snapshot:
    """How the newest closing stands. Never raises: a failure is in the snapshot's `problem`.

    With rules and zone also which items were late. `before` is the last snapshot: hours that it
    counted are not counted again.
    """
    try:
        return await _read(redis, service, now, rules, zone, before)
    except ServiceRedisError as error:
        return Snapshot(now, problem=str(error))


async def read_past(
    redis: ServiceRedis,
    service: str,
    now: float,
    rules: Rules,
    zone: tzinfo,
    known: Sequence[Snapshot] = (),
) -> tuple[Snapshot, ...]:
    """The closings before the newest, oldest first. One that was read after its window is not read
    again, and stays known when its ledger is gone. Never raises: what cannot be read stays as it
    was known.
    """
    found = {one.name: one for one in known}
    try:
        listed: list[bytes] = await redis.command(
            "ZREVRANGE", key(service, "closings"), 0, PAST_CLOSINGS
        )
        for one in listed[1:]:
            name = one[:NAME_LIMIT].decode("utf-8", "replace")
            if name not in found or not _over(found[name], rules, zone):
                before = found.get(name)
                found[name] = await _read_ledger(redis, service, name, now, rules, zone, before)
    except ServiceRedisError:
        pass  # the present closing says why
    kept = sorted(found.values(), key=lambda one: (_held_on(one.name, rules, zone), one.name))
    return tuple(kept[-PAST_CLOSINGS:])


def _held_on(name: str, rules: Rules, zone: tzinfo) -> str:
    held = closing_of(name, rules, zone)
    return held[0].day.isoformat() if held else ""


def _over(snapshot: Snapshot, rules: Rules, zone: tzinfo) -> bool:
    """Whether it was read when its window was over."""
    held = closing_of(snapshot.name, rules, zone)
    return held is None or snapshot.at >= span(held[0].closes, zone)[1]


async def _read(
    redis: ServiceRedis,
    service: str,
    now: float,
    rules: Rules | None,
    zone: tzinfo | None,
    before: Snapshot | None,
) -> Snapshot:
    listed: list[bytes] = await redis.command("ZREVRANGE", key(service, "closings"), 0, 0)
    if not listed:
        return Snapshot(now)
    name = listed[0][:NAME_LIMIT].decode("utf-8", "replace")
    return await _read_ledger(redis, service, name, now, rules, zone, before)


async def _read_ledger(
    redis: ServiceRedis,
    service: str,
    name: str,
    now: float,
    rules: Rules | None,
    zone: tzinfo | None,
    before: Snapshot | None,
) -> Snapshot:
    place = {state: key(service, "ledger", name, state) for state in STATES}
    answers = await redis.commands(
        ("MULTI",),
        *(("ZCARD", place[state]) for state in STATES),
        ("HLEN", key(service, "ledger", name, "items")),
        ("EXEC",),
    )
    sums = whole_numbers(answers[-1], len(STATES) + 1)
    first, last, oldest, newest = await redis.commands(
        ("ZRANGE", place["done"], 0, 0, "WITHSCORES"),
        ("ZREVRANGE", place["done"], 0, 0, "WITHSCORES"),
        ("ZRANGE", place["failed"], 0, 0, "WITHSCORES"),
        ("ZREVRANGE", place["failed"], 0, MOST_FAILED - 1),
    )
    if isinstance(newest, ServiceRedisError):
        raise newest
    began, ended = score(first), score(last)
    end = now // MINUTE * MINUTE
    starts = [end - (n + 1) * BLOCK for n in reversed(range(BLOCKS))]
    if began is not None:  # the time before the first item is no slow pace
        starts = [start for start in starts if start >= began]
    until = now if ended is None else min(now, ended)
    hours_start, known = _known_hours(before, name, began, until)
    hours = [hours_start + n * HOUR for n in range(len(known), _count(hours_start, until))]
    held = closing_of(name, rules, zone) if rules is not None and zone is not None else None
    spans = [(start, start + BLOCK) for start in starts] + [(at, at + HOUR) for at in hours]
    asked = [_counting(place["done"], *span) for span in spans]
    if held is not None:
        asked.append(("ZCOUNT", place["done"], f"({int(held[0].deadline * 1000)}", "+inf"))
    counts = whole_numbers(await redis.commands(*asked) if asked else [], len(asked))
    done, running, waiting, held_back, failed, total = sums
    names = cast("list[bytes]", newest) if isinstance(newest, list) else []
    retryable = await _retryable(redis, key(service, "ledger", name, "items"), names)
    return Snapshot(
        now, "", name, done, running, waiting, held_back, failed, total,
        tuple(counts[: len(starts)]), end, min(retryable, failed), max(0, failed - len(names)),
        score(oldest), counts[-1] if held is not None else None, hours_start,
        (*known, *counts[len(starts) : len(spans)]), ended,
    )  # fmt: skip


async def _retryable(redis: ServiceRedis, items: str, names: list[bytes]) -> int:
    """How many of these failed items the service itself calls fit to be tried again."""
    if not names:
        return 0
    found: Any = await redis.command("HMGET", items, *names)
    return sum(_is_retryable(text) for text in cast("list[Any]", found))


def _is_retryable(text: Any) -> bool:
    """Only what says so: anything else waits for a person."""
    if not isinstance(text, bytes) or len(text) > FACTS_LIMIT:
        return False
    try:
        facts = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(facts, dict) and cast("dict[str, Any]", facts).get("retryable") is True


def _known_hours(
    before: Snapshot | None, name: str, began: float | None, now: float
) -> tuple[float, tuple[int, ...]]:
    """Where the hours begin, and those that are over and were counted after they were."""
    if began is None:
        return 0.0, ()
    start = max(began // HOUR, now // HOUR - MOST_HOURS + 1) * HOUR
    if before is None or before.name != name or before.hours_start != start:
        return start, ()
    over = int(
        (min(before.at, now) - start) // HOUR
    )  # the hour that was under way is counted again
    return start, before.hours[: max(0, over)]


def _count(start: float, now: float) -> int:
    return int((now - start) // HOUR) + 1 if start and now >= start else 0


def _counting(place: str, start: float, end: float) -> tuple[Any, ...]:
    return ("ZCOUNT", place, int(start * 1000), f"({int(end * 1000)}")


def whole_numbers(answer: Any, count: int) -> list[int]:
    """So many whole numbers. Raises ServiceRedisError for anything else."""
    values = cast("list[Any]", answer) if isinstance(answer, list) else [answer]
    for value in values:
        if isinstance(value, ServiceRedisError):
            raise value
    if len(values) != count or not all(isinstance(value, int) for value in values):
        raise ServiceRedisError("The ledger of the closing cannot be read.")
    return [int(value) for value in values]


def score(answer: Any) -> float | None:
    """Unix seconds of the first member, answered in pairs or flat. Raises ServiceRedisError."""
    if isinstance(answer, ServiceRedisError):
        raise answer
    try:
        first: Any = answer[0]
        found = cast("list[Any]", first)[1] if isinstance(first, list | tuple) else answer[1]
        return float(found) / 1000
    except (IndexError, TypeError, ValueError):
        return None

"""The last lines of a service, from the stream that the kit keeps in the service's Redis.

The stream holds about 10,000 lines; older ones are gone. A page costs one command.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

from console.logs.model import Line, Page
from console.logs.parse import parse
from console.logs.times import Clock
from console.service_redis import ServiceRedis, ServiceRedisError

MOST_LINES = 1000  # of a page
LINE_LIMIT = 16_000  # characters; the kit writes at most 8,000
_NEWEST = "+"


async def read_stream(
    redis: ServiceRedis, service: str, clock: Clock, *, before: str = "", most: int = MOST_LINES
) -> Page:
    """The newest lines, or those before a page (`Page.older`). Never raises."""
    end = f"({before}" if before else _NEWEST
    try:
        answer = await redis.command("XREVRANGE", _key(service), end, "-", "COUNT", most)
    except ServiceRedisError as error:
        return Page(problem=str(error))
    entries = _entries(answer)[::-1]
    older = entries[0][0] if len(entries) == most else ""
    return await asyncio.to_thread(_page, entries, clock, older, before)


async def follow_stream(
    redis: ServiceRedis, service: str, clock: Clock, after: str, most: int = MOST_LINES
) -> Page:
    """The lines after a page (`Page.newer`); the oldest of them first. Never raises."""
    try:
        answer = await redis.command(
            "XRANGE", _key(service), f"({after}" if after else "-", "+", "COUNT", most
        )
    except ServiceRedisError as error:
        return Page(newer=after, problem=str(error))
    return await asyncio.to_thread(_page, _entries(answer), clock, "", after)


def _key(service: str) -> str:
    return f"ops:1:{service}:logs"


def _page(entries: Sequence[tuple[str, str | None]], clock: Clock, older: str, before: str) -> Page:
    lines: list[Line] = []
    for number, (entry, text) in enumerate(entries, 1):
        if text is None:
            continue
        sent = int(entry.partition("-")[0]) / 1000
        for line in parse(text, clock, number):
            lines.append(replace(line, time=sent) if line.time is None else line)
    return Page(tuple(lines), older, entries[-1][0] if entries else before)


def _entries(answer: object) -> list[tuple[str, str | None]]:
    """Ids and lines, as redis-py gives them; None for an entry that is not of the contract."""
    found: list[tuple[str, str | None]] = []
    for name, fields in cast("list[tuple[bytes, Any]]", answer) if isinstance(answer, list) else []:
        told = cast("dict[bytes, object]", fields) if isinstance(fields, dict) else {}
        line = told.get(b"line")
        text = line.decode("utf-8", "replace")[:LINE_LIMIT] if isinstance(line, bytes) else None
        found.append((name.decode(), text))
    return found

"""Reads the Upstash Developer API: which plan a database has, and what of it is used.

Two requests a reading. It knows native accounts only, not databases made through Vercel or Fly.
"""

import asyncio
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, cast
from urllib.parse import quote

import httpx

from console.cache.upstash.model import (
    FREE,
    FREE_BANDWIDTH,
    FREE_COMMANDS,
    NO_LIMIT,
    Account,
    Point,
    Usage,
)
from console.errors import ConsoleError

CONNECT_SECONDS, READ_SECONDS = 3.0, 10.0
TOTAL_SECONDS = 20.0  # of one reading
MOST_BYTES = 4 * 1024 * 1024  # of an answer
MOST_POINTS = 62  # of a daily series
_TIME = re.compile(r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)")

HINTS = {
    401: "CONSOLE_UPSTASH_EMAIL or CONSOLE_UPSTASH_API_KEY is not accepted; make a key in the "
    "Upstash console under Account, Management API",
    403: "the key of CONSOLE_UPSTASH_API_KEY may not read databases",
    404: "there is no such database; check CONSOLE_UPSTASH_DATABASE",
    429: "it asks for patience; the next reading tries again",
}


class UpstashError(ConsoleError):
    """The Developer API gave no usable answer; one sentence."""


async def read_usage(
    account: Account, redis_host: str, now: float, transport: httpx.AsyncBaseTransport | None = None
) -> Usage:
    """The usage of the database. Never raises: a failure is in the usage's `problem`."""
    timeout = httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS)
    try:
        async with (
            asyncio.timeout(TOTAL_SECONDS),
            httpx.AsyncClient(
                base_url=account.url.rstrip("/"),
                auth=(account.email, account.api_key),
                timeout=timeout,
                transport=transport,
            ) as client,
        ):
            database = await _database(client, account.database, redis_host)
            stats = await _get(client, f"/redis/stats/{quote(str(database['database_id']), '')}")
            return usage_of(database, stats, now)
    except UpstashError as error:
        return Usage(now, str(error))
    except TimeoutError:
        return Usage(now, f"Upstash's Developer API did not answer within {TOTAL_SECONDS:g} s.")


async def _database(client: httpx.AsyncClient, wanted: str, host: str) -> Mapping[str, Any]:
    """The database by id, name, or the address of its Redis. Raises UpstashError."""
    answer = await _get(client, "/redis/databases")
    listed = [
        cast("Mapping[str, Any]", one)
        for one in cast("list[Any]", answer if isinstance(answer, list) else [])
        if isinstance(one, dict) and "database_id" in one
    ]
    if wanted:
        found = [one for one in listed if wanted in (one["database_id"], one.get("database_name"))]
        if not found:
            raise UpstashError(
                "The Upstash account has no database of the name or id in CONSOLE_UPSTASH_DATABASE."
            )
        return found[0]
    found = [one for one in listed if _is_at(one, host)]
    if not found and len(listed) == 1:
        found = listed
    if not found:
        raise UpstashError(
            f"Which of the {len(listed)} databases of the Upstash account is meant is not clear: "
            "set CONSOLE_UPSTASH_DATABASE to its name."
        )
    return found[0]


def _is_at(database: Mapping[str, Any], host: str) -> bool:
    endpoint = str(database.get("endpoint", ""))
    return bool(endpoint) and (host == endpoint or host.startswith(f"{endpoint}."))


async def _get(client: httpx.AsyncClient, path: str) -> Any:
    """The JSON at a path. Raises UpstashError."""
    where = "Upstash's Developer API"
    try:
        answer = await client.get(path)
    except httpx.TimeoutException:
        raise UpstashError(f"{where} does not answer in time.") from None
    except httpx.HTTPError as error:
        raise UpstashError(f"{where} cannot be reached ({type(error).__name__}).") from None
    if not answer.is_success:
        hint = HINTS.get(answer.status_code, "")
        more = f": {hint}" if hint else ""
        raise UpstashError(f"{where} answers {answer.status_code}{more}.")
    if len(answer.content) > MOST_BYTES:
        raise UpstashError(f"{where} answers more than {MOST_BYTES // 1024**2} MiB.")
    try:
        return answer.json()
    except ValueError:
        raise UpstashError(f"{where} answers something that is not JSON.") from None


def usage_of(database: Mapping[str, Any], stats: Any, now: float) -> Usage:
    """The usage in the two answers. Raises UpstashError where the second is no object."""
    if not isinstance(stats, dict):
        raise UpstashError("Upstash's Developer API answers statistics in an unknown shape.")
    told = cast("Mapping[str, Any]", stats)
    plan = str(database.get("type", ""))
    limit = _whole(database.get("db_request_limit"))
    if limit is None or limit > NO_LIMIT:
        limit = FREE_COMMANDS if plan == FREE else None
    eviction = database.get("eviction", database.get("db_eviction"))
    return Usage(
        at=now,
        database=str(database.get("database_name", ""))[:80],
        region=str(database.get("primary_region", ""))[:40],
        plan=plan[:20],
        state=str(database.get("state", ""))[:20],
        eviction=eviction if isinstance(eviction, bool) else None,
        commands=_whole(told.get("total_monthly_requests")),
        reads=_whole(told.get("total_monthly_read_requests")),
        writes=_whole(told.get("total_monthly_write_requests")),
        scripts=_whole(told.get("total_monthly_script_requests")),
        bandwidth=_whole(told.get("total_monthly_bandwidth")),
        storage=_whole(told.get("current_storage")),
        cost=_number(told.get("total_monthly_billing")),
        budget=_number(database.get("budget")) or None,
        commands_limit=limit,
        bandwidth_limit=FREE_BANDWIDTH if plan == FREE else None,
        storage_limit=_whole(database.get("db_disk_threshold")) or None,
        a_second=_whole(database.get("db_max_commands_per_second")),
        daily=_points(told.get("dailyrequests")),
        mean_latency=_latest(told.get("latencymean")),
        latency_99=_latest(told.get("latency_99")),
    )


def moment_of(text: object) -> float | None:
    """Unix seconds of a time as Go prints it: `2025-08-31 15:12:52.799480932 +0000 UTC`."""
    found = _TIME.match(text) if isinstance(text, str) else None
    if found is None:
        return None
    try:
        return datetime.fromisoformat(f"{found[1]}T{found[2]}").replace(tzinfo=UTC).timestamp()
    except ValueError:
        return None


def _points(series: object) -> tuple[Point, ...]:
    found: list[Point] = []
    for one in cast("list[Any]", series if isinstance(series, list) else []):
        if not isinstance(one, dict):
            continue
        pair = cast("Mapping[str, Any]", one)
        at, value = moment_of(pair.get("x")), _number(pair.get("y"))
        if at is not None and value is not None:
            found.append(Point(at, value))
    return tuple(sorted(found, key=lambda point: point.at)[-MOST_POINTS:])


def _latest(series: object) -> float | None:
    """The last value of a series of milliseconds, in seconds."""
    points = _points(series)
    return points[-1].value / 1000 if points else None


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 <= value < math.inf else None


def _whole(value: object) -> int | None:
    number = _number(value)
    return None if number is None else int(number)

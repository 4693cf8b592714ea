"""The switch of the mode in the service's Redis, permits of test runs, and what is read of items.

The scripts are those of the contract, read from the kit's folder, so that console and kit never
differ. Where scripts are refused the same is decided in a transaction.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from console.controls.model import Mode
from console.instances.gather import key, present
from console.service_redis import ServiceRedis, ServiceRedisError

SCRIPTS = Path(__file__).resolve().parents[2] / "kit" / "opskit" / "scripts"
TEXT_LIMIT = 300  # characters of a service's own words
GRANT_SECONDS = 60.0  # that a grant outlives the deadline of its run
GRANT_WRITES = 20  # that one live run may make


@dataclass(frozen=True, slots=True)
class Switched:
    """What came of a switch: set, or somebody was first."""

    done: bool
    epoch: int


@dataclass(frozen=True, slots=True)
class Unverified:
    """One write that an instance made while it could not reach its Redis."""

    at: float  # Unix seconds, by the instance's clock
    instance: str
    what: str


async def switch(
    redis: ServiceRedis,
    service: str,
    mode: Mode,
    *,
    epoch: int,
    by: str,
    reason: str,
    expires_at: float | None,
    on_expiry: Mode,
    floor: int,
) -> Switched:
    """Set the mode if the epoch is still that. Raises ServiceRedisError.

    `floor` is the greatest epoch known from elsewhere: a server restored from an old copy must not
    go back.
    """
    end = "" if expires_at is None else f"{expires_at:.3f}"
    after = "" if expires_at is None else on_expiry.value
    keys = (key(service, "mode"), key(service, "epoch"))
    bell = key(service, "bell")
    source = "\n".join(
        (SCRIPTS / f"{name}.lua").read_text("utf-8") for name in ("present", "switch")
    )
    try:
        done, now_epoch = await redis.command(
            "EVAL", source, 2, *keys, epoch, mode.value, by, reason, end, after, floor, bell
        )
        return Switched(bool(int(done)), int(now_epoch))
    except ServiceRedisError as error:
        if error.code not in ("NOPERM", "UNSUPPORTED"):
            raise
    fields = {"mode": mode.value, "set_by": by, "reason": reason}
    ends = {"expires_at": end, "on_expiry": after} if end else {}
    return await _in_transaction(redis, keys, bell, epoch, floor, {**fields, **ends})


async def _in_transaction(
    redis: ServiceRedis,
    keys: tuple[str, str],
    bell: str,
    epoch: int,
    floor: int,
    fields: Mapping[str, str],
) -> Switched:
    """The same without scripts: what changes meanwhile makes it somebody else's switch."""
    mode_key, epoch_key = keys
    async with redis.watching(mode_key, epoch_key) as pipeline:
        time = await pipeline.execute_command("TIME")
        now = int(time[0]) + int(time[1]) / 1e6
        told = await pipeline.hmget(mode_key, "mode", "epoch", "expires_at", "on_expiry")
        high = await pipeline.get(epoch_key)
        _, present_epoch = present(high, told, now)
        if present_epoch != epoch:
            return Switched(False, present_epoch)
        stored = int(high) if high and high.isdigit() else 0
        new = max(present_epoch, stored, floor) + 1
        pipeline.multi()
        pipeline.set(epoch_key, new)
        pipeline.delete(mode_key)
        pipeline.hset(mode_key, mapping={**fields, "epoch": new, "set_at": f"{now:.3f}"})
        pipeline.publish(bell, new)
        await pipeline.execute()
    return Switched(True, new)


async def grant(
    redis: ServiceRedis, service: str, grant_id: str, item: str, epoch: int, seconds: float
) -> None:
    """Let one live run of an item through while the mode is dry run. Raises ServiceRedisError."""
    name = key(service, "grant", grant_id)
    ttl = math.ceil(seconds + GRANT_SECONDS)
    await redis.commands(
        ("HSET", name, "item", item, "epoch", epoch, "writes_left", GRANT_WRITES),
        ("EXPIRE", name, ttl),
    )


async def take_back(redis: ServiceRedis, service: str, grant_id: str) -> None:
    """End a grant at once. Raises ServiceRedisError."""
    await redis.command("DEL", key(service, "grant", grant_id))


async def failed_items(redis: ServiceRedis, service: str, most: int) -> list[tuple[str, str]]:
    """The items that failed last in the newest closing, with why. Raises ServiceRedisError."""
    closings = await redis.command("ZREVRANGE", key(service, "closings"), 0, 0)
    if not closings:
        return []
    closing = closings[0].decode("utf-8", "replace")
    names = await redis.command("ZREVRANGE", key(service, "ledger", closing, "failed"), 0, most - 1)
    if not names:
        return []
    texts = await redis.command("HMGET", key(service, "ledger", closing, "items"), *names)
    return [
        (name.decode("utf-8", "replace"), _reason(text))
        for name, text in zip(names, texts, strict=True)
    ]


async def log_lines(redis: ServiceRedis, service: str, request_id: str, most: int) -> list[str]:
    """The log lines of one request among the newest of the stream. Raises ServiceRedisError."""
    found = await redis.command("XREVRANGE", key(service, "logs"), "+", "-", "COUNT", most)
    lines = [_line(fields) for _, fields in found]
    return [line for line in reversed(lines) if request_id and request_id in line]


async def unverified(
    redis: ServiceRedis, service: str, since: float, most: int
) -> list[Unverified]:
    """The writes made without Redis since then, newest first. Raises ServiceRedisError."""
    found = await redis.command(
        "ZREVRANGEBYSCORE", key(service, "unverified"), "+inf", math.floor(since * 1000),
        "LIMIT", 0, most,
    )  # fmt: skip
    return [_unverified(text) for text in found]


def _unverified(text: bytes) -> Unverified:
    try:
        document: object = json.loads(text)
    except ValueError:
        document = None
    if not isinstance(document, dict):
        return Unverified(0.0, "", "(cannot be read)")
    told = cast("dict[str, object]", document)
    at = told.get("at")
    return Unverified(
        float(at) if isinstance(at, int | float) else 0.0,
        str(told.get("instance", ""))[:TEXT_LIMIT],
        str(told.get("what", ""))[:TEXT_LIMIT],
    )


def _reason(text: bytes | None) -> str:
    try:
        document: object = json.loads(text or b"{}")
    except ValueError:
        return ""
    found = cast("dict[str, object]", document).get("reason") if isinstance(document, dict) else ""
    return str(found or "")[:TEXT_LIMIT]


def _line(fields: Any) -> str:
    """The text of one entry of the stream, whose fields redis-py gives flat or as a mapping."""
    if isinstance(fields, dict):
        text = cast("dict[bytes, bytes]", fields).get(b"line", b"")
    else:
        flat = cast("list[bytes]", fields)
        text = dict(zip(flat[::2], flat[1::2], strict=False)).get(b"line", b"")
    return text.decode("utf-8", "replace")

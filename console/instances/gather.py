"""Reads the instances of a service from its Redis, where the kit (or who follows the contract)
writes them. One exchange a reading, one more a minute for the traffic of the closed minutes.

The contract's name of the service is the console's.
"""

from collections.abc import Iterable, Sequence
from typing import Any, cast

from console.instances.heartbeat import ID, parse
from console.instances.model import Heard, Snapshot, Switch
from console.instances.traffic import Minute, parse_minute, recent_traffic
from console.service_redis import ServiceRedis, ServiceRedisError

MOST_INSTANCES = 2000  # read at once; who has more is told so
MOST_MINUTES = 60  # of traffic taken over at once: after a collector was away for long
MINUTE = 60
SETTLED = 75.0  # seconds after its end a minute is complete: an economy heartbeat every 30 s, late
TRAFFIC_MINUTES = 5  # that an instance's own response times are of
MODE_FIELDS = ("mode", "epoch", "expires_at", "on_expiry", "set_by", "reason", "set_at")
VERDICTS = ("permitted", "granted", "refused", "stale")
REASON_LIMIT = 400  # characters
_RANK = {b"live": 1, b"dry_run": 2, b"paused": 3}


def key(service: str, *parts: str | int) -> str:
    """A key of the contract."""
    return ":".join(("ops", "1", service, *map(str, parts)))


async def read_instances(
    redis: ServiceRedis, service: str, now: float, minutes: Iterable[Minute] = ()
) -> Snapshot:
    """How the instances stand. Never raises: a failure is in the snapshot's `problem`."""
    recent = list(minutes)[-TRAFFIC_MINUTES:]
    try:
        return await _read(redis, service, now, recent)
    except ServiceRedisError as error:
        return Snapshot(now, problem=str(error))


async def read_minutes(redis: ServiceRedis, service: str, after: int, now: float) -> list[Minute]:
    """The closed minutes after `after` (Unix seconds // 60), oldest first. By the server's clock.

    Raises ServiceRedisError.
    """
    server_now = _seconds(await redis.command("TIME")) or now
    last = int((server_now - SETTLED) // MINUTE) - 1
    return await read_span(redis, service, range(max(after + 1, last - MOST_MINUTES + 1), last + 1))


async def read_span(redis: ServiceRedis, service: str, wanted: Sequence[int]) -> list[Minute]:
    """These minutes (Unix seconds // 60), also one that is not over: what was counted so far.

    Raises ServiceRedisError.
    """
    if not wanted:
        return []
    answers = await redis.commands(*(("HGETALL", key(service, "hist", one)) for one in wanted))
    return [
        parse_minute(one, cast("dict[Any, Any]", answer) if isinstance(answer, dict) else {})
        for one, answer in zip(wanted, answers, strict=True)
    ]


async def _read(redis: ServiceRedis, service: str, now: float, recent: list[Minute]) -> Snapshot:
    time, listed, epoch, mode = await redis.commands(
        ("TIME",),
        ("ZREVRANGEBYSCORE", key(service, "instances"), "+inf", "-inf", "WITHSCORES", "LIMIT", 0,
         MOST_INSTANCES),
        ("GET", key(service, "epoch")),
        ("HMGET", key(service, "mode"), *MODE_FIELDS),
    )  # fmt: skip
    for answer in (time, listed, epoch, mode):
        if isinstance(answer, ServiceRedisError):
            raise answer
    server_now = _seconds(time) or now
    known = [(name.decode("utf-8", "replace"), float(score)) for name, score in _pairs(listed)]
    readable = [(name, score) for name, score in known if ID.fullmatch(name)]
    now_mode, now_epoch = present(epoch, mode[:4], server_now)
    switch = _switch(mode)
    texts, writes, unverified = await _details(redis, service, readable, switch, now_epoch)
    traffic = recent_traffic(recent)
    heard: list[Heard] = []
    unreadable = len(known) - len(readable)
    for (name, score), text in zip(readable, texts, strict=True):
        beat = parse(name, text.decode("utf-8", "replace")) if isinstance(text, bytes) else None
        unreadable += text is not None and beat is None
        heard.append(Heard(name, score / 1000, beat, traffic.get(name)))
    return Snapshot(
        now,
        server_now,
        heard=tuple(heard),
        unreadable=unreadable,
        mode=now_mode,
        epoch=now_epoch,
        traffic_minutes=len(recent),
        switch=switch,
        writes=writes,
        unverified=unverified,
    )


async def _details(
    redis: ServiceRedis,
    service: str,
    readable: list[tuple[str, float]],
    switch: Switch | None,
    epoch: int,
) -> tuple[list[Any], dict[str, int], int]:
    """Heartbeats; and, where a mode was ever set, the writes since then and those unverified."""
    asked: list[tuple[str | int | float, ...]] = []
    if readable:
        asked.append(("MGET", *(key(service, "inst", name) for name, _ in readable)))
    if switch is not None:
        asked.append(("HMGET", key(service, "writes"), *(f"{epoch}.{one}" for one in VERDICTS)))
        since = 1000 * (switch.set_at or 0.0)
        asked.append(("ZCOUNT", key(service, "unverified"), since, "+inf"))
    answers = await redis.commands(*asked) if asked else []
    for answer in answers:
        if isinstance(answer, ServiceRedisError):
            raise answer
    texts = cast("list[Any]", answers.pop(0)) if readable else []
    if switch is None:
        return texts, {}, 0
    counts = zip(VERDICTS, cast("list[bytes | None]", answers[0]), strict=True)
    writes = {name: _digits(count or b"0") or 0 for name, count in counts}
    return texts, writes, int(answers[1])


def _switch(fields: list[bytes | None]) -> Switch | None:
    mode, _, expires, on_expiry, set_by, reason, set_at = fields
    if mode is None:
        return None
    return Switch(
        _word(set_by),
        _word(reason),
        _float(set_at or b""),
        _float(expires or b""),
        _word(on_expiry),
    )


def _word(text: bytes | None) -> str:
    return (text or b"").decode("utf-8", "replace")[:REASON_LIMIT]


def present(epoch: bytes | None, fields: list[bytes | None], now: float) -> tuple[str, int]:
    """Mode and epoch that hold now, by the rules of the contract (section 2)."""
    high = _digits(epoch or b"0")
    mode, of, expires, on_expiry = fields
    own = _digits(of or b"")
    if high is None:
        return "paused", own or 0
    if mode is None:
        return ("paused", high) if high else ("", 0)
    if mode not in _RANK or own is None or own < high:
        return "paused", high
    if expires:
        end = _float(expires)
        if end is None or not now < end:
            after = on_expiry if on_expiry in _RANK else b"paused"
            mode = max(mode, after or b"paused", key=_RANK.__getitem__)
    return mode.decode(), own


def _pairs(listed: list[Any]) -> list[tuple[bytes, Any]]:
    """Members and scores: redis-py answers them in pairs or flat, by version."""
    if listed and isinstance(listed[0], list | tuple):
        return [(one[0], one[1]) for one in listed]
    return list(zip(listed[::2], listed[1::2], strict=True))


def _seconds(time: Any) -> float | None:
    try:
        return int(time[0]) + int(time[1]) / 1e6
    except (TypeError, ValueError, IndexError):
        return None


def _digits(text: bytes) -> int | None:
    return int(text) if text.isdigit() and len(text) <= 15 else None


def _float(text: bytes) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None

"""The mode protocol without scripts: the same decisions as scripts/*.lua, in transactions."""

import contextlib
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from .errors import RedisError
from .server import Command, Part, Read, Server, script


class Mode(StrEnum):
    """What outbound writes may do. Failure, expiry and missing keys only ever move down."""

    LIVE = "live"
    DRY_RUN = "dry_run"
    PAUSED = "paused"


_RANK = {Mode.LIVE: 1, Mode.DRY_RUN: 2, Mode.PAUSED: 3}
FIELDS: tuple[str, ...] = ("mode", "epoch", "expires_at", "on_expiry")
FORGET_MS = 86_400_000
"""A silent instance stays in the index for a day, so that the console can say that it went."""


def safer(one: Mode, other: Mode) -> Mode:
    """The one of two modes that permits less."""
    return one if _RANK[one] >= _RANK[other] else other


def known_mode(text: object) -> Mode | None:
    """The mode of that name, or None."""
    try:
        return Mode(text) if isinstance(text, str) else None
    except ValueError:
        return None


def number(text: object) -> float | None:
    """A number from Redis, or None where it is none."""
    try:
        return float(text) if isinstance(text, str | int | float) else None
    except ValueError:
        return None


def whole(text: object) -> int | None:
    """A whole number in decimal digits that a double holds exactly, or None."""
    digits = str(text) if isinstance(text, str | int) else ""
    if not digits.isascii() or not digits.isdigit() or len(digits) > 15:
        return None
    return int(digits)


def decide(fields: Mapping[str, Any], stored: object, now: float) -> tuple[Mode | None, int]:
    """Mode and epoch from the mode's fields, the epoch's key, and the server's time (s)."""
    high = whole("0" if stored is None else stored)
    epoch = whole(fields.get("epoch"))
    if high is None:  # garbage
        return Mode.PAUSED, epoch or 0
    if fields.get("mode") is None:
        return (Mode.PAUSED, high) if high else (None, 0)
    mode = known_mode(fields["mode"])
    if mode is None or epoch is None or epoch < high:  # garbage, or an old copy
        return Mode.PAUSED, high
    if fields.get("expires_at"):
        expires = number(fields["expires_at"])
        if expires is None or not now < expires:
            mode = safer(mode, known_mode(fields.get("on_expiry")) or Mode.PAUSED)
    return mode, epoch


async def read_present(
    server: Server, mode_key: str, epoch_key: str, read: Read | None = None
) -> tuple[Mode | None, int, float]:
    """Mode, epoch and the server's time (s), by plain reads."""
    ask = read or server.command
    now = await server.now(ask)
    high = await ask("GET", epoch_key)
    values = await ask("HMGET", mode_key, *FIELDS)
    mode, epoch = decide(dict(zip(FIELDS, values, strict=True)), high, now)
    return mode, epoch, now


async def _beat(server: Server, keys: Sequence[str], args: Sequence[Part]) -> list[Any]:
    instance, document, ttl = args[:3]
    now_ms = int(await server.now() * 1000)
    commands: list[Command] = [
        ("SET", keys[0], document, "PX", ttl),
        ("ZADD", keys[1], now_ms, instance),
        ("ZREMRANGEBYSCORE", keys[1], "-inf", now_ms - FORGET_MS),
    ]
    for at in range(3, len(args), 5):
        kind, index, n, field, value = args[at : at + 5]
        key = keys[int(index) - 1]
        if kind == "H":
            commands += [("HSET", key, field, value), ("EXPIRE", key, n)]
        elif kind == "X":
            commands.append(("XADD", key, "MAXLEN", "~", n, "*", field, value))
        elif kind == "Z":
            commands += [("ZADD", key, field, value), ("ZREMRANGEBYRANK", key, 0, -1 - int(n))]
    commands += [
        ("ZCOUNT", keys[1], now_ms - int(ttl), "+inf"),
        ("GET", keys[3]),
        ("HMGET", keys[2], *FIELDS),
    ]
    *_, alive, high, values = await server.atomic(commands)
    mode, epoch = decide(dict(zip(FIELDS, values, strict=True)), high, now_ms / 1000)
    return [mode or "", str(epoch), str(now_ms), alive]


async def _guard(server: Server, keys: Sequence[str], args: Sequence[Part]) -> list[Any]:
    mode_key, epoch_key, writes, grant = keys
    carried, allowed, default, run, item = map(str, args)

    async def work(read: Read) -> tuple[list[Any], list[Command]]:
        set_mode, epoch, now = await read_present(server, mode_key, epoch_key, read)
        mode = set_mode or known_mode(default) or Mode.PAUSED
        commands: list[Command] = []
        verdict = "refused"
        if allowed == Mode.LIVE and mode is not Mode.PAUSED:
            if number(carried) != epoch:
                verdict = "stale"
            elif mode is Mode.LIVE:
                verdict = "permitted"
            elif run:
                names = ("item", "epoch", "writes_left", "claimed_by")
                for_item, of, left, by = await read("HMGET", grant, *names)
                left = int(number(left) or 0)
                fits = for_item == item and number(of) == epoch and left > 0
                if fits and by in (None, "", run):
                    commands = [("HSET", grant, "claimed_by", run, "writes_left", left - 1)]
                    verdict = "granted"
        count = int(number(await read("HGET", writes, f"{epoch}.{verdict}")) or 0) + 1
        at = int(now * 1000)
        commands += [
            ("HSET", writes, f"{epoch}.{verdict}_at", at),
            ("HINCRBY", writes, f"{epoch}.{verdict}", 1),
        ]
        return [verdict, mode, str(epoch), count], commands

    return await server.transaction((mode_key, epoch_key, grant), work)


async def _switch(server: Server, keys: Sequence[str], args: Sequence[Part]) -> list[Any]:
    expected, wanted, by, reason, expires_at, on_expiry, floor, channel = map(str, args)

    async def work(read: Read) -> tuple[list[Any], list[Command]]:
        mode, epoch, now = await read_present(server, keys[0], keys[1], read)
        to = Mode(wanted)
        if expected == "":
            refused = to is Mode.LIVE or _RANK[to] < _RANK[mode or Mode.LIVE]
        else:
            refused = number(expected) != epoch
        if refused:
            return [0, str(epoch)], []
        high = whole(await read("GET", keys[1])) or 0
        new = max(epoch, high, whole(floor) or 0) + 1
        fields: list[Part] = ["mode", to, "epoch", new, "set_by", by, "reason", reason]
        fields += ["set_at", f"{now:.3f}"]
        if expires_at:
            fields += ["expires_at", expires_at, "on_expiry", on_expiry]
        return [1, str(new)], [
            ("SET", keys[1], new),
            ("DEL", keys[0]),
            ("HSET", keys[0], *fields),
        ]

    done = await server.transaction(keys, work)
    if done[0] and channel:
        with contextlib.suppress(RedisError):  # an accelerator: may be refused
            await server.command("PUBLISH", channel, done[1])
    return done


BEAT = script("beat", 4, _beat)
GUARD = script("guard", 4, _guard)
SWITCH = script("switch", 2, _switch)

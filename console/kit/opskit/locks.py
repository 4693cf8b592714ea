"""Locks and other strings that change only if they still are what the holder thinks they are."""

import secrets
from collections.abc import Sequence
from typing import Any

from .server import Command, Part, Read, Server, script


async def _swap(server: Server, keys: Sequence[str], args: Sequence[Part]) -> int:
    expected, new, ttl = args

    async def work(read: Read) -> tuple[int, list[Command]]:
        if await read("GET", keys[0]) != expected:
            return 0, []
        if new == "":
            return 1, [("DEL", keys[0])]
        return 1, [("SET", keys[0], new, "PX", ttl)]

    return int(await server.transaction(keys, work))


async def _step(server: Server, keys: Sequence[str], args: Sequence[Part]) -> int:
    n = int(args[0])
    conditions, changes = args[1 : 1 + 2 * n], args[1 + 2 * n :]

    async def work(read: Read) -> tuple[int, list[Command]]:
        for field, value in zip(conditions[::2], conditions[1::2], strict=True):
            if (await read("HGET", keys[0], field) or "") != value:
                return 0, []
        commands: list[Command] = []
        for field, value in zip(changes[::2], changes[1::2], strict=True):
            if value == "":
                commands.append(("HDEL", keys[0], field))
            else:
                commands.append(("HSET", keys[0], field, value))
        return 1, commands

    return int(await server.transaction(keys, work))


SWAP = script("swap", 1, _swap)
STEP = script("step", 1, _step)


async def swap(server: Server, key: str, expected: str, new: str, ttl: float) -> bool:
    """Replace (or, with an empty `new`, delete) a string if it still is `expected`. TTL in s."""
    return bool(await server.run(SWAP, [key], (expected, new, max(1, int(ttl * 1000)))))


async def step(server: Server, key: str, where: dict[str, str], change: dict[str, str]) -> bool:
    """Change fields of a hash where others still are as expected; '' is an absent field."""
    flat: list[Any] = [len(where)]
    for pairs in (where, change):
        for field, value in pairs.items():
            flat += [field, value]
    return bool(await server.run(STEP, [key], flat))


async def acquire(server: Server, key: str, ttl: float) -> str | None:
    """Take a lock for `ttl` seconds; returns its random owner, or None while another holds it."""
    owner = secrets.token_hex(8)
    taken = await server.command("SET", key, owner, "NX", "PX", max(1, int(ttl * 1000)))
    return owner if taken else None


async def release(server: Server, key: str, owner: str) -> bool:
    """Give a lock back; False where it had run out and someone else may hold it now."""
    return await swap(server, key, owner, "", 1)

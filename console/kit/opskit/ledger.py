"""The work ledger of a closing: every item is waiting, running, done, held or failed.

An item is in exactly one of five sorted sets, and moves between them in one script, so the sums
reconcile at every moment. A running item is held by a lease; when its process dies the lease
runs out, and the next `take` puts it back to waiting.
"""

import json
import secrets
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from .errors import LeaseLost
from .keys import Keys
from .server import Command, Part, Read, Server, script

LEASE_SECONDS = 120.0
"""An item whose process died waits this long; it must exceed the longest item, or be renewed."""

ADD_AT_ONCE = 1000


class State(StrEnum):
    """Where an item stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    HELD = "held"  # deliberately not sent: a dry run, a person must look
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Taken:
    """An item that this caller works on. `tries` counts this one."""

    item: str
    owner: str
    tries: int
    began: float  # monotonic


@dataclass(frozen=True, slots=True)
class Counts:
    """The sums of one closing at one moment."""

    waiting: int
    running: int
    done: int
    held: int
    failed: int
    total: int

    @property
    def reconciles(self) -> bool:
        """Whether every item is in exactly one state; always true, or a defect."""
        return self.waiting + self.running + self.done + self.held + self.failed == self.total


async def _add(server: Server, keys: Sequence[str], args: Sequence[Part]) -> int:
    async def work(read: Read) -> tuple[int, list[Command]]:
        now = int(await server.now(read) * 1e6)
        known = await read("HMGET", keys[0], *args)
        commands: list[Command] = []
        new = {i for i, had in zip(args, known, strict=True) if had is None}
        for at, item in enumerate(args, 1):
            if item in new:
                new.discard(item)
                commands += [("HSET", keys[0], item, "{}"), ("ZADD", keys[1], now + at, item)]
        return len(commands) // 2, commands

    return int(await server.transaction([keys[0]], work))


async def _take(server: Server, keys: Sequence[str], args: Sequence[Part]) -> list[Any]:
    waiting, running, owners, tries = keys
    most, lease, owner, *only = args

    async def work(read: Read) -> tuple[list[Any], list[Command]]:
        now = int(await server.now(read) * 1000)
        expired = list(await read("ZRANGEBYSCORE", running, "-inf", now, "LIMIT", 0, 1000))
        commands: list[Command] = []
        for item in expired:
            commands += [
                ("ZREM", running, item),
                ("HDEL", owners, item),
                ("ZADD", waiting, 0, item),
            ]
        if only:
            scored = [(item, await read("ZSCORE", waiting, item)) for item in only]
            wanted = [i for i, score in scored if score is not None or i in expired]
        else:
            wanted = [*expired, *await read("ZRANGE", waiting, 0, int(most) - 1)]
        taken: list[Any] = []
        for item in wanted[: int(most)]:
            count = int(await read("HGET", tries, item) or 0) + 1
            commands += [
                ("ZREM", waiting, item),
                ("ZADD", running, now + int(lease), item),
                ("HSET", owners, item, owner),
                ("HINCRBY", tries, item, 1),
            ]
            taken += [item, count]
        return taken, commands

    return await server.transaction([waiting, running, owners], work)


async def _move(server: Server, keys: Sequence[str], args: Sequence[Part]) -> int:
    items, source, target, owners = keys
    item, owner, document, lease = args

    async def work(read: Read) -> tuple[int, list[Command]]:
        if (await read("HGET", owners, item) or "") != owner:
            return 0, []
        if await read("ZSCORE", source, item) is None:
            return 0, []
        score = int(await server.now(read) * 1000) + int(lease)
        commands: list[Command] = [("ZREM", source, item), ("ZADD", target, score, item)]
        if not int(lease):
            commands.append(("HDEL", owners, item))
        if document:
            commands.append(("HSET", items, item, document))
        return 1, commands

    return int(await server.transaction([source, owners], work))


ADD = script("ledger_add", 2, _add)
TAKE = script("ledger_take", 4, _take)
MOVE = script("ledger_move", 4, _move)


class Ledger:
    """The ledger of one closing. Every method is one command."""

    def __init__(
        self, server: Server, keys: Keys, closing: str, *, lease: float = LEASE_SECONDS
    ) -> None:
        self._server, self.closing, self.lease = server, closing, lease
        self._index = keys.of("closings")
        self._keys = {name: keys.of("ledger", closing, name) for name in
                      (*State, "items", "owners", "tries")}  # fmt: skip

    async def add(self, items: Iterable[str]) -> int:
        """Add items as waiting, in this order; those that are there stay as they are."""
        every, new = list(items), 0
        await self._server.command("ZADD", self._index, "NX", round(time.time(), 3), self.closing)
        for at in range(0, len(every), ADD_AT_ONCE):
            part = every[at : at + ADD_AT_ONCE]
            new += int(await self._server.run(ADD, self._of("items", State.WAITING), part))
        return new

    async def take(self, most: int = 1, only: Sequence[str] = ()) -> list[Taken]:
        """Take waiting items, oldest first, or those of `only` that are waiting."""
        owner = secrets.token_hex(8)
        keys = self._of(State.WAITING, State.RUNNING, "owners", "tries")
        args = (most, int(self.lease * 1000), owner, *only)
        flat = await self._server.run(TAKE, keys, args)
        began = time.monotonic()
        pairs = zip(flat[::2], flat[1::2], strict=True)
        return [Taken(item, owner, int(tries), began) for item, tries in pairs]

    async def renew(self, taken: Taken) -> None:
        """Extend the lease. Raises LeaseLost."""
        await self._move(taken, State.RUNNING, "", int(self.lease * 1000))

    async def done(self, taken: Taken, **facts: Any) -> None:
        """The item is finished. `facts` are JSON values kept with it. Raises LeaseLost."""
        await self._finish(taken, State.DONE, "", facts)

    async def hold(self, taken: Taken, reason: str, **facts: Any) -> None:
        """The item was deliberately not sent. Raises LeaseLost."""
        await self._finish(taken, State.HELD, reason, facts)

    async def fail(self, taken: Taken, reason: str, **facts: Any) -> None:
        """The item failed, and waits for a person or `retry`. Raises LeaseLost."""
        await self._finish(taken, State.FAILED, reason, facts)

    async def give_back(self, taken: Taken) -> None:
        """Not worked on after all: waiting again. Raises LeaseLost."""
        await self._move(taken, State.WAITING, "", 0)

    async def retry(self, item: str, state: State = State.FAILED) -> bool:
        """Put a held or failed item back to waiting; False where it is not in that state."""
        keys = self._of("items", state, State.WAITING, "owners")
        return bool(await self._server.run(MOVE, keys, (item, "", "", 0)))

    async def counts(self) -> Counts:
        """The sums, read at one moment."""
        keys = self._keys
        commands: list[Command] = [("ZCARD", keys[state]) for state in State]
        found = await self._server.atomic([*commands, ("HLEN", keys["items"])])
        waiting, running, done, held, failed, total = (int(n) for n in found)
        return Counts(waiting, running, done, held, failed, total)

    async def state(self, item: str) -> State | None:
        """Where an item stands; None where it is unknown."""
        scores = await self._server.atomic([("ZSCORE", self._keys[s], item) for s in State])
        return next((s for s, at in zip(State, scores, strict=True) if at is not None), None)

    async def waiting(self, most: int = 10_000) -> list[str]:
        """What waits, in the order in which it will be taken."""
        return await self._server.command("ZRANGE", self._keys[State.WAITING], 0, most - 1)

    async def undone(self, most: int = 10_000) -> list[str]:
        """What a batch may still do: held by a dry run, failed and retryable, waiting. Each part
        oldest first; what a person must look at is left out."""
        states = (State.HELD, State.FAILED, State.WAITING)
        commands: list[Command] = [("ZRANGE", self._keys[one], 0, most - 1) for one in states]
        held, failed, waiting = await self._server.atomic(commands)
        if failed:
            texts = await self._server.command("HMGET", self._keys["items"], *failed)
            facts = (json.loads(text or "{}") for text in texts)
            pairs = zip(failed, facts, strict=True)
            failed = [item for item, known in pairs if known.get("retryable")]
        return [*held, *failed, *waiting][:most]

    async def items(self, state: State, most: int = 100) -> list[tuple[str, dict[str, Any]]]:
        """Items of a state with what is known of them, newest first."""
        names = await self._server.command("ZREVRANGE", self._keys[state], 0, most - 1)
        if not names:
            return []
        texts = await self._server.command("HMGET", self._keys["items"], *names)
        return [(n, json.loads(text or "{}")) for n, text in zip(names, texts, strict=True)]

    async def _finish(self, taken: Taken, state: State, reason: str, facts: dict[str, Any]) -> None:
        known = {"seconds": round(time.monotonic() - taken.began, 3), "tries": taken.tries}
        known |= {"at": round(time.time(), 3), "reason": reason[:500]}
        document = json.dumps({**facts, **known}, separators=(",", ":"), default=str)
        await self._move(taken, state, document, 0)

    async def _move(self, taken: Taken, to: State, document: str, lease_ms: int) -> None:
        keys = self._of("items", State.RUNNING, to, "owners")
        args = (taken.item, taken.owner, document, lease_ms)
        if not await self._server.run(MOVE, keys, args):
            raise LeaseLost(f"{taken.item}: the lease ran out and another took the item")

    def _of(self, *names: str) -> list[str]:
        return [self._keys[name] for name in names]

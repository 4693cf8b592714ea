"""Packing closed hours and days, and letting go of what is old.

Once an hour the closed minutes of every series move from its open hash into one blob per hour;
once a day the hours of a closed day are added up into one blob per day. A late minute is merged
into the blob that is there, and its day is added up again from its hours, so nothing is counted
twice however often this is repeated: reading, then writing and deleting at once, under the lease.

Work is done for SERIES_PER_CALL series at a time, so that the number of commands stays small, with
a turn of the event loop after each few series, so that probes keep their time.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from console.store import keys
from console.store.operations import Operations
from console.store.packing import (
    HOURS_A_DAY,
    MINUTES_AN_HOUR,
    Progress,
    Target,
    days_to_pack,
    due,
    expired,
    trim_timeline,
)
from console.store.scripts import FIELDS, GATHER, TRIM, Script

SERIES_PER_CALL = 50
SERIES_PER_SLICE = 5  # series packed between two turns of the event loop (about 2 ms)
SPOOLS_KEPT = 40 * 86400  # seconds the place of a spool that never came back is remembered


@dataclass(frozen=True, slots=True)
class Compaction:
    """What one call did."""

    series: int = 0  # looked at
    hours: int = 0  # blobs of hours written
    days: int = 0  # blobs of days written
    removed: int = 0  # series that have no data any more


class Access(Protocol):
    """What compaction needs of the store."""

    async def apply(self, operations: Operations) -> None:
        """Write under the lease."""
        ...

    async def run(self, script: Script, names: Sequence[str], arguments: Sequence[Any]) -> Any:
        """Run a script."""
        ...

    async def hashes(self, *names: str) -> list[Mapping[bytes, bytes]]:
        """Read whole hashes."""
        ...

    def members(self, name: str) -> AsyncIterator[list[str]]:
        """Read a set in parts."""
        ...


class Compactor:
    """Compaction under one lease."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._done: Progress | None = None

    async def compact(self, now: float, oldest_open: int | None) -> tuple[Compaction, set[str]]:
        """Pack what is closed. Returns what was done, and the keys of series that are no more."""
        goal = due(now, oldest_open)
        if self._done is None:
            self._done = await self._stored_progress(goal)
        done = self._done
        if goal.hour <= done.hour:
            return Compaction(), set()
        series = hours = days = 0
        removed: set[str] = set()
        services = [name async for part in self._access.members(keys.SERVICES) for name in part]
        for service in services:
            async for names in self._access.members(keys.series(service)):
                for start in range(0, len(names), SERIES_PER_CALL):
                    few = names[start : start + SERIES_PER_CALL]
                    targets = [
                        Target(keys.open_cells(service, one), keys.closed_cells(service, one))
                        for one in few
                    ]
                    await self._pack(targets, done, goal, now)
                    series += len(targets)
                    hours += sum(len(target.hours) for target in targets)
                    days += sum(len(target.days) for target in targets)
                    if done.day < goal.day:
                        removed |= await self._trim(service, few, targets, done, now)
        await self._finish(services, done, goal, now)
        self._done = goal
        return Compaction(series, hours, days, len(removed)), removed

    async def _pack(
        self, targets: Sequence[Target], done: Progress, goal: Progress, now: float
    ) -> None:
        names = [name for target in targets for name in (target.open, target.closed)]
        answers: list[list[bytes]] = await self._access.run(
            GATHER, names, [goal.hour * MINUTES_AN_HOUR]
        )
        for number, (target, answer) in enumerate(zip(targets, answers, strict=True), start=1):
            there = zip(map(int, answer[1::2]), answer[2::2], strict=True)
            target.pack_hours(answer[0], there, now)
            await _turn(number)
        for day, few in days_to_pack(targets, done, goal).items():
            await self._pack_day(day, few)
        operations = Operations()
        for target in targets:
            target.write(operations)
        if operations:
            await self._access.apply(operations)

    async def _pack_day(self, day: int, targets: Sequence[Target]) -> None:
        first = day * HOURS_A_DAY
        fields = [f"h{hour}" for hour in range(first, first + HOURS_A_DAY)]
        answers: list[list[bytes | None]] = await self._access.run(
            FIELDS, [target.closed for target in targets], fields
        )
        for number, (target, blobs) in enumerate(zip(targets, answers, strict=True), start=1):
            target.pack_day(day, blobs)
            await _turn(number)

    async def _trim(
        self,
        service: str,
        names: Sequence[str],
        targets: Sequence[Target],
        done: Progress,
        now: float,
    ) -> set[str]:
        """Let go of old blobs, and of series that have nothing left."""
        hours, days = expired(done, now)
        pairs = [name for target in targets for name in (target.open, target.closed)]
        gone: list[bytes] = await self._access.run(
            TRIM,
            [keys.series(service), *pairs],
            [hours.start, hours.stop, days.start, days.stop, *names],
        )
        return {keys.open_cells(service, name.decode()) for name in gone}

    async def _finish(
        self, services: Sequence[str], done: Progress, goal: Progress, now: float
    ) -> None:
        operations = Operations()
        operations.add("HSET", keys.COMPACTED, keys.HOUR, goal.hour, keys.DAY, goal.day)
        if done.day < goal.day:
            for service in services:
                trim_timeline(operations, service, now)
            (spools,) = await self._access.hashes(keys.FLUSHED)
            old = [
                spool
                for spool, value in spools.items()
                if int(value.split(b",")[1]) < now - SPOOLS_KEPT
            ]
            operations.add_many("HDEL", keys.FLUSHED, old)
        await self._access.apply(operations)

    async def _stored_progress(self, goal: Progress) -> Progress:
        (stored,) = await self._access.hashes(keys.COMPACTED)
        hour, day = stored.get(keys.HOUR.encode()), stored.get(keys.DAY.encode())
        if hour is None or day is None:
            return Progress(goal.hour - 1, goal.day)  # a new store: look at once, no day to add up
        return Progress(int(hour), int(day))


async def _turn(number: int) -> None:
    if number % SERIES_PER_SLICE == 0:
        await asyncio.sleep(0)

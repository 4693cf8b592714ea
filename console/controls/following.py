"""Following a switch: looking at the heartbeats until every instance has seen it, or time is up."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from console.activity.chain import Entry
from console.controls.model import (
    ACKNOWLEDGE_SECONDS,
    Acknowledged,
    Mode,
    acknowledged,
    evidence,
    proven,
    remedy,
    told,
)
from console.errors import StoreError
from console.instances.gather import read_instances
from console.instances.model import Snapshot
from console.service_redis import ServiceRedis
from console.store.journal import Journal

LOOK_SECONDS = 0.25  # between two looks at the heartbeats after a switch


@dataclass(frozen=True, slots=True)
class Followed:
    """A switch and how far the instances have followed it."""

    service: str
    mode: Mode
    epoch: int
    at: float  # Unix seconds
    found: Acknowledged | None = None
    seconds: float = 0.0  # since the switch
    ended: bool = False
    problem: str = ""

    @property
    def failed(self) -> bool:
        """Whether somebody did not follow in time."""
        return self.ended and (bool(self.problem) or not self.found or not self.found.complete)


class Following:
    """The last switch of each service that this process made. `seen` takes what is read."""

    def __init__(self, seen: dict[str, Snapshot], clock: Callable[[], float]) -> None:
        self._seen, self._clock = seen, clock
        self._followed: dict[str, Followed] = {}

    def last(self, service: str) -> Followed | None:
        """How far the last switch was followed."""
        return self._followed.get(service)

    def begin(self, service: str, mode: Mode, epoch: int) -> Followed:
        """A switch was made: from now on this one is followed."""
        followed = self._followed[service] = Followed(service, mode, epoch, self._clock())
        return followed

    async def follow(self, url: str, followed: Followed, begun: Entry, journal: Journal) -> None:
        """Look until all have followed, and write what came of it to the log."""
        redis, service = ServiceRedis(url), followed.service
        began = time.monotonic()
        try:
            while not followed.ended:
                snapshot = self._seen[service] = await read_instances(redis, service, self._clock())
                followed = _looked(followed, snapshot, time.monotonic() - began)
                if self._followed[service].epoch != followed.epoch:
                    return  # somebody switched again: that is followed now
                self._followed[service] = followed
                if not followed.ended:
                    await asyncio.sleep(LOOK_SECONDS)
        finally:
            await redis.close()
        outcome = "failed" if followed.failed else "done"
        text = _text(followed, self._seen.get(service))
        noted = replace(
            begun,
            kind="confirmation",
            after=followed.mode.value,
            evidence=text,
            outcome=outcome,
        )
        try:
            await asyncio.to_thread(journal.note, noted)
        except StoreError:
            return  # the page shows it all the same; the switch itself is in the log


def _looked(followed: Followed, snapshot: Snapshot, seconds: float) -> Followed:
    found = None
    if not snapshot.problem:
        found = acknowledged(snapshot, followed.mode, followed.epoch)
    over = seconds >= ACKNOWLEDGE_SECONDS
    all_of_them = found is not None and bool(found.instances) and found.complete
    return replace(
        followed,
        found=found,
        seconds=seconds,
        problem=snapshot.problem,
        ended=over or all_of_them,
    )


def _text(followed: Followed, snapshot: Snapshot | None) -> str:
    """What came of it, for the log."""
    if followed.problem:
        return followed.problem
    if followed.found is None:
        return "nobody was heard of"
    text = told(followed.found, followed.mode, followed.seconds)
    if followed.failed and followed.found.missing:
        return f"{text} {remedy(followed.found)}"
    return f"{text} {proven(evidence(snapshot), followed.mode)[1]}" if snapshot else text

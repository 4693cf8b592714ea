"""Orders the rollback that the console makes by itself, at most once with effect.

What it is about to do is written down before it is done. So a collector that was killed in between
leaves a question, and the next one finds the answer at the platform: a rollback is there, or it is
ordered again, under the same key.
"""

from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Protocol

from pydantic import TypeAdapter, ValidationError

from console.deployments.act_auto import PROMPT, due, failed
from console.deployments.history import Snapshot
from console.deployments.model import Automatic, Record, Verdict
from console.deployments.signs import same_commit
from console.deployments.verdict import name_of
from console.deployments.versions import known
from console.deployments.watch import WINDOW
from console.errors import PlatformAway, PlatformError, PlatformLimited, StoreError
from console.health.model import Status
from console.platforms.model import Capability, Platform, Rollback, Trigger

KEPT = 20  # automatic rollbacks that are remembered
INTENT_SECONDS = 30 * 86400.0  # that an intent is kept: a deployment is rolled back once in it
# Seconds after an order of which nobody knows what became, until it is given again: one call to a
# platform takes 20 s at most, and what it began shows in the next reading.
AGAIN_AFTER = 60.0
TRIES = 3  # orders of one rollback; then people have to look


@dataclass(frozen=True, slots=True)
class Intent:
    """A rollback that a collector set out to make."""

    to: str  # the deployment that is to be brought back
    at: float  # of the last order, Unix seconds
    tries: int = 1


class Intents(Protocol):
    """Where intents are written down: the store. Raises StoreError."""

    async def intend(
        self, service: str, what: str, text: bytes, seconds: float, *, again: bool = False
    ) -> bytes | None:
        """Keep it where there is none, or `again`; else the one that is there."""
        ...

    async def intended(self, service: str, what: str) -> bytes | None:
        """The one that is there."""
        ...


class AutomaticRollback:
    """That of one service."""

    def __init__(self, service: str, intents: Intents, window: float = WINDOW) -> None:
        self._service, self._intents, self._window = service, intents, window
        self._settled: set[str] = set()  # deployments of which no intent is open

    async def look(self, platform: Platform, snapshot: Snapshot, now: float) -> Snapshot:
        """The snapshot, with the rollback that is made now, or that is now known to be made.

        Raises nothing. The snapshot must be written down already: a collector that is killed here
        would leave a rollback without the verdict that it rests on.
        """
        if not platform.capabilities.offers(Capability.ROLLBACK):
            return snapshot
        try:
            wanted = due(snapshot, now, self._window)
            if wanted is not None:
                return await self._roll_back(platform, snapshot, *wanted, now)
            return await self._find_out(snapshot, now)
        except StoreError:
            return snapshot  # without the store nobody knows whether it was done already

    async def _roll_back(
        self, platform: Platform, snapshot: Snapshot, bad: Record, back: Record, now: float
    ) -> Snapshot:
        what, mine = _name(bad), Intent(back.deployment.id, now)
        stored = await self._intents.intend(self._service, what, _encoded(mine), INTENT_SECONDS)
        if stored is not None:
            before = _decoded(stored)
            if before is None or now - before.at < AGAIN_AFTER:
                return snapshot  # it may still be on its way
            if before.tries >= TRIES:
                told = f"It was ordered {TRIES} times, and the platform shows nothing of it."
                told += " Roll back by hand."
                return _with(snapshot, bad, before, told, done=False)
            mine = Intent(before.to, now, before.tries + 1)
            await self._intents.intend(
                self._service, what, _encoded(mine), INTENT_SECONDS, again=True
            )
        return await _ordered(platform, snapshot, bad, mine)

    async def _find_out(self, snapshot: Snapshot, now: float) -> Snapshot:
        """What became of a rollback that another collector set out to make."""
        place = _open_place(snapshot)
        if place is None or snapshot.problem:
            return snapshot
        bad = snapshot.records[place]
        if bad.deployment.id in self._settled:
            return snapshot
        stored = await self._intents.intended(self._service, _name(bad))
        before = _decoded(stored) if stored is not None else None
        if before is None:
            self._settled.add(bad.deployment.id)
            return snapshot
        after = _rollback_after(snapshot, place, before)
        if after is not None:
            told = f"It was ordered by a collector that ended at once: {name_of(after.deployment)} "
            told += f"is what the platform shows of it, as deployment {after.deployment.id}."
            return _with(snapshot, bad, before, told, done=True)
        if place == 0 and now - before.at >= PROMPT:
            told = "The collector that set out to do it ended; now it is too late to do it unasked."
            return _with(snapshot, bad, before, f"{told} Roll back by hand.", done=False)
        return snapshot


def _open_place(snapshot: Snapshot) -> int | None:
    """The place of the newest one that failed its watch, where nothing is known of its rollback."""
    for place, one in enumerate(snapshot.records):
        found = one.verification
        if (
            found
            and found.verdict is Verdict.FAILED
            and one.deployment.trigger is not Trigger.ROLLBACK
        ):
            return place if failed(one, snapshot) else None
    return None


def _rollback_after(snapshot: Snapshot, place: int, intent: Intent) -> Record | None:
    """The rollback that came right after it, to what was intended."""
    if not place:
        return None
    after, to = snapshot.records[place - 1], known(snapshot, intent.to)
    if after.deployment.trigger is Trigger.ROLLBACK:
        return after
    told = to is not None and same_commit(after.deployment.commit, to.deployment.commit)
    return after if told and after.deployment.trigger is Trigger.OTHER else None


async def _ordered(platform: Platform, snapshot: Snapshot, bad: Record, mine: Intent) -> Snapshot:
    action = Rollback(mine.to, _key(bad))
    try:
        request = platform.preview(action)
        receipt = await platform.perform(action)
        told, done = f"{receipt.text} Sent: {request.text} {request.body}".strip(), True
    except (PlatformAway, PlatformLimited):
        return snapshot  # whether it was taken is not known: it is looked for, and sent again
    except PlatformError as error:
        told, done = f"It was not taken: {error} Roll back by hand.", False
    return _with(snapshot, bad, mine, told, done=done)


def _with(snapshot: Snapshot, bad: Record, made: Intent, told: str, *, done: bool) -> Snapshot:
    found = bad.verification.evidence if bad.verification else ()
    why = " ".join(f"{one.name}: {one.sentence}" for one in found if one.status is Status.FAIL)
    one = Automatic(bad.deployment.id, made.to, made.at, f"{why} {told}", done)
    return replace(snapshot, automatic=(one, *snapshot.automatic)[:KEPT])


def _name(bad: Record) -> str:
    return f"auto:{bad.deployment.id}"


def _key(bad: Record) -> str:
    return f"auto-{sha256(bad.deployment.id.encode()).hexdigest()[:16]}"


def _encoded(intent: Intent) -> bytes:
    return _INTENT.dump_json(intent)


def _decoded(stored: bytes) -> Intent | None:
    """`None` for what an earlier version of the console wrote: that it was done, and no more."""
    try:
        return _INTENT.validate_json(stored)
    except ValidationError:
        return None


_INTENT = TypeAdapter(Intent)

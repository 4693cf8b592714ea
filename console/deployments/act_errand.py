"""How an action on a platform is carried out: sent once, written down, and looked after until what
the platform reports shows that it took effect."""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

from console.activity.chain import Entry
from console.config import Config
from console.deployments.act_effect import Effect, Seen, effect
from console.deployments.history import ASKED
from console.errors import PlatformAway, PlatformError, StoreError
from console.health.check import Service
from console.platforms.choose import platform_of
from console.platforms.model import (
    Action,
    Capability,
    Platform,
    Receipt,
    Request,
    Scale,
    SetVariable,
)
from console.store.journal import Journal

SEND_SECONDS = 30.0  # for a platform to take an action
FOLLOW_SECONDS = 900.0  # for it to take effect: a build at a platform takes minutes
LOOK_LOCAL, LOOK_SECONDS = 0.5, 10.0  # between two looks, on this machine and at a platform's API
UNSURE = "Whether it was taken shows in what runs."


@dataclass(frozen=True, slots=True)
class Acted:
    """An action and how far it got."""

    kind: str
    target: str
    request: Request
    at: float  # Unix seconds
    receipt: str = ""  # what the platform answered
    effect: str = ""  # what it reports since
    done: bool | None = None  # whether it took effect; None: not known (yet)
    ended: bool = False
    problem: str = ""  # why the platform did not take it


@dataclass(frozen=True, slots=True)
class Errand:
    """One action on its way. `note` is told how far it got."""

    config: Config
    journal: Journal
    service: Service
    action: Action
    begun: Entry
    note: Callable[[Acted], Acted]

    async def run(self, made: Acted) -> None:
        """Send it, write what the platform answered, and look what came of it."""
        asked = sent = unsure = False
        request = shown(made.request)
        try:
            async with platform_of(self.config, self.service) as found:
                platform = required(found)
                before = await _seen(platform, self.action)
                asked = True
                async with asyncio.timeout(SEND_SECONDS):
                    receipt = await platform.perform(self.action)
                sent = True
                made = self.note(replace(made, receipt=receipt.text))
                await self._write("accepted", f"{receipt.text} Sent: {request}")
                made = await self._follow(platform, receipt, before, made)
        except TimeoutError:
            unsure = True
            made = replace(made, problem=f"No answer within {SEND_SECONDS:g} s. {UNSURE}")
        except PlatformError as error:
            # an answer that got lost says nothing of the request
            unsure = asked and isinstance(error, PlatformAway)
            made = replace(made, problem=f"{error} {UNSURE}" if unsure else str(error))
        finally:
            self.note(replace(made, ended=True))
        if not sent:
            told = f"{made.problem} Sent: {request}" if asked else made.problem
            await self._write("unknown" if unsure else "failed", told)
            return
        outcome = {True: "done", False: "failed", None: "unknown"}[made.done]
        await self._write_effect(outcome, made.effect or made.problem)

    async def _follow(
        self, platform: Platform, receipt: Receipt, before: Seen, made: Acted
    ) -> Acted:
        """Look until it took effect, failed, or the time for it is over."""
        end = time.monotonic() + FOLLOW_SECONDS
        pause = LOOK_LOCAL if self.service.platform == "local" else LOOK_SECONDS
        while True:
            try:
                now = await _seen(platform, self.action)
                found = effect(self.action, receipt.deployment, before, now)
            except PlatformError as error:
                found = Effect(None, str(error))  # asked again: it was taken
            made = self.note(replace(made, effect=found.text, done=found.done))
            if found.done is not None:
                return made
            if time.monotonic() >= end:
                return replace(made, effect=f"{found.text} Not seen within 15 min.")
            await asyncio.sleep(pause)

    async def _write(self, outcome: str, evidence: str) -> None:
        with suppress(StoreError):  # the log then says that the end is not known
            await asyncio.to_thread(self.journal.end, self.begun, outcome, evidence)

    async def _write_effect(self, outcome: str, evidence: str) -> None:
        """What came of it, after its end was written."""
        begun = self.begun
        noted = replace(begun, kind="effect", outcome=outcome, evidence=evidence)
        noted = replace(noted, target=f"of {begun.kind} {begun.target}")
        with suppress(StoreError):
            await asyncio.to_thread(self.journal.note, noted)


async def _seen(platform: Platform, action: Action) -> Seen:
    """What an action of this kind can change."""
    offers = platform.capabilities.offers
    if isinstance(action, Scale):
        known = offers(Capability.INSTANCES) or offers(Capability.RANGE)
        return Seen(instances=await platform.instances() if known else None)
    if isinstance(action, SetVariable):
        return Seen(variables=await platform.variables() if offers(Capability.VARIABLES) else ())
    return Seen(await platform.deployments(ASKED))


def required(platform: Platform | None) -> Platform:
    """The platform. Raises PlatformError where the console knows none."""
    if platform is None:
        raise PlatformError("The console does not know where this service runs.")
    return platform


def shown(request: Request) -> str:
    """What is sent, in one line."""
    return f"{request.text} {request.body}".strip()

"""The local platform as any other: reads what is on disk, leaves orders for the controller."""

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from console.errors import NotOffered, PlatformAway, PlatformMissing
from console.masking import MASK
from console.platforms.extras import RuntimeLine
from console.platforms.local.disk import Disk
from console.platforms.local.model import LocalService, Phase, State
from console.platforms.local.repository import Repository
from console.platforms.local.variables import refuse
from console.platforms.model import (
    Action,
    Capabilities,
    Capability,
    Deployment,
    InstanceRange,
    Receipt,
    Redeploy,
    Request,
    Rollback,
    Scale,
    SetVariable,
    StageName,
    needed,
)

TITLE = "this machine"
CAPABILITIES = Capabilities(
    TITLE,
    {
        Capability.RANGE: "it runs a fixed number of instances and adds none by itself.",
        Capability.DRY_RUN: "it has nothing that only looks whether an order could be done.",
        Capability.RESPONSE_TIMES: "it has no proxy that measures.",
    },
    frozenset((Capability.RUNTIME_LOGS,)),
)


class LocalPlatform:
    """One service on this machine; see console/platforms/model.py, Platform."""

    def __init__(self, disk: Disk) -> None:
        self._disk = disk

    @property
    def capabilities(self) -> Capabilities:
        """What it offers."""
        return CAPABILITIES

    async def deployments(self, limit: int) -> Sequence[Deployment]:
        """The last deployments, the newest first."""
        self._require_controller()
        return self._disk.deployments(limit)

    async def instances(self) -> InstanceRange:
        """How many serve, and how many are wanted."""
        state = self._state()
        serving = sum(one.phase is Phase.SERVING for one in state.copies)
        return InstanceRange(serving, state.wanted)

    async def variables(self) -> Sequence[str]:
        """The names that the service is given."""
        service = self._service()
        own = ("OPS_SERVICE", "REDIS_URL") if service.redis else ("OPS_SERVICE",)
        state = self._disk.state()
        set_ = self._disk.variables(state.variables) if state else None
        return sorted({*service.environment, *own, *(set_ or ())})

    async def log(self, deployment: str, stage: StageName) -> str:
        """The log of the build; for later stages, of each copy one after another."""
        if self._disk.deployment(deployment) is None:
            raise PlatformMissing(f"There is no deployment {deployment!r} on {TITLE}.")
        if stage is StageName.BUILD:
            return self._disk.tail(f"{deployment}.build")
        if stage is not StageName.DEPLOY:
            return ""
        names = sorted(
            path.stem for path in self._disk.path("logs").glob(f"{deployment}.copy-*.log")
        )
        parts = ((name.partition(".")[2], self._disk.tail(name)) for name in names)
        return "\n".join(f"{name}:\n{text}" for name, text in parts if text)

    async def commits(self, before: str, after: str) -> Sequence[str]:
        """What came between two commits, the newest first."""
        return await asyncio.to_thread(self._repository().between, before, after)

    async def lines(self, since: float, limit: int) -> Sequence[RuntimeLine]:
        """What the copies printed; see console/platforms/model.py, RuntimeLog."""
        try:
            found = await asyncio.to_thread(self._disk.written, since)
        except OSError as error:
            raise PlatformAway(f"The logs on {TITLE} cannot be read: {error.strerror}.") from error
        return [
            RuntimeLine(text, None, log.rpartition(".")[2], f"{log}:{place}")
            for log, place, text in found[-limit:]
        ]

    def preview(self, action: Action) -> Request:
        """The order that would be left."""
        order = self._order(action)
        if isinstance(action, SetVariable):
            order["value"] = MASK
        return Request(
            f"An order for the controller on {TITLE}", json.dumps(order, ensure_ascii=False)
        )

    async def perform(self, action: Action) -> Receipt:
        """Leave the order. It is carried out as soon as no other roll-out is under way."""
        CAPABILITIES.require(needed(action))
        self._require_controller()
        order = await asyncio.to_thread(self._order, action)
        if isinstance(action, SetVariable) and not self._state().running:
            raise PlatformMissing(f"Nothing runs on {TITLE} yet that could be given a variable.")
        if isinstance(action, Rollback) and self._disk.deployment(action.deployment) is None:
            raise PlatformMissing(f"There is no deployment {action.deployment!r} on {TITLE}.")
        try:
            self._disk.order(order, action.key if isinstance(action, Rollback) else "")
        except OSError as error:
            raise PlatformAway(f"The order could not be written: {error}") from error
        if isinstance(action, SetVariable):
            return Receipt(
                "The controller has the order: it replaces the instances one after another, and "
                "leaves the variable as it was where they do not become healthy."
            )
        return Receipt("The controller has the order.")

    def _order(self, action: Action) -> dict[str, Any]:
        CAPABILITIES.require(needed(action))
        match action:
            case Scale(least, most) if least == most:
                return {"kind": "scale", "instances": most}
            case Scale():
                raise NotOffered(CAPABILITIES.reason(Capability.RANGE))
            case Rollback(deployment):
                return {"kind": "rollback", "deployment": deployment}
            case Redeploy():
                return {"kind": "redeploy", "commit": self._repository().head()}
            case SetVariable(name, value):
                refuse(name, value, self._service())
                return {"kind": "variable", "name": name, "value": value}

    def _repository(self) -> Repository:
        service = self._service()
        return Repository(Path(service.repository), service.branch)

    def _require_controller(self) -> None:
        if self._disk.is_abandoned():
            state = self._disk.state()
            again = f"Start it again: python -m console.platforms.local {self._disk.directory}"
            if state is not None and not state.copies:
                raise PlatformAway(f"Neither this service nor its platform runs. {again}")
            raise PlatformAway(
                "The platform on this machine was stopped: the service runs on, but no push is "
                f"noticed and no order carried out. {again}"
            )

    def _state(self) -> State:
        state = self._disk.state()
        if state is None:
            raise PlatformAway(f"The controller of {TITLE} has not begun yet.")
        return state

    def _service(self) -> LocalService:
        try:
            return self._disk.service()
        except (OSError, ValueError) as error:
            raise PlatformAway(f"What runs on {TITLE} cannot be read.") from error

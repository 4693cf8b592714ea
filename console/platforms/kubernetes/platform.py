"""One Deployment on Kubernetes, by the API's own Swagger file (apps/v1, autoscaling/v2, v1)."""

import math
import time
from collections.abc import Callable, Sequence

import httpx

from console.errors import PlatformError, PlatformMissing, PlatformRefused
from console.platforms.budget import Budget
from console.platforms.extras import RuntimeLine
from console.platforms.json_fields import fields, text_of
from console.platforms.kubernetes import changes
from console.platforms.kubernetes.access import Access
from console.platforms.kubernetes.api import TITLE, KubernetesApi, or_nothing
from console.platforms.kubernetes.pods import main_container, variables_of, worst_of
from console.platforms.kubernetes.reading import lines_of_pods, log_of, names_of
from console.platforms.kubernetes.roll_out import complete, deployments_of
from console.platforms.kubernetes.words import (
    HASH,
    Revision,
    Told,
    instances_of,
    meta_of,
    revisions_of,
    scaler_of,
    selector_of,
)
from console.platforms.memory import remembered
from console.platforms.model import (
    Action,
    Capabilities,
    Capability,
    Deployment,
    DeploymentState,
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

CAPABILITIES = Capabilities(
    TITLE,
    {Capability.RESPONSE_TIMES: "it measures no requests; a proxy or Prometheus beside it may."},
    frozenset((Capability.RUNTIME_LOGS,)),
)


class Kubernetes:
    """One Deployment; see console/platforms/model.py, Platform.

    `service` is `namespace/deployment`.
    """

    def __init__(
        self,
        service: str,
        access: Access,
        *,
        budget: Budget | None = None,
        clock: Callable[[], float] = time.time,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        namespace, _, name = service.partition("/")
        self._paths, self._clock = changes.Paths(namespace, name), clock
        self._api = KubernetesApi(access, budget=budget, clock=clock, transport=transport)
        self._told_before: dict[str, Deployment] = {}
        self._container = self._scaler = ""  # as last read, for a preview

    async def close(self) -> None:
        """Close the connections."""
        await self._api.close()

    @property
    def capabilities(self) -> Capabilities:
        """What it offers."""
        return CAPABILITIES

    async def deployments(self, limit: int) -> Sequence[Deployment]:
        """The revisions that are kept, the newest first."""
        deployment, revisions = await self._told()
        pods: list[Told] = []
        if revisions and not complete(deployment):
            pods = await or_nothing(self._pods(deployment, revisions[0]))
        told = deployments_of(deployment, revisions, pods)[:limit]
        found = [self._remembered(one) for one in told]
        self._told_before = {one.id: one for one in found}
        return found

    def _remembered(self, told: Deployment) -> Deployment:
        """With the times of the version that serves while a newer one is rolled out."""
        known = self._told_before.get(told.id)
        serves = told.state is DeploymentState.LIVE and not told.raw_state
        if serves and known is not None and known.state is DeploymentState.LIVE:
            return known
        return remembered(known, told)

    async def instances(self) -> InstanceRange:
        """How many are ready, and between which bounds the autoscaler of the Deployment chooses.

        Where autoscalers may not be read, no bounds are told.
        """
        deployment = await self._deployment()
        try:
            scaler = await self._read_scaler()
        except PlatformRefused:
            scaler = None
        return instances_of(deployment, scaler)

    async def variables(self) -> Sequence[str]:
        """The names of the variables of the main container. Of ConfigMaps and Secrets only their
        metadata is read, which holds no value; those that may not be read are in `unread`."""
        container = main_container(self._template(await self._deployment()))
        return await names_of(self._api, self._paths, container)

    async def log(self, deployment: str, stage: StageName) -> str:
        """Of the roll-out: the states, warnings and last lines of the pod that is worst off."""
        if stage is not StageName.DEPLOY:
            return ""
        told, revisions = await self._told()
        pod = worst_of(await self._pods(told, self._one(revisions, deployment)))
        return "" if pod is None else await log_of(self._api, self._paths, pod)

    async def lines(self, since: float, limit: int) -> Sequence[RuntimeLine]:
        """What the main container of the pods wrote; see console/platforms/model.py, RuntimeLog."""
        asked = {"labelSelector": selector_of(await self._deployment())}
        pods = await self._api.every(f"{self._paths.core}/pods", asked)
        seconds = math.ceil(self._clock() - since)
        return await lines_of_pods(self._api, self._paths, pods, self._container, seconds, limit)

    def preview(self, action: Action) -> Request:
        """The request of the action, without values and without the pod template of a rollback.

        The names of the container and of the autoscaler are in it once they were read; see `exact`.
        """
        CAPABILITIES.require(needed(action))
        change = changes.foreseen(self._paths, action, self._container, self._scaler, self._clock())
        return changes.shown(self._api.url, change)

    async def exact(self, action: Action) -> Request:
        """The same, after a look at the names of the container and of the autoscaler."""
        if isinstance(action, SetVariable):
            await self._deployment()
        elif isinstance(action, Scale):
            await self._read_scaler()
        return self.preview(action)

    async def perform(self, action: Action) -> Receipt:
        """Send it, once."""
        await self._api.patch(await self._change(action))
        match action:
            case Scale():
                return Receipt("Kubernetes accepted the number of instances.")
            case SetVariable():
                return Receipt("Kubernetes took the value and begins to replace the instances.")
            case Rollback():
                return Receipt("Kubernetes took the earlier template and begins to roll it out.")
            case Redeploy():
                return Receipt("Kubernetes begins to replace the instances, with the same image.")

    async def rehearse(self, action: Action) -> Receipt:
        """The same with `dryRun=All`: checked by the API server and not kept."""
        await self._api.patch(await self._change(action), dry=True)
        return Receipt("Kubernetes would accept it; nothing was changed.")

    async def _change(self, action: Action) -> changes.Change:
        """What exactly is to be sent, after a look at what is there. Raises PlatformError."""
        CAPABILITIES.require(needed(action))
        match action:
            case Scale(least, most):
                return await self._scaled(least, most)
            case Redeploy():
                return changes.restarted(self._paths, self._clock())
            case SetVariable(name, value):
                self._api.hide(value)
                container = main_container(self._template(await self._deployment()))
                if (name, True) in variables_of(container):
                    text = f"{name} comes from another object (valueFrom): change it there."
                    raise PlatformError(text)
                return changes.variable(self._paths, text_of(container.get("name")), name, value)
            case Rollback(deployment):
                told, revisions = await self._told()
                earlier = self._one(revisions, deployment).told
                if fields(told.get("spec")).get("paused") is True:
                    raise PlatformError("The roll-out is paused: resume it first.")
                if meta_of(earlier).get("uid") == meta_of(revisions[0].told).get("uid"):
                    raise PlatformError("This version is the newest one already.")
                return changes.brought_back(self._paths, told, earlier)

    async def _scaled(self, least: int, most: int) -> changes.Change:
        scaler = await self._read_scaler()
        if least == most:
            if scaler is not None and most > 0:
                text = f"The autoscaler {self._scaler} chooses the number: give it a range."
                raise PlatformError(text)
            return changes.fixed(self._paths, most)
        if scaler is None:
            text = (
                f"Nothing scales {self._paths.name} by itself: create a HorizontalPodAutoscaler, "
                "or give the same number twice."
            )
            raise PlatformError(text)
        return changes.between(self._paths, self._scaler, least, most)

    async def _deployment(self) -> Told:
        told = await self._api.get(self._paths.deployment)
        self._container = text_of(main_container(self._template(told)).get("name"))
        return told

    @staticmethod
    def _template(deployment: Told) -> Told:
        return fields(fields(deployment.get("spec")).get("template"))

    async def _told(self) -> tuple[Told, list[Revision]]:
        """The Deployment, and its revisions."""
        deployment = await self._deployment()
        asked = {"labelSelector": selector_of(deployment)}
        sets = await self._api.every(f"{self._paths.apps}/replicasets", asked)
        return deployment, revisions_of(deployment, sets)

    @staticmethod
    def _one(revisions: Sequence[Revision], name: str) -> Revision:
        for one in revisions:
            if one.id == name:
                return one
        raise PlatformMissing(f"{TITLE} keeps no revision {name[:100]} any more.")

    async def _pods(self, deployment: Told, one: Revision) -> list[Told]:
        mark = text_of(fields(meta_of(one.told).get("labels")).get(HASH))
        asked = {"labelSelector": f"{selector_of(deployment)},{HASH}={mark}"}
        return await self._api.every(f"{self._paths.core}/pods", asked)

    async def _read_scaler(self) -> Told | None:
        try:
            every = await self._api.every(self._paths.scalers, {})
        except PlatformMissing:
            every = []  # the cluster has no autoscaling/v2
        found = scaler_of(self._paths.name, every)
        self._scaler = "" if found is None else text_of(meta_of(found).get("name"))
        return found

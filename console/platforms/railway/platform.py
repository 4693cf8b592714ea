"""Railway (backboard.railway.com/graphql/v2), by its GraphQL schema."""

import json
import time
from collections.abc import Callable, Sequence
from typing import Any

import httpx

from console.errors import PlatformError
from console.masking import MASK
from console.platforms.budget import Budget
from console.platforms.extras import RuntimeLine, Times
from console.platforms.json_fields import fields, text_of
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
from console.platforms.railway import queries
from console.platforms.railway.api import TITLE, URL, RailwayApi, Told, page_of
from console.platforms.railway.course import with_steps
from console.platforms.railway.measured import lines_of, log_of, times_of
from console.platforms.railway.steps import Steps
from console.platforms.railway.words import deployment_of, instances_of, with_triggers
from console.platforms.response_times import step_of
from console.platforms.times import stamp

PAGES = "https://railway.com"  # where people look
MOST_PAGES = 50
LOG_LINES = 100
SAME_READING = 5.0  # seconds for which the instances told beside the deployments are good
MOST_LINES = 5000  # that Railway tells at once
NOT_CHECKED = "its API has nothing that only checks a request."
CAPABILITIES = Capabilities(
    TITLE,
    {
        Capability.DRY_RUN: NOT_CHECKED,
        Capability.RANGE: "it runs a fixed number of replicas and adds none by itself.",
    },
    frozenset((Capability.RUNTIME_LOGS,)),
)


class Railway:
    """One service on Railway; see console/platforms/model.py, Platform.

    `service` is `project/environment/service`, the ids that stand in its address.
    """

    def __init__(
        self,
        service: str,
        token: str,
        *,
        url: str = URL,
        budget: Budget | None = None,
        clock: Callable[[], float] = time.time,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._project, self._environment, self._service = parts_of(service)
        self._clock = clock
        self._instances: tuple[float, Told] = 0.0, {}
        self._api = RailwayApi(token, url=url, budget=budget, clock=clock, transport=transport)
        self._steps = Steps(self._api)

    async def close(self) -> None:
        """Close the connections."""
        await self._api.close()

    @property
    def capabilities(self) -> Capabilities:
        """What it offers."""
        return CAPABILITIES

    async def deployments(self, limit: int) -> Sequence[Deployment]:
        """The last deployments, the newest first, with the times of their stages.

        Where steps cannot be read, deployments are told without those times.
        """
        page = f"{PAGES}/project/{self._project}/service/{self._service}"
        told = await self._told_deployments(limit)
        found = [
            one
            for each in told
            if (one := deployment_of(each, f"{page}?id={text_of(each.get('id'))}")) is not None
        ]
        found = with_triggers(sorted(found, key=lambda one: one.created_at, reverse=True))
        known = await self._steps.of(found)
        return [with_steps(one, known.get((one.id, one.raw_state), [])) for one in found]

    async def instances(self) -> InstanceRange:
        """How many run, and how many should."""
        at, told = self._instances
        if not 0 <= self._clock() - at <= SAME_READING:
            data = await self._api.ask(queries.INSTANCES, self._place(), ["serviceInstance"])
            told = fields(data["serviceInstance"])
        return instances_of(told)

    async def variables(self) -> Sequence[str]:
        """The names of the variables. Railway sends the values as well: they are dropped here."""
        place = {**self._place(), "project": self._project}
        data = await self._api.ask(queries.VARIABLES, place, ["variables"])
        return sorted(name for name in fields(data["variables"]) if name)

    async def log(self, deployment: str, stage: StageName) -> str:
        """The last lines of the build, or of the service from the roll-out on."""
        asked = {"id": deployment, "limit": LOG_LINES}
        if stage is StageName.BUILD:
            return log_of(
                (await self._api.ask(queries.BUILD_LOG, asked, ["buildLogs"]))["buildLogs"]
            )
        if stage is not StageName.DEPLOY:
            return ""
        data = await self._api.ask(queries.DEPLOY_LOG, asked, ["deploymentLogs"])
        return log_of(data["deploymentLogs"])

    async def lines(self, since: float, limit: int) -> Sequence[RuntimeLine]:
        """What its instances wrote, of every version that ran since then."""
        asked = {
            "environment": self._environment,
            "filter": f"@service:{self._service}",
            "until": stamp(self._clock()),
            "since": stamp(since),
            "limit": min(limit, MOST_LINES),
        }
        data = await self._api.ask(queries.LINES, asked, ["environmentLogs"])
        return lines_of(data["environmentLogs"], self._service)[-limit:]

    async def response_times(self, since: float, until: float) -> Sequence[Times]:
        """What Railway's own proxy measured, the oldest first."""
        asked = {
            **self._place(),
            "since": stamp(since),
            "until": stamp(until),
            "step": step_of(since, until),
        }
        data = await self._api.ask(queries.TIMES, asked, ["httpDurationMetrics"])
        return times_of(data["httpDurationMetrics"])

    def preview(self, action: Action) -> Request:
        """The request of the action; a variable's value is not in it."""
        query, variables, _ = self._mutation(action)
        if isinstance(action, SetVariable):
            variables = {"input": {**variables["input"], "value": MASK}}
        body = {"query": query, "variables": variables}
        return Request(f"POST {self._api.address}", json.dumps(body, indent=2))

    async def perform(self, action: Action) -> Receipt:
        """Send it, once."""
        query, variables, root = self._mutation(action)
        if isinstance(action, Rollback):
            asked = {"id": action.deployment}
            told = await self._api.ask(queries.CAN_ROLL_BACK, asked, ["deployment"])
            if fields(told["deployment"]).get("canRollback") is False:
                raise PlatformError("Railway no longer keeps the image of that deployment.")
        elif not self._api.knows_token:
            await self._api.ask(queries.INSTANCES, self._place(), ["serviceInstance"])
        self._instances = 0.0, {}
        if isinstance(action, SetVariable):
            self._api.hide(action.value)
        done = await self._api.send(query, variables, root)
        if done is False:
            raise PlatformError("Railway did not do it, and does not tell why.")
        match action:
            case SetVariable():
                return Receipt("Railway keeps the value; it takes effect with the next deployment.")
            case Scale():
                text = "Railway keeps the number; if nothing changes, it takes a deployment."
                return Receipt(text)
            case Rollback():
                return Receipt("Railway began to roll back.")
            case Redeploy():
                return Receipt("Railway began it.", text_of(done))

    def _mutation(self, action: Action) -> tuple[str, dict[str, Any], str]:
        """What an action sends, and the field of the answer that tells."""
        CAPABILITIES.require(needed(action))
        place: dict[str, Any] = self._place()
        match action:
            case Scale(least, most) if least == most:
                return queries.SCALE, {**place, "instances": most}, "serviceInstanceUpdate"
            case Scale():
                raise PlatformError("Railway runs a fixed number: give the same number twice.")
            case Rollback(deployment):
                return queries.ROLLBACK, {"id": deployment}, "deploymentRollback"
            case Redeploy():
                return queries.REDEPLOY, place, "serviceInstanceDeployV2"
            case SetVariable(name, value):
                variable = {
                    "projectId": self._project,
                    "environmentId": self._environment,
                    "serviceId": self._service,
                    "name": name,
                    "value": value,
                    "skipDeploys": True,
                }
                return queries.SET_VARIABLE, {"input": variable}, "variableUpsert"

    async def _told_deployments(self, limit: int) -> list[Told]:
        """Every deployment up to `limit`, page by page."""
        found: list[Told] = []
        after: str | None = None
        of = {
            "projectId": self._project,
            "environmentId": self._environment,
            "serviceId": self._service,
        }
        for _ in range(MOST_PAGES):
            asked = {
                **self._place(),
                "input": of,
                "first": min(queries.PAGE, limit - len(found)),
                "after": after,
                "begin": after is None,
            }
            data = await self._api.ask(queries.DEPLOYMENTS, asked, ["deployments"])
            if after is None:
                told = fields(data.get("serviceInstance"))
                self._instances = (self._clock(), told) if told else (0.0, {})
            nodes, follow = page_of(data["deployments"])
            found += nodes
            if len(found) >= limit or not follow or follow == after:
                break
            after = follow
        return found[:limit]

    def _place(self) -> dict[str, Any]:
        return {"service": self._service, "environment": self._environment}


def parts_of(service: str) -> tuple[str, str, str]:
    """Project, environment and service of `project/environment/service`; empty where absent."""
    project, _, rest = service.partition("/")
    environment, _, name = rest.partition("/")
    return project, environment, name

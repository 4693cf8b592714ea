"""Fly.io: machines by its Machines API, releases by its GraphQL API, the log as `flyctl` reads it.

From Fly.io's documentation and the types of its own client; not run against Fly.io, and there is no
contract server for it.
"""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import httpx

from console.errors import PlatformMissing
from console.masking import MASK
from console.platforms.api import Api
from console.platforms.budget import Budget
from console.platforms.extras import RuntimeLine, Times
from console.platforms.fly.machines import SPACING, TITLE, Machines
from console.platforms.fly.metrics import Prometheus
from console.platforms.fly.words import (
    deployments_of,
    instances_of,
    log_lines,
    variable_names,
)
from console.platforms.graphql import data_of
from console.platforms.json_fields import fields, items, text_of
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

URL, API_URL = "https://api.machines.dev", "https://api.fly.io"
CALLS = 40  # a minute: Fly.io takes one request a second of each kind
AS_IT_IS = "as it is now"
CAPABILITIES = Capabilities(
    TITLE,
    {
        Capability.DRY_RUN: "its API has nothing that only checks a request.",
    },
    frozenset((Capability.RUNTIME_LOGS,)),
)
RELEASES = """
query($app: String!, $limit: Int!) {
  app(name: $app) {
    releases: releasesUnprocessed(first: $limit) {
      nodes {
        id version description reason status imageRef createdAt user { name email }
      }
    }
  }
}
"""
ORGANIZATION = """
query($app: String!) { app(name: $app) { organization { slug } } }
"""


class Fly:
    """One app on Fly.io; see console/platforms/model.py, Platform."""

    def __init__(
        self,
        app: str,
        token: str,
        *,
        url: str = URL,
        api_url: str = API_URL,
        budget: Budget | None = None,
        clock: Callable[[], float] = time.time,
        transport: httpx.AsyncBaseTransport | None = None,
        spacing: float = SPACING,
    ) -> None:
        self._app, self._url, self._clock = app, url, clock
        self._ended: dict[str, float] = {}
        self._organization_known = ""
        self._path = f"/v1/apps/{quote(app, safe='')}"
        self._secrets = (token, token.removeprefix("FlyV1 "))
        # such a token is the whole header; others are bearer tokens
        header = token if token.startswith("FlyV1 ") else f"Bearer {token}"
        headers = {"Authorization": header, "Accept": "application/json"}
        budget = budget or Budget(CALLS)
        more: dict[str, Any] = {"secrets": self._secrets, "clock": clock, "transport": transport}
        self._machines_api = Api(TITLE, url, headers, budget, **more)
        self._machines = Machines(self._machines_api, self._path, spacing)
        self._api = Api(TITLE, api_url, headers, budget, **more)
        self._prometheus = Prometheus(self._api, app)

    async def close(self) -> None:
        """Close the connections."""
        await self._machines_api.close()
        await self._api.close()

    @property
    def capabilities(self) -> Capabilities:
        """What it offers."""
        return CAPABILITIES

    async def deployments(self, limit: int) -> Sequence[Deployment]:
        """The last releases, the newest first."""
        releases = await self._releases(limit)
        page = f"https://fly.io/apps/{quote(self._app, safe='')}/releases"
        return deployments_of(releases, await self._machines.serving(), self._ended, page)[:limit]

    async def instances(self) -> InstanceRange:
        """How many machines run, and may."""
        return instances_of(await self._machines.serving())

    async def variables(self) -> Sequence[str]:
        """The names of variables and secrets. Values are sent with them: they are dropped here."""
        secrets = await self._machines.secrets()
        return variable_names(await self._machines.serving(), secrets)

    async def log(self, deployment: str, stage: StageName) -> str:
        """The newest lines of the app's log; it knows no deployments."""
        if stage is not StageName.DEPLOY:
            return ""
        lines = await self._log()
        times = [datetime.fromtimestamp(one.at or 0.0, UTC) for one in lines]
        return "\n".join(f"{at:%H:%M:%S} {one.text}" for at, one in zip(times, lines, strict=True))

    async def lines(self, since: float, limit: int) -> Sequence[RuntimeLine]:
        """The newest lines of its machines, as many as Fly.io gives at once."""
        return [one for one in await self._log() if one.at is None or one.at >= since][-limit:]

    async def response_times(self, since: float, until: float) -> Sequence[Times]:
        """What Fly.io's edge measured, the oldest first."""
        return await self._prometheus.response_times(await self._organization(), since, until)

    async def _log(self) -> list[RuntimeLine]:
        return log_lines(await self._api.get(f"/api/v1/apps/{quote(self._app, safe='')}/logs"))

    def preview(self, action: Action) -> Request:
        """The request of the action, which is made for each machine in turn."""
        CAPABILITIES.require(needed(action))
        each = f"{self._url}{self._path}/machines/{{id}}"
        match action:
            case Scale(_, most):
                text = (
                    f"POST {self._url}{self._path}/machines for each that is missing of {most}, or "
                    f"DELETE {each}?force=true for each too many"
                )
                return Request(text, json.dumps({"config": AS_IT_IS, "region": AS_IT_IS}))
            case Redeploy():
                return Request(f"POST {each}/restart, one after another")
            case Rollback(deployment):
                change: dict[str, Any] = {"image": f"that of {deployment}"}
            case SetVariable(name, _):
                change = {"env": {name: MASK}}
        body = {"config": {"…": AS_IT_IS, **change}}
        return Request(f"POST {each}, one after another", json.dumps(body, ensure_ascii=False))

    async def perform(self, action: Action) -> Receipt:
        """Send it for each machine in turn. Where one fails, those before it are changed."""
        CAPABILITIES.require(needed(action))
        machines = await self._machines.serving()
        if not machines:
            raise PlatformMissing(f"{TITLE} has no machine of this app.")
        match action:
            case Scale():
                return await self._machines.scale(action, machines)
            case Redeploy():
                for place, one in enumerate(machines):
                    await self._machines.change(one, place, "/restart", None)
                return Receipt(f"Fly.io restarted {len(machines)} of {len(machines)}.")
            case Rollback(deployment):
                image = await self._image(deployment)
                await self._machines.update(machines, lambda config: {**config, "image": image})
                return Receipt(f"Fly.io gave {len(machines)} machines the image of {deployment}.")
            case SetVariable(name, value):
                self._machines_api.hide(value)
                await self._machines.refuse_secret(name)
                await self._machines.update(
                    machines,
                    lambda config: {**config, "env": {**fields(config.get("env")), name: value}},
                )
                return Receipt("Fly.io keeps the value; the machines began anew with it.")

    async def _image(self, deployment: str) -> str:
        for one in await self._releases(100):
            if f"v{one.get('version')}" == deployment and (image := text_of(one.get("imageRef"))):
                return image
        raise PlatformMissing(f"{TITLE} knows no image of {deployment}.")

    async def _organization(self) -> str:
        """The name of the organization that the app is of, as it stands in addresses."""
        if not self._organization_known:

            def slug(told: Any) -> str:
                data = data_of(TITLE, told, ["app"], self._clock(), self._secrets)
                return text_of(fields(fields(data["app"]).get("organization")).get("slug"), 100)

            body = {"query": ORGANIZATION, "variables": {"app": self._app}}
            self._organization_known = await self._api.ask("/graphql", body, slug)
        return self._organization_known

    async def _releases(self, limit: int) -> list[Mapping[str, Any]]:
        def nodes(told: Any) -> list[Mapping[str, Any]]:
            data = data_of(TITLE, told, ["app"], self._clock(), self._secrets)
            return items(fields(fields(data["app"]).get("releases")).get("nodes"), TITLE)

        body = {"query": RELEASES, "variables": {"app": self._app, "limit": limit}}
        return await self._api.ask("/graphql", body, nodes)

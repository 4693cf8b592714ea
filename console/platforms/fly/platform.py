"""Fly.io: machines by its Machines API, releases by its GraphQL API, the log as `flyctl` reads it.

From Fly.io's documentation and the types of its own client; not run against Fly.io, and there is no
contract server for it.
"""

import asyncio
import json
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import httpx

from console.errors import PlatformError, PlatformMissing
from console.masking import MASK
from console.platforms.api import Api
from console.platforms.budget import Budget
from console.platforms.extras import RuntimeLine
from console.platforms.fly.words import (
    Machine,
    deployments_of,
    instances_of,
    log_lines,
    serving,
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
TITLE = "Fly.io"
CALLS = 40  # a minute: Fly.io takes one request a second of each kind
SPACING = 1.0  # seconds between two changes, by the same limit
STARTED_SECONDS = 5  # that a machine is given to start before the next one is changed
AS_IT_IS = "as it is now"
CAPABILITIES = Capabilities(
    TITLE,
    {
        Capability.DRY_RUN: "its API has nothing that only checks a request.",
        Capability.RESPONSE_TIMES: "they are in its Prometheus, which has a token of its own.",
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
        self._app, self._url, self._clock, self._spacing = app, url, clock, spacing
        self._ended: dict[str, float] = {}
        self._path = f"/v1/apps/{quote(app, safe='')}"
        self._secrets = (token, token.removeprefix("FlyV1 "))
        # such a token is the whole header; others are bearer tokens
        header = token if token.startswith("FlyV1 ") else f"Bearer {token}"
        headers = {"Authorization": header, "Accept": "application/json"}
        budget = budget or Budget(CALLS)
        more: dict[str, Any] = {"secrets": self._secrets, "clock": clock, "transport": transport}
        self._machines = Api(TITLE, url, headers, budget, **more)
        self._api = Api(TITLE, api_url, headers, budget, **more)

    async def close(self) -> None:
        """Close the connections."""
        await self._machines.close()
        await self._api.close()

    @property
    def capabilities(self) -> Capabilities:
        """What it offers."""
        return CAPABILITIES

    async def deployments(self, limit: int) -> Sequence[Deployment]:
        """The last releases, the newest first."""
        releases = await self._releases(limit)
        page = f"https://fly.io/apps/{quote(self._app, safe='')}/releases"
        return deployments_of(releases, await self._serving(), self._ended, page)[:limit]

    async def instances(self) -> InstanceRange:
        """How many machines run, and may."""
        return instances_of(await self._serving())

    async def variables(self) -> Sequence[str]:
        """The names of variables and secrets. Values are sent with them: they are dropped here."""
        told = fields(await self._machines.get(f"{self._path}/secrets"))
        secrets = items(told.get("secrets") or [], TITLE)
        return variable_names(await self._serving(), secrets)

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
        machines = await self._serving()
        if not machines:
            raise PlatformMissing(f"{TITLE} has no machine of this app.")
        match action:
            case Scale():
                return await self._scale(action, machines)
            case Redeploy():
                for place, one in enumerate(machines):
                    await self._change(one, place, "/restart", None)
                return Receipt(f"Fly.io restarted {len(machines)} of {len(machines)}.")
            case Rollback(deployment):
                image = await self._image(deployment)
                await self._update(machines, lambda config: {**config, "image": image})
                return Receipt(f"Fly.io gave {len(machines)} machines the image of {deployment}.")
            case SetVariable(name, value):
                self._machines.hide(value)
                await self._refuse_secret(name)
                await self._update(
                    machines,
                    lambda config: {**config, "env": {**fields(config.get("env")), name: value}},
                )
                return Receipt("Fly.io keeps the value; the machines began anew with it.")

    async def _scale(self, action: Scale, machines: Sequence[Machine]) -> Receipt:
        if action.least != action.most:
            text = "Fly.io starts and stops the machines that are there: give one number of them."
            raise PlatformError(text)
        if action.most < 1:
            raise PlatformError("Without a machine Fly.io has nothing to copy: keep at least one.")
        if any(fields(one.get("config")).get("mounts") for one in machines):
            raise PlatformError("Machines with a volume are not added or removed here: use flyctl.")
        missing = action.most - len(machines)
        ordered = sorted(machines, key=lambda one: text_of(one.get("created_at")))
        for place in range(missing):
            body = {"config": fields(ordered[0].get("config")), "region": ordered[0].get("region")}
            await self._spaced(place)
            await self._machines.send("POST", f"{self._path}/machines", body)
        for place, one in enumerate(ordered[action.most :] if missing < 0 else ()):
            await self._spaced(place)
            await self._machines.send("DELETE", _of(self._path, one), params={"force": "true"})
        return Receipt(f"Fly.io accepted {action.most} machines; there were {len(machines)}.")

    async def _update(
        self,
        machines: Sequence[Machine],
        changed: Callable[[Mapping[str, Any]], dict[str, Any]],
    ) -> None:
        for place, one in enumerate(machines):
            config = fields(one.get("config"))
            if not config:
                raise PlatformError("Fly.io does not tell the whole configuration of a machine.")
            body: dict[str, Any] = {"config": changed(config)}
            if version := text_of(one.get("instance_id")):
                body["current_version"] = version  # refused where it was changed meanwhile
            await self._change(one, place, "", body)

    async def _change(self, machine: Machine, place: int, tail: str, body: Any) -> None:
        """Change one machine, and give it a moment to start before the next one follows."""
        await self._spaced(place)
        await self._machines.send("POST", f"{_of(self._path, machine)}{tail}", body)
        if text_of(machine.get("state")) != "started":
            return
        with suppress(PlatformError):  # it may take longer: the page shows how it goes
            asked = {"state": "started", "timeout": STARTED_SECONDS}
            await self._machines.get(f"{_of(self._path, machine)}/wait", asked)

    async def _spaced(self, place: int) -> None:
        if place:
            await asyncio.sleep(self._spacing)

    async def _refuse_secret(self, name: str) -> None:
        told = fields(await self._machines.get(f"{self._path}/secrets"))
        if any(one.get("name") == name for one in items(told.get("secrets") or [], TITLE)):
            raise PlatformError(f"{name} is a secret there: use `fly secrets set`.")

    async def _image(self, deployment: str) -> str:
        for one in await self._releases(100):
            if f"v{one.get('version')}" == deployment and (image := text_of(one.get("imageRef"))):
                return image
        raise PlatformMissing(f"{TITLE} knows no image of {deployment}.")

    async def _releases(self, limit: int) -> list[Mapping[str, Any]]:
        def nodes(told: Any) -> list[Mapping[str, Any]]:
            data = data_of(TITLE, told, ["app"], self._clock(), self._secrets)
            return items(fields(fields(data["app"]).get("releases")).get("nodes"), TITLE)

        body = {"query": RELEASES, "variables": {"app": self._app, "limit": limit}}
        return await self._api.ask("/graphql", body, nodes)

    async def _serving(self) -> list[Machine]:
        return serving(items(await self._machines.get(f"{self._path}/machines"), TITLE))


def _of(path: str, machine: Machine) -> str:
    return f"{path}/machines/{quote(text_of(machine.get('id')), safe='')}"

"""Render (api.render.com/v1), by its OpenAPI file and its recorded traffic."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

import httpx

from console.errors import PlatformAway, PlatformError, PlatformUnreadable
from console.masking import MASK
from console.platforms.api import Api
from console.platforms.budget import Budget
from console.platforms.extras import RuntimeLine, Times
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
from console.platforms.render.measured import as_text, latency_of, line_of
from console.platforms.render.words import deployment_of, instances_of, with_events
from console.platforms.response_times import SHARES, step_of, together
from console.platforms.times import stamp

URL = "https://api.render.com/v1"
TITLE = "Render"
CALLS = 120  # a minute: of the 400 that Render lets all users of a token read together
PAGE = 100  # the most that Render gives at once
MOST_PAGES = 50
EVENTS_BEFORE = 60.0  # seconds before the first deployment that is asked for
LOG_LINES = 100  # of a page: the most that Render gives at once
LOG_PAGES = 5  # of one look at the lines of the instances
CAPABILITIES = Capabilities(
    TITLE,
    {Capability.DRY_RUN: "its API has nothing that only checks a request."},
    frozenset((Capability.RUNTIME_LOGS,)),
)


class Render:
    """One service on Render; see console/platforms/model.py, Platform."""

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
        self._service = f"/services/{quote(service, safe='')}"
        self._id, self._clock, self._url = service, clock, url.rstrip("/")
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        self._api = Api(
            TITLE,
            url,
            headers,
            budget or Budget(CALLS),
            secrets=(token,),
            clock=clock,
            transport=transport,
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._api.close()

    @property
    def capabilities(self) -> Capabilities:
        """What it offers."""
        return CAPABILITIES

    async def deployments(self, limit: int) -> Sequence[Deployment]:
        """The last deployments, the newest first, with the times of their stages.

        Where the events cannot be read, deployments are told without those times.
        """
        told = await self._pages(f"{self._service}/deploys", {}, limit)
        found = [one for each in told if (one := deployment_of(fields(each.get("deploy"))))]
        found.sort(key=lambda one: one.created_at, reverse=True)
        if not found:
            return []
        since = found[-1].created_at - EVENTS_BEFORE
        # without a start Render tells the last hour only
        window = {"startTime": stamp(since), "endTime": stamp(self._clock())}
        try:
            events = await self._pages(f"{self._service}/events", window, MOST_PAGES * PAGE)
        except (PlatformAway, PlatformUnreadable):
            return found
        return with_events(found, [fields(one.get("event")) for one in events])

    async def instances(self) -> InstanceRange:
        """How many run, and between which bounds."""
        running = items(await self._api.get(f"{self._service}/instances"), TITLE)
        return instances_of(await self._told_service(), len(running))

    async def variables(self) -> Sequence[str]:
        """The names of the variables. Render sends the values as well: they are dropped here."""
        told = await self._pages(f"{self._service}/env-vars", {}, MOST_PAGES * PAGE)
        return sorted(
            name for one in told if (name := text_of(fields(one.get("envVar")).get("key")))
        )

    async def log(self, deployment: str, stage: StageName) -> str:
        """The last lines of the build, or of the service from the roll-out on."""
        if stage not in (StageName.BUILD, StageName.DEPLOY):
            return ""
        path = f"{self._service}/deploys/{quote(deployment, safe='')}"
        one = deployment_of(fields(await self._api.get(path)))
        if one is None:
            raise PlatformUnreadable(f"{TITLE} does not tell when this deployment was.")
        told = await self._log(
            "build" if stage is StageName.BUILD else "app",
            one.created_at,
            one.ended_at or self._clock(),
        )
        return "\n".join(sorted(map(as_text, told)))

    async def lines(self, since: float, limit: int) -> Sequence[RuntimeLine]:
        """What its instances wrote; LOG_PAGES pages of a reading at most."""
        found: list[RuntimeLine] = []
        start, end = stamp(since), stamp(self._clock())
        for _ in range(LOG_PAGES):
            page = await self._log_page("app", start, end)
            found += [line_of(one) for one in items(page.get("logs"), TITLE)]
            before = start, end
            start, end = text_of(page.get("nextStartTime")), text_of(page.get("nextEndTime"))
            more = page.get("hasMore") is True and bool(start and end) and (start, end) != before
            if not more or len(found) >= limit:
                break
        return found[:limit][::-1]

    async def response_times(self, since: float, until: float) -> Sequence[Times]:
        """What Render's own proxy measured, the oldest first; each share is a request."""
        window = {
            "resource": self._id,
            "startTime": stamp(since),
            "endTime": stamp(until),
            "resolutionSeconds": step_of(since, until),
        }
        found: dict[str, Mapping[float, float]] = {}
        for name, share in SHARES.items():
            told = await self._api.get("/metrics/http-latency", {**window, "quantile": share})
            found[name] = latency_of(items(told, TITLE))
        return together(found)

    async def _log(self, kind: str, since: float, until: float) -> list[Mapping[str, Any]]:
        """The newest lines of a time, the newest first."""
        page = await self._log_page(kind, stamp(since), stamp(until))
        return items(page.get("logs"), TITLE)

    async def _log_page(self, kind: str, start: str, end: str) -> Mapping[str, Any]:
        asked = {
            "ownerId": text_of((await self._told_service()).get("ownerId")),
            "resource": self._id,
            "type": kind,
            "startTime": start,
            "endTime": end,
            "direction": "backward",
            "limit": LOG_LINES,
        }
        return fields(await self._api.get("/logs", asked))

    def preview(self, action: Action) -> Request:
        """The request of the action; a variable's value and the scaling criteria are not in it."""
        method, path, body = self._request(action)
        if isinstance(action, SetVariable):
            body = {"value": MASK}
        return Request(f"{method} {self._url}{path}", json.dumps(body, ensure_ascii=False))

    async def perform(self, action: Action) -> Receipt:
        """Send it, once."""
        method, path, body = self._request(action)
        if isinstance(action, Scale):
            scaling = await self._scaling()
            if action.least != action.most:
                if "criteria" not in scaling:
                    text = "Render has no scaling criteria for this service: set them there first."
                    raise PlatformError(text)
                body = {**body, "criteria": scaling["criteria"]}
            elif scaling.get("enabled") is True:
                text = "Render ignores a fixed number of instances while autoscaling is on."
                raise PlatformError(text)
        if isinstance(action, SetVariable):
            self._api.hide(action.value)
        answer = fields(await self._api.send(method, path, body))
        if isinstance(action, SetVariable):
            return Receipt("Render keeps the value; it takes effect with the next deployment.")
        if isinstance(action, Scale):
            return Receipt("Render accepted the number of instances.")
        begun = text_of(answer.get("id"))
        # 202 without a body: another deployment is under way
        return Receipt("Render began it." if begun else "Render queued it.", begun)

    def _request(self, action: Action) -> tuple[str, str, dict[str, Any]]:
        CAPABILITIES.require(needed(action))
        match action:
            case Scale(least, most) if least == most:
                return "POST", f"{self._service}/scale", {"numInstances": most}
            case Scale(least, most):
                body = {"enabled": True, "min": least, "max": most}
                return "PUT", f"{self._service}/autoscaling", body
            case Rollback(deployment):
                return "POST", f"{self._service}/rollback", {"deployId": deployment}
            case Redeploy():
                return "POST", f"{self._service}/deploys", {}
            case SetVariable(name, value):
                path = f"{self._service}/env-vars/{quote(name, safe='')}"
                return "PUT", path, {"value": value}

    async def _told_service(self) -> Mapping[str, Any]:
        return fields(await self._api.get(self._service))

    async def _scaling(self) -> Mapping[str, Any]:
        details = fields((await self._told_service()).get("serviceDetails"))
        return fields(details.get("autoscaling"))

    async def _pages(
        self, path: str, params: Mapping[str, Any], limit: int
    ) -> list[Mapping[str, Any]]:
        """Every item up to `limit`; each carries a cursor, and the last one leads on."""
        found: list[Mapping[str, Any]] = []
        cursor: str | None = None
        for _ in range(MOST_PAGES):
            size = min(PAGE, limit - len(found))
            asked = {**params, "limit": size, "cursor": cursor}
            page = items(await self._api.get(path, asked), TITLE)
            found += page
            follow = text_of(page[-1].get("cursor")) if page else ""
            # an event's example has no cursor at all: without one there is nothing to follow
            if len(page) < size or len(found) >= limit or not follow or follow == cursor:
                break
            cursor = follow
        return found[:limit]

"""Google Cloud Run (run.googleapis.com/v2), by Google's discovery document."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import httpx

from console.errors import PlatformError, PlatformRefused
from console.masking import MASK
from console.platforms.api import Api
from console.platforms.budget import Budget
from console.platforms.cloud_run.logs import CALLS as LOGS_CALLS
from console.platforms.cloud_run.logs import TITLE as LOGS_TITLE
from console.platforms.cloud_run.logs import URL as LOGS_URL
from console.platforms.cloud_run.logs import CloudLogging
from console.platforms.cloud_run.metrics import CALLS as METRICS_CALLS
from console.platforms.cloud_run.metrics import TITLE as METRICS_TITLE
from console.platforms.cloud_run.metrics import URL as METRICS_URL
from console.platforms.cloud_run.metrics import CloudMonitoring
from console.platforms.cloud_run.token import auth_of
from console.platforms.cloud_run.words import (
    LATEST,
    REVISION,
    deployment_of,
    instances_of,
    live_revisions,
    page_of,
    short,
    variable_names,
    with_variable,
)
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

URL = "https://run.googleapis.com"
TITLE = "Cloud Run"
CALLS = 60  # a minute
PAGE = 100
MOST_PAGES = 20
AS_IT_IS = "as it is now"
VIEWER = "Give the account the role Monitoring Viewer, and enable the Cloud Monitoring API."
CAPABILITIES = Capabilities(TITLE, also=frozenset((Capability.RUNTIME_LOGS,)))


class CloudRun:
    """One service on Cloud Run; see console/platforms/model.py, Platform.

    `service` is `project/region/service`; `token` an access token or a service account's key.
    """

    def __init__(
        self,
        service: str,
        token: str,
        *,
        url: str = URL,
        logs_url: str = LOGS_URL,
        metrics_url: str = METRICS_URL,
        budget: Budget | None = None,
        clock: Callable[[], float] = time.time,
        transport: httpx.AsyncBaseTransport | None = None,
        auth: httpx.Auth | None = None,
    ) -> None:
        project, region, name = (quote(one, safe="") for one in service.split("/"))
        self._path = f"/v2/projects/{project}/locations/{region}/services/{name}"
        self._page = page_of(*service.split("/"))
        self._url = url
        more: dict[str, Any] = {
            "secrets": (token,),
            "clock": clock,
            "transport": transport,
            "auth": auth or auth_of(token, clock=clock),
        }
        headers = {"Accept": "application/json"}
        self._api = Api(TITLE, url, headers, budget or Budget(CALLS), **more)
        self._logs_api = Api(LOGS_TITLE, logs_url, headers, Budget(LOGS_CALLS), **more)
        self._logs = CloudLogging(self._logs_api, *service.split("/"))
        self._metrics_api = Api(METRICS_TITLE, metrics_url, headers, Budget(METRICS_CALLS), **more)
        self._metrics = CloudMonitoring(self._metrics_api, *service.split("/"))
        self._clock, self._uncounted = clock, ""

    async def close(self) -> None:
        """Close the connections."""
        await self._api.close()
        await self._logs_api.close()
        await self._metrics_api.close()

    @property
    def capabilities(self) -> Capabilities:
        """What it offers; without the number of instances where that could not be read."""
        if not self._uncounted:
            return CAPABILITIES
        return replace(CAPABILITIES, missing={Capability.INSTANCES: self._uncounted})

    async def deployments(self, limit: int) -> Sequence[Deployment]:
        """The last revisions, the newest first."""
        service = await self._service()
        live = live_revisions(service)
        told = await self._revisions(short(service.get("latestCreatedRevision")), limit)
        found = {one.id: one for each in told if (one := deployment_of(each, live, self._page))}
        newest = sorted(found.values(), key=lambda one: (one.created_at, one.id), reverse=True)
        return newest[:limit]

    async def instances(self) -> InstanceRange:
        """Between which bounds it scales, and how many run where that can be read."""
        found = instances_of(await self._service())
        try:
            running = await self._metrics.running(self._clock())
        except PlatformError as error:
            hint = f" {VIEWER}" if isinstance(error, PlatformRefused) else ""
            self._uncounted = f"how many run could not be read. {error}{hint}"
            return found
        self._uncounted = ""
        return replace(found, running=running)

    async def variables(self) -> Sequence[str]:
        """The names of the variables, also of those that are secrets."""
        return variable_names(await self._service())

    async def log(self, deployment: str, stage: StageName) -> str:
        """The last lines of the revision; of its build nothing is known here."""
        return await self._logs.of_revision(deployment) if stage is StageName.DEPLOY else ""

    async def lines(self, since: float, limit: int) -> Sequence[RuntimeLine]:
        """What its instances wrote."""
        return await self._logs.lines(since, limit)

    async def response_times(self, since: float, until: float) -> Sequence[Times]:
        """What Cloud Run measured of requests, the oldest first."""
        return await self._metrics.response_times(since, until)

    def preview(self, action: Action) -> Request:
        """The request of the action. What it takes over from the service is not shown."""
        mask, body = self._change(action)
        if isinstance(action, Redeploy | SetVariable):
            body = {"etag": AS_IT_IS, "template": AS_IT_IS, **body}
        if isinstance(action, SetVariable):
            env = [{"name": action.name, "value": MASK}]
            body["template"] = {"containers": [{"env": env}]}
        query = "&".join(f"{name}={value}" for name, value in self._params(action, mask).items())
        return Request(f"PATCH {self._url}{self._path}?{query}", json.dumps(body))

    async def perform(self, action: Action) -> Receipt:
        """Send it, once."""
        return await self._patch(action, {}, "Cloud Run accepted it.")

    async def rehearse(self, action: Action) -> Receipt:
        """Let Cloud Run check it, and change nothing."""
        return await self._patch(action, {"validateOnly": "true"}, "Cloud Run would accept it.")

    async def _patch(self, action: Action, more: Mapping[str, str], text: str) -> Receipt:
        mask, body = self._change(action)
        if isinstance(action, Redeploy | SetVariable):
            service = await self._service()
            template = dict(fields(service.get("template")))
            template.pop("revision", None)  # a new revision needs a name of its own
            if isinstance(action, SetVariable):
                self._api.hide(action.value)
                template = with_variable(template, action.name, action.value)
            # with the etag Cloud Run refuses where somebody else has changed it meanwhile
            body = {"etag": text_of(service.get("etag")), "template": template, **body}
        params = {**self._params(action, mask), **more}
        answer = fields(await self._api.send("PATCH", self._path, body, params=params))
        if error := fields(answer.get("error")):
            raise PlatformError(f"{TITLE} refused it: {self._api.said(error)}.")
        begun = short(fields(answer.get("metadata")).get("latestCreatedRevision"))
        new = isinstance(action, Redeploy | SetVariable) and not more
        return Receipt(text, begun if new else "")

    def _change(self, action: Action) -> tuple[str, dict[str, Any]]:
        """The fields that it changes, and what is sent of them without asking first."""
        CAPABILITIES.require(needed(action))
        match action:
            case Scale(least, most):
                scaling = {
                    "scalingMode": "AUTOMATIC",
                    "minInstanceCount": least,
                    "maxInstanceCount": most,
                }
                return ",".join(f"scaling.{name}" for name in scaling), {"scaling": scaling}
            case Rollback(deployment):
                target = {"type": REVISION, "revision": deployment, "percent": 100}
                return "traffic", {"traffic": [target]}
            case Redeploy():
                # after a rollback the traffic is fixed to an earlier revision
                return "template,traffic", {"traffic": [{"type": LATEST, "percent": 100}]}
            case SetVariable():
                return "template", {}

    def _params(self, action: Action, mask: str) -> dict[str, str]:
        forced = {"forceNewRevision": "true"} if isinstance(action, Redeploy) else {}
        return {"updateMask": mask, **forced}

    async def _service(self) -> Mapping[str, Any]:
        return fields(await self._api.get(self._path))

    async def _revisions(self, newest: str, limit: int) -> list[Mapping[str, Any]]:
        """Revisions, up to `limit` where the newest is among them: no order is promised."""
        found: list[Mapping[str, Any]] = []
        token = ""
        for _ in range(MOST_PAGES):
            asked = {"pageSize": PAGE, "pageToken": token or None}
            page = fields(await self._api.get(f"{self._path}/revisions", asked))
            found += items(page.get("revisions", []), TITLE)
            before, token = token, text_of(page.get("nextPageToken"), 5000)
            enough = len(found) >= limit and newest in (short(one.get("name")) for one in found)
            if enough or token in ("", before):
                break
        return found

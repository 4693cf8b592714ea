"""What a service on Cloud Run wrote, from Cloud Logging (logging.googleapis.com/v2).

By Google's discovery document of that API. What is written to standard output and error is asked
for, and for a deployment also what Cloud Run itself says of its revision.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from console.platforms.api import Api
from console.platforms.extras import RuntimeLine
from console.platforms.json_fields import fields, items, text_of
from console.platforms.times import stamp, time_of

URL = "https://logging.googleapis.com"
PATH = "/v2/entries:list"
TITLE = "Cloud Logging"
CALLS = 20  # a minute: of the 60 that Google lets all readers of a project make
PAGE = 1000  # the most that Google gives at once
MOST_PAGES = 3  # of one reading
REVISION_LINES = 100
TEXT_LIMIT = 16_000  # characters of a line


class CloudLogging:
    """The log of one service. Every method raises PlatformError, and nothing else."""

    def __init__(self, api: Api, project: str, region: str, service: str) -> None:
        self._api, self._project = api, project
        self._ours = (
            'resource.type="cloud_run_revision"'
            f" resource.labels.location={_quoted(region)}"
            f" resource.labels.service_name={_quoted(service)}"
        )
        streams = (f"projects/{project}/logs/run.googleapis.com%2F{one}" for one in _STREAMS)
        self._streams = f" logName=({' OR '.join(_quoted(one) for one in streams)})"

    async def lines(self, since: float, limit: int) -> Sequence[RuntimeLine]:
        """The newest lines from a time on, the oldest first."""
        chosen = f"{self._ours}{self._streams} timestamp>={_quoted(stamp(since))}"
        found = await self._entries(chosen, limit)
        return [line for one in reversed(found) if (line := line_of(one)) is not None]

    async def of_revision(self, revision: str) -> str:
        """The newest lines of one revision, with what Cloud Run says of it, the oldest first."""
        chosen = f"{self._ours} resource.labels.revision_name={_quoted(revision)}"
        found = await self._entries(chosen, REVISION_LINES)
        lines = [(text_of(one.get("timestamp")), line_of(one)) for one in reversed(found)]
        return "\n".join(f"{at} {line.text}" for at, line in lines if line is not None)

    async def _entries(self, chosen: str, limit: int) -> list[Mapping[str, Any]]:
        found: list[Mapping[str, Any]] = []
        body: dict[str, Any] = {
            "resourceNames": [f"projects/{self._project}"],
            "filter": chosen,
            "orderBy": "timestamp desc",
            "pageSize": min(PAGE, limit),
        }
        for _ in range(MOST_PAGES):
            page = await self._api.ask(PATH, body, fields)
            found += items(page.get("entries", []), TITLE)
            token = text_of(page.get("nextPageToken"), 5000)
            if not token or token == body.get("pageToken") or len(found) >= limit:
                break
            body["pageToken"] = token
        return found[:limit]


_STREAMS = ("stdout", "stderr")


def line_of(told: Mapping[str, Any]) -> RuntimeLine | None:
    """One entry; `None` for one without a text. JSON stays JSON: its fields are read elsewhere."""
    text = text_of(told.get("textPayload"), TEXT_LIMIT)
    payload = fields(told.get("jsonPayload"))
    if not text and payload:
        severity = text_of(told.get("severity"))
        whole = (
            payload if "severity" in payload or not severity else {**payload, "severity": severity}
        )
        text = json.dumps(whole, ensure_ascii=False)[:TEXT_LIMIT]
    if not text:
        return None
    instance = text_of(fields(told.get("labels")).get("instanceId"))
    return RuntimeLine(
        text, time_of(told.get("timestamp")), instance[-12:], text_of(told.get("insertId"))
    )


def _quoted(text: str) -> str:
    return json.dumps(text)

"""Response times that Fly.io's edge measured, from its Prometheus (api.fly.io/prometheus).

From Fly.io's documentation and that of Prometheus; not run against Fly.io. A token of one app may
not read there: it has to be one of the organization (`fly tokens create readonly`).
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, cast
from urllib.parse import quote

from console.errors import PlatformMissing, PlatformRefused, PlatformUnreadable
from console.platforms.api import Api
from console.platforms.extras import Times
from console.platforms.json_fields import fields, objects
from console.platforms.response_times import SHARES, seconds_of, step_of, together
from console.platforms.times import time_of

METRIC = "fly_edge_http_response_time_seconds_bucket"


class Prometheus:
    """That of one app. Every method raises PlatformError, and nothing else."""

    def __init__(self, api: Api, app: str) -> None:
        self._api, self._app = api, app

    async def response_times(
        self, organization: str, since: float, until: float
    ) -> Sequence[Times]:
        """The steps between two Unix seconds, the oldest first; each share is a request."""
        if not organization:
            raise PlatformMissing("Fly.io does not tell which organization the app is of.")
        path = f"/prometheus/{quote(organization, safe='')}/api/v1/query_range"
        step = step_of(since, until)
        chosen = f"{METRIC}{{app={json.dumps(self._app)}}}[{step}s]"
        found: dict[str, Mapping[float, float]] = {}
        for name, share in SHARES.items():
            asked = {
                "query": f"histogram_quantile({share}, sum(increase({chosen})) by (le))",
                "start": f"{since:.0f}",
                "end": f"{until:.0f}",
                "step": f"{step}s",
            }
            try:
                found[name] = matrix_of(await self._api.get(path, asked))
            except PlatformRefused as error:
                hint = "A token of the organization may: fly tokens create readonly."
                raise PlatformRefused(f"{error} {hint}") from None
        return together(found)


def matrix_of(told: Any) -> dict[float, float]:
    """Seconds by moment of the one series that is asked for. Raises PlatformUnreadable."""
    data = fields(fields(told).get("data"))
    if fields(told).get("status") != "success" or not isinstance(data.get("result"), list):
        raise PlatformUnreadable("Fly.io answered something else than a series.")
    found: dict[float, float] = {}
    for series in objects(data.get("result")):
        values = series.get("values")
        for pair in cast("list[Any]", values) if isinstance(values, list) else []:
            if not isinstance(pair, list) or len(cast("list[Any]", pair)) != 2:
                continue
            at, seconds = time_of(pair[0]), seconds_of(pair[1])
            if at is not None and seconds is not None:
                found[at] = seconds
    return found

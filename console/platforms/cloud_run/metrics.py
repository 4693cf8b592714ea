"""What Google measured of a service on Cloud Run, from Cloud Monitoring
(monitoring.googleapis.com/v3).

By Google's discovery document of that API, and by the documentation of the metrics; not run against
Google. `container/instance_count` is told once a minute, and up to three minutes late.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from console.platforms.api import Api
from console.platforms.extras import Times
from console.platforms.json_fields import fields, items, objects, text_of
from console.platforms.response_times import seconds_of, step_of, together
from console.platforms.times import stamp, time_of

URL = "https://monitoring.googleapis.com"
TITLE = "Cloud Monitoring"
CALLS = 60  # a minute
MOST_PAGES = 5  # of one reading
LOOK_BACK = 600.0  # seconds in which the newest count is looked for
FRESH = 360.0  # seconds that a count stays true: it comes late, and once a minute
MILLISECOND = 0.001
REDUCERS = {"p50": "REDUCE_PERCENTILE_50", "p95": "REDUCE_PERCENTILE_95"}
REDUCERS["p99"] = "REDUCE_PERCENTILE_99"  # there is none for the 90th


class CloudMonitoring:
    """What is measured of one service. Every method raises PlatformError, and nothing else."""

    def __init__(self, api: Api, project: str, region: str, service: str) -> None:
        self._api, self._path = api, f"/v3/projects/{project}/timeSeries"
        self._ours = (
            ' AND resource.type="cloud_run_revision"'
            f" AND resource.labels.location={json.dumps(region)}"
            f" AND resource.labels.service_name={json.dumps(service)}"
        )

    async def running(self, now: float) -> int | None:
        """How many instances there are, idle ones too; `None` where nothing was told of late."""
        told = await self._series(
            "container/instance_count", now - LOOK_BACK, now, 60, ("ALIGN_MAX", "REDUCE_SUM")
        )
        newest = max(told, default=None)
        return None if newest is None or newest < now - FRESH else round(told[newest])

    async def response_times(self, since: float, until: float) -> Sequence[Times]:
        """What Cloud Run measured of requests, the oldest first."""
        found: dict[str, Mapping[float, float]] = {}
        for name, reducer in REDUCERS.items():
            told = await self._series(
                "request_latencies", since, until, step_of(since, until), ("ALIGN_DELTA", reducer)
            )
            scaled = {at: seconds_of(value, MILLISECOND) for at, value in told.items()}
            found[name] = {at: value for at, value in scaled.items() if value is not None}
        return together(found)

    async def _series(
        self, metric: str, since: float, until: float, step: int, how: tuple[str, str]
    ) -> dict[float, float]:
        """The values by moment, of all revisions together. `how` is aligner and reducer."""
        asked: dict[str, Any] = {
            "filter": f'metric.type="run.googleapis.com/{metric}"{self._ours}',
            "interval.startTime": stamp(since),
            "interval.endTime": stamp(until),
            "aggregation.alignmentPeriod": f"{step}s",
            "aggregation.perSeriesAligner": how[0],
            "aggregation.crossSeriesReducer": how[1],
        }
        found: dict[float, float] = {}
        for _ in range(MOST_PAGES):
            page = fields(await self._api.get(self._path, asked))
            for series in items(page.get("timeSeries", []), TITLE):
                for one in objects(series.get("points")):
                    at = time_of(fields(one.get("interval")).get("endTime"))
                    value = _value(fields(one.get("value")))
                    if at is not None and value is not None:
                        found[at] = value
            token = text_of(page.get("nextPageToken"), 5000)
            if not token or token == asked.get("pageToken"):
                break
            asked["pageToken"] = token
        return found


def _value(told: Mapping[str, Any]) -> float | None:
    """A number of either kind; whole ones are text."""
    value = told.get("doubleValue", told.get("int64Value"))
    try:
        number = float(value) if isinstance(value, int | float | str) else None
    except (ValueError, OverflowError):
        return None
    return number if number is not None and 0 <= number < 1e12 else None

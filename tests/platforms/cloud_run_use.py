"""What the tests of Cloud Run share: the adapter, a service and its revisions."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from console.platforms.cloud_run.platform import CloudRun
from tests.platforms.google_discovery import (
    Discovery,
)

TOKEN = "ya29.token-of-the-test-0123456789"


SERVICE = "my-project/europe-west1/checkout"


PATCHED = "run.projects.locations.services.patch"


PATH = "/v2/projects/my-project/locations/europe-west1/services/checkout"


SERIES = "monitoring.projects.timeSeries.list"


LIST = "run.projects.locations.services.revisions.list"


GET = "run.projects.locations.services.get"


COMMIT = "0123456789abcdef0123456789abcdef01234567"


@asynccontextmanager
async def cloud_run(url: str, token: str = TOKEN, **more: Any) -> AsyncIterator[CloudRun]:
    more.setdefault("metrics_url", url)
    platform = CloudRun(SERVICE, token, url=url, **more)
    try:
        yield platform
    finally:
        await platform.close()


def revision(number: int, state: str, ready: int = 30, **more: Any) -> dict[str, Any]:
    at = f"2026-11-24T0{number}:00:"
    name = f"projects/my-project/locations/europe-west1/services/checkout/revisions/r{number}"
    condition = {"type": "Ready", "state": state, "lastTransitionTime": f"{at}{ready}.5Z"}
    return {
        "name": name,
        "createTime": f"{at}05.123456789Z",
        "creator": "ann@example.com",
        "labels": {"commit-sha": f"{number}{COMMIT[1:]}"},
        "containers": [{"image": "europe-docker.pkg.dev/p/r/checkout:v1", "ports": [{}]}],
        "conditions": [condition | more],
        "logUri": f"https://console.cloud.google.com/logs/viewer?r={number}",
    }


def service(**more: Any) -> dict[str, Any]:
    name = "projects/my-project/locations/europe-west1/services/checkout"
    env = [
        {"name": "DRY_RUN", "value": "false"},
        {"name": "API_KEY", "valueSource": {"secretKeyRef": {"secret": "key", "version": "1"}}},
    ]
    return {
        "name": name,
        "etag": '"abc"',
        "latestReadyRevision": f"{name}/revisions/r2",
        "latestCreatedRevision": f"{name}/revisions/r3",
        "traffic": [{"type": "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST", "percent": 100}],
        "template": {"revision": "r3", "containers": [{"image": "i", "env": env}]},
        **more,
    }


def answering(judge: Discovery, *revisions: dict[str, Any], **more: Any) -> Discovery:
    judge.answers[GET] = service(**more)
    judge.answers[LIST] = {"revisions": list(revisions)}
    return judge

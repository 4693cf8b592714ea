"""What the tests of Kubernetes share: the adapter, and who uses the cluster meanwhile."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from console.platforms.budget import Budget
from console.platforms.kubernetes.access import Access
from console.platforms.kubernetes.platform import Kubernetes
from console.platforms.model import (
    Deployment,
)
from tests.platforms.cluster import NAME, NAMESPACE, TOKEN, Cluster

SERVICE = f"{NAMESPACE}/{NAME}"


DEPLOYMENT = f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments/{NAME}"


@asynccontextmanager
async def kubernetes(url: str, token: str = TOKEN, **more: Any) -> AsyncIterator[Kubernetes]:
    more.setdefault("budget", Budget(1000))
    platform = Kubernetes(SERVICE, Access(url, token), **more)
    try:
        yield platform
    finally:
        await platform.close()


def changed(cluster: Cluster, image: str) -> None:
    """What `kubectl set image` does, half a minute later."""
    cluster.now += 30
    cluster.deployment["spec"]["template"]["spec"]["containers"][0]["image"] = image
    cluster.controller("kubectl-set")


async def told(platform: Kubernetes) -> list[Deployment]:
    return list(await platform.deployments(20))

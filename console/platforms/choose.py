"""The platform of a service, as its configuration names it."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from console.config import Config
from console.health.check import Service
from console.platforms.api import Budget
from console.platforms.kubernetes import Kubernetes
from console.platforms.kubernetes_access import INSIDE_URL, Access
from console.platforms.kubernetes_api import CALLS as KUBERNETES_CALLS
from console.platforms.local.disk import Disk
from console.platforms.local.platform import LocalPlatform
from console.platforms.model import Platform
from console.platforms.railway import Railway
from console.platforms.railway_api import CALLS as RAILWAY_CALLS
from console.platforms.railway_api import URL as RAILWAY_URL
from console.platforms.render import Render

_budgets: dict[tuple[str, str], Budget] = {}


def _budget(platform: str, token: str, calls: int) -> Budget:
    """What all services of one token share in this process."""
    return _budgets.setdefault((platform, token), Budget(calls))


@asynccontextmanager
async def platform_of(config: Config, service: Service) -> AsyncGenerator[Platform | None]:
    """The platform while it is used; `None` where the service names none."""
    if service.platform == "render":
        token = config.secrets.get(service.platform_token_env, "")
        render = Render(service.platform_service, token)
        try:
            yield render
        finally:
            await render.close()
    elif service.platform == "railway":
        token = config.secrets.get(service.platform_token_env, "").strip()
        railway = Railway(
            service.platform_service,
            token,
            url=service.platform_url or RAILWAY_URL,
            budget=_budget("railway", token, RAILWAY_CALLS),
        )
        try:
            yield railway
        finally:
            await railway.close()
    elif service.platform == "kubernetes":
        token = config.secrets.get(service.platform_token_env, "").strip()
        url = service.platform_url or INSIDE_URL
        kubernetes = Kubernetes(
            service.platform_service,
            Access(url, token, service.platform_ca_file),
            budget=_budget(f"kubernetes {url}", token, KUBERNETES_CALLS),
        )
        try:
            yield kubernetes
        finally:
            await kubernetes.close()
    elif service.platform == "local":
        yield LocalPlatform(Disk(Path(service.platform_service)))
    else:
        yield None

"""The platform of a service, as its configuration names it."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from console.config import Config
from console.health.check import Service
from console.platforms.local.disk import Disk
from console.platforms.local.platform import LocalPlatform
from console.platforms.model import Platform
from console.platforms.render import Render


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
    elif service.platform == "local":
        yield LocalPlatform(Disk(Path(service.platform_service)))
    else:
        yield None

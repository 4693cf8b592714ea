"""The platform of a service, as its configuration names it."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Protocol, runtime_checkable

from console.config import Config
from console.health.check import Service
from console.platforms.budget import Budget
from console.platforms.cloud_run.platform import CALLS as CLOUD_RUN_CALLS
from console.platforms.cloud_run.platform import URL as CLOUD_RUN_URL
from console.platforms.cloud_run.platform import CloudRun
from console.platforms.fly.platform import CALLS as FLY_CALLS
from console.platforms.fly.platform import URL as FLY_URL
from console.platforms.fly.platform import Fly
from console.platforms.github.platform import BesideGitHub, GitHub
from console.platforms.github.reader import CALLS as GITHUB_CALLS
from console.platforms.github.reader import URL as GITHUB_URL
from console.platforms.github.reader import GitHubReader
from console.platforms.hook.heard import Heard
from console.platforms.hook.platform import Hook
from console.platforms.kubernetes.access import INSIDE_URL, Access
from console.platforms.kubernetes.api import CALLS as KUBERNETES_CALLS
from console.platforms.kubernetes.platform import Kubernetes
from console.platforms.local.disk import Disk
from console.platforms.local.platform import LocalPlatform
from console.platforms.model import Platform
from console.platforms.railway.api import CALLS as RAILWAY_CALLS
from console.platforms.railway.api import URL as RAILWAY_URL
from console.platforms.railway.platform import Railway
from console.platforms.render.platform import CALLS as RENDER_CALLS
from console.platforms.render.platform import URL as RENDER_URL
from console.platforms.render.platform import Render

# Notes of the deploy hook of a service that came from a time on, each with that time.
Notes = Callable[[str, float], Awaitable[Sequence[tuple[bytes, float]]]]

_budgets: dict[tuple[str, str], Budget] = {}


def _budget(platform: str, token: str, calls: int) -> Budget:
    """What all services of one token share in this process."""
    return _budgets.setdefault((platform, token), Budget(calls))


@runtime_checkable
class _Closes(Protocol):
    """An adapter that keeps connections."""

    async def close(self) -> None: ...


@asynccontextmanager
async def platform_of(config: Config, service: Service) -> AsyncGenerator[Platform | None]:
    """The platform while it is used; `None` where the service names none."""
    platform = _adapter(config, service)
    try:
        yield platform
    finally:
        if isinstance(platform, _Closes):
            await platform.close()


def _adapter(config: Config, service: Service) -> Platform | None:
    kind, name, url = service.platform, service.platform_service, service.platform_url
    token = config.secrets.get(service.platform_token_env, "").strip()
    if kind == "local":
        return LocalPlatform(Disk(Path(name)))
    if kind == "render":
        budget = _budget(kind, token, RENDER_CALLS)
        return Render(name, token, url=url or RENDER_URL, budget=budget)
    if kind == "railway":
        budget = _budget(kind, token, RAILWAY_CALLS)
        return Railway(name, token, url=url or RAILWAY_URL, budget=budget)
    if kind == "kubernetes":
        url = url or INSIDE_URL
        budget = _budget(f"{kind} {url}", token, KUBERNETES_CALLS)
        return Kubernetes(name, Access(url, token, service.platform_ca_file), budget=budget)
    if kind == "cloud_run":
        budget = _budget(kind, token, CLOUD_RUN_CALLS)
        return CloudRun(name, token, url=url or CLOUD_RUN_URL, budget=budget)
    if kind == "fly":
        budget = _budget(kind, token, FLY_CALLS)
        return Fly(name, token, url=url or FLY_URL, budget=budget)
    if kind == "github":
        owner, repository, *environment = name.split("/", 2)
        reader = _reader(config, f"{owner}/{repository}", service.platform_token_env, url)
        return GitHub(reader, "".join(environment))
    return Hook(_nothing) if kind == "hook" else None


@asynccontextmanager
async def observed(
    config: Config, service: Service, notes: Notes, heard: Callable[[], Heard] = Heard
) -> AsyncGenerator[Platform | None]:
    """The same as the collector observes it: with what the deploy hook, the instances of a service
    that has one, and GitHub tell."""
    async with platform_of(config, service) as platform:
        if service.platform == "hook":
            platform = Hook(lambda since: notes(service.name, since), heard)
        async with repository_of(config, service) as reader:
            if platform is not None and reader is not None:
                platform = BesideGitHub(platform, reader)
            yield platform


@asynccontextmanager
async def repository_of(config: Config, service: Service) -> AsyncGenerator[GitHubReader | None]:
    """The repository beside the platform; `None` where none is named, or it is the platform."""
    variable = service.repository_token_env
    if not service.repository or not variable or service.platform == "github":
        yield None
        return
    url = service.platform_url if service.platform == "hook" else ""
    reader = _reader(config, service.repository, variable, url)
    try:
        yield reader
    finally:
        await reader.close()


def _reader(config: Config, repository: str, variable: str, url: str) -> GitHubReader:
    token = config.secrets.get(variable, "").strip()
    budget = _budget("github", token, GITHUB_CALLS)
    return GitHubReader(repository, token, url=url or GITHUB_URL, budget=budget)


async def _nothing(_: float) -> Sequence[tuple[bytes, float]]:
    """What the deploy hook was told, where nobody observes it: only the collector reads that."""
    return ()

"""The platform of a service, as its configuration names it."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from console.config import Config
from console.health.check import Service
from console.platforms.api import Budget
from console.platforms.github import BesideGitHub, GitHub
from console.platforms.github_reader import CALLS as GITHUB_CALLS
from console.platforms.github_reader import URL as GITHUB_URL
from console.platforms.github_reader import GitHubReader
from console.platforms.hook import Hook
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

# Notes of the deploy hook of a service that came from a time on, each with that time.
Notes = Callable[[str, float], Awaitable[Sequence[tuple[bytes, float]]]]

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
    elif service.platform == "github":
        owner, name, *environment = service.platform_service.split("/", 2)
        url = service.platform_url or GITHUB_URL
        reader = _reader(config, f"{owner}/{name}", service.platform_token_env, url)
        try:
            yield GitHub(reader, "".join(environment))
        finally:
            await reader.close()
    elif service.platform == "hook":
        yield Hook(_nothing)
    else:
        yield None


@asynccontextmanager
async def observed(
    config: Config, service: Service, notes: Notes
) -> AsyncGenerator[Platform | None]:
    """The same as the collector observes it: with what the deploy hook and GitHub tell."""
    async with platform_of(config, service) as platform:
        if service.platform == "hook":
            platform = Hook(lambda since: notes(service.name, since))
        beside = service.repository and service.repository_token_env
        if platform is None or not beside or service.platform == "github":
            yield platform
            return
        url = service.platform_url if service.platform == "hook" else ""
        variable = service.repository_token_env
        reader = _reader(config, service.repository, variable, url or GITHUB_URL)
        try:
            yield BesideGitHub(platform, reader)
        finally:
            await reader.close()


def _reader(config: Config, repository: str, variable: str, url: str) -> GitHubReader:
    token = config.secrets.get(variable, "").strip()
    budget = _budget("github", token, GITHUB_CALLS)
    return GitHubReader(repository, token, url=url, budget=budget)


async def _nothing(_: float) -> Sequence[tuple[bytes, float]]:
    """What the deploy hook was told, where nobody observes it: only the collector reads that."""
    return ()

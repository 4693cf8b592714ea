"""The platform of a service, as its configuration names it."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from console.config import Config
from console.health.check import Service
from console.platforms.api import Budget
from console.platforms.github import BesideGitHub, GitHub
from console.platforms.github_reader import CALLS as GITHUB_CALLS
from console.platforms.github_reader import GitHubReader
from console.platforms.hook import Hook
from console.platforms.local.disk import Disk
from console.platforms.local.platform import LocalPlatform
from console.platforms.model import Platform
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
    elif service.platform == "local":
        yield LocalPlatform(Disk(Path(service.platform_service)))
    elif service.platform == "github":
        owner, name, *environment = service.platform_service.split("/", 2)
        reader = _reader(config, f"{owner}/{name}", service.platform_token_env)
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
        reader = _reader(config, service.repository, service.repository_token_env)
        try:
            yield BesideGitHub(platform, reader)
        finally:
            await reader.close()


def _reader(config: Config, repository: str, variable: str) -> GitHubReader:
    token = config.secrets.get(variable, "").strip()
    return GitHubReader(repository, token, budget=_budget("github", token, GITHUB_CALLS))


async def _nothing(_: float) -> Sequence[tuple[bytes, float]]:
    """What the deploy hook was told, where nobody observes it: only the collector reads that."""
    return ()

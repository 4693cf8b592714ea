"""GitHub as a platform of its own, by the deployments and statuses that others write there; and
beside any platform, which it tells when commits were pushed, who made them and what built them.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from console.errors import NotOffered
from console.platforms.extras import Rehearses, RuntimeLine, TellsTimes, Times, lines_of
from console.platforms.github.reader import TITLE, GitHubReader
from console.platforms.hook.notes import deployments_of, enriched
from console.platforms.hook.reported import Reported, reported
from console.platforms.model import (
    Action,
    Capabilities,
    Capability,
    Deployment,
    InstanceRange,
    Platform,
    Receipt,
    Request,
    StageName,
    StageState,
)

CAPABILITIES = reported(
    TITLE,
    "it knows what was deployed, not what runs.",
    "the deployment's own page there has the log.",
    "the console only reads there; act on the platform that runs the service.",
)
_HASH = re.compile(r"[0-9a-f]{40}")


class GitHub(Reported):
    """The deployments of one repository to one environment; empty for all but passing ones."""

    def __init__(self, reader: GitHubReader, environment: str = "") -> None:
        super().__init__(CAPABILITIES)
        self._reader, self._environment = reader, environment

    async def close(self) -> None:
        """Close the connections."""
        await self._reader.close()

    async def deployments(self, limit: int) -> Sequence[Deployment]:
        """The last deployments, the newest first, with pushes and builds where they are told."""
        notes = await self._reader.deployments(self._environment, limit)
        commits = _commits(deployments_of(notes))
        told = await self._reader.told(commits)
        return _explained(deployments_of([*notes, *told.notes])[:limit], told.problem)

    async def commits(self, before: str, after: str) -> Sequence[str]:
        """What came between two commits, the newest first."""
        return await self._reader.between(before, after)


class BesideGitHub:
    """A platform with what GitHub knows of its commits. All but deployments is the platform's."""

    def __init__(self, platform: Platform, reader: GitHubReader) -> None:
        self._platform, self._reader = platform, reader

    @property
    def capabilities(self) -> Capabilities:
        """What the platform offers."""
        return self._platform.capabilities

    async def deployments(self, limit: int) -> Sequence[Deployment]:
        """The platform's own; where GitHub cannot be asked, they are told all the same."""
        return await beside(await self._platform.deployments(limit), self._reader)

    async def commits(self, before: str, after: str) -> Sequence[str]:
        """What came between two commits, the newest first, as GitHub tells."""
        return await self._reader.between(before, after)

    async def instances(self) -> InstanceRange:
        """The platform's."""
        return await self._platform.instances()

    async def variables(self) -> Sequence[str]:
        """The platform's."""
        return await self._platform.variables()

    async def log(self, deployment: str, stage: StageName) -> str:
        """The platform's."""
        return await self._platform.log(deployment, stage)

    async def lines(self, since: float, limit: int) -> Sequence[RuntimeLine]:
        """The platform's."""
        return await lines_of(self._platform, since, limit)

    def preview(self, action: Action) -> Request:
        """The platform's."""
        return self._platform.preview(action)

    async def perform(self, action: Action) -> Receipt:
        """The platform's."""
        return await self._platform.perform(action)

    async def rehearse(self, action: Action) -> Receipt:
        """The platform's."""
        self.capabilities.require(Capability.DRY_RUN)
        if isinstance(self._platform, Rehearses):
            return await self._platform.rehearse(action)
        raise NotOffered(f"{self.capabilities.platform} cannot rehearse.")

    async def response_times(self, since: float, until: float) -> Sequence[Times]:
        """The platform's."""
        self.capabilities.require(Capability.RESPONSE_TIMES)
        if isinstance(self._platform, TellsTimes):
            return await self._platform.response_times(since, until)
        raise NotOffered(f"{self.capabilities.platform} tells no response times.")


async def beside(deployments: Sequence[Deployment], reader: GitHubReader) -> list[Deployment]:
    """Deployments, the newest first, with what GitHub tells of their commits."""
    told = await reader.told(_commits(deployments))
    return _explained(enriched(deployments, told.notes), told.problem)


def _commits(deployments: Sequence[Deployment]) -> dict[str, float]:
    """Each commit with when it was last deployed; only whole hashes can be asked for."""
    found: dict[str, float] = {}
    for one in deployments:
        if _HASH.fullmatch(one.commit):
            found.setdefault(one.commit, one.created_at)
    return found


def _explained(deployments: Sequence[Deployment], problem: str) -> list[Deployment]:
    """Why the time of a push is not told, where GitHub could not be asked."""
    if not problem:
        return list(deployments)
    found: list[Deployment] = []
    for one in deployments:
        push = one.stage(StageName.PUSH)
        missing = push.ended_at is None and push.state is not StageState.SKIPPED
        found.append(one.with_stage(replace(push, detail=problem)) if missing else one)
    return found

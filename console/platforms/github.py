"""GitHub as a platform of its own, by the deployments and statuses that others write there; and
beside any platform, which it tells when commits were pushed, who made them and what built them.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from console.errors import NotOffered, PlatformError
from console.platforms.github_reader import TITLE, GitHubReader
from console.platforms.hook_notes import deployments_of, enriched
from console.platforms.hook_reported import Reported, reported
from console.platforms.model import (
    Action,
    Capabilities,
    Capability,
    Deployment,
    DeploymentState,
    InstanceRange,
    Platform,
    Receipt,
    Rehearses,
    Request,
    StageName,
    StageState,
    TellsTimes,
    Times,
)

COMPARED = 5  # newest deployments whose commits since the one before are asked for
CAPABILITIES = reported(
    TITLE,
    "it knows what was deployed, not what runs.",
    "the deployment's own page there has the log.",
    "the console only reads there; act on the platform that runs the service.",
)
_HASH = re.compile(r"[0-9a-f]{7,40}")
_WENT = (DeploymentState.LIVE, DeploymentState.REPLACED)


class GitHub(Reported):
    """The deployments of one repository to one environment; empty for all but passing ones."""

    def __init__(self, reader: GitHubReader, environment: str = "") -> None:
        super().__init__(CAPABILITIES)
        self._reader, self._environment = reader, environment

    async def deployments(self, limit: int) -> Sequence[Deployment]:
        """The last deployments, the newest first, with pushes and builds where they are told."""
        notes = await self._reader.deployments(self._environment, limit)
        commits = _commits(deployments_of(notes))
        told = await self._reader.told(commits)
        found = _explained(deployments_of([*notes, *told.notes])[:limit], told.problem)
        return await with_commits(found, self._reader)


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
        found = list(await self._platform.deployments(limit))
        told = await self._reader.told(_commits(found))
        found = _explained(enriched(found, told.notes), told.problem)
        return await with_commits(found, self._reader)

    async def instances(self) -> InstanceRange:
        """The platform's."""
        return await self._platform.instances()

    async def variables(self) -> Sequence[str]:
        """The platform's."""
        return await self._platform.variables()

    async def log(self, deployment: str, stage: StageName) -> str:
        """The platform's."""
        return await self._platform.log(deployment, stage)

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


async def with_commits(deployments: Sequence[Deployment], reader: GitHubReader) -> list[Deployment]:
    """The newest deployments with the commits since the version that ran before each."""
    found = list(deployments)
    for place, one in enumerate(found[:COMPARED]):
        went = (old.commit for old in found[place + 1 :] if old.state in _WENT)
        before = next((commit for commit in went if commit != one.commit), "")
        if not _HASH.fullmatch(before) or not _HASH.fullmatch(one.commit):
            continue
        try:
            found[place] = replace(one, commits=await reader.between(before, one.commit))
        except PlatformError:
            break  # a list that is not there is no loss; the next reading asks again
    return found


def _commits(deployments: Sequence[Deployment]) -> dict[str, float]:
    """Each commit with when it was last deployed; only whole hashes can be asked for."""
    found: dict[str, float] = {}
    for one in deployments:
        if len(one.commit) == 40 and _HASH.fullmatch(one.commit):
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

"""Reads a repository at GitHub (api.github.com, REST, version 2022-11-28), by its OpenAPI file.

What cannot change any more is read once. What can is asked for again by its ETag, which GitHub
does not count. Of the sources beside the deployments each may fail by itself: a token that may not
read checks still tells pushes.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

import httpx

from console.errors import (
    PlatformAway,
    PlatformError,
    PlatformLimited,
    PlatformRefused,
    PlatformUnreadable,
)
from console.platforms.api import Api
from console.platforms.budget import Budget
from console.platforms.github.between import between
from console.platforms.github.job_log import job_log
from console.platforms.github.memory import Memory, Told
from console.platforms.github.pages import PAGE, pages
from console.platforms.github.words import (
    activity_notes,
    check_notes,
    commit_notes,
    counts,
    deployment_notes,
    run_notes,
    status_notes,
)
from console.platforms.hook.stages import Note
from console.platforms.json_fields import fields, items
from console.platforms.model import StageState

URL = "https://api.github.com"
TITLE = "GitHub"
VERSION = "2022-11-28"
CALLS = 80  # a minute: of the 5,000 an hour that GitHub lets all users of a token make together
EVERY = 9.0  # seconds at least between two looks at the same commits
SETTLED_AFTER = 3600.0  # seconds after which the builds of a commit are taken to be complete
LOOK_BACK = 30 * 86400.0  # seconds before a deployment that its push is looked for
WATCHED = 3  # newest deployments whose statuses and builds are asked for though they ended
FINAL = (StageState.DONE, StageState.FAILED, StageState.SKIPPED)


class GitHubReader:
    """One repository, `owner/name`. Every method raises PlatformError, and nothing else."""

    def __init__(
        self,
        repository: str,
        token: str,
        *,
        url: str = URL,
        budget: Budget | None = None,
        clock: Callable[[], float] = time.time,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        owner, _, name = repository.partition("/")
        self._path = f"/repos/{quote(owner, safe='')}/{quote(name, safe='')}"
        self._url, self._clock, self._memory = url, clock, Memory()
        self._no_checks = False  # the token may not read them
        self._asked_at, self._asked, self._problem = 0.0, set[str](), ""
        headers = {
            "Authorization": f"Bearer {token}",
            "Accept": "application/vnd.github+json",
            "X-GitHub-Api-Version": VERSION,
            "User-Agent": "operations-console",  # GitHub refuses requests without one
        }
        self._api = Api(
            TITLE,
            url,
            headers,
            budget or Budget(CALLS),
            secrets=(token,),
            clock=clock,
            transport=transport,
            conditional=True,
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._api.close()

    async def deployments(self, environment: str, limit: int) -> list[Note]:
        """The last deployments with their statuses; `environment` may be empty."""
        asked = {"environment": environment or None, "per_page": min(PAGE, limit)}
        found: list[Mapping[str, Any]] = []
        async for page in pages(self._api, f"{self._path}/deployments", asked):
            found += [one for one in items(page, TITLE) if counts(one, environment)]
            if len(found) >= limit:
                break
        notes: list[Note] = []
        for place, one in enumerate(found[:limit]):
            if made := deployment_notes(one):
                notes += made
                notes += await self._statuses(one, made[0].deployment, again=place < WATCHED)
        return notes

    async def told(self, commits: Mapping[str, float]) -> Told:
        """Pushes and builds of commits, the newest first; each with when it was deployed.

        Where something cannot be read, what was read of it before is told.
        """
        if self._clock() - self._asked_at >= EVERY or not self._asked.issuperset(commits):
            self._asked_at, self._asked = self._clock(), set(commits)
            self._problem = await self._ask(commits)
        known = (self._memory.commits, self._memory.pushes, self._memory.builds)
        notes = [note for one in commits for each in known for note in each.get(one, [])]
        return Told(notes, self._problem)

    async def _ask(self, commits: Mapping[str, float]) -> str:
        """Read what may have changed; what went wrong, one sentence."""
        problem, away = "", 0
        for source in (self._made, self._pushed, self._built):
            try:
                await source(commits)
            except PlatformError as error:
                problem = problem or str(error)
                away += isinstance(error, PlatformAway)
                if away > 1 or isinstance(error, PlatformLimited):
                    break  # the others would only wait for the same
        self._memory.trim()
        return problem

    async def between(self, earlier: str, later: str) -> tuple[str, ...]:
        """The commits after `earlier` up to `later`, the newest first: `abc1234 Fix it (Ann)`."""
        return await between(self._api, self._path, self._memory, earlier, later)

    async def build_log(self, commit: str) -> str:
        """The end of the log of the job that failed for a commit; empty where none did."""
        plain = self._url.startswith("http://")
        return await job_log(self._api, self._path, commit, plain=plain)

    async def _statuses(
        self, deployment: Mapping[str, Any], name: str, *, again: bool
    ) -> list[Note]:
        known = self._memory.statuses.get(name, [])
        if known and known[0].state in FINAL and not again:
            return known
        path = f"{self._path}/deployments/{quote(name, safe='')}/statuses"
        found: list[Note] = []
        async for page in pages(self._api, path, {"per_page": PAGE}):
            for one in items(page, TITLE):
                found += status_notes(deployment, one)
        self._memory.statuses[name] = found
        return found

    async def _made(self, commits: Mapping[str, float]) -> None:
        """When each was made, by whom, and what it says; one page tells most of them."""
        known = self._memory.commits
        if all(one in known for one in commits):
            return
        for one in items(await self._api.get(f"{self._path}/commits", {"per_page": PAGE}), TITLE):
            notes = commit_notes(one)
            if notes and notes[0].commit in commits:
                known.setdefault(notes[0].commit, notes)
        for one in commits:
            if one not in known:
                known[one] = await self._commit(one)

    async def _commit(self, commit: str) -> list[Note]:
        try:
            told = await self._api.get(f"{self._path}/commits/{quote(commit, safe='')}")
        except (PlatformAway, PlatformLimited, PlatformRefused, PlatformUnreadable):
            raise
        except PlatformError:
            return []  # 404 and 422: it is of another repository, or no hash at all
        return commit_notes(fields(told))

    async def _pushed(self, commits: Mapping[str, float]) -> None:
        """When each arrived, of the newest pushes on until all are found that can be."""
        oldest = min(commits.values(), default=0.0) - LOOK_BACK
        now, known = self._clock(), self._memory.pushes
        wanted = {
            one
            for one, deployed in commits.items()
            if one not in known or (not known[one] and now - deployed <= SETTLED_AFTER)
        }
        if not wanted:
            return
        async for page in pages(self._api, f"{self._path}/activity", {"per_page": PAGE}):
            found = [note for one in items(page, TITLE) for note in activity_notes(one)]
            for note in found:
                before = known.setdefault(note.commit, []) if note.commit in commits else [note]
                if note not in before:
                    before.append(note)
            wanted -= {note.commit for note in found}
            if not wanted or (found and min(note.at for note in found) < oldest):
                break
        for one in wanted:
            known[one] = []  # not told, or long ago

    async def _built(self, commits: Mapping[str, float]) -> None:
        """The workflow runs and checks of each, until they can hardly change any more."""
        known, now = self._memory.builds, self._clock()
        for place, (one, deployed) in enumerate(commits.items()):
            ended = one in known and (now - deployed > SETTLED_AFTER or _is_over(known[one]))
            if not ended or (place < WATCHED and now - deployed <= SETTLED_AFTER):
                known[one] = await self._builds(one)

    async def _builds(self, commit: str) -> list[Note]:
        found: list[Note] = []
        asked = {"head_sha": commit, "event": "push", "per_page": PAGE}
        async for page in pages(self._api, f"{self._path}/actions/runs", asked):
            for one in items(fields(page).get("workflow_runs"), TITLE):
                found += run_notes(one)
        if self._no_checks:
            return found
        try:
            path = f"{self._path}/commits/{quote(commit, safe='')}/check-runs"
            async for page in pages(self._api, path, {"per_page": PAGE}):
                for one in items(fields(page).get("check_runs"), TITLE):
                    found += check_notes(one, commit)
        except PlatformRefused:
            self._no_checks = True
        return found


def _is_over(notes: Sequence[Note]) -> bool:
    """Whether all of these builds ended; none is not over, for one may yet begin."""
    last = {one.part: one for one in notes}
    return bool(last) and all(one.state in FINAL for one in last.values())

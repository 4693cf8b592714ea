"""The steps of Railway's deployments: many asked for at once, and none twice that is over."""

from collections.abc import Sequence
from typing import Any

from console.errors import PlatformError, PlatformLimited, PlatformRefused
from console.platforms.model import Deployment, DeploymentState
from console.platforms.railway import queries
from console.platforms.railway.api import RailwayApi, Told, page_of

MOST_PAGES = 50


class Steps:
    """Asks for them, and keeps those of deployments that ended."""

    def __init__(self, api: RailwayApi) -> None:
        self._api = api
        self._known: dict[tuple[str, str], list[Told]] = {}

    async def of(self, found: Sequence[Deployment]) -> dict[tuple[str, str], list[Told]]:
        """The steps of each by its id and status."""
        kept = {(one.id, one.raw_state): one for one in found}
        known = {key: steps for key, steps in self._known.items() if key in kept}
        ask = [one for key, one in kept.items() if key not in known]
        for begin in range(0, len(ask), queries.BATCH):
            batch = ask[begin : begin + queries.BATCH]
            told = await self._steps_of(batch)
            known |= {(one.id, one.raw_state): told.get(one.id, []) for one in batch}
        self._known = {
            key: steps
            for key, steps in known.items()
            if kept[key].state is not DeploymentState.RUNNING
        }
        return known

    async def _steps_of(self, batch: Sequence[Deployment]) -> dict[str, list[Told]]:
        """The steps by deployment; nothing of those that cannot be read."""
        ids = {f"id{place}": one.id for place, one in enumerate(batch)}
        try:
            data = await self._api.ask(queries.steps(len(batch)), ids, ["e0"])
            return {
                one.id: await self._rest(one.id, data.get(f"e{place}"))
                for place, one in enumerate(batch)
            }
        except (PlatformLimited, PlatformRefused):
            raise
        except PlatformError:
            if len(batch) == 1:
                return {}
        # one that is gone takes all others of its request with it: halve, to find it
        middle = len(batch) // 2
        return {**await self._steps_of(batch[:middle]), **await self._steps_of(batch[middle:])}

    async def _rest(self, deployment: str, told: Any) -> list[Told]:
        """The steps of one deployment, with those of further pages."""
        found, follow = page_of(told)
        for _ in range(MOST_PAGES):
            if not follow:
                break
            asked = {"id": deployment, "after": follow}
            data = await self._api.ask(queries.MORE_STEPS, asked, ["deploymentEvents"])
            more, following = page_of(data["deploymentEvents"])
            found, follow = found + more, following if following != follow else ""
        return found

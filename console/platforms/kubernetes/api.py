"""The API server of Kubernetes: lists to their end, text, and patches."""

import time
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

import httpx

from console.errors import PlatformError, PlatformLimited, PlatformMissing
from console.platforms.api import Api
from console.platforms.budget import Budget
from console.platforms.json_fields import fields, items, text_of
from console.platforms.kubernetes.access import Access, Bearer
from console.platforms.kubernetes.changes import PARAMETERS, Change
from console.platforms.kubernetes.words import Told

TITLE = "Kubernetes"
CALLS = 120  # a minute
PAGE = 250  # items of a list asked for at once
MOST_PAGES = 50


class KubernetesApi:
    """Reads and patches. Every method raises PlatformError, and nothing else."""

    def __init__(
        self,
        access: Access,
        *,
        budget: Budget | None = None,
        clock: Callable[[], float] = time.time,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.url = access.url.rstrip("/")
        self._access, self._clock, self._transport = access, clock, transport
        self._budget = budget or Budget(CALLS)
        self._made: Api | None = None

    def hide(self, value: str) -> None:
        """Take this out of what the API server says from now on."""
        self._api.hide(value)

    async def close(self) -> None:
        """Close the connections."""
        if self._made is not None:
            await self._made.close()

    async def get(self, path: str, *, accept: str = "") -> Told:
        """One object."""
        return fields(await self._api.get(path, accept=accept))

    async def text(self, path: str, params: Mapping[str, Any]) -> str:
        """A log."""
        return await self._api.text(path, params)

    async def every(self, path: str, params: Mapping[str, Any]) -> list[Told]:
        """Every item of a list. A list that grew too old while it was read is begun anew."""
        for last in (False, True):
            found: list[Told] = []
            follow = ""
            try:
                for _ in range(MOST_PAGES):
                    asked = {**params, "limit": PAGE, "continue": follow or None}
                    told = fields(await self._api.get(path, asked))
                    found += items(told.get("items") or [], TITLE)
                    before, follow = (
                        follow,
                        text_of(fields(told.get("metadata")).get("continue"), 4000),
                    )
                    if follow in ("", before):
                        break
            except PlatformMissing:
                if last or not follow:
                    raise
            else:
                return found
        raise AssertionError  # the second round returns or raises

    async def patch(self, change: Change, *, dry: bool = False) -> None:
        """Send one change, once; with `dry` it is checked and not kept."""
        await self._api.send(
            "PATCH",
            change.path,
            change.body,
            params={**PARAMETERS, "dryRun": "All"} if dry else PARAMETERS,
            content_type=change.content_type,
        )

    @property
    def _api(self) -> Api:
        """Made when it is first needed: the certificate file may not be there."""
        if self._made is None:
            secrets = (self._access.token,) if self._access.token else ()
            self._made = Api(
                TITLE,
                self._access.url,
                {"Accept": "application/json"},
                self._budget,
                secrets=secrets,
                clock=self._clock,
                transport=self._transport,
                auth=Bearer(self._access.read_token),
                trust=self._access.trust,
            )
        return self._made


async def or_nothing(asked: Coroutine[Any, Any, list[Told]]) -> list[Told]:
    """A list that may be missing without loss of the rest."""
    try:
        return await asked
    except PlatformLimited:
        raise
    except PlatformError:
        return []

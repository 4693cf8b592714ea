"""The machines of an app on Fly.io: listed, changed one after another, added and removed.

From Fly.io's documentation and the types of its own client; not run against Fly.io.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any
from urllib.parse import quote

from console.errors import PlatformError
from console.platforms.api import Api
from console.platforms.fly.words import Machine, serving
from console.platforms.json_fields import fields, items, text_of
from console.platforms.model import Receipt, Scale

TITLE = "Fly.io"
SPACING = 1.0  # seconds between two changes: Fly.io takes one a second of each kind
STARTED_SECONDS = 5  # that a machine is given to start before the next one is changed
MOST_PAGES = 20
CURSOR = "fly-next-cursor"  # the header of an answer that another page follows


class Machines:
    """Those of one app. Every method raises PlatformError, and nothing else."""

    def __init__(self, api: Api, path: str, spacing: float = SPACING) -> None:
        self._api, self._path, self._spacing = api, path, spacing

    async def serving(self) -> list[Machine]:
        """Those that are there to answer requests, of every page."""
        found: list[Machine] = []
        cursor = ""
        for _ in range(MOST_PAGES):
            page = await self._api.page(f"{self._path}/machines", {"cursor": cursor or None})
            found += items(page.told, TITLE)
            before, cursor = cursor, page.headers.get(CURSOR, "")
            if cursor in ("", before):
                break
        return serving(found)

    async def secrets(self) -> list[Mapping[str, Any]]:
        """The secrets of the app, which Fly.io tells without their values."""
        told = fields(await self._api.get(f"{self._path}/secrets"))
        return items(told.get("secrets") or [], TITLE)

    async def scale(self, action: Scale, machines: Sequence[Machine]) -> Receipt:
        """Add machines like the oldest one, or remove the newest."""
        if action.least != action.most:
            text = "Fly.io starts and stops the machines that are there: give one number of them."
            raise PlatformError(text)
        if action.most < 1:
            raise PlatformError("Without a machine Fly.io has nothing to copy: keep at least one.")
        if any(fields(one.get("config")).get("mounts") for one in machines):
            raise PlatformError("Machines with a volume are not added or removed here: use flyctl.")
        missing = action.most - len(machines)
        ordered = sorted(machines, key=lambda one: text_of(one.get("created_at")))
        for place in range(missing):
            body = {"config": fields(ordered[0].get("config")), "region": ordered[0].get("region")}
            await self._spaced(place)
            await self._api.send("POST", f"{self._path}/machines", body)
        for place, one in enumerate(ordered[action.most :] if missing < 0 else ()):
            await self._spaced(place)
            await self._api.send("DELETE", _of(self._path, one), params={"force": "true"})
        return Receipt(f"Fly.io accepted {action.most} machines; there were {len(machines)}.")

    async def update(
        self,
        machines: Sequence[Machine],
        changed: Callable[[Mapping[str, Any]], dict[str, Any]],
    ) -> None:
        """Give each another configuration, one after another."""
        for place, one in enumerate(machines):
            config = fields(one.get("config"))
            if not config:
                raise PlatformError("Fly.io does not tell the whole configuration of a machine.")
            body: dict[str, Any] = {"config": changed(config)}
            if version := text_of(one.get("instance_id")):
                body["current_version"] = version  # refused where it was changed meanwhile
            await self.change(one, place, "", body)

    async def change(self, machine: Machine, place: int, tail: str, body: Any) -> None:
        """Change one machine, and give it a moment to start before the next one follows."""
        await self._spaced(place)
        await self._api.send("POST", f"{_of(self._path, machine)}{tail}", body)
        if text_of(machine.get("state")) != "started":
            return
        with suppress(PlatformError):  # it may take longer: the page shows how it goes
            asked = {"state": "started", "timeout": STARTED_SECONDS}
            await self._api.get(f"{_of(self._path, machine)}/wait", asked)

    async def _spaced(self, place: int) -> None:
        if place:
            await asyncio.sleep(self._spacing)

    async def refuse_secret(self, name: str) -> None:
        """Raises PlatformError where it is a secret: its value is set in another way."""
        if any(one.get("name") == name for one in await self.secrets()):
            raise PlatformError(f"{name} is a secret there: use `fly secrets set`.")


def _of(path: str, machine: Machine) -> str:
    return f"{path}/machines/{quote(text_of(machine.get('id')), safe='')}"

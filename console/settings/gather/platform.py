"""Reads the names of a service's variables from its platform, rarely: names, never a value."""

import time
from collections.abc import Callable

from console.errors import PlatformError
from console.platforms.model import Capability, Platform
from console.settings.platform import EVERY, Reading, usable


class NamesReader:
    """Looks at the platform of each service every few minutes."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._last: dict[str, Reading] = {}

    async def read(self, service: str, platform: Platform) -> Reading | None:
        """What it has now; None where it was looked at just before. Never raises PlatformError."""
        now, before = self._clock(), self._last.get(service)
        if before is not None and 0 <= now - before.at < EVERY:
            return None
        found = await _read(platform, before or Reading(now), now)
        self._last[service] = found
        return found


async def _read(platform: Platform, before: Reading, now: float) -> Reading:
    capabilities = platform.capabilities
    title = capabilities.platform
    if not capabilities.offers(Capability.VARIABLES):
        return Reading(now, title, not_offered=capabilities.reason(Capability.VARIABLES))
    try:
        names = await platform.variables()
    except PlatformError as error:
        return Reading(now, title, before.names, before.told_at, str(error))
    return Reading(now, title, usable(names), now)

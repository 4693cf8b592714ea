"""Reads the response times that a service's platform measured, every two minutes."""

import time
from collections.abc import Callable
from dataclasses import replace

from console.errors import PlatformError
from console.platforms.extras import TellsTimes
from console.platforms.model import Capability, Platform
from console.response_times.platform import WINDOW, PlatformTimes

EVERY = 120.0  # seconds between two readings: each is up to four requests


class TimesReader:
    """Looks at the platform of each service."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._last: dict[str, PlatformTimes] = {}

    async def read(self, service: str, platform: Platform) -> PlatformTimes | None:
        """What it tells now; None where it tells none, or was asked just before.

        Never raises PlatformError.
        """
        offers = platform.capabilities.offers(Capability.RESPONSE_TIMES)
        if not offers or not isinstance(platform, TellsTimes):
            return None
        now, before = self._clock(), self._last.get(service)
        if before is not None and 0 <= now - before.at < EVERY:
            return None
        title = platform.capabilities.platform
        try:
            steps = tuple(await platform.response_times(now - WINDOW, now))
        except PlatformError as error:
            found = replace(before or PlatformTimes(now), at=now, platform=title)
            found = replace(found, problem=str(error))
        else:
            found = PlatformTimes(now, title, steps, now)
        self._last[service] = found
        return found

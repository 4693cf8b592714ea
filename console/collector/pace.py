"""When the collector writes: in the rhythm of its server, and early when a status has changed."""

import asyncio

from console.config import Config
from console.store.profile import Profile

LIVELY_FLUSH = 2.0  # seconds; on a server that does not bill, for an installation of ordinary size
LIVELY_CHECKS = 200  # checks up to which that is cheap
FLIP_SPACING = 0.5  # seconds: a status that changes is written at once, but not in a storm


class Pace:
    """Waits for the next write."""

    def __init__(self) -> None:
        self._flipped = asyncio.Event()

    def flip(self) -> None:
        """A status has changed, or an operator waits: write it soon."""
        self._flipped.set()

    async def pause(self, stop: asyncio.Event, seconds: float) -> None:
        """Wait `seconds`; not as long where something flips, and no longer than until `stop`."""
        await until(stop, min(FLIP_SPACING, seconds))
        waits = [asyncio.create_task(event.wait()) for event in (stop, self._flipped)]
        await asyncio.wait(
            waits, timeout=max(0.0, seconds - FLIP_SPACING), return_when=asyncio.FIRST_COMPLETED
        )
        for task in waits:
            task.cancel()
        self._flipped.clear()


def flush_interval(config: Config, profile: Profile) -> float:
    """Seconds between two writes: as it is set, else by the server and the number of checks."""
    chosen = config.settings.flush_interval
    if chosen is not None:
        return chosen
    checks = sum(len(service.checks) for service in config.services)
    lively = profile.name == "local" and checks <= LIVELY_CHECKS
    return LIVELY_FLUSH if lively else profile.flush_interval


async def until(event: asyncio.Event, seconds: float) -> None:
    """Wait for an event, `seconds` at most."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return

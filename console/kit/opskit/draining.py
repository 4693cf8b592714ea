"""The end of an instance: it begins nothing new, and what is in flight may end."""

import asyncio
import signal
import time
from collections.abc import Callable

from .context import InFlight

DRAIN_SECONDS = 8.0
"""What is in flight may take this long after SIGTERM; Cloud Run kills after 10 s."""

DRAIN_POLL = 0.02


class Drain:
    """The draining of one instance. `began` is called once, when it begins."""

    def __init__(self, in_flight: InFlight, began: Callable[[], None]) -> None:
        self.begun = asyncio.Event()
        self._in_flight, self._began = in_flight, began
        self._under_way: asyncio.Future[bool] | None = None

    async def run(self, seconds: float) -> bool:
        """Wait until nothing is in flight. False where that took longer than `seconds`."""
        if not self.begun.is_set():
            self.begun.set()
            self._began()
        end = time.monotonic() + seconds
        # Asked again and again: work may end in threads, which cannot set an event of the loop.
        while len(self._in_flight) and time.monotonic() < end:  # noqa: ASYNC110  see above
            await asyncio.sleep(DRAIN_POLL)
        return not len(self._in_flight)

    def on_sigterm(self, seconds: float) -> None:
        """Begin with SIGTERM. Call it on the running loop."""

        def begin() -> None:
            self._under_way = asyncio.ensure_future(self.run(seconds))

        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, begin)

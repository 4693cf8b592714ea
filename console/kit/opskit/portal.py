"""From threads into the event loop on which the kit lives."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class Portal:
    """Runs coroutines on one event loop from any thread; context variables come along."""

    def __init__(self) -> None:
        self.loop: asyncio.AbstractEventLoop | None = None

    def call(self, work: Callable[P, Awaitable[T]], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `work` on the loop and wait for it. Not from the loop's own thread."""
        loop = self.loop
        if loop is None or not loop.is_running():
            raise RuntimeError("the kit is not running: start it, or use start_in_thread()")

        async def run() -> T:
            return await work(*args, **kwargs)

        return asyncio.run_coroutine_threadsafe(run(), loop).result()


class LoopThread:
    """An event loop in a thread of its own, for services that have none."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, name="opskit", daemon=True)

    def start(self, first: Coroutine[Any, Any, None]) -> None:
        """Start the loop and run `first` on it to its end."""
        self._thread.start()
        asyncio.run_coroutine_threadsafe(first, self.loop).result()

    def stop(self, last: Coroutine[Any, Any, None]) -> None:
        """Run `last`, then stop the loop."""
        asyncio.run_coroutine_threadsafe(last, self.loop).result()
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()

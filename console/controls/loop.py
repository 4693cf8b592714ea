"""One event loop in a thread of its own, for what goes on when a session is gone."""

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

CALL_LIMIT = 30.0  # seconds that an action's own part may take
END_SECONDS = 2.0  # that what is cancelled may take to close its connections
T = TypeVar("T")


class Loop:
    """One event loop in a daemon thread; made when it is first needed."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._lock = threading.Lock()

    def begin(self, work: Coroutine[Any, Any, T]) -> "Future[T]":
        """Run it in the background."""
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                run = self._loop.run_forever
                threading.Thread(target=run, name="desk", daemon=True).start()
            return asyncio.run_coroutine_threadsafe(work, self._loop)

    def call(self, work: Coroutine[Any, Any, T]) -> T:
        """Run it and wait for what it gives."""
        return self.begin(work).result(CALL_LIMIT)

    def stop(self) -> None:
        """End; what runs is cancelled, and closes its connections."""
        with self._lock:
            loop, self._loop = self._loop, None
        if loop is not None:
            asyncio.run_coroutine_threadsafe(_cancel_all(), loop)


async def _cancel_all() -> None:
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks, timeout=END_SECONDS)
    asyncio.get_running_loop().stop()

"""Names to addresses, without one slow name holding up the others.

`getaddrinfo` blocks its thread for as long as a name server likes. asyncio's own threads are few
and shared with everything else, so a handful of such names would stop every check. Here each name
is looked up once at a time, on threads of its own, which also do not hold up the end of the
process.
"""

import asyncio
import contextlib
import socket
import threading
from queue import SimpleQueue
from typing import Any

THREADS = 256  # names that may hang at the same time before a further one has to wait

Address = tuple[int, Any]  # family and socket address
_Job = tuple[str, int, asyncio.AbstractEventLoop, "asyncio.Future[list[Address]]"]


class Resolver:
    """Looks names up for the tasks of one event loop."""

    def __init__(self, threads: int = THREADS) -> None:
        self._limit = threads
        self._started = 0
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._under_way: dict[tuple[str, int], asyncio.Future[list[Address]]] = {}

    def numeric(self, host: str, port: int) -> list[Address]:
        """The address where `host` is one already, else nothing. Does not block."""
        try:
            return _addresses(host, port, socket.AI_NUMERICHOST)
        except (OSError, UnicodeError):
            return []

    async def resolve(self, host: str, port: int) -> list[Address]:
        """The addresses of a name. Raises OSError (gaierror) or UnicodeError."""
        key = host, port
        future = self._under_way.get(key)
        if future is None:
            loop = asyncio.get_running_loop()
            future = loop.create_future()
            self._under_way[key] = future
            future.add_done_callback(lambda done: self._done(key, done))
            if self._started < min(len(self._under_way), self._limit):
                self._started += 1
                threading.Thread(target=self._work, name="resolver", daemon=True).start()
            self._jobs.put((host, port, loop, future))
        return await asyncio.shield(future)  # others may wait for the same

    def close(self) -> None:
        """End the threads; one that hangs ends with the process."""
        for _ in range(self._started):
            self._jobs.put(None)

    def _done(self, key: tuple[str, int], future: asyncio.Future[list[Address]]) -> None:
        del self._under_way[key]
        if not future.cancelled():
            future.exception()  # seen, even where nobody waits any more

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            host, port, loop, future = job
            try:
                found: list[Address] | Exception = _addresses(host, port)
            except (OSError, UnicodeError) as error:
                found = error
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(_settle, future, found)


def _settle(future: asyncio.Future[list[Address]], found: list[Address] | Exception) -> None:
    if future.done():
        return
    if isinstance(found, Exception):
        future.set_exception(found)
    else:
        future.set_result(found)


def _addresses(host: str, port: int, flags: int = 0) -> list[Address]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=flags)
    return [(family, address) for family, _, _, _, address in found]

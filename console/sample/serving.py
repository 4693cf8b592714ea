"""How the HTTP processes of the sample world serve: on loopback, until their parent ends."""

import asyncio
import math
import random
import socket
from typing import Any

import uvicorn

from console.parent import when_parent_ends

HOST = "127.0.0.1"
GRACEFUL = 2.0  # seconds
CYCLE = 900.0  # seconds: so often there is a slow phase, to keep charts alive
SLOW_FOR = 45.0  # seconds of each cycle
SLOW_FACTOR = 6.0


def serve(app: Any, port: int, graceful: float = GRACEFUL) -> None:
    """Serve until SIGTERM or until the parent is gone; requests under way get `graceful` seconds.

    Several processes may serve one port: the kernel shares new connections out among them, as a
    platform's balancer would.
    """
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            timeout_graceful_shutdown=math.ceil(graceful),
        )
    )

    def end() -> None:
        server.should_exit = True

    when_parent_ends(end)
    server.run([_bound(port)])


def reserve() -> socket.socket:
    """A free port, kept for the parts that will serve it for as long as the socket is open.

    A port that was only looked up is free for all again: the next process to ask may be given the
    same, and where both share it the kernel hands one's callers to the other.
    """
    return _bound(0)


def _bound(port: int) -> socket.socket:
    found = socket.socket()
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    found.bind((HOST, port))
    return found


def delay(median: float, now: float) -> float:
    """How long a piece of work takes at `now`: log-normal, longer in a slow phase. Seconds."""
    factor = SLOW_FACTOR if now % CYCLE < SLOW_FOR else 1.0
    return median * factor * math.exp(random.gauss(0, 0.4))


async def work(median: float, now: float) -> None:
    """Take the time of a piece of work."""
    await asyncio.sleep(delay(median, now))

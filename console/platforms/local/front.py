"""The process that holds the listening socket of a service and hands its requests to instances.

`python -m console.platforms.local.front DIRECTORY` reads `front-told.json` there, listens, and
writes `front.json`: who it is and where it takes orders. It needs nobody else to live: the console
and its controller may be killed, and requests are served as before. One order is one line of JSON
on a loopback connection, with the token that only this user can read; the answer is one line.
"""

import asyncio
import json
import os
import secrets
import signal
import socket
import sys
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from console.platforms.local.exchange import HOST, Backend, Counts, Exchange
from console.process_identity import identify

BACKLOG = 1024  # connections that wait to be accepted
LINE_LIMIT = 65536  # bytes of an order
ORDER_LIMIT = 5.0  # seconds to send one
END_LIMIT = 10.0  # seconds for open requests when this process is told to end
TOLD, SAID = "front-told.json", "front.json"


class Front:
    """Which instances there are, and how many requests each has."""

    def __init__(self, token: str) -> None:
        self.counts = Counts()
        self._token = token
        self._backends: list[Backend] = []
        self._leaving: list[Backend] = []  # get nothing new, and still answer what they have
        self._exchanges: dict[Exchange, asyncio.StreamWriter] = {}

    def choose(self, tried: set[str]) -> Backend | None:
        """The instance with the fewest open requests; the one that waited longest among equals."""
        able = [one for one in self._backends if one.name not in tried]
        if not able:
            return None
        chosen = min(able, key=lambda one: one.open)
        self._backends.remove(chosen)
        self._backends.append(chosen)
        return chosen

    def route(self, ports: dict[str, int]) -> None:
        """From now on hand requests to these instances only."""
        known = {one.name: one for one in (*self._leaving, *self._backends)}
        wanted = [known.get(name) or Backend(name, port) for name, port in ports.items()]
        # the order of turns stays, so that telling the same again changes nothing
        turns = {one.name: turn for turn, one in enumerate(self._backends)}
        self._backends = sorted(wanted, key=lambda one: turns.get(one.name, -1))
        self._leaving = [one for one in known.values() if one.name not in ports and one.open]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection of a client."""
        exchange = Exchange(reader, writer, self.choose, self.counts)
        self._exchanges[exchange] = writer
        try:
            await exchange.serve()
        finally:
            del self._exchanges[exchange]

    async def obey(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection of the controller: one order."""
        # whatever is sent here, by whomever, only ends this connection
        with suppress(OSError, TimeoutError, ValueError, KeyError, TypeError):
            order = json.loads(await asyncio.wait_for(reader.readline(), ORDER_LIMIT))
            if secrets.compare_digest(str(order["token"]), self._token):
                if "backends" in order:
                    self.route({str(name): int(port) for name, port in order["backends"].items()})
                writer.write(json.dumps(self._state()).encode() + b"\n")
                await writer.drain()
        writer.close()

    async def finish(self) -> None:
        """Let open requests end, at most END_LIMIT seconds, and close the idle connections."""
        deadline = asyncio.get_running_loop().time() + END_LIMIT
        while self._exchanges and asyncio.get_running_loop().time() < deadline:
            for exchange, writer in self._exchanges.items():
                if exchange.idle:
                    writer.close()
            await asyncio.sleep(0.02)

    def _state(self) -> dict[str, Any]:
        backends = (*self._backends, *self._leaving)
        return {"open": {one.name: one.open for one in backends}, **asdict(self.counts)}


async def run(directory: Path) -> None:
    """Serve until SIGTERM. Raises OSError where the port is taken."""
    told = json.loads((directory / TOLD).read_text())
    front = Front(told["token"])
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind((HOST, told["port"]))
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    service = await asyncio.start_server(front.serve, sock=listening, backlog=BACKLOG)
    orders = await asyncio.start_server(front.obey, HOST, 0, limit=LINE_LIMIT)
    me = identify(os.getpid())
    said = {
        "port": listening.getsockname()[1],
        "orders": orders.sockets[0].getsockname()[1],
        "me": asdict(me) if me else None,
    }
    temporary = directory / f"{SAID}.part"
    temporary.write_text(json.dumps(said))
    temporary.replace(directory / SAID)
    await ended.wait()
    service.close()
    orders.close()
    await front.finish()


if __name__ == "__main__":
    asyncio.run(run(Path(sys.argv[1])))

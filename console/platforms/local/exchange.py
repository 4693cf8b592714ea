"""One HTTP/1.1 connection of a client, its requests handed to instances one by one.

A request is handed out, not a connection: a client that keeps its connection open moves to a new
instance between two requests, without noticing. An instance that refuses is passed over; one that
dies before it answered costs a request without a body nothing but a second try. No websockets.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import h11

HOST = "127.0.0.1"
CHUNK = 65536  # bytes read at once
CONNECT_LIMIT = 2.0  # seconds, on loopback
ANSWER_LIMIT = 300.0  # seconds between two pieces of an answer
IDLE_LIMIT = 75.0  # seconds that a client may keep an unused connection (nginx's default)
_SAFE = frozenset({b"GET", b"HEAD", b"OPTIONS"})  # may be sent twice (RFC 9110, 9.2.1)
# Of one connection only, so that they are not handed on (RFC 9110, 7.6.1).
_HOP = frozenset(
    (b"connection", b"keep-alive", b"proxy-connection", b"te", b"upgrade", b"transfer-encoding")
)

Headers = list[tuple[bytes, bytes]]


@dataclass(slots=True, eq=False)
class Backend:
    """One instance that requests are handed to."""

    name: str
    port: int
    open: int = 0  # requests it has not answered in full


class _Broken(Exception):
    """An instance closed before it had answered."""


@dataclass(slots=True)
class Counts:
    """What became of the requests since this process started."""

    served: int = 0  # answered by an instance, whatever it said
    failed: int = 0  # no instance could answer


Choose = Callable[[set[str]], Backend | None]


class Exchange:
    """Serves one client connection to its end. `choose` gives an instance not in the set."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        choose: Choose,
        counts: Counts,
    ) -> None:
        self._reader, self._writer = reader, writer
        self._choose, self._counts = choose, counts
        self._client = h11.Connection(h11.SERVER)
        self.idle = True  # between two requests

    async def serve(self) -> None:
        """Answer request after request. Ends with the connection; raises nothing."""
        # a client that breaks the protocol, goes away or stays silent only ends its own connection
        with suppress(h11.ProtocolError, OSError, TimeoutError):
            while await self._one():
                self._client.start_next_cycle()
                self.idle = True
        with suppress(OSError):
            self._writer.close()
            await self._writer.wait_closed()

    async def _one(self) -> bool:
        """One request; whether another may follow on this connection."""
        request = await asyncio.wait_for(self._next(), IDLE_LIMIT)
        if not isinstance(request, h11.Request):
            return False
        self.idle = False
        await self._answer(request)
        await self._writer.drain()
        return (self._client.our_state, self._client.their_state) == (h11.DONE, h11.DONE)

    async def _answer(self, request: h11.Request) -> None:
        again = request.method in _SAFE and not _has_body(request)
        tried: set[str] = set()
        while backend := self._choose(tried):
            tried.add(backend.name)
            backend.open += 1
            try:
                async with _connected(backend.port) as (reader, writer):
                    await self._hand_on(request, reader, writer)
                    self._counts.served += 1
                    return
            except ConnectionRefusedError:
                continue  # it got nothing of the request
            except (OSError, TimeoutError, _Broken, h11.RemoteProtocolError):
                if self._client.our_state is not h11.SEND_RESPONSE or not again:
                    break
            finally:
                backend.open -= 1
        if self._writer.is_closing():
            return  # it was the client that broke off
        self._counts.failed += 1
        if self._client.our_state is h11.SEND_RESPONSE:
            self._refuse()
        else:  # the answer had begun: closing is the only way to say that it is not whole
            self._client.send_failed()

    async def _hand_on(
        self, request: h11.Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        instance = h11.Connection(h11.CLIENT)
        headers = [*_end_to_end(request.headers), (b"Connection", b"close")]
        if _has_body(request) and not _length(request.headers):
            headers.append((b"Transfer-Encoding", b"chunked"))
        head = h11.Request(method=request.method, target=request.target, headers=headers)
        writer.write(instance.send(head) or b"")
        body = asyncio.ensure_future(self._send_body(instance, writer))
        try:
            while True:
                event = instance.next_event()
                if event is h11.NEED_DATA:
                    data = await asyncio.wait_for(reader.read(CHUNK), ANSWER_LIMIT)
                    if not data and instance.their_state is h11.SEND_RESPONSE:
                        raise _Broken
                    instance.receive_data(data)
                elif isinstance(event, h11.Response):
                    head = h11.Response(
                        status_code=event.status_code,
                        headers=list(_end_to_end(event.headers)),
                        reason=event.reason,
                    )
                    self._writer.write(self._client.send(head) or b"")
                elif isinstance(event, h11.Data):
                    self._writer.write(self._client.send(h11.Data(data=bytes(event.data))) or b"")
                    await self._writer.drain()
                elif isinstance(event, h11.EndOfMessage):
                    self._writer.write(self._client.send(h11.EndOfMessage()) or b"")
                    return
                elif not isinstance(event, h11.InformationalResponse):
                    raise _Broken
        finally:
            body.cancel()
            with suppress(asyncio.CancelledError, OSError, TimeoutError, h11.ProtocolError):
                await body

    async def _send_body(self, instance: h11.Connection, writer: asyncio.StreamWriter) -> None:
        """Hand on what the client still sends of its request."""
        while self._client.their_state is h11.SEND_BODY:
            if self._client.they_are_waiting_for_100_continue:
                go_on = h11.InformationalResponse(status_code=100, headers=[])
                self._writer.write(self._client.send(go_on) or b"")
            event = await asyncio.wait_for(self._next(), ANSWER_LIMIT)
            if isinstance(event, h11.Data):
                writer.write(instance.send(h11.Data(data=bytes(event.data))) or b"")
                await writer.drain()
            elif not isinstance(event, h11.EndOfMessage):
                writer.close()  # the client is gone: the instance shall not wait for the rest
                return
        writer.write(instance.send(h11.EndOfMessage()) or b"")
        await writer.drain()

    async def _next(self) -> object:
        while (event := self._client.next_event()) is h11.NEED_DATA:
            self._client.receive_data(await self._reader.read(CHUNK))
        return event

    def _refuse(self) -> None:
        text = b"No instance of the service can answer.\n"
        headers: Headers = [
            (b"Content-Type", b"text/plain; charset=utf-8"),
            (b"Content-Length", str(len(text)).encode()),
            (b"Retry-After", b"1"),
            (b"Connection", b"close"),
        ]
        for event in (
            h11.Response(status_code=503, headers=headers, reason=b"Service Unavailable"),
            h11.Data(data=text),
            h11.EndOfMessage(),
        ):
            self._writer.write(self._client.send(event) or b"")


@asynccontextmanager
async def _connected(
    port: int,
) -> AsyncGenerator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    opening = asyncio.open_connection(HOST, port)
    reader, writer = await asyncio.wait_for(opening, CONNECT_LIMIT)
    try:
        yield reader, writer
    finally:
        writer.close()


def _end_to_end(headers: Iterable[tuple[bytes, bytes]]) -> Headers:
    return [(name, value) for name, value in headers if name not in _HOP]


def _length(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    return any(name == b"content-length" for name, _ in headers)


def _has_body(request: h11.Request) -> bool:
    names = dict(request.headers)
    return b"transfer-encoding" in names or names.get(b"content-length", b"0") != b"0"

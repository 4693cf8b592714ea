"""A server that speaks Redis's protocol and gives the answers that a real one cannot be made to."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

Answer = bytes | None  # None: hang up
Told = Callable[[list[bytes]], Answer]


def text(value: str) -> bytes:
    """A bulk string."""
    data = value.encode()
    return b"$%d\r\n%s\r\n" % (len(data), data)


def error(words: str) -> bytes:
    """An error."""
    return f"-{words}\r\n".encode()


@asynccontextmanager
async def answering(told: Told, greeting: bytes = b"") -> AsyncIterator[str]:
    """Yields the URL of a server that answers every command with `told`; it hangs up after None."""
    under_way: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        under_way.add(task)
        try:
            writer.write(greeting)
            while (words := await _command(reader)) is not None:
                answer = told(words)
                if answer is None:
                    break
                writer.write(answer)
                if not answer.endswith(b"\r\n"):
                    break  # in the middle of a reply
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass  # the client hung up
        finally:
            writer.close()
            under_way.discard(task)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for task in list(under_way):
            task.cancel()


async def _command(reader: asyncio.StreamReader) -> list[bytes] | None:
    line = await reader.readline()
    if not line.startswith(b"*"):
        return None
    words: list[bytes] = []
    for _ in range(int(line[1:])):
        length = int((await reader.readline())[1:])
        words.append((await reader.readexactly(length + 2))[:-2])
    return words


def healthy(words: list[bytes]) -> bytes:
    """What a server says that is well and knows little."""
    name = words[0].upper()
    if name == b"PING":
        return b"+PONG\r\n"
    if name == b"CLIENT" and words[1].upper().startswith(b"SET"):
        return b"+OK\r\n"
    return error(f"ERR unknown command '{name.decode()}'")

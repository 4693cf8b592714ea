"""Questions about many keys at once, in Redis' own protocol (RESP 2), without a library between.

redis-py's pipeline takes several times the time of the whole exchange: it makes an object of every
question and every answer. Here all answers but SCAN's are one line, so a batch is one split.
"""

from typing import Protocol

from redis import exceptions

CHUNK = 256 * 1024  # bytes read at once
END = b"\r\n"


class Socket(Protocol):
    """What is used of a socket."""

    def sendall(self, data: bytes) -> object:
        """Send all of it."""
        ...

    def recv(self, size: int) -> bytes:
        """Receive some; empty where the other side is gone."""
        ...


class Exchange:
    """One connection that is logged in. Raises redis' own exceptions."""

    def __init__(self, socket: Socket) -> None:
        self._socket, self._buffer = socket, b""

    def send(self, *parts: bytes) -> None:
        """Send questions."""
        try:
            self._socket.sendall(b"".join(parts))
        except TimeoutError:
            raise exceptions.TimeoutError("sending took too long") from None
        except OSError as error:
            raise exceptions.ConnectionError(str(error)) from None

    def lines(self, count: int) -> list[bytes]:
        """So many answers of one line each: `+string`, `:72`, `$-1`. An error is raised."""
        if not count:
            return []
        while self._buffer.count(END) < count:
            self._receive()
        *answers, self._buffer = self._buffer.split(END, count)
        for answer in answers:
            if answer.startswith(b"-"):
                raise error_of(answer)
        return answers

    def scanned(self) -> tuple[bytes, list[bytes]]:
        """The answer to SCAN: the next cursor, and names, which may hold anything."""
        self._expect(b"*2")
        cursor = self._bulk()
        count = int(self._line()[1:])
        return cursor, [self._bulk() for _ in range(count)]

    def _expect(self, head: bytes) -> None:
        line = self._line()
        if line.startswith(b"-"):
            raise error_of(line)
        if line != head:
            raise exceptions.InvalidResponse("not an answer to SCAN")

    def _bulk(self) -> bytes:
        size = int(self._line()[1:])
        while len(self._buffer) < size + len(END):
            self._receive()
        text, self._buffer = self._buffer[:size], self._buffer[size + len(END) :]
        return text

    def _line(self) -> bytes:
        while END not in self._buffer:
            self._receive()
        line, _, self._buffer = self._buffer.partition(END)
        return line

    def _receive(self) -> None:
        try:
            data = self._socket.recv(CHUNK)
        except TimeoutError:
            raise exceptions.TimeoutError("no answer in time") from None
        except OSError as error:
            raise exceptions.ConnectionError(str(error)) from None
        if not data:
            raise exceptions.ConnectionError("the server closed the connection")
        self._buffer += data


def question(*words: bytes) -> bytes:
    """One command."""
    parts = [b"*%d\r\n" % len(words)]
    parts += [b"$%d\r\n%s\r\n" % (len(word), word) for word in words]
    return b"".join(parts)


def error_of(line: bytes) -> exceptions.RedisError:
    """The exception that redis-py would raise for an error line."""
    text = line[1:].decode("utf-8", "replace")
    code = text.partition(" ")[0]
    kinds: dict[str, type[exceptions.RedisError]] = {
        "NOPERM": exceptions.NoPermissionError,
        "LOADING": exceptions.BusyLoadingError,
        "NOAUTH": exceptions.AuthenticationError,
    }
    return kinds.get(code, exceptions.ResponseError)(text)

"""A reverse proxy that does little but leave its mark, as any of them does."""

import contextlib
import socket
from collections.abc import Iterator
from threading import Thread

MARK = b"X-Forwarded-For: 203.0.113.9\r\n"


@contextlib.contextmanager
def proxy(port: int) -> Iterator[str]:
    """The URL of a proxy before the console at `port`."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        Thread(target=_accept, args=(listener, port), daemon=True).start()
        yield f"http://localhost:{listener.getsockname()[1]}"


def _accept(listener: socket.socket, port: int) -> None:
    with contextlib.suppress(OSError):  # the listener was closed
        while True:
            client, _ = listener.accept()
            Thread(target=_serve, args=(client, port), daemon=True).start()


def _serve(client: socket.socket, port: int) -> None:
    with client, socket.create_connection(("127.0.0.1", port)) as server:
        first, _, rest = client.recv(65536).partition(b"\r\n")
        server.sendall(first + b"\r\n" + MARK + rest)
        back = Thread(target=_pump, args=(server, client), daemon=True)
        back.start()
        _pump(client, server)
        back.join()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)

"""A channel in miniature: a real HTTP server that keeps what apprise's json:// sends it."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Receiver:
    """Counts messages; answers with `status`, after `delay` seconds."""

    def __init__(self, status: int = 200, delay: float = 0.0) -> None:
        self.status, self.delay = status, delay
        self.messages: list[dict[str, Any]] = []
        self.began = 0  # requests whose body was read
        self.released = threading.Event()
        self.released.set()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers.get("content-length", 0))
                told = json.loads(self.rfile.read(length))
                receiver.began += 1
                if receiver.status < 400:
                    receiver.messages.append(told)
                receiver.released.wait(30)
                time.sleep(receiver.delay)
                self._answer()

            def do_GET(self) -> None:
                receiver.began += 1
                self._answer()

            def _answer(self) -> None:
                try:
                    self.send_response(receiver.status)
                    self.send_header("content-length", "0")
                    self.end_headers()
                except OSError:
                    pass

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def url(self) -> str:
        """The address for CONSOLE_NOTIFY_URLS."""
        return f"json://127.0.0.1:{self.port}/hook-secret-token"

    @property
    def titles(self) -> list[str]:
        """The titles, in the order of their arrival."""
        return [str(one["title"]) for one in self.messages]

    def close(self) -> None:
        """Stop."""
        self.released.set()
        self._server.shutdown()
        self._server.server_close()

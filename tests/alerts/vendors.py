"""The other ends of channels, on this machine: a mail server, and a proxy that plays the servers of
Slack, Discord, LINE and Teams under their own names, with certificates of an authority of ours."""

import socketserver
import ssl
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import cast

from tests.health.gather.servers import certificate, make_authority


@dataclass(frozen=True, slots=True)
class Request:
    """What a vendor got."""

    method: str
    host: str
    path: str
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


class Vendors:
    """Takes requests in the clear, and over CONNECT in TLS for whatever host is asked for."""

    def __init__(self, directory: Path, status: int = 200, body: bytes = b'{"ok": true}') -> None:
        self.status, self.body = status, body
        self.requests: list[Request] = []
        self.authority, signer = make_authority(directory)
        vendors = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_CONNECT(self) -> None:
                self.send_response(200)
                self.end_headers()
                host = self.path.partition(":")[0]
                context = certificate(directory, host, authority=signer)
                try:
                    secure = context.wrap_socket(self.connection, server_side=True)
                except (ssl.SSLError, OSError):
                    self.close_connection = True
                    return
                self.close_connection = False  # a client may ask for the tunnel in HTTP/1.0
                self.connection = secure
                self.rfile = secure.makefile("rb")
                self.wfile = secure.makefile("wb", 0)

            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                host = self.headers.get("host", "")
                asked = Request(self.command, host, self.path, body, dict(self.headers))
                vendors.requests.append(asked)
                self.send_response(vendors.status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(vendors.body)))
                self.end_headers()
                self.wfile.write(vendors.body)

            do_GET = do_POST = do_PUT = answer

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def proxy(self) -> str:
        """For HTTPS_PROXY."""
        return f"http://127.0.0.1:{self.port}"

    def close(self) -> None:
        """Stop."""
        self._server.shutdown()
        self._server.server_close()


class _Smtp(socketserver.StreamRequestHandler):
    """As much of RFC 5321 as it takes to hand over a message."""

    def handle(self) -> None:
        server = cast("_SmtpServer", self.server)
        self._say("220 mail.test ready")
        while line := self.rfile.readline():
            verb = line.decode("ascii", "replace").upper().split()[0] if line.strip() else ""
            if verb == "QUIT":
                return self._say("221 bye")
            if verb == "EHLO":
                self._say("250-mail.test", "250 AUTH PLAIN LOGIN")
            elif verb in server.refusals:
                self._say(server.refusals[verb])
            elif verb == "AUTH":
                self._say("235 welcome")
            elif verb == "DATA":
                self._say("354 go on")
                lines = list(iter(self.rfile.readline, b".\r\n"))
                if server.silent_after_data:
                    self.rfile.readline()
                    return None
                server.messages.append(b"".join(lines))
                self._say("250 taken")
            else:
                self._say("250 fine")
        return None

    def _say(self, *lines: str) -> None:
        self.wfile.write("".join(f"{line}\r\n" for line in lines).encode())


class _SmtpServer(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Smtp)
        self.messages: list[bytes] = []
        self.refusals: dict[str, str] = {}
        self.silent_after_data = False


class MailServer:
    """A mail server that keeps messages. `refusals` answers verbs with an error."""

    def __init__(self) -> None:
        self._server = _SmtpServer()
        self.port: int = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def messages(self) -> list[bytes]:
        """As they came, with their headers."""
        return self._server.messages

    @property
    def refusals(self) -> dict[str, str]:
        """Verbs and what they are answered with: `{"RCPT": "550 no such user"}`."""
        return self._server.refusals

    def go_silent(self) -> None:
        """Take a message and never say so."""
        self._server.silent_after_data = True

    @property
    def url(self) -> str:
        """The address for CONSOLE_NOTIFY_URLS."""
        where = f"ops:hook-secret-token@127.0.0.1:{self.port}"
        return f"mailto://{where}/?from=console@ops.test&to=oncall@ops.test&mode=insecure"

    def close(self) -> None:
        """Stop."""
        self._server.shutdown()
        self._server.server_close()

"""The door: who is let in at all, before any page or route, and what every answer carries.

For `st.App(middleware=[Middleware(Door)])`. The routes behind it ask for their token all the same,
and the guard of the pages decides who may act.
"""

import streamlit as st
from starlette.datastructures import MutableHeaders
from starlette.formparsers import MultiPartParser
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from console.access import turned_away
from console.routes.entrance import connection_of
from console.routes.problem import Problem
from console.runtime import running
from console.uploads import FRAMING, IN_MEMORY, MOST_BYTES, too_large

# Streamlit takes a file from every open session. Here only a session whose page offers it may send
# one, and only where its size is told before it comes.
_UPLOADS = "/_stcore/upload_file/"
_WEBSOCKET_REFUSED = 1008  # policy violation; the browser sees the handshake answered with 403
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",  # addresses of pages name services and checks
}
# A page of another site that shows the console in a frame could have the operator click in it.
_FRAMES = "frame-ancestors 'self'"


class Door:
    """ASGI middleware around everything that the console serves."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        # A form beyond this is written to a temporary file; what is handed in stays in memory.
        MultiPartParser.spool_max_size = IN_MEMORY

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request or websocket in, or turn it away."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        asked = HTTPConnection(scope)
        refusal = _refusal(asked)
        if refusal is None:
            await self.app(scope, receive, _with_headers(asked, send))
        elif scope["type"] == "http":
            await refusal.response()(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": _WEBSOCKET_REFUSED})


def _refusal(asked: HTTPConnection) -> Problem | None:
    if _UPLOADS in asked.url.path:
        return _of_upload(asked)
    if asked.scope["type"] == "http" and "text/html" not in asked.headers.get("accept", ""):
        return None  # pages come by websocket; what else there is needs the token or tells little
    # Where somebody has told Streamlit which names or origins are right, it checks them itself.
    why = turned_away(
        connection_of(asked),
        any_name=bool(_option("server.allowedHosts")),
        any_origin=bool(_option("server.corsAllowedOrigins")) or not _option("server.enableCORS"),
    )
    if not why:
        return None
    return Problem(
        421,
        why,
        "Open it as localhost. To use another name, put it into server.allowedHosts "
        "of .streamlit/config.toml.",
    )


def _of_upload(asked: HTTPConnection) -> Problem | None:
    """Why a file is not taken, told before any of it is read; None where it is."""
    console = running()
    session = asked.url.path.partition(_UPLOADS)[2].partition("/")[0]
    if console is None or not console.uploads.allowed(session):
        return Problem(
            404, "Nothing can be uploaded here.", "No page of this session takes a file."
        )
    if asked.scope["method"] != "PUT":
        return None
    length = asked.headers.get("content-length", "")
    if not length.isdigit():
        return Problem(411, "The size of the file is missing.", "Send Content-Length.")
    if int(length) > MOST_BYTES + FRAMING:
        return Problem(413, too_large(int(length)), "Cut it, or pack it with gzip.")
    return None


def _option(name: str) -> object:
    return st.get_option(name)


def _with_headers(asked: HTTPConnection, send: Send) -> Send:
    headers = dict(_HEADERS)
    if connection_of(asked).is_direct:
        headers["Content-Security-Policy"] = _FRAMES

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            answered = MutableHeaders(scope=message)
            for name, value in headers.items():
                answered.setdefault(name, value)
        await send(message)

    return sending

"""A visitor that is no browser: opens a page's websocket and says who it pretends to be."""

import socket
from dataclasses import dataclass

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

LIMIT = 10.0  # seconds


@dataclass(frozen=True)
class Visit:
    """Everything that the server sent until the script had run once."""

    payload: bytes

    @property
    def text(self) -> str:
        """The payload as text, as far as it is text."""
        return self.payload.decode("utf-8", "replace")

    def __contains__(self, text: str) -> bool:
        return text.encode() in self.payload


def open_stream(
    url: str,
    *,
    origin: str | None = "own",
    host: str | None = None,
    peer: str = "127.0.0.1",
    headers: dict[str, str] | None = None,
    session: str = "",
    xsrf: str = "token",
) -> ClientConnection:
    """The websocket of a console at `url`; `session` is one to go on with, `xsrf` the token
    against forged requests, without which Streamlit looks at no cookie.

    Raises InvalidStatus where it is refused.
    """
    port = int(url.rsplit(":", 1)[1])
    protocols = [Subprotocol("streamlit")]
    protocols.append(Subprotocol(xsrf))
    if session:  # where Streamlit's own page has it: behind that token
        protocols.append(Subprotocol(session))
    return connect(
        f"ws://{host or f'localhost:{port}'}/_stcore/stream",
        sock=socket.create_connection((peer, port), LIMIT),
        origin=url if origin == "own" else origin,
        additional_headers=headers,
        subprotocols=protocols,
        open_timeout=LIMIT,
        max_size=None,
        max_queue=None,  # a full queue would hold up the answer to "close", by 10 s each time
    )


def messages(
    websocket: ClientConnection, *, query: str = "", page: str = "", click: str = ""
) -> list[tuple[ForwardMsg, bytes]]:
    """Run the script once and read what it sends, as messages and as bytes.

    `click`: the id of a button to press, whether or not a browser would let one.
    """
    start = BackMsg()
    if click:
        start.rerun_script.widget_states.widgets.add(id=click, trigger_value=True)
    start.rerun_script.query_string = query
    start.rerun_script.page_name = page
    websocket.send(start.SerializeToString())
    said: list[tuple[ForwardMsg, bytes]] = []
    while not said or said[-1][0].WhichOneof("type") != "script_finished":
        frame = websocket.recv(LIMIT)
        assert isinstance(frame, bytes)
        said.append((ForwardMsg.FromString(frame), frame))
    return said


def visit(
    url: str,
    *,
    origin: str | None = "own",
    host: str | None = None,
    peer: str = "127.0.0.1",
    headers: dict[str, str] | None = None,
    query: str = "",
    page: str = "",
) -> Visit:
    """Look at one page once."""
    with open_stream(url, origin=origin, host=host, peer=peer, headers=headers) as websocket:
        return Visit(b"".join(frame for _, frame in messages(websocket, query=query, page=page)))

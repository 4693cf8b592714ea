"""A visitor without a browser: opens pages over Streamlit's websocket and keeps them live.

A real browser spends most of its time drawing; on two cores ten of them would measure themselves.
This visitor speaks the same protocol: it asks for a page, counts the bytes of the answer, and asks
for each live fragment again in the interval that the page named.
"""

import asyncio
import time
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection

ANSWER_LIMIT = 60.0  # seconds


@dataclass
class Run:
    """One run of a page's script or of a fragment, as the visitor sees it."""

    seconds: float
    bytes: int


@dataclass
class Viewer:
    """One open tab."""

    url: str
    runs: list[Run] = field(default_factory=list[Run])
    ticks: list[Run] = field(default_factory=list[Run])
    fragments: dict[str, float] = field(default_factory=dict[str, float])
    errors: list[str] = field(default_factory=list[str])

    async def __aenter__(self) -> "Viewer":
        parts = urlsplit(self.url)
        self._socket: ClientConnection = await websockets.connect(
            f"ws://{parts.netloc}/_stcore/stream",
            subprotocols=[websockets.Subprotocol("streamlit")],
            origin=websockets.Origin(self.url),
            max_size=None,
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._socket.close()

    async def open(self, page: str, query: str = "") -> Run:
        """Open a page (its URL path; empty for the default one)."""
        self.fragments.clear()
        message = BackMsg()
        message.rerun_script.page_name = page
        message.rerun_script.query_string = query
        run = await self._ask(message)
        self.runs.append(run)
        return run

    async def stay(self, seconds: float) -> None:
        """Keep the page open: every live fragment runs again in its interval."""
        deadline = time.monotonic() + seconds
        due = {fragment: time.monotonic() + every for fragment, every in self.fragments.items()}
        while due and min(due.values()) < deadline:
            fragment = min(due, key=lambda name: due[name])
            await asyncio.sleep(max(0.0, due[fragment] - time.monotonic()))
            message = BackMsg()
            message.rerun_script.fragment_id = fragment
            message.rerun_script.is_auto_rerun = True
            self.ticks.append(await self._ask(message))
            due[fragment] = time.monotonic() + self.fragments.get(fragment, 60.0)
        await asyncio.sleep(max(0.0, deadline - time.monotonic()))

    async def _ask(self, message: BackMsg) -> Run:
        started, size = time.perf_counter(), 0
        await self._socket.send(message.SerializeToString())
        async with asyncio.timeout(ANSWER_LIMIT):
            while True:
                data = await self._socket.recv()
                size += len(data)
                answer = ForwardMsg()
                answer.ParseFromString(data if isinstance(data, bytes) else data.encode())
                kind = answer.WhichOneof("type")
                if kind == "auto_rerun":
                    self.fragments[answer.auto_rerun.fragment_id] = answer.auto_rerun.interval
                elif kind == "delta" and answer.delta.new_element.WhichOneof("type") == "exception":
                    self.errors.append(answer.delta.new_element.exception.message)
                elif kind == "script_finished":
                    return Run(time.perf_counter() - started, size)

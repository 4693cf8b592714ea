"""What the tests of the kit share beside the fixtures."""

import asyncio
import contextlib
import subprocess
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import uvicorn
from cryptography.fernet import Fernet
from opskit import Kit

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SERVICE = "relay"
TOKEN_KEY = Fernet.generate_key().decode()
RUN_TOKEN = "r" * 40
WAIT = 10.0  # seconds; a test waits for a condition at most this long


async def until(condition: Callable[[], Any], limit: float = WAIT) -> Any:
    """Wait until a condition (a function, or one that returns an awaitable) is true."""
    end = time.monotonic() + limit
    while True:
        found = condition()
        if isinstance(found, Awaitable):
            found = await found
        if found:
            return found
        if time.monotonic() > end:
            raise AssertionError("the condition did not come true in time")
        await asyncio.sleep(0.01)


def environment(url: str, **more: str) -> dict[str, str]:
    """The variables of an instance."""
    return {
        "OPS_SERVICE": SERVICE,
        "REDIS_URL": url,
        "RUN_TOKEN": RUN_TOKEN,
        "OPS_TOKEN_KEY": TOKEN_KEY,
        "OPS_FINGERPRINT_KEY": "fingerprint-key",
        "DRY_RUN": "false",
        **more,
    }


class Sink:
    """Takes log lines."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def write(self, text: str) -> None:
        self.lines.append(text)

    def flush(self) -> None:
        pass


class Serving(uvicorn.Server):
    """uvicorn in a thread, without its signal handlers."""

    def __init__(self, app: Any) -> None:
        config = uvicorn.Config(app, "127.0.0.1", 0, log_level="warning", lifespan="on")
        super().__init__(config)
        self._thread = threading.Thread(target=self.run, daemon=True)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    def begin(self) -> str:
        self._thread.start()
        end = time.monotonic() + WAIT
        while not self.started:
            assert time.monotonic() < end, "the server did not start"
            time.sleep(0.005)
        port = self.servers[0].sockets[0].getsockname()[1]
        return f"http://127.0.0.1:{port}"

    def end(self) -> None:
        self.should_exit = self.force_exit = True
        self._thread.join(5)


class Instance:
    """One service instance in a process of its own: instance.py."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path, port: int) -> None:
        self.process, self.log, self.url = process, log, f"http://127.0.0.1:{port}"

    def lines(self) -> str:
        return self.log.read_text("utf-8", errors="replace")

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(5)


Spawn = Callable[..., Instance]
MakeKit = Callable[..., Awaitable[Kit]]

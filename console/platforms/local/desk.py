"""How the controller starts the front, finds one that runs already, and gives it orders."""

import json
import secrets
import signal
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from console.errors import PlatformAway
from console.platforms.local import launch
from console.platforms.local.exchange import HOST
from console.platforms.local.front import SAID, TOLD
from console.process_identity import Identity
from console.processes import module
from console.waiting import wait_until

START_LIMIT = 10.0  # seconds until a front listens
ANSWER_LIMIT = 5.0  # seconds for one order
_ROOT = Path(__file__).resolve().parents[3]  # where `console` is imported from


@dataclass(frozen=True, slots=True)
class Said:
    """What a running front told of itself."""

    me: Identity
    port: int  # of the service
    orders: int  # the port that it takes orders at


@dataclass(frozen=True, slots=True)
class Load:
    """What the front has handed out."""

    open: Mapping[str, int]  # requests that each copy has not answered yet
    served: int  # requests that a copy answered, since the front started
    failed: int  # requests that no copy could answer


class Desk:
    """The front of one local service."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def ensure(self, port: int) -> int:
        """Have a front run at `port` (0: a free one); the port. Raises PlatformAway."""
        front = self._running() or self._start(port)
        return front.port

    def route(self, ports: Mapping[str, int]) -> Load:
        """Hand requests to these copies only. Raises PlatformAway."""
        return self._order({"backends": dict(ports)})

    def load(self) -> Load:
        """What the front has handed out. Raises PlatformAway."""
        return self._order({})

    def end(self, grace: float) -> None:
        """End the front, after it answered what it has."""
        if front := self._running():
            front.me.end(grace)
            launch.reap()

    def _running(self) -> Said | None:
        launch.reap()
        try:
            said = json.loads((self._directory / SAID).read_text())
            front = Said(Identity(**said["me"]), int(said["port"]), int(said["orders"]))
        except (FileNotFoundError, ValueError, TypeError, KeyError):
            return None
        return front if front.me.alive else None

    def _start(self, port: int) -> Said:
        pid_file = self._directory / "run" / "front.pid"
        # one that a killed controller had started may not have told of itself
        if before := launch.find(pid_file):
            launch.tell(before, signal.SIGKILL)
            wait_until(lambda: not before.alive, ANSWER_LIMIT)
        told = self._directory / TOLD
        told.touch(mode=0o600)
        told.write_text(json.dumps({"port": port, "token": secrets.token_urlsafe(32)}))
        (self._directory / SAID).unlink(missing_ok=True)
        launch.launch(
            [*module("console.platforms.local.front"), str(self._directory)],
            pid_file=pid_file,
            log=self._directory / "logs" / "front.log",
            directory=self._directory,
            environment={"PYTHONPATH": str(_ROOT)},
        )
        wait_until(lambda: self._running() is not None, START_LIMIT)
        if front := self._running():
            return front
        where = f"port {port}" if port else "a free port"
        raise PlatformAway(f"Nothing listens for the service: {where} cannot be had.")

    def _order(self, order: Mapping[str, Any]) -> Load:
        front = self._running()
        if front is None:
            raise PlatformAway("Nothing listens for the service: its front does not run.")
        try:
            token = json.loads((self._directory / TOLD).read_text())["token"]
            line = json.dumps({**order, "token": token}).encode() + b"\n"
            with socket.create_connection((HOST, front.orders), ANSWER_LIMIT) as connection:
                connection.sendall(line)
                told = json.loads(connection.makefile().readline())
            return Load(told["open"], told["served"], told["failed"])
        except (OSError, ValueError, KeyError) as error:
            raise PlatformAway(f"The front of the service does not answer: {error}") from error

"""A tiny service in a real git repository, and someone who uses it all the time."""

import http.client
import os
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from console.platforms.local.controller import Controller
from console.platforms.local.disk import Disk
from console.platforms.local.model import LocalService
from console.platforms.model import Deployment

LIMIT = 20.0  # seconds for any deployment here

APP = """
import http.server, os, signal, sys, threading, time
SAYS, HEALTH, BEFORE, WORK = {says!r}, {health}, {before}, {work}
class Answer(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        time.sleep(0 if self.path == "/health" else WORK)
        text = (SAYS + " " + os.environ["OPS_COMMIT"]).encode()
        self.send_response(HEALTH if self.path == "/health" else 200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_): pass
time.sleep(BEFORE)
server = http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Answer)
signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
print("serving", SAYS, flush=True)
server.serve_forever()
"""


def app(says: str, *, health: int = 200, before: float = 0.0, work: float = 0.0) -> str:
    """The source of a version of the service."""
    return APP.format(says=says, health=health, before=before, work=work)


@dataclass
class Load:
    """Requests one after another, half of them over a connection that stays open."""

    port: int
    # seconds between two: steady, and leaves the machine to the deployment
    every: float = 0.02
    answers: list[str] = field(default_factory=list[str])
    failures: list[str] = field(default_factory=list[str])

    def __enter__(self) -> "Load":
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, args=(keep,), daemon=True) for keep in (True, False)
        ]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(LIMIT)

    def _run(self, keep: bool) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        while not self._stop.wait(self.every):
            try:
                connection.request("GET", "/")
                answer = connection.getresponse()
                text = answer.read().decode()
                if answer.status == 200:
                    self.answers.append(text)
                else:
                    self.failures.append(f"{answer.status} {text}")
            except (OSError, http.client.HTTPException) as error:
                self.failures.append(repr(error))
                connection.close()
            if not keep:
                connection.close()
        connection.close()


class Workshop:
    """A repository that is pushed to, and the local platform that watches it."""

    def __init__(self, directory: Path) -> None:
        self.bare, self.clone = directory / "origin.git", directory / "clone"
        self.disk = Disk(directory / "platform")
        git(directory, "init", "--quiet", "--bare", "--initial-branch=main", str(self.bare))
        git(directory, "clone", "--quiet", str(self.bare), str(self.clone))
        git(self.clone, "checkout", "--quiet", "-B", "main")
        self.service = LocalService(
            "tiny",
            str(self.bare),
            ("python", "-S", "app.py"),
            build=("python", "-S", "-m", "py_compile", "app.py"),
            poll=0.15,
            health_timeout=5.0,
            drain_timeout=5.0,
            grace=2.0,
        )
        self.clock: Callable[[], float] = time.time
        self._controller: Controller | None = None

    @property
    def controller(self) -> Controller:
        if self._controller is None:
            self._controller = Controller(self.disk, self.service, self.clock)
        return self._controller

    def another_controller(self) -> Controller:
        """As after a kill: one that knows only what is on disk."""
        self._controller = None
        return self.controller

    def push(self, source: str, message: str = "A change", requirements: str | None = None) -> str:
        """A real commit and a real push; the hash."""
        (self.clone / "app.py").write_text(source)
        if requirements is not None:
            (self.clone / "requirements.txt").write_text(requirements)
        git(self.clone, "add", "--all")
        git(self.clone, "commit", "--quiet", "--allow-empty", "-m", message)
        git(self.clone, "push", "--quiet", "origin", "main")
        return git(self.clone, "rev-parse", "HEAD").strip()

    def until(self, holds: Callable[[], bool]) -> None:
        """Let the controller work until something holds."""
        deadline = time.monotonic() + LIMIT
        while not holds():
            if time.monotonic() > deadline:
                pytest.fail(f"{self.controller.state}\n{self.disk.deployments(3)}")
            self.controller.step()
            time.sleep(0.03)

    def settle(self, number: int) -> Deployment:
        """Let the controller work until so many deployments were made and nothing is left to do."""
        self.until(lambda: self.controller.state.number >= number and not self.controller.busy)
        return self.disk.deployments(1)[0]

    def begin(self, instances: int = 2) -> Deployment:
        """The first version, running."""
        self.controller.keeper.state = self.controller.state.__class__(instances)
        self.push(app("one"))
        return self.settle(1)

    def load(self, every: float = 0.02) -> Load:
        return Load(self.controller.state.port, every)


def git(where: Path, *arguments: str) -> str:
    told = {
        "PATH": os.environ["PATH"],
        "HOME": str(where),
        "GIT_CONFIG_NOSYSTEM": "1",
        **{f"GIT_{who}_NAME": "Ann Example" for who in ("AUTHOR", "COMMITTER")},
        **{f"GIT_{who}_EMAIL": "ann@example.com" for who in ("AUTHOR", "COMMITTER")},
    }
    done = subprocess.run(
        ["git", "-C", str(where), *arguments], env=told, capture_output=True, text=True, check=True
    )
    return done.stdout


def running(workshop: Workshop) -> set[str]:
    """The commits that answer behind the front, seen in a few requests."""
    seen: set[str] = set()
    for _ in range(6):
        connection = http.client.HTTPConnection(
            "127.0.0.1", workshop.controller.state.port, timeout=5
        )
        connection.request("GET", "/")
        seen.add(connection.getresponse().read().decode().split()[-1])
        connection.close()
    return seen

"""A whole console as real processes: started, stopped, killed, and looked at from outside."""

import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from tests import plain_http
from tests.processes import clean_environment, end_with_this_process, free_port, wait_until

ROOT = Path(__file__).resolve().parents[1]
START_LIMIT = 60.0  # seconds; a loaded machine with two cores takes its time
STOP_LIMIT = 30.0  # seconds
DATA = "CONSOLE_DATA_DIR"  # every process of a console has it in its environment


@dataclass
class Console:
    """A console in a directory of its own: started, stopped, started again at the same port.

    `root` is where its code lies, `script` the arguments of Python that run it there.
    """

    directory: Path
    environment: dict[str, str]
    port: int
    address: str = "localhost"
    root: Path = ROOT
    script: Sequence[str] = ("-m", "streamlit", "run", "streamlit_app.py")
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def data(self) -> Path:
        return Path(self.environment[DATA])

    @property
    def log(self) -> Path:
        return self.directory / "console.log"

    def start(self) -> None:
        """Start it and wait until its collector reports."""
        self.launch()
        wait_until(self.healthy, START_LIMIT, self.told)

    def kill(self) -> None:
        """End the web process without a chance to stop what it started."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(STOP_LIMIT)

    def launch(self) -> subprocess.Popen[bytes]:
        """Start it and wait for nothing."""
        address = ["--server.address", self.address, "--server.port", str(self.port)]
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, *self.script, *address],
                cwd=self.root,
                env=self.environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                preexec_fn=end_with_this_process,
            )
        return self.process

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        """Stop it as a terminal would, and wait for all that it started."""
        if self.process is None:
            return
        self.process.send_signal(number)
        try:
            self.process.wait(STOP_LIMIT)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise

    def healthy(self) -> bool:
        if self.process is None or self.process.poll() is not None:
            pytest.fail(f"the console ended:\n{self.told()}")
        try:
            return plain_http.get(f"{self.url}/healthz", timeout=5).status_code == 200
        except httpx.HTTPError:
            return False

    def status(self, token: str = "") -> dict[str, dict]:
        """What /api/status.json says of each check of the first service."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        answer = plain_http.get(f"{self.url}/api/status.json", headers=headers, timeout=5)
        return {check["name"]: check for check in answer.json()["services"][0]["checks"]}

    def run(self, *arguments: str) -> None:
        """Run a command of the console against this installation."""
        command = [sys.executable, *arguments]
        subprocess.run(command, cwd=self.root, env=self.environment, timeout=60, check=True)

    def pids(self, *words: str) -> list[int]:
        """The processes that belong to this console and have the words in their command."""
        return [pid for pid, command in self.processes().items() if set(words) <= set(command)]

    def processes(self) -> dict[int, Sequence[str]]:
        """Every process that this console started, those of an earlier life included."""
        mark = f"{DATA}={self.data}".encode()
        found: dict[int, Sequence[str]] = {}
        for process in Path("/proc").glob("[0-9]*"):
            try:
                environment = (process / "environ").read_bytes().split(b"\0")
                # a Valkey server writes its title over its environment, but works in its directory
                if mark in environment or (process / "cwd").readlink().is_relative_to(self.data):
                    command = (process / "cmdline").read_bytes().decode(errors="replace")
                    found[int(process.name)] = command.rstrip("\0").split("\0")
            except OSError:  # ended meanwhile, or somebody else's
                continue
        return found

    def told(self) -> str:
        """Everything that its processes printed."""
        logs = [*self.directory.glob("console.log"), *sorted((self.data / "logs").glob("*.log"))]
        return "\n".join(f"{log.name}:\n{log.read_text(errors='replace')}" for log in logs)


def console_in(directory: Path, *, address: str = "localhost", **environment: str) -> Console:
    """A console that is not started yet, with its data below `directory`."""
    variables = clean_environment(**{DATA: str(directory / "data")}, **environment)
    return Console(directory, variables, free_port(), address)


@contextmanager
def running(
    directory: Path, *, address: str = "localhost", **environment: str
) -> Iterator[Console]:
    """A console that runs inside the block."""
    console = console_in(directory, address=address, **environment)
    try:
        console.start()
        yield console
    finally:
        console.stop()

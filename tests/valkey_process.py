"""A real Valkey server for tests, which can be killed, paused and started again at its port."""

import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from tests.processes import end_with_this_process, free_port
from tests.servers import find

START_LIMIT = 10.0  # seconds


class ValkeyProcess:
    """One server process and its directory. `server` is a name of tests/servers.py."""

    def __init__(
        self, directory: Path, password: str = "", server: str = "valkey", **options: str
    ) -> None:
        self._server = find(server)
        self._directory = directory
        self._password = password
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None
        self.port = free_port()
        login = f"default:{password}@" if password else ""
        self.url = f"redis://{login}127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it and wait until it answers."""
        options = {"port": str(self.port), "bind": "127.0.0.1", "save": "", "dir": "."}
        words = [
            word
            for name, value in (options | self._options).items()
            for word in (f"--{name}", value)
        ]
        with (self._directory / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [self._server, "-", *words],
                cwd=self._directory,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                preexec_fn=end_with_this_process,
            )
        with self._process.stdin as settings:  # a command line is for everybody to read
            settings.write(f'requirepass "{self._password}"\n'.encode())
        deadline = time.monotonic() + START_LIMIT
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError((self._directory / "log").read_text(errors="replace"))
            time.sleep(0.005)

    def kill(self) -> None:
        """End it without a chance to save anything."""
        self._signal(signal.SIGKILL)
        if self._process is not None:
            self._process.wait(5)

    def pause(self) -> None:
        """Let it hang: connections stay, answers do not come."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        self._signal(signal.SIGCONT)

    def client(self) -> redis.Redis:
        """A plain client beside the console's own."""
        return redis.Redis(
            host="127.0.0.1",
            port=self.port,
            password=self._password or None,
            socket_timeout=5,
            retry=Retry(NoBackoff(), 0),
        )

    def written(self) -> str:
        """Everything that was ever written to it; it must keep an append-only file."""
        files = sorted((self._directory / "appendonlydir").iterdir())
        return "".join(file.read_text(errors="replace") for file in files)

    @contextmanager
    def watched(self) -> Iterator[list[str]]:
        """The commands that clients send inside the block; those that a script calls do not count.

        What a service bills by the command is exactly this list.
        """
        commands: list[str] = []
        with self.client() as client, self.client() as other, client.monitor() as monitor:
            other.echo("the beginning")  # connected before the block, and out of the way
            yield commands
            other.echo("the end")
            while (seen := monitor.next_command())["command"] != "ECHO the end":
                if seen["client_type"] != "lua":
                    commands.append(seen["command"].split(" ", 1)[0])
            del commands[: commands.index("ECHO") + 1]

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(number)

    def _answers(self) -> bool:
        try:
            with self.client() as client:
                return bool(client.ping())
        except redis.RedisError:
            return False

"""The running copies of a local service: started, asked for their health, drained, ended."""

import http.client
import os
import signal
import socket
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from console.platforms.local import launch
from console.platforms.local.build import ENVIRONMENT
from console.platforms.local.disk import Disk
from console.platforms.local.exchange import HOST
from console.platforms.local.model import Copy, LocalService, Phase
from console.process_identity import Identity, identify

HEALTH_LIMIT = 1.0  # seconds for one health check (Kubernetes' default)
LOST_AFTER = 3.0  # seconds in which a process writes its pid, or was never started


class Copies:
    """Makes and ends the processes behind `Copy`."""

    def __init__(self, disk: Disk, service: LocalService) -> None:
        self._disk = disk
        self._service = service

    def intend(self, number: int, release: str, now: float) -> Copy:
        """A copy that is about to be started; to be remembered before `start`."""
        return Copy(f"copy-{number}", release, _free_port(), Phase.STARTING, now)

    def start(self, copy: Copy, commit: str, variables: Mapping[str, str]) -> Copy:
        """Start its process, with `variables` beside those of the service. Raises OSError."""
        build = self._disk.path("builds") / commit
        process = launch.launch(
            self._service.start,
            pid_file=self._pid_file(copy),
            log=self.log(copy),
            directory=build,
            environment=self._environment(copy, commit, build, variables),
        )
        return self._known(copy, process)

    def adopt(self, copy: Copy) -> Copy:
        """The same, with its process where a killed controller had not noted it."""
        return copy if copy.pid else self._known(copy, launch.find(self._pid_file(copy)))

    def alive(self, copy: Copy, now: float) -> bool:
        """Whether its process runs, or may yet tell of itself."""
        if copy.pid is None:
            return now - copy.since < LOST_AFTER
        return identify(copy.pid) == Identity(copy.pid, copy.started)

    def begun(self, copy: Copy) -> bool:
        """Whether its process ever was, even where it was gone before anybody could look."""
        return copy.pid is not None or self._pid_file(copy).exists()

    def healthy(self, copy: Copy) -> str:
        """Empty where its health check passes, else why not. Takes at most HEALTH_LIMIT."""
        path = self._service.health_path
        connection = http.client.HTTPConnection(HOST, copy.port, timeout=HEALTH_LIMIT)
        try:
            connection.request("GET", path, headers={"User-Agent": "console-health"})
            status = connection.getresponse().status
        except ConnectionRefusedError:
            return "nothing listens at its port"
        except (OSError, http.client.HTTPException) as error:
            return f"{path} does not answer: {str(error) or type(error).__name__}"
        finally:
            connection.close()
        return "" if 200 <= status < 400 else f"{path} answers {status}"

    def tell(self, copy: Copy, number: signal.Signals) -> None:
        """Send a signal to its process and all that it started."""
        if copy.pid is not None:
            launch.tell(Identity(copy.pid, copy.started), number)

    def code(self, copy: Copy) -> int | None:
        """Its exit code, where this very process started it."""
        return None if copy.pid is None else launch.code_of(Identity(copy.pid, copy.started))

    def forget(self, copy: Copy) -> None:
        """Take away what a copy that is gone left, also its own children; its log stays."""
        if copy.pid is not None:
            launch.sweep(copy.pid)
        self._pid_file(copy).unlink(missing_ok=True)

    def log(self, copy: Copy) -> Path:
        """The file with all it prints."""
        return self._disk.log(f"{copy.release}.{copy.name}")

    def _pid_file(self, copy: Copy) -> Path:
        return self._disk.path("run") / f"{copy.name}.pid"

    def _known(self, copy: Copy, process: Identity | None) -> Copy:
        return replace(copy, pid=process.pid, started=process.started) if process else copy

    def _environment(
        self, copy: Copy, commit: str, build: Path, variables: Mapping[str, str]
    ) -> Mapping[str, str]:
        venv = self._disk.path("venvs") / (build / ENVIRONMENT).read_text()
        path = os.pathsep.join((str(venv / "bin"), os.environ.get("PATH", os.defpath)))
        return {
            "PATH": path,
            "VIRTUAL_ENV": str(venv),
            "OPS_SERVICE": self._service.name,
            **self._service.environment,
            **variables,
            "PORT": str(copy.port),
            "OPS_COMMIT": commit,
            "OPS_INSTANCE": f"{self._service.name}-{copy.name}",
        }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])

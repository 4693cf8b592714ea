"""The build of a deployment, as a process of its own that a newer commit can cut short."""

import json
import signal
from pathlib import Path

from console.platforms.local import launch
from console.platforms.local.disk import Disk
from console.platforms.local.model import LocalService
from console.platforms.model import Deployment, StageName
from console.process_identity import Identity
from console.processes import module

REASON_LIMIT = 300  # characters of the log's end that are told as the reason
_ROOT = Path(__file__).resolve().parents[3]  # where `console` is imported from


class Builder:
    """Starts the build of a deployment, or finds one that a killed controller had started."""

    def __init__(self, disk: Disk, service: LocalService) -> None:
        self._disk, self._service = disk, service
        self._process: tuple[str, Identity] | None = None  # of which deployment

    def look(self, deployment: Deployment, now: float) -> tuple[bool, str]:
        """Whether the build ended, and why it failed; begins it where it was not begun."""
        launch.reap()
        process = self._running(deployment.id)
        if process and process.alive:
            begun = deployment.stage(StageName.BUILD).started_at
            if begun is None or now - begun <= self._service.build_timeout:
                return False, ""
            self.cancel(deployment.id)
            return True, f"The build took longer than {self._service.build_timeout:g} s."
        built = (self._disk.path("builds") / deployment.commit).is_dir()
        if process:
            launch.sweep(process.pid)
        if built or process:
            self._pid_file(deployment.id).unlink(missing_ok=True)
            return True, "" if built else self._why(deployment.id)
        self._start(deployment)
        return False, ""

    def cancel(self, deployment: str) -> None:
        """End the build of a deployment, where one runs."""
        if process := self._running(deployment):
            launch.tell(process, signal.SIGKILL)  # it writes nothing that is not removed later
        self._pid_file(deployment).unlink(missing_ok=True)
        self._process = None

    def _running(self, deployment: str) -> Identity | None:
        if self._process and self._process[0] == deployment:
            return self._process[1]
        found = launch.find(self._pid_file(deployment))
        self._process = (deployment, found) if found else None
        return found

    def _start(self, deployment: Deployment) -> None:
        told = {
            "repository": str(Path(self._service.repository).resolve()),
            "commit": deployment.commit,
            "directory": str(self._disk.path("builds") / deployment.commit),
            "venvs": str(self._disk.path("venvs")),
            "command": list(self._service.build),
        }
        process = launch.launch(
            [*module("console.platforms.local.build"), json.dumps(told)],
            pid_file=self._pid_file(deployment.id),
            log=self._disk.log(f"{deployment.id}.build"),
            directory=self._disk.directory,
            environment={"PYTHONPATH": str(_ROOT)},
        )
        self._process = (deployment.id, process) if process else None

    def _why(self, deployment: str) -> str:
        lines = self._disk.tail(f"{deployment}.build").splitlines()
        said = [line.strip() for line in lines if line.strip()]
        last = "; ".join(said[-2:])[-REASON_LIMIT:]
        return f"The build failed: {last or 'it printed nothing'}"

    def _pid_file(self, deployment: str) -> Path:
        return self._disk.path("run") / f"build-{deployment}.pid"

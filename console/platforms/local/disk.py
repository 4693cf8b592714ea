"""What the local platform keeps on disk, each document replaced as a whole.

state.json              State; written by the controller alone
deployments/ID.json     Deployment
orders/NAME.json        what an operator asked for, until the controller carried it out
builds/COMMIT/          the files of a commit, built; there only when complete
variables/ID.json       what was set while it ran, up to that deployment; see variables.py
venvs/KEY/              the environment for one content of requirements.txt
logs/                   ID.build.log, and one of each copy
run/                    the pid of each copy and build, written by the process itself
controller.lock         held by the controller as long as it lives; tells which process it is
"""

import fcntl
import json
import os
import time
import uuid
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from console.errors import PlatformUnreadable
from console.platforms.local.model import LocalService, State
from console.platforms.model import Deployment
from console.process_identity import Identity, identify
from console.processes import private_directory

T = TypeVar("T")

LOCK = "controller.lock"
LOCK_PAUSE = 0.05  # seconds between two tries to have it
_PARTS = ("deployments", "orders", "variables", "builds", "venvs", "logs", "run")
LOG_LIMIT = 4 * 1024 * 1024  # bytes of one log, and as much again of its older part
TAIL = 64 * 1024  # bytes of a log that are read

_STATE = TypeAdapter(State)
_SERVICE = TypeAdapter(LocalService)
_DEPLOYMENT = TypeAdapter(Deployment)
_VARIABLES = TypeAdapter(dict[str, str])


class Disk:
    """The directory of one local service."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        if not self._is_anothers():
            for one in (directory, *(directory / name for name in _PARTS)):
                private_directory(one)

    def _is_anothers(self) -> bool:
        """Whether there are other things in it: a mistyped path must cost nobody a permission."""
        ours = (self.path("service.json"), self.path("orders"))
        if any(one.exists() for one in ours):
            return False
        return self.directory.exists() and any(self.directory.iterdir())

    def service(self) -> LocalService:
        """Raises OSError where none was written."""
        return _SERVICE.validate_json((self.directory / "service.json").read_bytes())

    def save_service(self, service: LocalService) -> None:
        """Remember how the service is built and run."""
        self._replace("service.json", _SERVICE.dump_json(service))

    def state(self) -> State | None:
        """What the controller remembers; `None` before its first start."""
        return self._read("state.json", _STATE)

    def save_state(self, state: State) -> None:
        """Remember."""
        self._replace("state.json", _STATE.dump_json(state))

    def deployment(self, name: str) -> Deployment | None:
        """One deployment; `None` where there is none of that id."""
        if not name or Path(name).name != name:
            return None
        return self._read(f"deployments/{name}.json", _DEPLOYMENT)

    def save_deployment(self, deployment: Deployment) -> None:
        """Remember."""
        self._replace(f"deployments/{deployment.id}.json", _DEPLOYMENT.dump_json(deployment))

    def deployments(self, limit: int) -> list[Deployment]:
        """The last ones, the newest first. One that cannot be read is left out."""
        names = sorted(
            (path.stem for path in self.path("deployments").glob("*.json")), reverse=True
        )
        return [one for name in names[:limit] if (one := self.deployment(name))]

    def variables(self, deployment: str) -> dict[str, str] | None:
        """The variables with those that a deployment set; `None` where it set none.

        Raises PlatformUnreadable where they cannot be read.
        """
        try:
            return _VARIABLES.validate_json(self.path(f"variables/{deployment}.json").read_bytes())
        except FileNotFoundError:
            return None
        except ValidationError:  # its message has the values
            raise PlatformUnreadable(f"The variables of {deployment} cannot be read.") from None

    def save_variables(self, deployment: str, told: Mapping[str, str]) -> None:
        """Remember."""
        self._replace(f"variables/{deployment}.json", _VARIABLES.dump_json(dict(told)))

    @contextmanager
    def controlled(
        self, waits: Callable[[], None], goes_on: Callable[[], bool] = lambda: True
    ) -> Generator[bool]:
        """Be the only controller in the block; `waits` is called where another one is there, and
        `goes_on` again and again until it is gone. Gives whether it is the only one: `False` where
        `goes_on` said no before.

        The lock ends with the process, however it ends.
        """
        with self.path(LOCK).open("a+") as file:  # emptied only by who holds it
            mine = _locked(file)
            if not mine:
                waits()
            while not mine and goes_on():
                time.sleep(LOCK_PAUSE)
                mine = _locked(file)
            if mine and (me := identify(os.getpid())):
                file.truncate(0)
                file.write(json.dumps(asdict(me)))
                file.flush()
            yield mine

    def controller(self) -> Identity | None:
        """The process that controls it now; `None` where there is none, or it is not told yet."""
        try:
            found = Identity(**json.loads(self.path(LOCK).read_bytes()))
        except (FileNotFoundError, ValueError, TypeError):
            return None
        return found if found.alive else None

    def is_abandoned(self) -> bool:
        """Whether there was a controller and none is there now: then no push is noticed."""
        try:
            with self.path(LOCK).open() as file:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)  # given back with the file
        except (FileNotFoundError, BlockingIOError):
            return False
        return True

    def order(self, order: Mapping[str, Any], name: str = "") -> None:
        """Leave an order for the controller; of those with one name it carries out the first."""
        name = name or f"{time.time_ns()}-{uuid.uuid4().hex[:8]}"
        self._replace(f"orders/{name}.json", json.dumps(order).encode())

    def orders(self) -> list[tuple[str, dict[str, Any]]]:
        """Orders that wait, the oldest first. One that cannot be read is removed."""
        found: list[tuple[str, dict[str, Any]]] = []
        for path in sorted(self.path("orders").glob("*.json")):
            try:
                found.append((path.stem, dict(json.loads(path.read_bytes()))))
            except (ValueError, TypeError):
                path.unlink(missing_ok=True)
        return found

    def done(self, order: str) -> None:
        """Take an order away."""
        (self.path("orders") / f"{order}.json").unlink(missing_ok=True)

    def path(self, name: str) -> Path:
        """A file or directory in here."""
        return self.directory / name

    def log(self, name: str) -> Path:
        """The file of a log."""
        return self.path("logs") / f"{name}.log"

    def tail(self, name: str) -> str:
        """The end of a log, as text; empty where there is none."""
        try:
            with self.log(name).open("rb") as file:
                file.seek(max(0, file.seek(0, os.SEEK_END) - TAIL))
                return file.read().decode(errors="replace")
        except FileNotFoundError:
            return ""

    def written(self, since: float) -> list[tuple[str, int, str]]:
        """The last lines of copies that wrote something since then: name of the log, place in it,
        and text; log by log. A line that is not finished yet is left out."""
        found: list[tuple[str, int, str]] = []
        for path in sorted(self.path("logs").glob("*.copy-*.log"), key=_changed_at):
            if _changed_at(path) < since:
                continue
            with path.open("rb") as file:
                at = max(0, file.seek(0, os.SEEK_END) - TAIL)
                file.seek(at)
                data = file.read()
            begin = data.find(b"\n") + 1 if at else 0
            for line in data[begin : data.rfind(b"\n") + 1].splitlines(keepends=True):
                found.append((path.stem, at + begin, line.rstrip(b"\r\n").decode(errors="replace")))
                begin += len(line)
        return found

    def bound_logs(self) -> None:
        """Cut logs that grew too long. Their writers append, so they may go on meanwhile."""
        for path in self.path("logs").glob("*.log"):
            if path.stat().st_size > LOG_LIMIT:
                path.with_suffix(".log.1").write_bytes(path.read_bytes()[-LOG_LIMIT:])
                os.truncate(path, 0)

    def _read(self, name: str, kind: TypeAdapter[T]) -> T | None:
        try:
            return kind.validate_json(self.path(name).read_bytes())
        except (FileNotFoundError, ValidationError):
            return None

    def _replace(self, name: str, data: bytes) -> None:
        path = self.path(name)
        temporary = path.with_suffix(".part")
        temporary.touch(mode=0o600)
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)


def _locked(file: IO[str]) -> bool:
    """Try to have the lock."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _changed_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:  # tidied away meanwhile
        return 0.0

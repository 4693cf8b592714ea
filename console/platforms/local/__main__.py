"""The controller's own program: `python -m console.platforms.local DIRECTORY`, and what helps to
rehearse: `init DIRECTORY` sets a rehearsal up, `visit DIRECTORY` sends steady requests.

It reads `service.json` there and works until SIGTERM; then the service runs on, and the next
controller takes over. With `--end` it ends the service instead, and before it a controller that
still works. One controller works on a directory at a time; a second waits until the first is gone.
"""

import logging
import os
import signal
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

from console.errors import PlatformError, StoreRefused
from console.platforms.local.controller import Controller
from console.platforms.local.disk import Disk
from console.platforms.local.model import LocalService
from console.platforms.local.rehearsal import RehearsalError, init, redis_directory
from console.platforms.local.visit import show
from console.process_identity import Identity
from console.store.embedded import EmbeddedServer

BUSY_PAUSE = 0.05  # seconds between two steps while something is under way
USAGE = "python -m console.platforms.local DIRECTORY [--end] | init DIRECTORY | visit DIRECTORY"
LEAVE = "Ctrl-C leaves the service running; --end ends it."
END_LIMIT = 30.0  # seconds for a running controller to end: a start of a front takes it 10
AFTER_FAILURE = 1.0  # seconds until the next step after one that this machine did not let happen

log = logging.getLogger("console.platforms.local")


def work(controller: Controller, poll: float, stop: threading.Event) -> None:
    """Step after step until `stop`."""
    while not stop.is_set():
        try:
            controller.step()
            pause = BUSY_PAUSE if controller.busy else poll
        except (PlatformError, OSError) as error:
            log.warning("%s", error)
            pause = AFTER_FAILURE
        stop.wait(pause)


def main(arguments: list[str]) -> None:
    """Run as a program."""
    if len(arguments) == 2 and arguments[0] == "init":
        try:
            print(init(Path(arguments[1])))
        except RehearsalError as error:
            sys.exit(str(error))
        return
    if not arguments or arguments[0].startswith("-"):
        sys.exit(USAGE)
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.INFO)
    stop = threading.Event()

    def end(_number: int, _frame: object) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    if arguments[0] == "visit":
        show(Path(arguments[-1]).resolve(), stop)
        return
    run(arguments, stop)


def run(arguments: list[str], stop: threading.Event) -> None:
    """Be the controller until `stop`, or end the service."""
    disk = Disk(Path(arguments[0]).resolve())
    if not disk.path("service.json").exists():
        sys.exit(f"{disk.directory} cannot be run: there is no service.json in it.")
    ends = "--end" in arguments
    asked = Ending(disk) if ends else None
    waits, goes_on = (_takes_over, asked.goes_on) if asked else (_waits, lambda: not stop.is_set())
    with disk.controlled(waits, goes_on) as mine:
        if not mine:
            sys.exit(asked.problem if asked else 0)
        try:
            service, redis = with_redis(disk, disk.service())
        except (OSError, ValueError, StoreRefused) as error:
            sys.exit(f"{disk.directory} cannot be run: {error}")
        controller = Controller(disk, service)
        if ends:
            controller.end()
            if redis is not None:
                redis.stop()
        else:
            where = f" at http://localhost:{service.port}" if service.port else ""
            log.info("Looks after %s%s. %s", service.name, where, LEAVE)
            work(controller, service.poll, stop)


class Ending:
    """Asks the controllers that work on a directory to end, one after another."""

    def __init__(self, disk: Disk, limit: float = END_LIMIT) -> None:
        self._disk, self._until = disk, time.monotonic() + limit
        self._told: Identity | None = None
        self.problem = ""

    def goes_on(self) -> bool:
        """Tell the one that is there now; whether to wait on."""
        found = self._disk.controller()
        if time.monotonic() > self._until:
            which = f" (process {found.pid})" if found else ""
            self.problem = (
                f"Nothing was ended: another controller{which} still looks after "
                f"{self._disk.directory}. Stop that one first, then try again."
            )
            return False
        if found is not None and found != self._told:
            self._told = found
            try:
                os.kill(found.pid, signal.SIGTERM)
            except ProcessLookupError:
                pass  # it ended by itself
            except PermissionError:
                self.problem = (
                    f"Nothing was ended: process {found.pid}, which looks after "
                    f"{self._disk.directory}, is another user's. Stop that one first."
                )
                return False
        return True


def _takes_over() -> None:
    log.info("A controller looks after it: it is told to stop.")


def _waits() -> None:
    log.info("Another controller looks after it: this one waits until that is gone.")


def with_redis(disk: Disk, service: LocalService) -> tuple[LocalService, EmbeddedServer | None]:
    """The service with its Redis running, where it wants one. The Redis outlives the controller,
    as the service does. Raises StoreRefused."""
    if not service.redis:
        return service, None
    server = EmbeddedServer(redis_directory(disk.directory))
    environment = {**service.environment, "REDIS_URL": server.start()}
    return replace(service, environment=environment), server


if __name__ == "__main__":
    main(sys.argv[1:])

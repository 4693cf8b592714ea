"""The controller's own program: `python -m console.platforms.local DIRECTORY`.

It reads `service.json` there and works until SIGTERM; then the service runs on, and the next
controller takes over. With `--end` it ends the service instead. One controller works on a
directory at a time; a second waits until the first is gone.
"""

import fcntl
import logging
import signal
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from console.errors import PlatformError
from console.platforms.local.controller import Controller
from console.platforms.local.disk import Disk

BUSY_PAUSE = 0.05  # seconds between two steps while something is under way
AFTER_FAILURE = 1.0  # seconds until the next step after one that this machine did not let happen

log = logging.getLogger("console.platforms.local")


@contextmanager
def alone(disk: Disk) -> Generator[None]:
    """Be the only controller of a directory. The lock ends with the process, however it ends."""
    with disk.path("controller.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


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
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.INFO)
    stop = threading.Event()

    def end(_number: int, _frame: object) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    disk = Disk(Path(arguments[0]).resolve())
    with alone(disk):
        service = disk.service()
        controller = Controller(disk, service)
        if "--end" in arguments:
            controller.end()
        else:
            work(controller, service.poll, stop)


if __name__ == "__main__":
    main(sys.argv[1:])

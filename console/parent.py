"""What a child process does about its parent: hear what it is told, and end when it ends."""

import json
import os
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

POLL = 1.0  # seconds between two looks at whose child this process is
END_LIMIT = 30.0  # seconds to end in good order; nobody is left who would kill a stuck child

_PARENT = os.getppid()


def told() -> dict[str, Any]:
    """The line of JSON that the parent wrote; see console.processes.Child."""
    return json.loads(sys.stdin.buffer.readline())


def when_parent_ends(call: Callable[[], object]) -> None:
    """Call `call`, in a thread of its own, once the parent is gone or closes the pipe.

    The process has END_LIMIT to end by itself from then on.
    """
    threading.Thread(target=_wait, args=(call,), name="parent", daemon=True).start()


def _wait(call: Callable[[], object]) -> None:
    closed = threading.Event()
    threading.Thread(target=_read, args=(closed,), name="parent-pipe", daemon=True).start()
    # A process that the parent forked has the pipe as well, and keeps it open when the parent is
    # gone. But an orphan is given another parent.
    while os.getppid() == _PARENT and not closed.wait(POLL):
        pass
    call()
    time.sleep(END_LIMIT)
    os._exit(1)


def _read(closed: threading.Event) -> None:
    # the bare descriptor: a daemon thread inside sys.stdin would break the interpreter's exit
    while os.read(0, 4096):
        pass
    closed.set()

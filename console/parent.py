"""What a child process does about its parent: hear what it is told, and end when it ends."""

import json
import os
import sys
import threading
from collections.abc import Callable
from typing import Any


def told() -> dict[str, Any]:
    """The line of JSON that the parent wrote; see console.processes.Child."""
    return json.loads(sys.stdin.buffer.readline())


def when_parent_ends(call: Callable[[], object]) -> None:
    """Call `call`, in a thread of its own, once the parent is gone or closes the pipe."""
    threading.Thread(target=_wait, args=(call,), name="parent", daemon=True).start()


def _wait(call: Callable[[], object]) -> None:
    # the bare descriptor: a daemon thread inside sys.stdin would break the interpreter's exit
    while os.read(0, 4096):
        pass
    call()

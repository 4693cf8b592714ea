"""Processes that outlive who started them, and are found again by whoever comes next.

A process writes its own pid, before anything else, to a file that its starter had named before.
So however early the starter is killed, nothing runs that nobody knows of.
"""

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from console.process_identity import Identity, identify

# $1 is the file; the pid stays the same through exec
_WRITE_PID = 'echo $$ > "$1.part" && mv "$1.part" "$1" && shift && exec "$@"'
# What a process may have of the console's environment: none of its secrets.
_PASSED = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR")

GONE = ""  # in place of a start
CODES_KEPT = 100  # exit codes of the last processes

_children: list[subprocess.Popen[bytes]] = []
_codes: dict[int, int] = {}  # by pid


def launch(
    command: Sequence[str],
    *,
    pid_file: Path,
    log: Path,
    directory: Path,
    environment: Mapping[str, str],
) -> Identity:
    """Start a process in a session of its own. Raises OSError where it cannot be started."""
    passed = {name: os.environ[name] for name in _PASSED if name in os.environ}
    with log.open("ab") as output:
        process = subprocess.Popen(
            ["/bin/sh", "-c", _WRITE_PID, "sh", str(pid_file), *command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=directory,
            env={**passed, "PYTHONUNBUFFERED": "1", **environment},
            start_new_session=True,
        )
    _children.append(process)
    # one that is gone already has no start any more, but its exit code is known by its number
    return identify(process.pid) or Identity(process.pid, GONE)


def find(pid_file: Path) -> Identity | None:
    """The process that wrote this file, where it still runs."""
    try:
        pid = int(pid_file.read_text())
        # it leads a session; another process that got its number hardly does
        return identify(pid) if os.getsid(pid) == pid else None
    except (FileNotFoundError, ValueError, ProcessLookupError):
        return None


def tell(process: Identity, number: signal.Signals) -> None:
    """Send a signal to a process and all that it started."""
    if process.alive:
        try:
            os.killpg(process.pid, number)
        except ProcessLookupError:
            return


def sweep(number: int) -> None:
    """Kill what a process that is gone had started and left behind.

    As long as one of them runs, no other process gets its number; one that has it is let alone.
    """
    if identify(number) is None:
        with suppress(ProcessLookupError, PermissionError):  # none is left
            os.killpg(number, signal.SIGKILL)


def reap() -> None:
    """Take note of children that ended, so that none stays a zombie."""
    for one in tuple(_children):
        if (code := one.poll()) is not None:
            _children.remove(one)
            _codes[one.pid] = code
    while len(_codes) > CODES_KEPT:
        del _codes[next(iter(_codes))]


def code_of(process: Identity) -> int | None:
    """The exit code of a child of this very process that was reaped; `None` where not known."""
    return _codes.get(process.pid)

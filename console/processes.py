"""Child processes: started, kept alive, never left behind.

A child gets one line of JSON on its standard input, which then stays open: when the parent dies,
however it dies, the child reads the end of the input and exits (see console.parent, which also
notices where a forked process keeps the input open). That works on every platform. The pid files
are the second line of defence, for a child too stuck to read.
"""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from console.log_file import Log
from console.process_identity import Identity, identify

FIRST_BACKOFF, LAST_BACKOFF = 0.5, 30.0  # seconds between restarts, doubling
HEALTHY_AFTER = 60.0  # seconds a child must live for its next restart to be prompt again
GRACE = 10.0  # seconds between SIGTERM and SIGKILL: a collector flushes in them
ORPHAN_GRACE = 3.0  # the same for an orphan, which a start waits for
LINE_LIMIT = 16 * 1024  # bytes of a line that are kept together

_ROOT = str(Path(__file__).resolve().parent.parent)
_KIT = str(Path(__file__).resolve().parent / "kit")
_ENVIRONMENT = {
    # `python -m console.…` must find the console wherever the web process was started
    # and the sample service its kit, which it imports as any other service would
    "PYTHONPATH": os.pathsep.join(filter(None, (_ROOT, _KIT, os.environ.get("PYTHONPATH")))),
    "PYTHONUNBUFFERED": "1",
}


def private_directory(path: Path) -> Path:
    """Make a directory that only this user may enter."""
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.chmod(0o700)
    return path


class Child:
    """A supervised child process.

    `payload` gives what the child is told, anew at each start. Everything it prints goes to
    `<directory>/logs/<name>.log`.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        directory: Path,
        payload: Callable[[], Mapping[str, Any]] = dict[str, Any],
        *,
        grace: float = GRACE,
    ) -> None:
        self.name = name
        self.starts = 0
        self._command = list(command)
        self._payload = payload
        self._grace = grace
        self._run = private_directory(directory / "run")
        self._pid_file = self._run / f"{name}-{os.getpid()}.pid"
        self._log = Log(private_directory(directory / "logs") / f"{name}.log")
        self._process: subprocess.Popen[bytes] | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._supervise, name=f"child-{name}", daemon=True)

    @property
    def pid(self) -> int | None:
        """The pid of the running process, or `None` between two lives."""
        process = self._process
        return process.pid if process is not None and process.poll() is None else None

    def start(self) -> None:
        """Stop what a killed parent left, then start the child. Returns once it was started."""
        stop_orphans(self._run, self.name)
        self._spawn()
        self._thread.start()

    def stop(self) -> None:
        """End the child: SIGTERM, and SIGKILL after the grace."""
        self._stopping.set()
        if process := self._process:
            _end(process, self._grace)
        if self._thread.is_alive():
            self._thread.join(self._grace)
        self._pid_file.unlink(missing_ok=True)
        self._log.close()

    def _supervise(self) -> None:
        backoff = FIRST_BACKOFF
        while process := self._process:
            born = time.monotonic()
            code = process.wait()
            if self._stopping.is_set():
                return
            if time.monotonic() - born >= HEALTHY_AFTER:
                backoff = FIRST_BACKOFF
            self._note(f"ended with code {code}; starts again in {backoff:g} s")
            if self._stopping.wait(backoff):
                return
            backoff = min(backoff * 2, LAST_BACKOFF)
            try:
                self._spawn()
            except OSError as error:  # no memory, no descriptors: try again later
                self._note(f"could not be started: {error}")

    def _spawn(self) -> None:
        process = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, **_ENVIRONMENT},
            start_new_session=True,  # Ctrl-C in the terminal is the parent's to handle
        )
        self._process = process
        self.starts += 1
        _write_pid_file(self._pid_file, process.pid)
        threading.Thread(
            target=self._converse, args=(process,), name=f"log-{self.name}", daemon=True
        ).start()
        if self._stopping.is_set():  # stop() came in between and did not see this process
            _end(process, self._grace)

    def _converse(self, process: subprocess.Popen[bytes]) -> None:
        """Tell the child its payload, then log what it prints. A thread: either may block."""
        if process.stdin is None or process.stdout is None:
            return
        with suppress(OSError, ValueError):  # it ended at once: the supervisor sees that
            process.stdin.write(json.dumps(self._payload()).encode() + b"\n")
            process.stdin.flush()
        while line := process.stdout.readline(LINE_LIMIT):
            self._write(line)

    def _note(self, what: str) -> None:
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        self._write(f"{stamp} {self.name} {what}\n".encode())

    def _write(self, line: bytes) -> None:
        with suppress(OSError, ValueError):  # a full disk must not stop the child
            self._log.write(line)


def module(name: str) -> list[str]:
    """The command that runs a module with this very Python."""
    return [sys.executable, "-m", name]


def module_environment() -> Mapping[str, str]:
    """What a process needs in its environment to run a module of the console from anywhere."""
    return _ENVIRONMENT


def stop_orphans(run: Path, name: str) -> None:
    """End the processes of that name whose parents are gone, by the pid files in `run`.

    A child of another console that lives in the same directory is left alone.
    """
    for path in run.glob(f"{name}-*.pid"):
        child, parent = _read_pid_file(path)
        if parent is not None and parent.alive and parent.pid != os.getpid():
            continue
        if child is not None:
            child.end(ORPHAN_GRACE)
        path.unlink(missing_ok=True)


def _write_pid_file(path: Path, pid: int) -> None:
    child, parent = identify(pid), identify(os.getpid())
    if child is None or parent is None:  # ended already, or a platform that cannot tell
        return
    temporary = path.with_suffix(".tmp")
    temporary.write_text(json.dumps({"child": asdict(child), "parent": asdict(parent)}))
    temporary.replace(path)


def _read_pid_file(path: Path) -> tuple[Identity | None, Identity | None]:
    try:
        data = json.loads(path.read_text())
        return Identity(**data["child"]), Identity(**data["parent"])
    except (OSError, ValueError, KeyError, TypeError):  # torn by a crash: nothing can be told
        return None, None


def _end(process: subprocess.Popen[bytes], grace: float) -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(grace)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(grace)
    if process.stdin is not None:
        with suppress(OSError):
            process.stdin.close()

"""Analyses that run, at most one for each service: child processes of the web process."""

import json
import os
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from console.cache.keyspace import Analysis

STOP_SECONDS = 2.0  # between SIGTERM and SIGKILL; nothing must be saved
LINE_LIMIT = 2_000_000  # bytes of one line
ANALYSIS = TypeAdapter(Analysis)
_ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class State:
    """How far an analysis is. Exactly one of running, result and problem, or none before one."""

    running: bool = False
    scanned: int = 0
    total: int = 0
    commands: int = 0
    result: Analysis | None = None
    problem: str = ""
    kept: bool = False  # whether the result is in the store


class Analyses:
    """Starts, follows and stops analyses. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._states: dict[str, State] = {}
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def state(self, service: str) -> State:
        """How the analysis of a service stands."""
        with self._lock:
            return self._states.get(service, State())

    def start(self, service: str, url: str, most: int) -> bool:
        """Begin; False where one runs already."""
        with self._lock:
            if self._states.get(service, State()).running:
                return False
            self._states[service] = State(running=True)
            paths = filter(None, (str(_ROOT), os.environ.get("PYTHONPATH")))
            process = subprocess.Popen(
                [sys.executable, "-m", "console.cache.scan"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
            )
            self._processes[service] = process
        if process.stdin is not None:
            # The URL may hold a password: a command line would be for everybody to read.
            process.stdin.write(json.dumps({"url": url, "most": most}).encode() + b"\n")
            process.stdin.flush()
        follower = threading.Thread(target=self._follow, args=(service, process), daemon=True)
        follower.start()
        return True

    def cancel(self, service: str) -> None:
        """End the analysis of a service, if one runs."""
        with self._lock:
            process = self._processes.get(service)
        if process is not None:
            _end(process)

    def mark_kept(self, service: str) -> None:
        """Note that the result is in the store."""
        with self._lock:
            state = self._states.get(service)
            if state is not None and state.result is not None:
                self._states[service] = State(result=state.result, kept=True)

    def stop(self) -> None:
        """End all."""
        with self._lock:
            processes = list(self._processes.values())
        for process in processes:
            _end(process)

    def _follow(self, service: str, process: subprocess.Popen[bytes]) -> None:
        last = State(problem="The analysis was stopped.")
        if process.stdout is not None:
            for line in iter(lambda: _line(process), b""):
                state = _read(line)
                if state is None:
                    continue
                last = state if not state.running else last
                if state.running:
                    with self._lock:
                        self._states[service] = state
        process.wait()
        with self._lock:
            self._states[service] = last
            self._processes.pop(service, None)


def _line(process: subprocess.Popen[bytes]) -> bytes:
    return process.stdout.readline(LINE_LIMIT) if process.stdout is not None else b""


def _read(line: bytes) -> State | None:
    try:
        told: dict[str, Any] = json.loads(line)
        if "progress" in told:
            scanned, total, commands = told["progress"]
            return State(True, int(scanned), int(total), int(commands))
        if "result" in told:
            return State(result=ANALYSIS.validate_python(told["result"]))
        return State(problem=str(told["problem"])[:300])
    except (ValueError, TypeError, KeyError):
        return None  # a line that was cut off


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()

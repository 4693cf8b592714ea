"""One process for certain, whatever became of its pid."""

import os
import signal
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from console.waiting import wait_until


@dataclass(frozen=True, slots=True)
class Identity:
    """One process for certain: a reused pid has another start."""

    pid: int
    started: str

    @property
    def alive(self) -> bool:
        """Whether that very process still runs."""
        return identify(self.pid) == self

    def end(self, grace: float) -> None:
        """SIGTERM, and SIGKILL after `grace` seconds. Does nothing to another process."""
        for number, patience in ((signal.SIGTERM, grace), (signal.SIGKILL, grace)):
            if not self.alive:
                return
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)
            wait_until(lambda: not self.alive, patience)


def identify(pid: int) -> Identity | None:
    """The identity of a running process; `None` for one that is gone, a zombie, or not tellable."""
    stat = Path(f"/proc/{pid}/stat")
    try:
        # the name, in brackets, may hold spaces: the fields count from behind it
        fields = stat.read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None if Path("/proc/self/stat").exists() else _identify_by_ps(pid)
    if fields[0] in ("Z", "X"):
        return None
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return Identity(pid, f"{fields[19]}@{boot}")  # field 22 of proc(5): start in ticks after boot


def _identify_by_ps(pid: int) -> Identity | None:
    """The same where there is no /proc (macOS). Elsewhere `None`: then nothing is ever killed."""
    try:
        done = subprocess.run(
            ["ps", "-o", "stat=,lstart=", "-p", str(pid)],  # noqa: S607 - where ps is, differs
            capture_output=True,
            text=True,
            timeout=5,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    state, _, started = done.stdout.strip().partition(" ")
    return Identity(pid, started.strip()) if started and not state.startswith("Z") else None

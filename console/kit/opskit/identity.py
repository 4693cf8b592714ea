"""Who this instance is: names that platforms put into the environment, memory and CPU in use."""

import os
import re
import resource
import secrets
import socket
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any

# Documented names of: Render, Railway, Heroku, Koyeb, Vercel, Fly.io, Cloud Run, AWS, Kubernetes.
COMMIT = ("OPS_COMMIT", "RENDER_GIT_COMMIT", "RAILWAY_GIT_COMMIT_SHA", "HEROKU_SLUG_COMMIT",
          "KOYEB_GIT_SHA", "VERCEL_GIT_COMMIT_SHA", "SOURCE_VERSION", "GIT_COMMIT")  # fmt: skip
REGION = ("OPS_REGION", "RAILWAY_REPLICA_REGION", "FLY_REGION", "KOYEB_REGION", "VERCEL_REGION",
          "AWS_REGION")  # fmt: skip
REPLICA = ("OPS_INSTANCE", "RENDER_INSTANCE_ID", "RAILWAY_REPLICA_ID", "FLY_MACHINE_ID", "DYNO",
           "K_REVISION")  # fmt: skip


def first(environ: Mapping[str, str], names: tuple[str, ...]) -> str:
    """The first of several variables that is set and not blank."""
    return next((environ[name].strip() for name in names if environ.get(name, "").strip()), "")


@dataclass(frozen=True, slots=True)
class Identity:
    """Never changes while the process lives. `instance` is unique for every start of a process."""

    instance: str
    commit: str
    region: str
    host: str
    pid: int
    started_at: float  # Unix seconds

    def fields(self) -> dict[str, Any]:
        """As the heartbeat tells it."""
        return {**asdict(self), "started_at": round(self.started_at, 3)}


def identify(environ: Mapping[str, str], now: float) -> Identity:
    """The identity of this process."""
    host = socket.gethostname()
    replica = re.sub(r"[^A-Za-z0-9._-]+", "-", first(environ, REPLICA) or host)[:40]
    return Identity(
        instance=f"{replica}-{secrets.token_hex(3)}",
        commit=first(environ, COMMIT)[:40],
        region=first(environ, REGION)[:40],
        host=host[:80],
        pid=os.getpid(),
        started_at=now,
    )


def memory_bytes() -> int:
    """Memory resident now (Linux), or the largest so far where the system does not tell."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


class Processor:
    """Share of one core used since the last time it was asked, in percent."""

    def __init__(self) -> None:
        self._wall, self._used = time.monotonic(), time.process_time()

    def percent(self) -> float:
        """Percent of one core; 0.0 where no time passed."""
        wall, used = time.monotonic(), time.process_time()
        passed, worked = wall - self._wall, used - self._used
        self._wall, self._used = wall, used
        return round(100 * worked / passed, 1) if passed > 0 else 0.0


def kit_version() -> str:
    """The installed version, or `source` where the kit runs from its folder."""
    try:
        return version("opskit")
    except PackageNotFoundError:
        return "source"

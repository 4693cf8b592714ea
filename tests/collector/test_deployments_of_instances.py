"""A service with the kit and no platform: the collector sees its deployments and watches them."""

import asyncio
import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from console.activity.model import Kind
from console.collector import deployments, reader
from console.collector.collector import Collector
from console.config import Config, Settings
from console.controls.runs import Run
from console.deployments import load as document
from console.deployments.history import Snapshot
from console.deployments.model import Evidence, Verdict
from console.health.check import Check, Service
from console.health.model import Status
from console.platforms.hook.heard import HEARD
from console.platforms.hook.platform import encoded
from console.platforms.hook.stages import Note
from console.platforms.model import DeploymentState, StageName, StageState
from console.store import keys
from console.store.controls import RUNS
from console.store.documents import Document
from console.store.read import Store
from console.store.spool import Spool
from console.store.write import CollectorStore
from tests.kit.support import until
from tests.valkey_process import ValkeyProcess

LIMIT = 60.0  # seconds that anything may take on a loaded machine
NAME, PRINT = "relay", "0123456789abcdef"
OLD, NEW = "a" * 40, "b" * 40


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "LOCAL_SECONDS", 0.1)
    for rhythm in ("LOCAL_SECONDS", "REMOTE_SECONDS", "BUSY_SECONDS"):
        monkeypatch.setattr(deployments, rhythm, 0.1)


class Beating:
    """Heartbeats of one instance after another."""

    def __init__(self, cache: ValkeyProcess) -> None:
        self._client = cache.client()

    def run(self, instance: str, commit: str) -> None:
        now = time.time()
        beat = {"at": now, "started_at": now, "interval": 30, "commit": commit, "settings": PRINT}
        self._client.zadd(f"ops:1:{NAME}:instances", {instance: now * 1000})
        self._client.set(f"ops:1:{NAME}:inst:{instance}", json.dumps(beat))

    def end(self, instance: str) -> None:
        self._client.zrem(f"ops:1:{NAME}:instances", instance)
        self._client.delete(f"ops:1:{NAME}:inst:{instance}")


async def test_a_new_commit_is_told_watched_and_judged_by_what_other_rooms_know(
    valkey_url: str, valkey_process: ValkeyProcess, cache: ValkeyProcess, tmp_path: Path
):
    service = Service(
        name=NAME,
        checks=(Check(name="cache", type="redis", url_env="REDIS_URL", interval=60),),
        verify_window=600.0,
    )
    settings = Settings.model_validate({"data_dir": tmp_path})
    config = Config(settings, (service,), secrets={"REDIS_URL": cache.url}).with_store(valkey_url)
    store, spool, stop = Store(valkey_url), Spool(tmp_path / "spool"), asyncio.Event()
    writing = CollectorStore(valkey_url, owner=spool.id)
    task = asyncio.create_task(Collector(config, writing, spool).run(stop))
    beating = Beating(cache)

    def read() -> Snapshot | None:
        return document.load(store, NAME)

    def seen(holds: Callable[[Snapshot], object]) -> Callable[[], object]:
        return lambda: (found := read()) is not None and bool(found.records) and holds(found)

    def evidence(found: Snapshot) -> dict[str, Evidence]:
        judged = found.records[0].verification
        return {one.name: one for one in judged.evidence} if judged else {}

    try:
        beating.run("i1", OLD)
        await until(seen(lambda found: found.records[0].deployment.commit == OLD), LIMIT)
        beating.run("i2", NEW)
        await until(
            seen(lambda found: found.records[0].deployment.state is DeploymentState.RUNNING), LIMIT
        )
        passed = Run("r1", NAME, "INV-1", True, "ann", time.time() + 600, 60.0, "ended", "held",
                     fingerprint=PRINT)  # fmt: skip
        with valkey_process.client() as client:
            client.hset(keys.control(NAME, RUNS), passed.id, Document(Run).encode(passed))
        beating.end("i1")
        await until(seen(lambda found: evidence(found)), LIMIT)
        found = read()
        assert found is not None
        assert [one.deployment.state for one in found.records] == [
            DeploymentState.LIVE,
            DeploymentState.REPLACED,
        ]
        told = evidence(found)
        assert told["instances"].sentence == f"1 instance runs {NEW[:7]}."
        assert told["run"].status is Status.PASS
        assert told["settings"].status is Status.UNKNOWN  # nobody reports them
        assert told["new errors in the log"].status is Status.UNKNOWN
        assert found.records[0].verification is not None
        assert found.records[0].verification.verdict is Verdict.WATCHING
        await until(lambda: store.events(NAME, 0, time.time() + 60), LIMIT)
        kinds = [one.kind for one in store.events(NAME, 0, time.time() + 60)]
        assert kinds.count(Kind.DEPLOYMENT) == 1
    finally:
        stop.set()
        await task
        spool.close()
        store.close()


async def test_a_ci_tells_the_build_and_the_instances_tell_the_roll_out(
    valkey_url: str, cache: ValkeyProcess, tmp_path: Path
):
    service = Service(
        name=NAME,
        platform="hook",
        platform_token_env="SECRET",
        checks=(Check(name="cache", type="redis", url_env="REDIS_URL", interval=60),),
    )
    settings = Settings.model_validate({"data_dir": tmp_path})
    secrets = {"REDIS_URL": cache.url, "SECRET": "s" * 16}
    config = Config(settings, (service,), secrets=secrets).with_store(valkey_url)
    store, spool, stop = Store(valkey_url), Spool(tmp_path / "spool"), asyncio.Event()
    writing = CollectorStore(valkey_url, owner=spool.id)
    now, beating = time.time(), Beating(cache)
    told = [
        Note(NEW, StageName.PUSH, StageState.DONE, now - 60, message="Pay once", author="Ann"),
        Note(NEW, StageName.BUILD, StageState.RUNNING, now - 50, opens=True),
        Note(NEW, StageName.BUILD, StageState.DONE, now - 10, opens=True),
    ]
    store.keep_notes(NAME, now, [encoded(note) for note in told])
    task = asyncio.create_task(Collector(config, writing, spool).run(stop))

    def state() -> DeploymentState | None:
        found = document.load(store, NAME)
        return found.records[0].deployment.state if found and found.records else None

    try:
        await until(lambda: state() is DeploymentState.RUNNING, LIMIT)
        beating.run("i1", NEW)
        await until(lambda: state() is DeploymentState.LIVE, LIMIT)
        found = document.load(store, NAME)
        assert found is not None
        (one,) = (record.deployment for record in found.records)
        assert (one.message, one.author, one.raw_state) == ("Pay once", "Ann", HEARD)
        assert one.stage(StageName.DETECT).seconds(now) == pytest.approx(10)
        assert one.stage(StageName.BUILD).seconds(now) == pytest.approx(40)
    finally:
        stop.set()
        await task
        spool.close()
        store.close()

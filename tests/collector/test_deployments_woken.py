"""A deploy hook wakes the collector: nobody waits for its next look."""

import asyncio
import time
from datetime import UTC

from console.collector.deployments import REMOTE_SECONDS, Deployments
from console.collector.recorder import Recorder
from console.collector.witness import Witness
from console.config import Config, Settings
from console.deployments.load import NAME, decode
from console.health.check import Check, Service
from console.platforms.hook.platform import encoded
from console.platforms.hook.stages import Note
from console.platforms.model import StageName, StageState
from console.store.documents import unpacked
from console.store.open_period import OpenPeriod
from console.store.write import CollectorStore
from tests.kit.support import until


async def test_what_a_hook_tells_is_found_long_before_the_next_look(valkey_url: str):
    check = Check(name="web", url="http://127.0.0.1:1")
    service = Service(name="shop", checks=(check,), platform="hook", platform_service="shop")
    config, recorder = Config(Settings(), (service,)), Recorder([service], UTC)
    recorder.attach(OpenPeriod(1), {}, [])
    kept: list[tuple[bytes, float]] = []
    moved = asyncio.Event()

    async def notes(_service: str, _since: float) -> list[tuple[bytes, float]]:
        return kept

    async with CollectorStore(valkey_url) as store:
        witness = Witness(config, recorder, store, lambda _: None)
        found = Deployments(config, recorder, witness, store, notes, wake=moved.set)
        found.start()
        try:
            await until(lambda: ("shop", NAME) in recorder.latest, REMOTE_SECONDS)
            now = time.time()
            note = Note("c" * 40, StageName.BUILD, StageState.RUNNING, now, "one")
            kept.append((encoded(note), now))
            found.look_now("shop")
            await asyncio.wait_for(moved.wait(), REMOTE_SECONDS - 5)
        finally:
            await found.stop()
    (record,) = decode(unpacked(recorder.latest["shop", NAME])).records
    assert record.deployment.commit == "c" * 40

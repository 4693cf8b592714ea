"""The names that a platform has: read rarely, kept with the reason where there are none."""

from collections.abc import Sequence
from datetime import UTC
from pathlib import Path

from console.collector.deployments import Deployments as CollectedDeployments
from console.collector.recorder import Recorder
from console.collector.witness import Witness
from console.config import Config, Settings
from console.deployments.history import Snapshot as Deployments
from console.deployments.model import Record
from console.errors import PlatformAway
from console.health.check import Check, Service
from console.platforms.local.disk import Disk
from console.platforms.local.model import LocalService, State
from console.platforms.local.platform import LocalPlatform
from console.platforms.model import (
    Capabilities,
    Capability,
    Deployment,
    DeploymentState,
    InstanceRange,
    Stage,
    StageName,
    StageState,
)
from console.settings.gather.platform import NamesReader
from console.settings.load import PLATFORM, READING
from console.settings.platform import EVERY, MOST_NAMES, OLD, Reading, roll_out_of, usable
from console.store.documents import unpacked
from console.store.open_period import OpenPeriod
from console.store.write import CollectorStore
from tests.kit.support import until


class Away(LocalPlatform):
    """A platform that answers at first."""

    def __init__(self, names: Sequence[str], missing: dict[Capability, str] | None = None) -> None:
        super().__init__(Disk(Path("nowhere")))
        self.names: Sequence[str] | None = names
        self.asked = 0
        self.offered = Capabilities("Somewhere", missing or {})

    @property
    def capabilities(self) -> Capabilities:
        return self.offered

    async def variables(self) -> Sequence[str]:
        self.asked += 1
        if self.names is None:
            raise PlatformAway("Somewhere does not answer.")
        return self.names


async def test_names_are_read_every_few_minutes_and_outlast_a_failure():
    now = 1000.0
    reader, platform = NamesReader(lambda: now), Away(["B", "A", "not a name", "x" * 300])
    first = await reader.read("relay", platform)
    assert first == Reading(now, "Somewhere", ("A", "B"), now)
    now += EVERY - 1
    assert await reader.read("relay", platform) is None
    assert platform.asked == 1
    now, platform.names = now + 1, None
    failed = await reader.read("relay", platform)
    assert failed is not None
    assert (failed.names, failed.told_at) == (("A", "B"), 1000.0)
    assert failed.problem == "Somewhere does not answer."
    assert failed.compared(now) is not None
    assert failed.compared(1000.0 + OLD + 1) is None
    assert READING.validate_json(READING.dump_json(failed)) == failed


async def test_a_platform_that_tells_no_names_says_why():
    platform = Away([], {Capability.VARIABLES: "its API has no such question."})
    found = await NamesReader(lambda: 5.0).read("relay", platform)
    assert found is not None
    assert found.not_offered == "Not offered by Somewhere: its API has no such question."
    assert platform.asked == 0
    assert found.compared(5.0) is None


def test_names_are_bounded():
    assert len(usable(f"N{n}" for n in range(3 * MOST_NAMES))) == MOST_NAMES


def deployed(state: DeploymentState, begun: float | None) -> Deployments:
    one = Deployment("7", "abc", state, 100.0)
    stage = Stage(StageName.DEPLOY, StageState.RUNNING, begun)
    kept = (Record(one.with_stage(stage)),)
    return Deployments(200.0, "Render", records=kept, instances=InstanceRange(1, 3))


def test_the_newest_deployment_says_whether_instances_are_replaced():
    found = roll_out_of(deployed(DeploymentState.RUNNING, 150.0))
    assert found is not None
    assert (found.under_way, found.since, found.started_at, found.wanted) == (True, 150.0, 150.0, 3)
    live = roll_out_of(deployed(DeploymentState.LIVE, 150.0))
    assert live is not None
    assert (live.under_way, live.started_at) == (False, 150.0)
    failed = roll_out_of(deployed(DeploymentState.FAILED, 150.0))
    assert failed is not None
    assert (failed.under_way, failed.started_at) == (False, None)
    assert roll_out_of(None) is None
    assert roll_out_of(Deployments(200.0, "Render")) is None


async def test_the_collector_writes_the_names_that_a_real_platform_has(
    valkey_url: str, tmp_path: Path
):
    disk = Disk(tmp_path)
    environment = {"RUN_TOKEN": "hunter2-Zq9", "LOG_LEVEL": "info"}
    disk.save_service(LocalService("tiny", str(tmp_path), ("true",), environment=environment))
    disk.save_state(State(1))
    check = Check(name="door", url="http://127.0.0.1:1")
    service = Service(
        name="tiny", checks=(check,), platform="local", platform_service=str(tmp_path)
    )
    recorder = Recorder([service], UTC)
    recorder.attach(OpenPeriod(1), {}, [])
    config = Config(Settings(), (service,))
    async with CollectorStore(valkey_url) as store:
        witness = Witness(config, recorder, store, lambda _: None)
        collected = CollectedDeployments(config, recorder, witness, store, store.notes)
        collected.start()
        await until(lambda: ("tiny", PLATFORM) in recorder.latest, 60.0)
        await collected.stop()
    document = unpacked(recorder.latest["tiny", PLATFORM])
    assert READING.validate_json(document).names == ("LOG_LEVEL", "OPS_SERVICE", "RUN_TOKEN")
    assert b"hunter2" not in document

"""The log of a platform: each line once, whatever is told again, with what else there is."""

import json
from pathlib import Path

import pytest

from console.deployments.history import Snapshot
from console.deployments.model import Record
from console.errors import PlatformAway
from console.logs.deployment import Deployed, of_platform
from console.logs.gather.collect import LogsReader
from console.logs.gather.platform import PlatformLog, offered
from console.logs.times import Clock
from console.platforms.extras import RuntimeLine, lines_of
from console.platforms.local.disk import Disk
from console.platforms.local.platform import LocalPlatform
from console.platforms.model import Deployment, DeploymentState, Stage, StageName, StageState

T0 = 1_795_500_000.0
TRACE = "Traceback (most recent call last):\n  File x\nValueError: bad\n"


@pytest.fixture
def disk(tmp_path: Path) -> Disk:
    return Disk(tmp_path)


def write(disk: Disk, copy: str, text: str) -> None:
    with disk.log(f"000001-abc.{copy}").open("a") as file:
        file.write(text)


async def test_the_copies_of_a_local_service_are_read_and_each_line_comes_once(disk: Disk):
    platform = LocalPlatform(disk)
    assert offered(platform)
    log = PlatformLog(platform)
    write(disk, "copy-1", '{"level":"error","event":"no answer"}\nunfinish')
    write(disk, "copy-2", f"2026-11-24T03:57:12Z ERROR failed\n{TRACE}")
    (disk.path("logs") / "000001-abc.build.log").write_text("built\n")
    clock = Clock(disk.log("000001-abc.copy-1").stat().st_mtime + 1)
    first = await log.read("", clock)
    told = sorted((line.text("instance"), line.message) for line in first.lines)
    assert told == [("copy-1", "no answer"), ("copy-2", "failed")]
    (failed,) = (line for line in first.lines if line.text("instance") == "copy-2")
    assert failed.stack.endswith("ValueError: bad")
    assert (await log.read(first.newer, clock)).lines == ()
    write(disk, "copy-1", "ed\nsame\nsame\n")
    more = await log.read(first.newer, clock)
    assert [line.message for line in more.lines] == ["unfinished", "same", "same"]


async def test_a_reader_that_begins_anew_takes_only_what_is_newer_than_the_mark(disk: Disk):
    write(disk, "copy-1", "2026-11-24T03:57:12Z ERROR old\n2026-11-24T06:00:00Z ERROR new\n")
    changed = disk.log("000001-abc.copy-1").stat().st_mtime
    page = await PlatformLog(LocalPlatform(disk)).read(str(1_795_496_400), Clock(changed))
    assert [line.message for line in page.lines] == ["new"]


class Away(LocalPlatform):
    async def lines(self, since: float, limit: int) -> list[RuntimeLine]:
        raise PlatformAway("The platform is out of order.")


async def test_a_platform_that_is_away_is_a_sentence_of_its_source(disk: Disk):
    reader = LogsReader("billing", None, None, platform=PlatformLog(Away(disk)))
    taken = await reader.read(T0, [], [])
    assert taken is not None
    (source,) = taken.reading.sources
    assert (source.name, source.problem) == ("this machine", "The platform is out of order.")


async def test_the_one_view_has_the_lines_of_the_platform_and_its_deployment(disk: Disk):
    now = disk.path("logs").stat().st_mtime
    for at in (now - 50, now - 10):
        text = json.dumps({"ts": at, "level": "error", "event": f"error of {'ab'[at > now - 20]}"})
        write(disk, "copy-1", f"{text}\n")
    reader = LogsReader("billing", None, None, platform=PlatformLog(LocalPlatform(disk)))
    deployed = Deployed("c0ffee", now - 20, ("0ld",))
    taken = await reader.read(now + 1, [("heartbeat", now - 90)], [], deployed)
    assert taken is not None
    reading = taken.reading
    assert (reading.commit, reading.deployed, reading.errors) == ("c0ffee", now - 20, 2)
    assert reading.marks["platform"] == str(int(now + 1))


async def test_lines_are_only_read_where_something_was_written_since(disk: Disk):
    write(disk, "copy-1", "one\n")
    changed = disk.log("000001-abc.copy-1").stat().st_mtime
    assert len(await lines_of(LocalPlatform(disk), changed - 1, 10)) == 1
    assert await lines_of(LocalPlatform(disk), changed + 1, 10) == []


def deployment(number: int, state: DeploymentState, *, begun: float | None = None) -> Record:
    made = Deployment(f"d{number}", f"c{number}", state, 100.0 * number, 100.0 * number + 50)
    if begun is not None:
        made = made.with_stage(Stage(StageName.DEPLOY, StageState.DONE, begun, begun + 9))
    return Record(made)


def test_the_deployment_is_the_one_that_its_platform_calls_live():
    assert of_platform(None) is None
    assert of_platform(Snapshot(0.0)) is None
    failed = deployment(3, DeploymentState.FAILED)
    live, before = deployment(2, DeploymentState.LIVE), deployment(1, DeploymentState.REPLACED)
    assert of_platform(Snapshot(0.0, records=(failed,))) is None
    assert of_platform(Snapshot(0.0, records=(failed, live, before))) == Deployed(
        "c2", 250.0, ("c1",)
    )
    live = deployment(2, DeploymentState.LIVE, begun=230.0)
    found = of_platform(Snapshot(0.0, records=(live, before)))
    assert found is not None
    assert found.at == 230.0

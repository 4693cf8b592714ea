"""The local platform through the protocol that every platform has, and as a program of its own."""

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from console.errors import NotOffered, PlatformAway, PlatformMissing
from console.platforms.local.__main__ import Ending, run
from console.platforms.local.desk import Desk
from console.platforms.local.disk import Disk
from console.platforms.local.platform import LocalPlatform
from console.platforms.model import (
    Capability,
    DeploymentState,
    InstanceRange,
    Platform,
    Redeploy,
    Rollback,
    Scale,
    StageName,
)
from console.process_identity import Identity
from tests.platforms.local_service import Workshop, app, running
from tests.processes import clean_environment, end_with_this_process, wait_until

ROOT = Path(__file__).resolve().parents[2]


def controller_program(workshop: Workshop) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "console.platforms.local", str(workshop.disk.directory)],
        cwd=ROOT,
        env=clean_environment(),
        preexec_fn=end_with_this_process,
    )


async def test_it_tells_what_it_has_and_says_why_it_lacks_the_rest(workshop: Workshop):
    platform: Platform = LocalPlatform(workshop.disk)
    with pytest.raises(PlatformAway, match="has not begun yet"):
        await platform.instances()
    workshop.disk.save_service(workshop.service)
    first = workshop.begin(instances=1)
    assert [one.id for one in await platform.deployments(5)] == [first.id]
    assert await platform.instances() == InstanceRange(1, 1)
    assert await platform.variables() == ["OPS_SERVICE"]
    assert "Built." in await platform.log(first.id, StageName.BUILD)
    assert "copy-1:\nserving one" in await platform.log(first.id, StageName.DEPLOY)
    with pytest.raises(PlatformMissing):
        await platform.log("../../etc/passwd", StageName.BUILD)
    with pytest.raises(PlatformMissing):
        await platform.perform(Rollback("000009-abcdefg"))
    with pytest.raises(NotOffered, match="adds none by itself"):
        await platform.perform(Scale(1, 4))
    assert not platform.capabilities.offers(Capability.DRY_RUN)
    assert json.loads(platform.preview(Scale(2, 2)).body) == {"kind": "scale", "instances": 2}
    await platform.perform(Scale(2, 2))
    await platform.perform(Redeploy())
    assert workshop.settle(2).state is DeploymentState.LIVE
    assert await platform.instances() == InstanceRange(2, 2)


def test_the_controller_is_killed_in_the_middle_and_started_again(workshop: Workshop):
    """The real program, with -9, while the first new copy serves beside the old ones."""
    workshop.begin()
    workshop.disk.save_service(workshop.service)
    disk = workshop.disk
    with workshop.load() as load:
        commit = workshop.push(app("two", before=0.2))
        program = controller_program(workshop)
        try:
            wait_until(lambda: bool((state := disk.state()) and state.served), 15.0)
            program.kill()
            program.wait()
            in_between = len(load.answers)
            wait_until(lambda: len(load.answers) > in_between + 20, 15.0)
            program = controller_program(workshop)
            wait_until(lambda: disk.deployments(1)[0].state is DeploymentState.LIVE, 15.0)
            program.terminate()
            assert program.wait(5) == 0
        finally:
            program.kill()
            program.wait()
    assert load.failures == []
    workshop.another_controller()
    assert running(workshop) == {commit}


def test_a_front_that_was_killed_comes_back_at_the_same_port(workshop: Workshop):
    first = workshop.begin(instances=1)
    port = workshop.controller.state.port
    before = json.loads((workshop.disk.directory / "front.json").read_text())["me"]["pid"]
    os.kill(before, signal.SIGKILL)
    wait_until(lambda: not Path(f"/proc/{before}/cwd").exists(), 5.0)
    workshop.controller.step()
    assert workshop.controller.state.port == port
    assert running(workshop) == {first.commit}


def test_the_front_obeys_nobody_without_its_token(workshop: Workshop):
    workshop.begin(instances=1)
    desk = Desk(workshop.disk.directory)
    served = desk.load().served
    told = workshop.disk.directory / "front-told.json"
    assert told.stat().st_mode & 0o077 == 0
    token = told.read_text()
    told.write_text(json.dumps({"token": "guessed", "port": 0}))
    with pytest.raises(PlatformAway):
        desk.route({})
    told.write_text(token)
    assert desk.load().served == served
    assert len(running(workshop)) == 1


async def test_one_that_was_stopped_is_away_and_never_a_quiet_week(workshop: Workshop):
    platform = LocalPlatform(workshop.disk)
    workshop.begin(instances=1)
    with workshop.disk.controlled(lambda: None):
        assert len(await platform.deployments(5)) == 1
        waited: list[bool] = []
        # as long as one is there, another one waits
        thread = threading.Thread(target=lambda: _enter(workshop, waited), daemon=True)
        thread.start()
        wait_until(lambda: waited == [True], 20)
    thread.join(20)
    assert waited == [True, False]
    with pytest.raises(PlatformAway, match="no push is noticed"):
        await platform.deployments(5)
    with pytest.raises(PlatformAway, match="Start it again"):
        await platform.perform(Redeploy())
    assert workshop.disk.orders() == []


def _enter(workshop: Workshop, waited: list[bool]) -> None:
    with workshop.disk.controlled(lambda: waited.append(True)):
        waited.append(False)


def test_a_directory_of_somebody_else_is_not_touched(tmp_path: Path):
    """As where its path was mistyped, in the services file or on the command line."""
    (tmp_path / "builds").mkdir()
    tmp_path.chmod(0o755)
    disk = Disk(tmp_path)
    assert disk.deployments(5) == []
    with pytest.raises(SystemExit, match=r"no service\.json"):
        run([str(tmp_path)], threading.Event())
    assert tmp_path.stat().st_mode & 0o777 == 0o755
    assert [one.name for one in tmp_path.iterdir()] == ["builds"]


def test_to_end_the_service_a_controller_that_still_runs_is_ended_first(workshop: Workshop):
    workshop.disk.save_service(workshop.service)
    workshop.push(app("one"))
    first = controller_program(workshop)
    disk = workshop.disk
    wait_until(lambda: bool((state := disk.state()) and state.running), 60)
    state = disk.state()
    copies = [Identity(one.pid or 0, one.started) for one in state.copies] if state else []
    assert any(one.alive for one in copies)
    command = [sys.executable, "-m", "console.platforms.local", str(workshop.disk.directory)]
    done = subprocess.run(
        [*command, "--end"], cwd=ROOT, env=clean_environment(), timeout=60, check=False
    )
    assert (done.returncode, first.wait(20)) == (0, 0)
    assert not any(one.alive for one in copies)


def test_a_controller_that_does_not_end_is_named_in_one_sentence(workshop: Workshop):
    workshop.disk.save_service(workshop.service)
    with workshop.disk.controlled(lambda: None):
        ending = Ending(workshop.disk, limit=-1.0)  # it is over before anybody is told
        assert not ending.goes_on()
        assert f"another controller (process {os.getpid()})" in ending.problem
        with workshop.disk.controlled(lambda: None, ending.goes_on) as mine:
            assert not mine

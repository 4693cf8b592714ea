"""The controller is killed, again and again: nothing is lost, no request fails, nothing is left."""

import os
import signal
import sys
import traceback
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from console.platforms.local.disk import Disk
from console.platforms.local.model import State
from console.platforms.model import Deployment, DeploymentState
from tests.platforms.local_service import Workshop, app, running

ROOT = Path(__file__).resolve().parents[2]
MOST_KILLS = 60


class DyingDisk(Disk):
    """A disk whose user is killed right after it wrote so many documents."""

    def __init__(self, directory: Path, saves: int) -> None:
        super().__init__(directory)
        self._left = saves

    def save_state(self, state: State) -> None:
        self._count(lambda: Disk.save_state(self, state))

    def save_deployment(self, deployment: Deployment) -> None:
        self._count(lambda: Disk.save_deployment(self, deployment))

    def _count(self, save: Callable[[], None]) -> None:
        save()
        self._left -= 1
        if not self._left:
            os.kill(os.getpid(), signal.SIGKILL)


def work_until_killed(workshop: Workshop, saves: int, number: int) -> bool:
    """A controller in a process of its own; whether it was killed before it had nothing to do."""
    child = os.fork()
    if not child:
        code = 1
        try:
            workshop.disk = DyingDisk(workshop.disk.directory, saves)
            workshop.another_controller()
            workshop.settle(number)
            code = 0
        except BaseException:  # noqa: BLE001 - nothing of a fork may return into the test run
            traceback.print_exc()
        finally:
            os._exit(code)
    code = os.waitpid(child, 0)[1]
    assert code in (0, signal.SIGKILL)
    return code != 0


def copies_of(workshop: Workshop) -> set[int]:
    """The pids of every process that runs the service, by what the system knows of them."""
    found: set[int] = set()
    mine = str(workshop.disk.path("builds"))
    for process in Path("/proc").glob("[0-9]*"):
        try:
            where = os.readlink(process / "cwd")
            if where.startswith(mine) and (process / "cmdline").read_bytes():
                found.add(int(process.name))
        except OSError:
            continue
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="looks at /proc to find what was left")
@pytest.mark.parametrize("good", [True, False], ids=["roll-out", "rollback"])
def test_a_controller_killed_at_every_single_write_of_a_deployment(workshop: Workshop, good: bool):
    """Each life ends right after another write of the same deployment."""
    workshop.service = replace(workshop.service, build=())
    first = workshop.begin(instances=1)
    source = app("two") if good else "import time; time.sleep(0.1); raise SystemExit(5)\n"
    with workshop.load() as load:
        commit = workshop.push(source)
        kills = 0
        # at its first write, then at its second: a life that always ends at the first would write
        # the same document for ever
        while work_until_killed(workshop, 1 + kills % 2, 2):
            kills += 1
            assert kills < MOST_KILLS, workshop.disk.state()
        deployment = workshop.another_controller() and workshop.settle(2)
    assert kills >= 8
    wanted = DeploymentState.LIVE if good else DeploymentState.FAILED
    assert deployment.state is wanted
    assert running(workshop) == {commit if good else first.commit}
    assert load.failures == []
    assert copies_of(workshop) == {one.pid for one in workshop.controller.state.copies}

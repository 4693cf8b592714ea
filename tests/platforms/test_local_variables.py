"""A variable that is set on a local service: rolled out, undone where that fails, and kept."""

import http.client
import json

import pytest

from console.errors import NotOffered, PlatformMissing, PlatformUnreadable
from console.platforms.local.disk import Disk
from console.platforms.local.model import State
from console.platforms.local.platform import LocalPlatform
from console.platforms.local.variables import given
from console.platforms.model import (
    DeploymentState,
    Redeploy,
    SetVariable,
    StageName,
    Trigger,
)
from tests.platforms.local_service import Workshop, app, running

# A version that says what it was given, and does not bear the mode `broken`.
READS = app("one").replace("(SAYS + ", '(os.environ.get("MODE", "none") + ')
DIES = "import os\nif os.environ.get('MODE') == 'broken': raise SystemExit(9)\n"


def said(workshop: Workshop) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", workshop.controller.state.port, timeout=5)
    connection.request("GET", "/")
    told = connection.getresponse().read().decode().split()[0]
    connection.close()
    return told


async def begun(workshop: Workshop) -> LocalPlatform:
    workshop.disk.save_service(workshop.service)
    workshop.push(DIES + READS)
    workshop.settle(1)
    return LocalPlatform(workshop.disk)


async def test_a_variable_is_rolled_out_to_every_instance_and_no_request_fails(workshop: Workshop):
    platform = await begun(workshop)
    commit = workshop.disk.deployments(1)[0].commit
    with workshop.load() as load:
        receipt = await platform.perform(SetVariable("MODE", "quiet"))
        changed = workshop.settle(2)
    assert "one after another" in receipt.text
    assert (changed.state, changed.trigger) == (DeploymentState.LIVE, Trigger.SETTINGS)
    assert (changed.commit, changed.message) == (commit, "MODE was set")
    states = [stage.state.value for stage in changed.stages]
    assert states == ["skipped", "skipped", "skipped", "done", "waiting"]
    assert {answer.split()[0] for answer in load.answers} == {"none", "quiet"}
    assert load.failures == []
    assert said(workshop) == "quiet"
    assert await platform.variables() == ["MODE", "OPS_SERVICE"]
    kept = workshop.disk.path(f"variables/{changed.id}.json")
    assert json.loads(kept.read_text()) == {"MODE": "quiet"}
    assert kept.stat().st_mode & 0o077 == 0
    others = [path for path in workshop.disk.directory.rglob("*.json") if path != kept]
    assert not any("quiet" in path.read_text() for path in others)
    # one that does not work with it: nothing is changed, and what was set before stays
    with workshop.load() as load:
        await platform.perform(SetVariable("MODE", "broken"))
        undone = workshop.settle(3)
    assert undone.state is DeploymentState.FAILED
    assert undone.stage(StageName.DEPLOY).detail.endswith("with code 9 before it was healthy.")
    assert {answer.split()[0] for answer in load.answers} == {"quiet"}
    assert load.failures == []
    assert [path.stem for path in workshop.disk.path("variables").iterdir()] == [changed.id]
    # it outlives the controller, and goes along with the next version
    workshop.another_controller()
    await platform.perform(Redeploy())
    assert workshop.settle(4).state is DeploymentState.LIVE
    assert said(workshop) == "quiet"
    assert running(workshop) == {commit}


async def test_what_cannot_be_set_is_refused_before_anything_is_ordered(workshop: Workshop):
    platform = LocalPlatform(workshop.disk)
    workshop.disk.save_service(workshop.service)
    workshop.disk.save_state(State(1))
    for name, value in (("PORT", "1"), ("OPS_COMMIT", "x"), ("A-B", "x"), ("A", "x\0"), ("", "x")):
        with pytest.raises(NotOffered):
            platform.preview(SetVariable(name, value))
    with pytest.raises(PlatformMissing, match="Nothing runs"):
        await platform.perform(SetVariable("A", "hunter2"))
    assert workshop.disk.orders() == []
    shown = platform.preview(SetVariable("A", "hunter2"))
    assert json.loads(shown.body) == {"kind": "variable", "name": "A", "value": "•••"}


def test_no_copy_is_started_where_what_was_set_is_lost(workshop: Workshop):
    """It may have been DRY_RUN."""
    disk: Disk = workshop.disk
    disk.save_variables("000002-abc", {"DRY_RUN": "true"})
    assert given(disk, State(1, variables="000002-abc"), "000003-def") == {"DRY_RUN": "true"}
    with pytest.raises(PlatformUnreadable, match="not on disk any more"):
        given(disk, State(1, variables="000009-abc"), "000010-def")
    disk.path("variables/000002-abc.json").write_text('{"DRY_RUN": 5, "SECRET": "hunter2"}')
    with pytest.raises(PlatformUnreadable) as raised:
        given(disk, State(1, variables="000002-abc"), "000002-abc")
    assert "hunter2" not in str(raised.value)

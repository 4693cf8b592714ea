"""Railway: what is sent, checked and executed by its own schema."""

import json

import pytest

from console.errors import (
    PlatformError,
)
from console.platforms.model import (
    Redeploy,
    Rollback,
    Scale,
    SetVariable,
    Trigger,
)
from console.platforms.railway.platform import Railway
from tests.platforms.railway_server import (
    NAME,
    TOKEN,
    World,
    deployment,
    railway,
)


async def test_a_rollback_begins_and_is_seen_in_what_is_told_then(world: World, railway_url: str):
    world.deployments = [deployment(2, "SUCCESS"), deployment(1)]
    async with railway(railway_url) as platform:
        assert (await platform.perform(Rollback("dep-1"))).text == "Railway began to roll back."
        newest = (await platform.deployments(5))[0]
        assert (newest.trigger, newest.commit) == (Trigger.ROLLBACK, f"{1:040x}")
        world.deployments[-1]["canRollback"] = False
        with pytest.raises(PlatformError, match="no longer keeps the image"):
            await platform.perform(Rollback("dep-1"))
    assert [name for name, _ in world.asked].count("Rollback") == 1


async def test_redeploying_scaling_and_setting_a_variable_take_effect(
    world: World, railway_url: str
):
    async with railway(railway_url) as platform:
        assert (await platform.perform(Redeploy())).deployment == "dep-1000"
        await platform.perform(Scale(3, 3))
        assert (await platform.instances()).desired == 3
        await platform.perform(SetVariable("C", "value-of-c"))
        assert await platform.variables() == ["A", "B", "C"]
        assert world.asked[-2][1]["input"]["skipDeploys"] is True
        with pytest.raises(PlatformError, match="the same number twice"):
            await platform.perform(Scale(1, 3))
        world.refuses = True
        with pytest.raises(PlatformError, match="did not do it"):
            await platform.perform(Scale(4, 4))


def test_what_will_be_sent_is_shown_without_the_value_of_a_variable():
    platform = Railway(NAME, TOKEN)
    shown = platform.preview(SetVariable("DB_URL", "hunter2-hunter2"))
    assert shown.text == "POST https://backboard.railway.com/graphql/v2"
    assert json.loads(shown.body)["variables"]["input"]["value"] == "•••"
    assert "hunter2" not in shown.body
    assert TOKEN not in shown.body
    assert json.loads(platform.preview(Rollback("dep-1")).body)["variables"] == {"id": "dep-1"}


async def test_the_token_of_a_project_goes_into_its_own_header(world: World, railway_url: str):
    world.header = "project-access-token"
    async with railway(railway_url) as platform:
        await platform.perform(Scale(3, 3))
        await platform.variables()
    names = [name for name, _ in world.asked]
    assert names == ["Instances", "Instances", "Scale", "Variables"]

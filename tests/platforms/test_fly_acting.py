"""Fly.io: what is sent to a server written from its documentation, not to Fly.io."""

import json
from typing import Any

import pytest
from starlette.requests import Request as Asked
from starlette.responses import JSONResponse, Response

from console.errors import (
    PlatformError,
)
from console.platforms.fly.platform import Fly
from console.platforms.model import (
    Redeploy,
    Rollback,
    Scale,
    SetVariable,
)
from tests.platforms.fly_use import MACHINES, TOKEN, Hall, fly, image
from tests.platforms.refusing import Serve


async def test_every_machine_is_changed_in_turn_and_the_rest_of_it_stays(serving: Serve):
    hall = Hall()
    async with fly(serving(hall.answer)) as platform:
        await platform.perform(Redeploy())
        assert [asked for asked, _ in hall.sent] == ["POST /m1/restart", "POST /m2/restart"]
        await platform.perform(SetVariable("DRY_RUN", "true"))
        await platform.perform(Rollback("v1"))
    for name in ("m1", "m2"):
        config = hall.machines[name]["config"]
        assert (config["env"], config["image"]) == ({"DRY_RUN": "true"}, image(1))
        assert config["services"] == [{"autostop": "off"}]


async def test_machines_are_added_like_the_first_and_the_last_ones_go_first(serving: Serve):
    hall = Hall()
    async with fly(serving(hall.answer)) as platform:
        await platform.perform(Scale(3, 3))
        assert hall.sent == [("POST ", {"config": hall.machines["m1"]["config"], "region": "fra"})]
        hall.sent.clear()
        await platform.perform(Scale(1, 1))
        assert [asked for asked, _ in hall.sent] == ["DELETE /m2", "DELETE /m5"]


@pytest.mark.parametrize(
    ("action", "text"),
    [
        (Scale(1, 3), "give one number"),
        (Scale(0, 0), "keep at least one"),
        (SetVariable("API_KEY", "x"), "is a secret there"),
        (Rollback("v9"), "knows no image of v9"),
    ],
)
async def test_what_cannot_be_done_is_said_and_nothing_is_sent(
    serving: Serve, action: Any, text: str
):
    hall = Hall()
    async with fly(serving(hall.answer)) as platform:
        with pytest.raises(PlatformError, match=text):
            await platform.perform(action)
    assert hall.sent == []


async def test_a_machine_that_was_changed_meanwhile_or_has_a_volume_is_left_alone(serving: Serve):
    hall = Hall()
    listed = hall.machines["m1"] | {"instance_id": "older"}

    async def answer(request: Asked) -> Response:
        if request.method == "GET" and request.url.path == MACHINES:
            return JSONResponse([listed])
        return await hall.answer(request)

    async with fly(serving(answer)) as platform:
        with pytest.raises(PlatformError, match=r"\(409\): machine was changed"):
            await platform.perform(SetVariable("A", "b"))
        listed["config"] = {**listed["config"], "mounts": [{"volume": "v"}]}
        with pytest.raises(PlatformError, match="volume"):
            await platform.perform(Scale(2, 2))


def test_what_will_be_sent_is_shown_without_any_value():
    platform = Fly("checkout", TOKEN)
    shown = platform.preview(SetVariable("PASSWORD", "hunter2-hunter2"))
    assert shown.text == f"POST https://api.machines.dev{MACHINES}/{{id}}, one after another"
    assert json.loads(shown.body)["config"] == {"…": "as it is now", "env": {"PASSWORD": "•••"}}
    assert "/restart" in platform.preview(Redeploy()).text
    assert "force=true" in platform.preview(Scale(1, 1)).text

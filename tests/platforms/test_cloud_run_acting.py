"""Cloud Run: what is sent, each request by Google's discovery document."""

import json

import pytest
from starlette.requests import Request as Asked
from starlette.responses import JSONResponse, Response

from console.errors import (
    PlatformError,
)
from console.platforms.cloud_run.platform import CloudRun
from console.platforms.cloud_run.words import (
    with_variable,
)
from console.platforms.model import (
    Redeploy,
    Rollback,
    Scale,
    SetVariable,
)
from tests.platforms.cloud_run_use import (
    LIST,
    PATCHED,
    PATH,
    SERVICE,
    TOKEN,
    answering,
    cloud_run,
    service,
)
from tests.platforms.google_discovery import (
    discovery,
)
from tests.platforms.refusing import Serve


async def test_every_request_is_valid_by_googles_own_document(serving: Serve):
    judge = answering(discovery())
    judge.answers[LIST] = {"revisions": [], "nextPageToken": ""}
    judge.answers[PATCHED] = {"name": "operations/1", "done": False}
    async with cloud_run(serving(judge.answer)) as platform:
        await platform.deployments(5)
        assert await platform.variables() == ["API_KEY", "DRY_RUN"]
        for action in (Scale(0, 5), Rollback("r1"), Redeploy(), SetVariable("DRY_RUN", "true")):
            await platform.rehearse(action)
            await platform.perform(action)
    assert judge.wrong == []
    changes = [(query, body) for asked, query, body in judge.asked if asked == f"PATCH {PATH}"]
    for rehearsed, performed in zip(changes[::2], changes[1::2], strict=True):
        assert rehearsed == ({**performed[0], "validateOnly": "true"}, performed[1])
    scaled, rolled_back, redeployed, set_ = changes[1::2]
    assert scaled[1] == {
        "scaling": {"scalingMode": "AUTOMATIC", "minInstanceCount": 0, "maxInstanceCount": 5}
    }
    assert rolled_back[0] == {"updateMask": "traffic"}
    assert rolled_back[1]["traffic"][0]["revision"] == "r1"
    assert redeployed[0] == {"updateMask": "template,traffic", "forceNewRevision": "true"}
    assert "revision" not in redeployed[1]["template"]
    env = set_[1]["template"]["containers"][0]["env"]
    assert [one["name"] for one in env] == ["API_KEY", "DRY_RUN"]
    assert env[1] == {"name": "DRY_RUN", "value": "true"}
    assert set_[1]["etag"] == '"abc"'  # refused where somebody else changed it meanwhile


def test_a_secret_is_not_overwritten_and_other_containers_are_left_alone():
    template = service()["template"]
    with pytest.raises(PlatformError, match="Secret Manager"):
        with_variable(template, "API_KEY", "x")
    sidecar = {"containers": [{"image": "proxy"}, {"image": "app", "ports": [{}]}]}
    changed = with_variable(sidecar, "A", "b")["containers"]
    assert changed == [
        {"image": "proxy"},
        {"image": "app", "ports": [{}], "env": [{"name": "A", "value": "b"}]},
    ]


def test_what_will_be_sent_is_shown_without_any_value():
    platform = CloudRun(SERVICE, TOKEN)
    shown = platform.preview(SetVariable("PASSWORD", "hunter2-hunter2"))
    assert shown.text == f"PATCH https://run.googleapis.com{PATH}?updateMask=template"
    assert "hunter2" not in shown.body
    assert json.loads(shown.body)["template"] == {
        "containers": [{"env": [{"name": "PASSWORD", "value": "•••"}]}]
    }
    again = platform.preview(Redeploy())
    assert again.text.endswith("?updateMask=template,traffic&forceNewRevision=true")


async def test_an_operation_that_failed_at_once_is_no_success(serving: Serve):
    async def failed(_: Asked) -> Response:
        told = {"done": True, "error": {"code": 9, "message": "Quota of instances exceeded."}}
        return JSONResponse(told)

    async with cloud_run(serving(failed)) as platform:
        with pytest.raises(PlatformError, match="Quota of instances exceeded"):
            await platform.perform(Scale(1, 9000))

"""Fly.io, by a server written from its documentation: nothing here was run against Fly.io."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from starlette.requests import Request as Asked
from starlette.responses import JSONResponse, Response

from console.errors import (
    PlatformAway,
    PlatformError,
    PlatformLimited,
    PlatformMissing,
    PlatformRefused,
    PlatformUnreadable,
)
from console.platforms.extras import TellsTimes, lines_of
from console.platforms.fly import words as fly_words
from console.platforms.fly.platform import Fly
from console.platforms.fly.words import deployments_of, instances_of
from console.platforms.model import (
    DeploymentState,
    InstanceRange,
    Redeploy,
    Rollback,
    Scale,
    SetVariable,
    StageName,
    StageState,
)
from tests.platforms.refusing import Serve, refusing

TOKEN = "FlyV1 fm2_token-of-the-test-0123456789"
COMMIT = "0123456789abcdef0123456789abcdef01234567"
MACHINES = "/v1/apps/checkout/machines"
AT = 1_795_502_400.0  # 2026-11-24T06:40:00Z


def image(number: int) -> str:
    return f"registry.fly.io/checkout:deployment-{number}"


def release(number: int, status: str = "complete", **more: Any) -> dict[str, Any]:
    return {
        "id": f"id-{number}",
        "version": number,
        "description": "Release",
        "reason": "",
        "status": status,
        "imageRef": image(number),
        "createdAt": f"2026-11-24T06:4{number}:00Z",
        "user": {"name": "Ann", "email": "ann@example.com"},
        **more,
    }


def machine(name: str, number: int, **more: Any) -> dict[str, Any]:
    event = {
        "type": "launch",
        "status": "created",
        "timestamp": int((AT + 60 * number + 30) * 1000),
    }
    return {
        "id": name,
        "state": "started",
        "region": "fra",
        "instance_id": f"instance-{name}",
        "created_at": f"2026-11-24T05:00:0{name[-1]}Z",
        "image_ref": {"labels": {"org.opencontainers.image.revision": COMMIT}},
        "config": {
            "image": f"{image(number)}@sha256:00",
            "env": {"DRY_RUN": "false"},
            "metadata": {"fly_process_group": "app"},
            "services": [{"autostop": "off"}],
        },
        "checks": [{"name": "http", "status": "passing"}],
        "events": [event, {"type": "start", "timestamp": int((AT + 9000) * 1000)}],
        **more,
    }


class Hall:
    """An app, as far as it is documented: releases, machines, secrets, log."""

    def __init__(self) -> None:
        self.releases = [release(3), release(2, "failed", reason="No health."), release(1)]
        apart = {"metadata": {"fly_process_group": "fly_app_release_command"}}
        self.machines = {
            one["id"]: one
            for one in (
                machine("m1", 3),
                machine("m2", 3, state="stopped"),
                machine("m3", 3, config=apart),
                machine("m4", 1, state="destroyed"),
            )
        }
        self.sent: list[tuple[str, Any]] = []

    async def answer(self, request: Asked) -> Response:
        path, method = request.url.path, request.method
        body = await request.body()
        sent = json.loads(body) if body else None
        if request.headers["authorization"] != TOKEN:
            return JSONResponse({"error": "unauthorized"}, 401)
        if path == "/graphql":
            assert sent["variables"]["app"] == "checkout"
            nodes = self.releases[: sent["variables"]["limit"]]
            return JSONResponse({"data": {"app": {"releases": {"nodes": nodes}}}})
        if path == "/api/v1/apps/checkout/logs":
            told = [
                {
                    "id": str(n),
                    "attributes": {
                        "timestamp": f"2026-11-24T06:40:0{n}.123456789Z",
                        "message": f"line {n}",
                        "instance": "m1",
                    },
                }
                for n in (2, 1)
            ]
            return JSONResponse({"data": told, "meta": {"next_token": ""}})
        if path == "/v1/apps/checkout/secrets":
            return JSONResponse({"secrets": [{"name": "API_KEY", "digest": "d"}]})
        if method == "GET" and path == MACHINES:
            return JSONResponse(list(self.machines.values()))
        if method == "GET" and path.endswith("/wait"):
            return JSONResponse({"ok": True})
        self.sent.append((f"{method} {path.removeprefix(MACHINES)}", sent))
        return self._changed(method, path, sent)

    def _changed(self, method: str, path: str, sent: Any) -> Response:
        name = path.removeprefix(f"{MACHINES}/").partition("/")[0]
        if path == MACHINES:
            self.machines["m5"] = machine("m5", 3)
        elif method == "DELETE":
            del self.machines[name]
        elif sent is not None:
            if sent["current_version"] != self.machines[name]["instance_id"]:
                return JSONResponse({"error": "machine was changed"}, 409)
            self.machines[name]["config"] = sent["config"]
        return JSONResponse({"id": name})


@asynccontextmanager
async def fly(url: str, token: str = TOKEN) -> AsyncIterator[Fly]:
    platform = Fly("checkout", token, url=url, api_url=url, spacing=0.0)
    try:
        yield platform
    finally:
        await platform.close()


async def test_releases_are_deployments_and_the_machines_say_which_is_live(serving: Serve):
    hall = Hall()
    async with fly(serving(hall.answer)) as platform:
        live, failed, first = await platform.deployments(10)
        hall.machines["m1"]["events"] = []
        again = await platform.deployments(1)
    assert [one.id for one in (live, failed, first)] == ["v3", "v2", "v1"]
    assert (live.state, live.commit, live.author) == (DeploymentState.LIVE, COMMIT, "Ann")
    assert live.stage(StageName.DEPLOY).seconds(0) == 30
    assert (failed.state, failed.reason) == (DeploymentState.FAILED, "No health.")
    assert (first.state, first.commit) == (DeploymentState.REPLACED, "")
    assert first.stage(StageName.BUILD).state is StageState.UNKNOWN
    assert again == [live]  # events are soon forgotten


async def test_instances_names_and_log_are_read(serving: Serve):
    async with fly(serving(Hall().answer)) as platform:
        assert await platform.instances() == InstanceRange(1, 2)
        assert await platform.variables() == ["API_KEY", "DRY_RUN"]
        log = await platform.log("v3", StageName.DEPLOY)
        assert log == "06:40:01 line 1\n06:40:02 line 2"
        (line,) = await lines_of(platform, AT + 2, 100)
        assert (line.text, line.instance, line.id) == ("line 2", "m1", "2")
        assert await platform.log("v3", StageName.BUILD) == ""


async def test_machines_are_read_to_the_last_page_and_no_page_twice(serving: Serve):
    asked: list[str] = []

    async def answer(request: Asked) -> Response:
        asked.append(request.query_params.get("cursor", ""))
        number = len(asked)
        headers = {"fly-next-cursor": f"c{min(number, 3)}"}  # the last one for ever
        return JSONResponse([machine(f"m{number}", 3)], headers=headers)

    async with fly(serving(answer)) as platform:
        assert await platform.instances() == InstanceRange(4, 4)
    assert asked == ["", "c1", "c2", "c3"]


async def test_response_times_are_those_of_the_prometheus_of_the_organization(serving: Serve):
    asked: list[tuple[str, dict[str, str]]] = []

    async def answer(request: Asked) -> Response:
        if request.url.path == "/graphql":
            return JSONResponse({"data": {"app": {"organization": {"slug": "acme"}}}})
        asked.append((request.url.path, dict(request.query_params)))
        values = [[AT, "0.25"], [AT + 60, "NaN"], [AT + 120], "x"]
        result = [{"metric": {}, "values": values}]
        return JSONResponse({"status": "success", "data": {"result": result}})

    async with fly(serving(answer)) as platform:
        assert isinstance(platform, TellsTimes)
        (told,) = await platform.response_times(AT - 3600, AT)
    assert (told.at, told.p50, told.p90, told.p95, told.p99) == (AT, 0.25, 0.25, 0.25, 0.25)
    path, query = asked[0]
    assert path == "/prometheus/acme/api/v1/query_range"
    assert (query["start"], query["step"]) == (f"{AT - 3600:.0f}", "60s")
    assert '{app="checkout"}[60s]' in query["query"]
    assert len(asked) == 4


async def test_a_token_that_may_not_read_the_prometheus_says_which_one_may(serving: Serve):
    async def answer(request: Asked) -> Response:
        if request.url.path == "/graphql":
            return JSONResponse({"data": {"app": {"organization": {"slug": "acme"}}}})
        return JSONResponse({"error": "not allowed"}, 403)

    async with fly(serving(answer)) as platform:
        with pytest.raises(PlatformRefused, match="fly tokens create readonly"):
            await platform.response_times(AT - 3600, AT)


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


def test_idle_machines_that_fly_stops_make_a_range():
    service = [{"autostop": "stop", "min_machines_running": 1}]
    told = [machine("m1", 1, config={"services": service}), machine("m2", 1, state="stopped")]
    assert instances_of(told) == InstanceRange(1, None, 1, 2)
    away = [machine("m1", 1, host_status="unreachable"), machine("m2", 1, checks=[{"status": "x"}])]
    assert instances_of(away) == InstanceRange(0, 2)


def test_a_commit_may_be_the_tag_and_unknown_words_are_unknown():
    told = [
        release(2, "transcended", imageRef=f"registry.fly.io/checkout:{COMMIT}"),
        release(1, createdAt="2026-11-24 06:41:00.123456789 +0000 UTC"),
        {"version": "x", "createdAt": 5},
        {},
    ]
    newest, older = deployments_of(told, fly_words.serving([{"config": 3}, {}]), {})
    assert (newest.commit, newest.state) == (COMMIT, DeploymentState.UNKNOWN)
    assert older.created_at == pytest.approx(AT + 60.12, abs=0.01)


@pytest.mark.parametrize(
    ("status", "body", "error", "text"),
    [
        (401, '{"error": "unauthorized"}', PlatformRefused, "the token: unauthorized."),
        (403, '{"error": "no"}', PlatformRefused, "may not do this: no."),
        (404, "", PlatformMissing, "no such thing."),
        (429, '{"error": "rate"}', PlatformLimited, "fewer requests"),
        (502, "<html>", PlatformAway, "(502)."),
        (200, '{"data"', PlatformUnreadable, "not JSON"),
        (200, "<html>Hi</html>", PlatformUnreadable, "not JSON"),
        (202, "", PlatformUnreadable, "without what was asked for"),
        (200, '{"errors": [{"message": "Could not find App"}]}', PlatformError, "not find App"),
        (200, '{"data": {"app": {"releases": 3}}}', PlatformUnreadable, "than a list"),
    ],
)
async def test_what_goes_wrong_is_one_typed_error_without_the_token(
    serving: Serve, status: int, body: str, error: type[PlatformError], text: str
):
    async with fly(serving(refusing(status, body))) as platform:
        with pytest.raises(error) as raised:
            await platform.deployments(5)
    assert text in str(raised.value)
    assert "fm2_token" not in str(raised.value)

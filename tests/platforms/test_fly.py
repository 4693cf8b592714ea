"""Fly.io: what is read of a server written from its documentation, not of Fly.io."""

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
from console.platforms.fly.words import deployments_of, instances_of
from console.platforms.model import (
    DeploymentState,
    InstanceRange,
    StageName,
    StageState,
)
from tests.platforms.fly_use import AT, COMMIT, Hall, fly, machine, release
from tests.platforms.refusing import Serve, refusing


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

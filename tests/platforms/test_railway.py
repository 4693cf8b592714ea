"""Railway: each request checked and executed by its own schema; what it tells and refuses."""

import json
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route

from console.errors import (
    NotOffered,
    PlatformAway,
    PlatformError,
    PlatformLimited,
    PlatformMissing,
    PlatformRefused,
    PlatformUnreadable,
)
from console.platforms import api
from console.platforms.budget import Budget
from console.platforms.extras import RuntimeLine, TellsTimes, lines_of
from console.platforms.model import (
    Capability,
    DeploymentState,
    InstanceRange,
    Redeploy,
    Rollback,
    Scale,
    SetVariable,
    StageName,
    StageState,
    Trigger,
)
from console.platforms.railway import queries
from console.platforms.railway.course import with_steps
from console.platforms.railway.measured import times_of
from console.platforms.railway.platform import Railway
from console.platforms.railway.words import deployment_of, instances_of, with_triggers
from console.platforms.times import time_of
from tests.health.gather.servers import serving, silent
from tests.kit.support import Serving
from tests.platforms.railway_server import (
    ENVIRONMENT,
    PROJECT,
    SERVICE,
    TOKEN,
    World,
    deployment,
    schema,
    step,
    written,
    wrong,
)
from tests.processes import free_port

NAME = f"{PROJECT}/{ENVIRONMENT}/{SERVICE}"
DOCUMENTS = [
    *(
        told
        for name, told in vars(queries).items()
        if name.isupper() and not name.startswith("_") and isinstance(told, str)
    ),
    queries.steps(1),
    queries.steps(queries.BATCH),
]


@pytest.fixture
def world() -> World:
    schema()  # skips where it is absent
    return World()


@pytest.fixture
def url(world: World) -> Iterator[str]:
    running = Serving(Starlette(routes=[Route("/graphql/v2", world.serve, methods=["POST"])]))
    yield running.begin()
    running.end()


@asynccontextmanager
async def railway(url: str, service: str = NAME, **more: Any) -> AsyncIterator[Railway]:
    more.setdefault("budget", Budget(1000))
    platform = Railway(service, TOKEN, url=url, **more)
    try:
        yield platform
    finally:
        await platform.close()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda text: text.split("(")[0].split()[-1])
def test_every_document_is_valid_by_railways_own_schema(document: str):
    schema()
    assert wrong(document) == []


def test_the_schema_would_find_what_the_documentation_gets_wrong():
    schema()
    document = "mutation Rollback($id: String!) { deploymentRollback(id: $id) { id status } }"
    assert "must not have a selection" in wrong(document)[0]


async def test_every_page_is_read_to_the_end_and_no_further(world: World, url: str):
    world.deployments = [deployment(number) for number in range(250, 0, -1)]
    async with railway(url) as platform:
        found = await platform.deployments(1000)
        assert [one.id for one in found] == [f"dep-{number}" for number in range(250, 0, -1)]
        pages = [asked["after"] for name, asked in world.asked if name == "Deployments"]
        assert pages == [None, "100", "200"]
        world.asked.clear()
        assert len(await platform.deployments(30)) == 30
        assert [name for name, _ in world.asked] == ["Deployments"]  # their steps are known


async def test_a_deployment_is_told_with_its_commit_and_the_times_of_its_stages(
    world: World, url: str
):
    at = "2026-11-24T00:02:"
    world.deployments = [deployment(2, "SUCCESS")]
    world.steps["dep-2"] = [
        step("SNAPSHOT_CODE", f"{at}06Z", f"{at}07Z"),
        step("BUILD_IMAGE", f"{at}07Z", f"{at}30.5Z"),
        step("CREATE_CONTAINER", f"{at}31Z", f"{at}33Z"),
        step("HEALTHCHECK", f"{at}33Z", f"{at}45Z"),
        step("DRAIN_INSTANCES", f"{at}45Z", f"{at}55Z"),
        step("WAIT_FOR_DEPENDENCIES", f"{at}31Z", f"{at}31Z", skipped=True),
    ]
    async with railway(url) as platform:
        [one] = await platform.deployments(10)
    assert (one.commit, one.message, one.author) == (f"{2:040x}", "Change 2", "ada")
    assert (one.state, one.trigger, one.branch) == (DeploymentState.LIVE, Trigger.PUSH, "main")
    assert [stage.state for stage in one.stages] == ["unknown", "done", "done", "done", "waiting"]
    assert one.stage(StageName.BUILD).seconds(0) == pytest.approx(24.5)
    assert one.stage(StageName.DEPLOY).seconds(0) == 14
    assert one.ended_at == time_of(f"{at}45Z")
    assert one.url == f"https://railway.com/project/{PROJECT}/service/{SERVICE}?id=dep-2"


async def test_steps_of_a_deployment_that_ended_are_asked_for_once_and_of_a_running_one_again(
    world: World, url: str
):
    world.deployments = [deployment(3, "BUILDING"), deployment(2, "SUCCESS"), deployment(1)]
    world.steps["dep-3"] = [step("BUILD_IMAGE", "2026-11-24T00:03:06Z", None)]
    async with railway(url) as platform:
        running = (await platform.deployments(10))[0]
        assert running.current is not None
        assert (running.current.name, running.current.state) == ("build", "running")
        assert running.current.detail == "Building the image."
        assert world.asked[-1] == ("Steps", {"id0": "dep-3", "id1": "dep-2", "id2": "dep-1"})
        world.deployments[0]["status"] = "DEPLOYING"
        await platform.deployments(10)
        assert world.asked[-1] == ("Steps", {"id0": "dep-3"})
        assert [name for name, _ in world.asked] == ["Deployments", "Steps"] * 2


async def test_steps_are_read_to_their_last_page(world: World, url: str):
    begun = "2026-11-24T00:01:06Z"
    world.deployments = [deployment(1, "SUCCESS")]
    world.steps["dep-1"] = [step("HEALTHCHECK", begun, begun) for _ in range(230)]
    world.steps["dep-1"].append(step("HEALTHCHECK", begun, "2026-11-24T00:01:49Z"))
    async with railway(url) as platform:
        [one] = await platform.deployments(1)
    assert one.stage(StageName.DEPLOY).seconds(0) == 43
    assert [name for name, _ in world.asked] == ["Deployments", "Steps", "MoreSteps", "MoreSteps"]


async def test_one_whose_steps_are_lost_costs_the_others_nothing(world: World, url: str):
    world.deployments = [deployment(number, "SUCCESS") for number in (3, 2, 1)]
    at = "2026-11-24T00:03:"
    for number in (3, 2, 1):
        world.steps[f"dep-{number}"] = [step("BUILD_IMAGE", f"{at}06Z", f"{at}16Z")]
    world.gone = {"dep-2"}
    async with railway(url) as platform:
        found = await platform.deployments(3)
    assert [one.stage(StageName.BUILD).seconds(0) for one in found] == [10, None, 10]
    assert {one.state for one in found} == {DeploymentState.LIVE}


async def test_a_failed_deployment_says_at_which_step_and_its_log_is_that_stages(
    world: World, url: str
):
    at = "2026-11-24T00:02:"
    world.deployments = [deployment(2, "FAILED"), deployment(1, "FAILED")]
    world.steps["dep-2"] = [
        step("BUILD_IMAGE", f"{at}07Z", f"{at}30Z"),
        step("HEALTHCHECK", f"{at}31Z", None, error="1/1 replicas never became healthy!"),
    ]
    world.steps["dep-1"] = [step("BUILD_IMAGE", f"{at}07Z", None)]
    async with railway(url) as platform:
        second, first = await platform.deployments(10)
        assert second.reason == (
            "It failed at the health check: 1/1 replicas never became healthy."
        )
        assert [stage.state for stage in second.stages[2:4]] == ["done", "failed"]
        assert second.stage(StageName.DEPLOY).seconds(0) == 19  # until its status changed
        assert [stage.state for stage in first.stages[2:4]] == ["failed", "skipped"]
        assert first.reason == "It failed at building the image."
        log = await platform.log("dep-1", StageName.BUILD)
        assert log == "2026-11-24T00:01:01Z built 1\n2026-11-24T00:01:02Z built 2"
        assert "served 2" in await platform.log("dep-2", StageName.DEPLOY)
        assert await platform.log("dep-2", StageName.VERIFY) == ""
        with pytest.raises(PlatformMissing, match="Deployment not found"):
            await platform.log("dep-9", StageName.BUILD)


async def test_instances_are_those_that_run_in_any_version_in_service(world: World, url: str):
    world.active = [
        {"id": "dep-2", "instances": [{"id": "i1", "status": "RUNNING"}]},
        {
            "id": "dep-1",
            "instances": [
                {"id": "i2", "status": "RUNNING"},
                {"id": "i3", "status": "CRASHED"},
                {"id": "i1", "status": "RUNNING"},
            ],
        },
    ]
    async with railway(url) as platform:
        assert await platform.instances() == InstanceRange(2, 2)
        assert not (await platform.instances()).automatic


async def test_a_reading_is_one_request_while_nothing_runs(world: World, url: str):
    now = 1000.0
    world.deployments = [deployment(1, "SUCCESS")]
    world.active = [{"id": "dep-1", "instances": []}]
    async with railway(url, clock=lambda: now) as platform:
        await platform.deployments(20)
        world.asked.clear()
        for _ in range(3):
            now += 30
            await platform.deployments(20)
            assert (await platform.instances()).running == 0
    assert [name for name, _ in world.asked] == ["Deployments"] * 3


async def test_names_of_variables_are_told_and_never_a_value(world: World, url: str):
    async with railway(url) as platform:
        found = await platform.variables()
        assert found == ["A", "B"]
        assert "secret-of" not in repr(vars(platform))


async def test_the_lines_of_the_service_alone_are_told_as_they_were_written(world: World, url: str):
    world.written = [
        written(1, "too early"),
        written(2, "Begun", level='"info"'),
        written(3, "Paid", level='"warn"', amount="12", note="not JSON"),
        written(4, "of another service", "svc-2"),
    ]
    since = time_of("2026-11-24T06:40:02Z")
    assert since is not None
    async with railway(url) as platform:
        found = await lines_of(platform, since, 100)
    at = time_of("2026-11-24T06:40:02.123456Z")
    assert found[0] == RuntimeLine("Begun", at, "0123456789ab")
    assert json.loads(found[1].text) == {
        "message": "Paid",
        "level": "warn",
        "amount": 12,
        "note": "not JSON",
    }
    assert len(found) == 2


async def test_response_times_are_told_in_seconds_oldest_first(world: World, url: str):
    async with railway(url) as platform:
        assert isinstance(platform, TellsTimes)
        found = await platform.response_times(1700000000.0, 1700003600.0)
    assert [one.at for one in found] == [1700000060, 1700000120]
    assert (found[0].p50, found[0].p90, found[0].p99) == (0.02, 0.0905, 0.4)
    assert world.asked[-1][1]["since"] == "2023-11-14T22:13:20.000Z"


async def test_a_rollback_begins_and_is_seen_in_what_is_told_then(world: World, url: str):
    world.deployments = [deployment(2, "SUCCESS"), deployment(1)]
    async with railway(url) as platform:
        assert (await platform.perform(Rollback("dep-1"))).text == "Railway began to roll back."
        newest = (await platform.deployments(5))[0]
        assert (newest.trigger, newest.commit) == (Trigger.ROLLBACK, f"{1:040x}")
        world.deployments[-1]["canRollback"] = False
        with pytest.raises(PlatformError, match="no longer keeps the image"):
            await platform.perform(Rollback("dep-1"))
    assert [name for name, _ in world.asked].count("Rollback") == 1


async def test_redeploying_scaling_and_setting_a_variable_take_effect(world: World, url: str):
    async with railway(url) as platform:
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


def test_what_railway_lacks_is_declared_with_the_reason():
    offers = Railway(NAME, TOKEN).capabilities
    assert offers.reason(Capability.RANGE).startswith("Not offered by Railway: it runs a fixed")
    with pytest.raises(NotOffered, match="only checks a request"):
        offers.require(Capability.DRY_RUN)
    assert offers.offers(Capability.RESPONSE_TIMES)


async def test_the_token_of_a_project_goes_into_its_own_header(world: World, url: str):
    world.header = "project-access-token"
    async with railway(url) as platform:
        await platform.perform(Scale(3, 3))
        await platform.variables()
    names = [name for name, _ in world.asked]
    assert names == ["Instances", "Instances", "Scale", "Variables"]


async def test_a_token_that_is_revoked_is_refused_in_either_header(world: World, url: str):
    world.header = "nothing"
    async with railway(url) as platform:
        for _ in range(2):
            with pytest.raises(PlatformRefused, match="does not accept the token for this") as no:
                await platform.deployments(5)
            assert TOKEN not in str(no.value)


def failing(status: int, body: Any, headers: dict[str, str] | None = None) -> Any:
    if isinstance(body, str):
        return lambda _: PlainTextResponse(body, status, headers)
    return lambda _: JSONResponse(body, status, headers)


def problem(message: Any, code: str = "INTERNAL_SERVER_ERROR") -> dict[str, Any]:
    return {"errors": [{"message": message, "extensions": {"code": code}}], "data": None}


@pytest.mark.parametrize(
    ("status", "body", "error", "text"),
    [
        (401, "", PlatformRefused, "does not accept the token."),
        (403, problem("no"), PlatformRefused, "the token may not do this."),
        (404, "<html>", PlatformMissing, "knows no such thing."),
        (500, "<html>Bad</html>", PlatformAway, "out of order (500)."),
        (400, problem("Cannot query field"), PlatformError, "refused the request: Cannot query"),
        (400, problem("x", "UNAUTHENTICATED"), PlatformRefused, "not accept the token for this: x"),
        (200, problem(f"bad {TOKEN}"), PlatformError, "refused the request: bad •••."),
        (200, problem("Project not found"), PlatformMissing, "no such thing: Project not found."),
        (200, problem("Problem processing request"), PlatformAway, "out of order: Problem"),
        (200, problem(None, "FORBIDDEN"), PlatformRefused, "not accept the token for this."),
        (200, problem("Too many requests"), PlatformLimited, "asked for fewer requests: Too"),
        (200, {"errors": "odd", "data": None}, PlatformUnreadable, "without what was asked for"),
        (200, {"data": {"deployments": None}}, PlatformUnreadable, "without what was asked for"),
        (200, {"data": {"deployments": {"edges": 3}}}, PlatformUnreadable, "else than a list"),
        (200, [1, 2], PlatformUnreadable, "without what was asked for"),
        (200, '{"data": {"depl', PlatformUnreadable, "not JSON"),
        (200, "<html>Welcome</html>", PlatformUnreadable, "not JSON"),
        (200, "", PlatformUnreadable, "without what was asked for"),
    ],
)
async def test_what_goes_wrong_is_one_typed_error_without_the_token(
    world: World, url: str, status: int, body: Any, error: type[PlatformError], text: str
):
    world.answer = failing(status, body)
    async with railway(url) as platform:
        with pytest.raises(error) as raised:
            await platform.deployments(5)
    assert text in str(raised.value)
    assert TOKEN not in str(raised.value)


async def test_data_beside_errors_is_used_as_far_as_it_goes(world: World, url: str):
    node = deployment(1, "SUCCESS")
    page = {"edges": [{"node": node}, None, {"node": None}], "pageInfo": None}
    told = {**problem("Problem processing request"), "data": {"deployments": page}}
    world.answer = failing(200, told)
    async with railway(url) as platform:
        found = await platform.deployments(5)
    assert [one.id for one in found] == ["dep-1"]


async def test_a_railway_that_is_not_there_is_away():
    async with railway(f"http://127.0.0.1:{free_port()}") as platform:
        with pytest.raises(PlatformAway, match="cannot be reached"):
            await platform.deployments(5)


async def test_a_railway_that_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(api, "TOTAL_SECONDS", 0.2)
    async with serving(silent) as port, railway(f"http://127.0.0.1:{port}") as platform:
        with pytest.raises(PlatformAway, match="did not answer in time"):
            await platform.deployments(5)


async def test_a_read_is_tried_again_and_an_action_is_not(world: World, url: str):
    def failing_once(served: World) -> Any:
        served.answer = None
        return JSONResponse(problem("Problem processing request"))

    world.deployments = [deployment(1, "SUCCESS")]
    world.answer = failing_once
    async with railway(url) as platform:
        assert len(await platform.deployments(5)) == 1
        world.answer = failing(503, "oops")
        world.asked.clear()
        with pytest.raises(PlatformAway):
            await platform.perform(Scale(2, 2))
    assert [name for name, _ in world.asked] == ["Scale"]


@pytest.mark.parametrize(
    "headers", [{"Retry-After": "51"}, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "51"}]
)
async def test_nobody_asks_again_before_the_time_that_railway_said(
    world: World, url: str, headers: dict[str, str]
):
    world.answer = failing(429, problem("slow down"), headers)
    async with railway(url) as platform:
        for _ in range(3):
            with pytest.raises(PlatformLimited) as raised:
                await platform.deployments(5)
            assert raised.value.retry_at == pytest.approx(time.time() + 51, abs=20)
    assert len(world.asked) == 1


@pytest.mark.parametrize(
    ("status", "state", "stages"),
    [
        ("QUEUED", DeploymentState.RUNNING, ["waiting", "waiting"]),
        ("NEEDS_APPROVAL", DeploymentState.RUNNING, ["waiting", "waiting"]),
        ("BUILDING", DeploymentState.RUNNING, ["running", "waiting"]),
        ("DEPLOYING", DeploymentState.RUNNING, ["done", "running"]),
        ("SUCCESS", DeploymentState.LIVE, ["done", "done"]),
        ("SLEEPING", DeploymentState.LIVE, ["done", "done"]),
        ("CRASHED", DeploymentState.FAILED, ["done", "failed"]),
        ("FAILED", DeploymentState.FAILED, ["unknown", "unknown"]),
        ("SKIPPED", DeploymentState.SUPERSEDED, ["skipped", "skipped"]),
        ("REMOVED", DeploymentState.REPLACED, ["done", "done"]),
        ("ENTANGLED", DeploymentState.UNKNOWN, ["unknown", "unknown"]),
    ],
)
def test_every_status_has_its_meaning_and_an_unknown_one_none(
    status: str, state: DeploymentState, stages: list[str]
):
    found = deployment_of(deployment(1, status))
    assert found is not None
    assert (found.state, found.raw_state) == (state, status)
    assert [stage.state for stage in found.stages[2:4]] == stages


def test_every_status_and_step_of_the_schema_is_known():
    enums = schema().type_map
    for status in enums["DeploymentStatus"].values:
        found = deployment_of(deployment(1, status))
        assert found is not None
        assert found.state is not DeploymentState.UNKNOWN, status
    one = deployment_of(deployment(1, "DEPLOYING"))
    assert one is not None
    for name in set(enums["DeploymentEventStep"].values) - {"DRAIN_INSTANCES"}:
        assert with_steps(one, [step(name, "2026-11-24T00:01:06Z", None)]) != one, name


@pytest.mark.parametrize(
    "more",
    [
        {"meta": None},
        {"meta": "{}"},
        {"meta": '{"commitHash'},
        {"meta": [1]},
        {"statusUpdatedAt": None, "creator": {"name": None}},
        {"statusUpdatedAt": "0001-01-01T00:00:00Z"},
    ],
)
def test_null_and_odd_fields_leave_unknown_what_they_would_have_told(more: dict[str, Any]):
    found = deployment_of(deployment(1, "SUCCESS", **more))
    assert found is not None
    assert found.state is DeploymentState.LIVE
    if "meta" in more:
        assert (found.commit, found.trigger) == ("", Trigger.OTHER)
    else:
        assert found.ended_at is None


@pytest.mark.parametrize("created", ["1767225600000", 1767225600, "2026-01-01 00:00:00 +0000 UTC"])
def test_a_time_in_any_dialect_is_the_same_time(created: Any):
    found = deployment_of(deployment(1, createdAt=created))
    assert found is not None
    assert found.created_at == 1767225600.0


@pytest.mark.parametrize("told", [{}, {"id": 7}, {"id": "d"}, {"id": "d", "createdAt": "soon"}])
def test_a_deployment_without_id_or_time_is_left_out(told: dict[str, Any]):
    assert deployment_of(told) is None


def test_one_taken_away_before_its_roll_out_was_never_live():
    one = deployment_of(deployment(1, "REMOVED"))
    assert one is not None
    found = with_steps(one, [step("BUILD_IMAGE", "2026-11-24T00:01:06Z", None)])
    assert found.state is DeploymentState.SUPERSEDED
    assert found.stage(StageName.DEPLOY).state is StageState.SKIPPED


def test_a_commit_that_was_deployed_before_is_no_new_push():
    commits = ["a", "a", "b", "a", "c", ""]
    made = [deployment(9 - place, meta={"commitHash": one}) for place, one in enumerate(commits)]
    found = [one for told in made if (one := deployment_of(told)) is not None]
    assert [one.trigger.value for one in with_triggers(found)] == [
        "redeploy",
        "rollback",
        "push",
        "push",
        "push",
        "other",
    ]


def test_an_image_has_no_commit_and_no_build():
    found = deployment_of(deployment(1, "SUCCESS", meta={"image": "nginx:1", "reason": "deploy"}))
    assert found is not None
    assert (found.commit, found.message) == ("", "nginx:1")
    assert found.stage(StageName.BUILD).state is StageState.SKIPPED


def test_the_attempt_of_a_health_check_is_told_while_it_lasts():
    one = deployment_of(deployment(1, "DEPLOYING"))
    assert one is not None
    begun = "2026-11-24T00:01:06Z"
    found = with_steps(one, [step("HEALTHCHECK", begun, None, attempt=3, maxAttempts=10)])
    assert found.stage(StageName.DEPLOY).detail == "The health check, attempt 3 of 10."


def test_a_number_that_is_not_told_is_none_and_no_zero():
    assert instances_of({}) == InstanceRange(None, None)
    assert times_of({"samples": [{"ts": 1700000000, "p50": None, "p95": "x"}]})[0].p95 is None
    assert times_of(None) == []

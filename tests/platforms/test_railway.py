"""Railway: each request checked and executed by its own schema, and what is read."""

import json

import pytest

from console.errors import (
    NotOffered,
    PlatformMissing,
)
from console.platforms.extras import RuntimeLine, TellsTimes, lines_of
from console.platforms.model import (
    Capability,
    DeploymentState,
    InstanceRange,
    StageName,
    Trigger,
)
from console.platforms.railway import queries
from console.platforms.railway.platform import Railway
from console.platforms.times import time_of
from tests.platforms.railway_server import (
    NAME,
    PROJECT,
    SERVICE,
    TOKEN,
    World,
    deployment,
    railway,
    schema,
    step,
    written,
    wrong,
)

DOCUMENTS = [
    *(
        told
        for name, told in vars(queries).items()
        if name.isupper() and not name.startswith("_") and isinstance(told, str)
    ),
    queries.steps(1),
    queries.steps(queries.BATCH),
]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda text: text.split("(")[0].split()[-1])
def test_every_document_is_valid_by_railways_own_schema(document: str):
    schema()
    assert wrong(document) == []


def test_the_schema_would_find_what_the_documentation_gets_wrong():
    schema()
    document = "mutation Rollback($id: String!) { deploymentRollback(id: $id) { id status } }"
    assert "must not have a selection" in wrong(document)[0]


async def test_every_page_is_read_to_the_end_and_no_further(world: World, railway_url: str):
    world.deployments = [deployment(number) for number in range(250, 0, -1)]
    async with railway(railway_url) as platform:
        found = await platform.deployments(1000)
        assert [one.id for one in found] == [f"dep-{number}" for number in range(250, 0, -1)]
        pages = [asked["after"] for name, asked in world.asked if name == "Deployments"]
        assert pages == [None, "100", "200"]
        world.asked.clear()
        assert len(await platform.deployments(30)) == 30
        assert [name for name, _ in world.asked] == ["Deployments"]  # their steps are known


async def test_a_deployment_is_told_with_its_commit_and_the_times_of_its_stages(
    world: World, railway_url: str
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
    async with railway(railway_url) as platform:
        [one] = await platform.deployments(10)
    assert (one.commit, one.message, one.author) == (f"{2:040x}", "Change 2", "ada")
    assert (one.state, one.trigger, one.branch) == (DeploymentState.LIVE, Trigger.PUSH, "main")
    assert [stage.state for stage in one.stages] == ["unknown", "done", "done", "done", "waiting"]
    assert one.stage(StageName.BUILD).seconds(0) == pytest.approx(24.5)
    assert one.stage(StageName.DEPLOY).seconds(0) == 14
    assert one.ended_at == time_of(f"{at}45Z")
    assert one.url == f"https://railway.com/project/{PROJECT}/service/{SERVICE}?id=dep-2"


async def test_steps_of_a_deployment_that_ended_are_asked_for_once_and_of_a_running_one_again(
    world: World, railway_url: str
):
    world.deployments = [deployment(3, "BUILDING"), deployment(2, "SUCCESS"), deployment(1)]
    world.steps["dep-3"] = [step("BUILD_IMAGE", "2026-11-24T00:03:06Z", None)]
    async with railway(railway_url) as platform:
        running = (await platform.deployments(10))[0]
        assert running.current is not None
        assert (running.current.name, running.current.state) == ("build", "running")
        assert running.current.detail == "Building the image."
        assert world.asked[-1] == ("Steps", {"id0": "dep-3", "id1": "dep-2", "id2": "dep-1"})
        world.deployments[0]["status"] = "DEPLOYING"
        await platform.deployments(10)
        assert world.asked[-1] == ("Steps", {"id0": "dep-3"})
        assert [name for name, _ in world.asked] == ["Deployments", "Steps"] * 2


async def test_steps_are_read_to_their_last_page(world: World, railway_url: str):
    begun = "2026-11-24T00:01:06Z"
    world.deployments = [deployment(1, "SUCCESS")]
    world.steps["dep-1"] = [step("HEALTHCHECK", begun, begun) for _ in range(230)]
    world.steps["dep-1"].append(step("HEALTHCHECK", begun, "2026-11-24T00:01:49Z"))
    async with railway(railway_url) as platform:
        [one] = await platform.deployments(1)
    assert one.stage(StageName.DEPLOY).seconds(0) == 43
    assert [name for name, _ in world.asked] == ["Deployments", "Steps", "MoreSteps", "MoreSteps"]


async def test_one_whose_steps_are_lost_costs_the_others_nothing(world: World, railway_url: str):
    world.deployments = [deployment(number, "SUCCESS") for number in (3, 2, 1)]
    at = "2026-11-24T00:03:"
    for number in (3, 2, 1):
        world.steps[f"dep-{number}"] = [step("BUILD_IMAGE", f"{at}06Z", f"{at}16Z")]
    world.gone = {"dep-2"}
    async with railway(railway_url) as platform:
        found = await platform.deployments(3)
    assert [one.stage(StageName.BUILD).seconds(0) for one in found] == [10, None, 10]
    assert {one.state for one in found} == {DeploymentState.LIVE}


async def test_a_failed_deployment_says_at_which_step_and_its_log_is_that_stages(
    world: World, railway_url: str
):
    at = "2026-11-24T00:02:"
    world.deployments = [deployment(2, "FAILED"), deployment(1, "FAILED")]
    world.steps["dep-2"] = [
        step("BUILD_IMAGE", f"{at}07Z", f"{at}30Z"),
        step("HEALTHCHECK", f"{at}31Z", None, error="1/1 replicas never became healthy!"),
    ]
    world.steps["dep-1"] = [step("BUILD_IMAGE", f"{at}07Z", None)]
    async with railway(railway_url) as platform:
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


async def test_instances_are_those_that_run_in_any_version_in_service(
    world: World, railway_url: str
):
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
    async with railway(railway_url) as platform:
        assert await platform.instances() == InstanceRange(2, 2)
        assert not (await platform.instances()).automatic


async def test_a_reading_is_one_request_while_nothing_runs(world: World, railway_url: str):
    now = 1000.0
    world.deployments = [deployment(1, "SUCCESS")]
    world.active = [{"id": "dep-1", "instances": []}]
    async with railway(railway_url, clock=lambda: now) as platform:
        await platform.deployments(20)
        world.asked.clear()
        for _ in range(3):
            now += 30
            await platform.deployments(20)
            assert (await platform.instances()).running == 0
    assert [name for name, _ in world.asked] == ["Deployments"] * 3


async def test_names_of_variables_are_told_and_never_a_value(world: World, railway_url: str):
    async with railway(railway_url) as platform:
        found = await platform.variables()
        assert found == ["A", "B"]
        assert "secret-of" not in repr(vars(platform))


async def test_the_lines_of_the_service_alone_are_told_as_they_were_written(
    world: World, railway_url: str
):
    world.written = [
        written(1, "too early"),
        written(2, "Begun", level='"info"'),
        written(3, "Paid", level='"warn"', amount="12", note="not JSON"),
        written(4, "of another service", "svc-2"),
    ]
    since = time_of("2026-11-24T06:40:02Z")
    assert since is not None
    async with railway(railway_url) as platform:
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


async def test_response_times_are_told_in_seconds_oldest_first(world: World, railway_url: str):
    async with railway(railway_url) as platform:
        assert isinstance(platform, TellsTimes)
        found = await platform.response_times(1700000000.0, 1700003600.0)
    assert [one.at for one in found] == [1700000060, 1700000120]
    assert (found[0].p50, found[0].p90, found[0].p99) == (0.02, 0.0905, 0.4)
    assert world.asked[-1][1]["since"] == "2023-11-14T22:13:20.000Z"


def test_what_railway_lacks_is_declared_with_the_reason():
    offers = Railway(NAME, TOKEN).capabilities
    assert offers.reason(Capability.RANGE).startswith("Not offered by Railway: it runs a fixed")
    with pytest.raises(NotOffered, match="only checks a request"):
        offers.require(Capability.DRY_RUN)
    assert offers.offers(Capability.RESPONSE_TIMES)

"""The page beside a platform: what it has set, what it does not tell, and while it deploys."""

import time
from dataclasses import replace

from console.deployments.history import Snapshot as Deployments
from console.deployments.load import ADAPTER as DEPLOYMENTS
from console.deployments.load import NAME as DEPLOYMENTS_NAME
from console.deployments.model import Record
from console.platforms.model import (
    Deployment,
    DeploymentState,
    InstanceRange,
    Stage,
    StageName,
    StageState,
)
from console.settings.load import ADAPTER, PLATFORM, READING
from console.settings.platform import OLD, Reading
from console.settings.reports import Snapshot
from console.store import keys
from console.store.documents import packed
from tests.pages.conftest import Show, show, use
from tests.pages.filling import invoice_service
from tests.pages.screen import Screen
from tests.settings.test_settings_page import REPORT, B, row, snapshot
from tests.valkey_process import ValkeyProcess

__all__ = ["show"]

RUNS = ("RUN_TOKEN", "FREEE_CLIENT_ID", "FREEE_CLIENT_SECRET", "FREEE_REFRESH_TOKEN", "DRY_RUN")
TEST_OFF = replace(
    REPORT, variables=(*REPORT.variables[:-1], replace(REPORT.variables[-1], on=False))
)
SERVICE = invoice_service().model_copy(
    update={"settings_spec": "invoicing", "platform": "render", "platform_service": "srv-1"}
)


def reading(*names: str, **more: object) -> Reading:
    now = time.time()
    return replace(Reading(now, "Render", tuple(sorted(names)), now), **more)


def deploying(state: DeploymentState) -> Deployments:
    begun = time.time() - 20
    stage = Stage(StageName.DEPLOY, StageState.RUNNING, begun)
    one = Deployment("d-1", "abc", state, begun).with_stage(stage)
    return Deployments(begun, "Render", records=(Record(one),), instances=InstanceRange(1, 2))


def opened(
    show: Show, valkey: ValkeyProcess, found: Snapshot, told: Reading | None, *more: Deployments
) -> Screen:
    show("settings", SERVICE)
    documents = {"settings": packed(ADAPTER.dump_json(found))}
    if told is not None:
        documents[PLATFORM] = packed(READING.dump_json(told))
    for one in more:
        documents[DEPLOYMENTS_NAME] = packed(DEPLOYMENTS.dump_json(one))
    with valkey.client() as client:
        client.hdel(keys.found("invoice-relay"), PLATFORM, DEPLOYMENTS_NAME)
        for name, document in documents.items():
            client.hset(keys.found("invoice-relay"), name, document)
    use(valkey.url, SERVICE)
    return Screen("settings")


def test_what_runs_is_compared_with_the_names_of_the_platform(
    show: Show, valkey_process: ValkeyProcess
):
    screen = opened(show, valkey_process, snapshot(TEST_OFF), reading(*RUNS))
    assert "What runs has the 5 variables of Render." in screen.text
    told = reading(*RUNS[1:], "RATE_LIMIT_PER_MINUTE", "OLD_NAME")
    screen = opened(show, valkey_process, snapshot(TEST_OFF), told)
    text = screen.text
    assert "RATE_LIMIT_PER_MINUTE is set at Render, and no running instance has got it." in (
        screen.verdict
    )
    assert "is in the running process, and not among the variables of Render." in text
    assert "is set at Render, and nothing reads it." in text
    assert "Render tells names only, no values" in text


def test_a_platform_that_tells_no_names_says_why(show: Show, valkey_process: ValkeyProcess):
    why = "Not offered by Render: it has no such question."
    text = opened(
        show, valkey_process, snapshot(TEST_OFF), reading(not_offered=why, told_at=0.0)
    ).text
    assert why in text
    away = reading(*RUNS, told_at=time.time() - OLD - 60, problem="Render does not answer.")
    text = opened(show, valkey_process, snapshot(TEST_OFF), away).text
    assert "Render tells no variables now. Render does not answer. It last told them" in text
    assert "What runs has" not in text
    text = opened(show, valkey_process, snapshot(TEST_OFF), None).text
    assert "The console has not asked the platform yet" in text


def test_while_a_deployment_is_under_way_nothing_is_called_wrong_or_well(
    show: Show, valkey_process: ValkeyProcess
):
    other = replace(TEST_OFF, variables=(row("RUN_TOKEN", B), *TEST_OFF.variables[1:]))
    differing = snapshot(TEST_OFF, other)
    told = reading(*RUNS, "RATE_LIMIT_PER_MINUTE")
    screen = opened(show, valkey_process, differing, told, deploying(DeploymentState.RUNNING))
    assert screen.verdict.startswith("Instances are restarting at Render: 0 of 2 started anew")
    assert screen.metrics["Instances reporting"] == ("4", "restarting")
    assert screen.metrics["To mend"] == ("0", "errors so far")
    assert "That they differ meanwhile is expected." in screen.text
    assert "are compared when the instances have restarted" in screen.text
    assert "all alike" not in screen.text
    screen = opened(show, valkey_process, differing, told, deploying(DeploymentState.FAILED))
    assert "RUN_TOKEN differs between instances" in screen.text


def test_another_environment_is_compared_as_a_second_service(
    show: Show, valkey_process: ValkeyProcess
):
    show("settings", SERVICE)
    staging = SERVICE.model_copy(update={"name": "staging", "title": "Staging"})
    other = replace(TEST_OFF, variables=(row("RUN_TOKEN", B), row("ONLY_THERE")))
    with valkey_process.client() as client:
        for name, report in (("invoice-relay", TEST_OFF), ("staging", other)):
            document = packed(ADAPTER.dump_json(snapshot(report)))
            client.hset(keys.found(name), "settings", document)
    use(valkey_process.url, SERVICE, staging)
    text = Screen("settings").text
    assert "Service staging" in text
    assert "ONLY_THERE" in text
    assert " removed" in text
    assert " changed" in text

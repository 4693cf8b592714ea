"""The Deployments page over a real store."""

import time
from dataclasses import replace

from console.deployments.history import Snapshot
from console.deployments.load import ADAPTER, NAME
from console.deployments.model import Automatic, Evidence, Record, Verdict, Verification
from console.health.model import Status
from console.platforms.model import (
    Deployment,
    DeploymentState,
    InstanceRange,
    Stage,
    StageName,
    StageState,
    Trigger,
)
from console.store import keys
from console.store.documents import packed
from tests.pages.conftest import Show, use
from tests.pages.filling import invoice_service
from tests.pages.screen import Screen, as_read
from tests.valkey_process import ValkeyProcess

MESSAGE = "Pay <script>alert(1)</script> :red[twice] https://example.com"


def record(number: int, at: float, verdict: Verdict | None = None, **more) -> Record:
    state = more.pop("state", DeploymentState.REPLACED)
    failed = state is DeploymentState.FAILED
    done = StageState.DONE
    deployment = Deployment(
        f"dep-{number}",
        f"{number:040x}",
        state,
        at,
        at + 40,
        message=MESSAGE,
        author="Ann Example",
        trigger=Trigger.PUSH,
        stages=(
            Stage(StageName.PUSH, done, at - 9, at - 2),
            Stage(StageName.DETECT, done, at - 2, at),
            Stage(StageName.BUILD, StageState.FAILED if failed else done, at, at + 20),
            Stage(StageName.DEPLOY, StageState.SKIPPED if failed else done, at + 20, at + 40),
            Stage(StageName.VERIFY, StageState.SKIPPED if failed else StageState.WAITING),
        ),
        **more,
    )
    evidence = (
        Evidence("instances", Status.PASS, "2 instances run 0000000."),
        Evidence("run", Status.UNKNOWN, "The run of a single item is not known.", required=False),
    )
    found = verdict and Verification(verdict, f"{verdict} it is.", at + 40, at + 640, evidence)
    return Record(deployment, found, log="no such module" if failed else "")


def opened(
    show: Show, valkey: ValkeyProcess, *records: Record, problem: str = "", **more
) -> Screen:
    service = invoice_service().model_copy(
        update={"platform": "render", "platform_service": "srv-1", "platform_token_env": "TOKEN"}
    )
    show("deployments", service)
    now = time.time()
    more.setdefault(
        "missing", {"dry run by the platform": "Not offered by Render: its API has none."}
    )
    made = Snapshot(now, "Render", problem, 1.0, records, InstanceRange(2, None, 1, 4), **more)
    with valkey.client() as client:
        client.hset(keys.found(service.name), NAME, packed(ADAPTER.dump_json(made)))
    use(valkey.url, service)
    return Screen("deployments")


def test_without_a_platform_it_says_what_to_set(show: Show):
    text = show("deployments", invoice_service()).text
    assert "platform_token_env" in text
    assert "CONSOLE_SERVICES_FILE" in text


def test_the_newest_deployment_with_its_stages_evidence_and_figures(
    show: Show, valkey_process: ValkeyProcess
):
    now = time.time()
    older = [record(n, now - 86400 * n) for n in range(2, 8)]
    screen = opened(
        show,
        valkey_process,
        record(1, now - 900, Verdict.VERIFIED, state=DeploymentState.LIVE),
        *older,
    )
    assert "went live" in screen.verdict
    assert "verified it is." in screen.verdict
    text = screen.text
    for words in ("Push", "Detect", "Build", "Deploy", "Verify", "usually 20 s, of 6"):
        assert words in text
    assert "2 instances run 0000000." in text
    assert "(not required)" in text
    assert "scaled between 1 and 4" in text
    assert "Not offered by Render: its API has none." in text
    assert screen.metrics["Had to be mended"][0] == "0%"
    assert screen.metrics["Commit to live"][0] == "49 s"


def test_a_failed_one_shows_why_and_its_log(show: Show, valkey_process: ValkeyProcess):
    failed = record(
        1, time.time() - 60, state=DeploymentState.FAILED, reason="The build failed: no module."
    )
    live = record(2, time.time() - 9000, Verdict.VERIFIED, state=DeploymentState.LIVE)
    screen = opened(show, valkey_process, failed, live)
    assert "The build failed: no module." in screen.verdict
    assert "no such module" in screen.text
    assert "Running: 0000000 went live" in screen.text


def test_a_platform_that_is_away_is_never_shown_as_well(show: Show, valkey_process: ValkeyProcess):
    live = record(1, time.time() - 60, Verdict.VERIFIED, state=DeploymentState.LIVE)
    screen = opened(show, valkey_process, live, problem="Render does not accept the token.")
    assert screen.verdict.startswith("Render does not accept the token. Last known")


def failed_one(show: Show, valkey_process: ValkeyProcess) -> Screen:
    now = time.time()
    return opened(
        show,
        valkey_process,
        record(2, now - 60, Verdict.FAILED, state=DeploymentState.LIVE),
        record(1, now - 9000, Verdict.VERIFIED),
    )


def test_what_failed_its_watch_offers_the_way_back_with_the_exact_request(
    show: Show, valkey_process: ValkeyProcess
):
    screen = failed_one(show, valkey_process)
    assert "failed its watch**, and it is what runs" in screen.text
    screen.click("Roll back to 0000000, verified")
    (request,) = [one.value for one in screen.at.code]
    assert request.splitlines() == [
        "POST https://api.render.com/v1/services/srv-1/rollback",
        '{"deployId": "dep-1"}',
    ]


def test_who_may_only_look_can_click_nothing(
    show: Show, valkey_process: ValkeyProcess, viewer: None
):
    screen = failed_one(show, valkey_process)
    acts = [one for one in screen.at.button if one.key and one.key.startswith(("act_", "back_"))]
    assert len(acts) == 5
    assert all(one.disabled for one in acts)


def test_what_the_platform_lacks_cannot_be_clicked_and_says_why(
    show: Show, valkey_process: ValkeyProcess
):
    missing = {"set a variable": "Not offered by Render: it has none today."}
    now = time.time()
    newest = record(2, now - 60, Verdict.VERIFIED, state=DeploymentState.LIVE)
    screen = opened(show, valkey_process, newest, record(1, now - 9000), missing=missing)
    found = {one.key: one for one in screen.at.button}
    assert (found["act_variable"].disabled, found["act_scaling"].disabled) == (True, False)
    assert "Not offered by Render: it has none today" in as_read(found["act_variable"].help)
    assert "Set a variable: Not offered by Render: it has none today" in screen.text


def test_a_rollback_of_the_console_itself_is_told_with_its_evidence(
    show: Show, valkey_process: ValkeyProcess
):
    now = time.time()
    back = record(3, now - 20, Verdict.WATCHING, state=DeploymentState.LIVE)
    back = replace(back, deployment=replace(back.deployment, trigger=Trigger.ROLLBACK))
    done = Automatic("dep-2", "dep-1", now - 25, "errors: Half failed. Sent: POST /rollback")
    screen = opened(
        show,
        valkey_process,
        back,
        record(2, now - 300, Verdict.FAILED),
        record(1, now - 9000, Verdict.VERIFIED),
        automatic=(done,),
    )
    assert "The console rolled 0000000 back to 0000000 by itself, " in screen.text
    assert "errors: Half failed. Sent: POST /rollback" in screen.text


def test_a_service_without_a_platform_is_offered_a_rehearsal(show: Show):
    text = show("deployments", invoice_service()).text
    assert "python -m console.platforms.local init rehearsal" in text


def test_a_value_is_never_shown_and_nothing_is_set_without_the_name_of_the_service(
    show: Show, valkey_process: ValkeyProcess
):
    screen = failed_one(show, valkey_process).click("Set a variable …")
    screen.at.text_input(key="act_name").set_value("LOG_LEVEL")
    screen.at.text_input(key="act_value").set_value("a-secret-value")
    screen.run()
    (request,) = [one.value for one in screen.at.code]
    assert request.splitlines()[0].startswith("PUT https://api.render.com/v1/services/srv-1/env")
    assert "a-secret-value" not in request
    screen.click("Set it")
    told = [as_read(one.value) for one in screen.at.markdown]
    assert any("Type the name of the service" in one for one in told)
    with valkey_process.client() as client:
        assert client.exists(keys.JOURNAL) == 0


def test_an_earlier_deployment_can_be_looked_at_as_closely(
    show: Show, valkey_process: ValkeyProcess
):
    now = time.time()
    failed = record(1, now - 9000, state=DeploymentState.FAILED, reason="The build failed.")
    newest = record(2, now - 60, Verdict.VERIFIED, state=DeploymentState.LIVE)
    screen = opened(show, valkey_process, newest, failed)
    assert "no such module" not in screen.text
    picker(screen).set_value("dep-1")
    assert "no such module" in screen.run().text
    assert "verified it is." in screen.verdict  # of the newest, whatever is looked at


def test_what_somebody_looks_at_stays_while_newer_ones_come(
    show: Show, valkey_process: ValkeyProcess
):
    first = record(1, time.time() - 9000, state=DeploymentState.FAILED)
    second = record(2, time.time() - 60, Verdict.VERIFIED, state=DeploymentState.LIVE)
    screen = opened(show, valkey_process, second, first)
    before = picker(screen)
    assert before.value is None
    before.set_value("dep-1")
    assert "no such module" in screen.run().text
    third = record(3, time.time() - 30, state=DeploymentState.RUNNING)
    third = replace(third, deployment=replace(third.deployment, commit="abcdef" * 6))
    opened(show, valkey_process, third, second, first)
    screen.until("abcdefa is being deployed")
    after = picker(screen)
    # a browser keeps the label of a widget that is the same
    assert after.key != before.key
    assert (after.value, len(after.options)) == ("dep-1", 2)
    assert "no such module" in screen.text


def picker(screen: Screen):
    return next(one for one in screen.at.selectbox if one.label == "An earlier one in detail")


def test_more_instances_than_the_console_may_ask_for_are_warned_of(
    show: Show, valkey_process: ValkeyProcess
):
    screen = failed_one(show, valkey_process).click("Scale …")
    assert not screen.at.warning
    screen.at.number_input(key="act_hi").set_value(900)
    assert any("CONSOLE_INSTANCES_MAX" in one.value for one in screen.run().at.warning)

"""The Deployments page over a real store."""

import time

from console.deployments.history import Snapshot
from console.deployments.load import ADAPTER, NAME
from console.deployments.model import Evidence, Record, Verdict, Verification
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
from tests.pages.screen import Screen
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


def opened(show: Show, valkey: ValkeyProcess, *records: Record, problem: str = "") -> Screen:
    service = invoice_service().model_copy(
        update={"platform": "render", "platform_service": "srv-1", "platform_token_env": "TOKEN"}
    )
    show("deployments", service)
    now = time.time()
    missing = {"dry run by the platform": "Not offered by Render: its API has none."}
    made = Snapshot(now, "Render", problem, 1.0, records, InstanceRange(2, None, 1, 4), missing)
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

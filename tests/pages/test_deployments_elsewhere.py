"""What other pages tell of deployments, over a real store."""

import time

from console.collector.reader import INSTANCES
from console.deployments.history import Snapshot
from console.deployments.load import ADAPTER, NAME
from console.deployments.model import Verdict
from console.instances.load import _ADAPTER as INSTANCES_ADAPTER
from console.platforms.model import DeploymentState, InstanceRange
from console.store import keys
from console.store.documents import packed
from tests.pages.conftest import Show, use
from tests.pages.filling import invoice_service
from tests.pages.screen import Screen
from tests.pages.test_deployments_page import record
from tests.pages.test_instances_page import beat, snapshot
from tests.valkey_process import ValkeyProcess


def opened(show: Show, valkey: ValkeyProcess, page: str, verdict: Verdict | None) -> Screen:
    service, now = invoice_service(), time.time()
    show(page, service)
    newest = record(1, now - 900, verdict, state=DeploymentState.LIVE)
    made = Snapshot(now, "Render", known_since=1.0, records=(newest,), instances=InstanceRange(3))
    heard = snapshot(beat("a"), beat("b"))
    with valkey.client() as client:
        client.hset(keys.found(service.name), NAME, packed(ADAPTER.dump_json(made)))
        document = packed(INSTANCES_ADAPTER.dump_json(heard))
        client.hset(keys.found(service.name), INSTANCES, document)
    use(valkey.url, service)
    return Screen(page)


def test_the_overview_says_how_the_last_deployment_stands(
    show: Show, valkey_process: ValkeyProcess
):
    text = opened(show, valkey_process, "overview", Verdict.DEGRADED).text
    assert "0000000 deployed 14 min ago, degraded: degraded it is." in text


def test_the_overview_is_silent_where_no_deployment_is_known(show: Show):
    assert "deployed" not in show("overview", invoice_service()).text


def test_instances_that_the_platform_counts_differently_are_named(
    show: Show, valkey_process: ValkeyProcess
):
    text = opened(show, valkey_process, "instances", Verdict.VERIFIED).text
    assert "The platform says 3 instances, 2 report" in text
    assert "Render says: 3 run" in text


def test_the_checklist_tells_the_last_deployment_and_rests_on_it(
    show: Show, valkey_process: ValkeyProcess
):
    text = opened(show, valkey_process, "checklist", Verdict.FAILED).text
    assert "Last deployment" in text
    assert text.count("Deployment: 0000000 went live 14 min ago. failed it is.") == 3

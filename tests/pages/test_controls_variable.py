"""DRY_RUN set through the platform, for a service that only follows environment variables."""

import time
from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from console.collector.reader import INSTANCES
from console.config import Config, Settings
from console.deployments.history import Snapshot
from console.deployments.load import ADAPTER, NAME
from console.instances.load import _ADAPTER as INSTANCES_ADAPTER
from console.instances.model import Snapshot as Instances
from console.platforms.model import InstanceRange
from console.runtime import Runtime, get_runtime, set_runtime
from console.store import keys
from console.store.documents import packed
from console.store.read import Store
from tests.kit.support import Serving
from tests.pages.conftest import Show, shower
from tests.pages.filling import invoice_service
from tests.pages.screen import Screen
from tests.processes import wait_until
from tests.valkey_process import ValkeyProcess

SERVICE = "srv-1"


class RenderServer:
    """What Render answers of one service's variables, and what it was sent."""

    def __init__(self) -> None:
        self.url = ""
        self.sent: list[tuple[str, str, bytes]] = []
        self.names: list[str] = []

    def app(self) -> Starlette:
        async def answer(request: Request) -> JSONResponse:
            if request.method == "PUT":
                self.sent.append((request.method, request.url.path, await request.body()))
                self.names.append(request.url.path.rpartition("/")[2])
            listed = [{"envVar": {"key": name, "value": "x"}, "cursor": ""} for name in self.names]
            return JSONResponse(listed if request.method == "GET" else {"key": "DRY_RUN"})

        return Starlette(routes=[Route("/{path:path}", answer, methods=["GET", "PUT"])])


@pytest.fixture
def server() -> Iterator[RenderServer]:
    made = RenderServer()
    serving = Serving(made.app())
    made.url = serving.begin()
    yield made
    serving.end()


def opened(
    show: Show, valkey: ValkeyProcess, url: str = "", *, missing: dict[str, str] | None = None
) -> Screen:
    fields = {"platform": "render", "platform_service": SERVICE, "platform_url": url}
    fields["platform_token_env"] = "TOKEN"
    service = invoice_service().model_copy(update=fields)
    show("controls", service)
    made = Snapshot(
        time.time(), "Render", known_since=1.0, instances=InstanceRange(3), missing=missing or {}
    )
    with valkey.client() as client:
        client.hset(keys.found(service.name), NAME, packed(ADAPTER.dump_json(made)))
        nobody = INSTANCES_ADAPTER.dump_json(Instances(time.time(), time.time()))
        client.hset(keys.found(service.name), INSTANCES, packed(nobody))
    config = Config(Settings(), (service,), secrets={"TOKEN": "a-token"}).with_store(valkey.url)
    set_runtime(Runtime(config, Store(valkey.url)))
    return Screen("controls")


def test_the_exact_request_and_the_restart_are_shown_and_it_is_sent_once_and_logged(
    show: Show, valkey_process: ValkeyProcess, server: RenderServer
):
    screen = opened(show, valkey_process, server.url)
    assert "It takes a restart of 3 instances" in screen.text
    app = screen.at
    app.button("variable_true").click().run()
    assert any("/env-vars/DRY_RUN" in one.value for one in app.code)
    assert app.button("variable_set").disabled
    app.text_input("variable_typed").input("invoice-relay").run()
    assert not app.button("variable_set").disabled
    app.button("variable_set").click().run()
    wait_until(lambda: bool(server.sent), 30.0)
    assert server.sent == [("PUT", "/services/srv-1/env-vars/DRY_RUN", b'{"value":"true"}')]
    journal = get_runtime().desk.journal
    wait_until(lambda: len(journal.newest(9)) >= 2, 30.0)
    begun = journal.newest(9)[-1]
    assert (begun.kind, begun.target, begun.after) == ("variable", "DRY_RUN", "true")


def test_a_platform_that_cannot_is_told_with_its_reason(show: Show, valkey_process: ValkeyProcess):
    reason = "Not offered by this machine: it has no variables."
    screen = opened(show, valkey_process, missing={"set a variable": reason})
    assert reason in screen.text
    assert not [one for one in screen.at.button if one.key == "variable_true"]


def test_without_a_platform_nothing_is_offered(show: Show):
    screen = show("controls", invoice_service())
    assert "Switch where it runs" not in screen.text


def test_who_may_only_look_is_told_why(
    valkey_url: str, valkey_process: ValkeyProcess, viewer: None
):
    screen = opened(shower(valkey_url), valkey_process)
    assert screen.at.button("variable_true").disabled

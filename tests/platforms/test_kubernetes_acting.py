"""Kubernetes: rollbacks, scaling and variables on a small API server that its Swagger judges."""

import json
from typing import Any

import httpx
import pytest
from starlette.requests import Request as Asked

from console.config import Config, Settings
from console.controls.desk import Desk
from console.deployments.act import Actor
from console.errors import (
    PlatformError,
)
from console.health.check import Check, Service
from console.platforms.extras import Rehearses, ShowsExactly
from console.platforms.model import (
    Action,
    DeploymentState,
    InstanceRange,
    Redeploy,
    Rollback,
    Scale,
    SetVariable,
    StageName,
    Trigger,
)
from console.store.read import Store
from tests.platforms.cluster import NAME, START, TOKEN, Cluster, status
from tests.platforms.cluster_use import DEPLOYMENT, SERVICE, changed, kubernetes, told
from tests.platforms.prism import prism
from tests.platforms.recorded import shared


async def test_a_rollback_brings_the_earlier_template_back_as_a_new_revision(
    cluster: Cluster, cluster_url: str
):
    before = json.loads(json.dumps(cluster.deployment["spec"]["template"]))
    changed(cluster, "web:2")
    cluster.roll_out()
    async with kubernetes(cluster_url) as platform:
        second, first = await told(platform)
        assert isinstance(platform, Rehearses)
        assert "would accept" in (await platform.rehearse(Rollback(first.id))).text
        assert cluster.deployment["spec"]["template"] != before
        cluster.now += 60
        assert "earlier template" in (await platform.perform(Rollback(first.id))).text
        after = cluster.deployment["spec"]["template"]
        assert after["spec"] == before["spec"]
        assert after["metadata"]["labels"] == {"app": NAME}
        third, still, oldest = await told(platform)
        assert third.id == first.id.replace(":1", ":3")
        assert (third.trigger, third.state) == (Trigger.ROLLBACK, DeploymentState.RUNNING)
        assert third.created_at == START + 90  # and not when its ReplicaSet was made
        assert (still.id, still.state) == (second.id, DeploymentState.LIVE)
        assert oldest.id == first.id
        cluster.now += 10
        cluster.roll_out()
        third = (await told(platform))[0]
        assert third.stage(StageName.DEPLOY).seconds(0) == 10
        with pytest.raises(PlatformError, match="newest one already"):
            await platform.perform(Rollback(third.id))
    assert cluster.asked.count(f"PATCH {DEPLOYMENT}") == 2


async def test_a_rollback_does_not_overwrite_what_somebody_changed_meanwhile(
    cluster: Cluster, cluster_url: str
):
    changed(cluster, "web:2")

    def meddle(request: Asked) -> None:
        if request.method == "PATCH":
            cluster.deployment["metadata"]["resourceVersion"] = "77"

    cluster.answer = meddle
    async with kubernetes(cluster_url) as platform:
        first = (await told(platform))[1]
        with pytest.raises(PlatformError, match="has been modified"):
            await platform.perform(Rollback(first.id))
        cluster.deployment["spec"]["paused"] = True
        with pytest.raises(PlatformError, match="paused: resume it first"):
            await platform.perform(Rollback(first.id))


async def test_a_restart_is_a_deployment_of_the_same_image(cluster: Cluster, cluster_url: str):
    async with kubernetes(cluster_url, clock=lambda: START + 5) as platform:
        await platform.perform(Redeploy())
        newest = (await told(platform))[0]
    assert newest.trigger is Trigger.REDEPLOY
    assert newest.message == "registry.example/web:sha-5d4f8c7"


async def test_a_variable_is_set_in_the_main_container_and_nothing_else_changes(
    cluster: Cluster, cluster_url: str
):
    async with kubernetes(cluster_url) as platform:
        await platform.perform(SetVariable("NEW", "value-of-new"))
        assert (await told(platform))[0].trigger is Trigger.SETTINGS
        assert await platform.variables() == ("DB_PASSWORD", "MODE", "NEW")
        with pytest.raises(PlatformError, match="DB_PASSWORD comes from another object"):
            await platform.perform(SetVariable("DB_PASSWORD", "x"))
    app, proxy = cluster.deployment["spec"]["template"]["spec"]["containers"]
    assert app["image"] == "registry.example/web:sha-5d4f8c7"
    assert len(app["env"]) == 3
    assert proxy == {"name": "proxy", "image": "envoy:1"}


async def test_scaling_goes_to_the_number_or_to_the_autoscaler(cluster: Cluster, cluster_url: str):
    async with kubernetes(cluster_url) as platform:
        await platform.rehearse(Scale(5, 5))
        assert cluster.deployment["spec"]["replicas"] == 2
        await platform.perform(Scale(5, 5))
        assert cluster.deployment["spec"]["replicas"] == 5
        with pytest.raises(PlatformError, match="create a HorizontalPodAutoscaler"):
            await platform.perform(Scale(1, 5))
        cluster.scale_by(1, 3)
        await platform.perform(Scale(2, 8))
        assert await platform.instances() == InstanceRange(2, 5, 2, 8)
        with pytest.raises(PlatformError, match="web-hpa chooses the number"):
            await platform.perform(Scale(4, 4))
        await platform.perform(Scale(0, 0))  # which switches the autoscaler off
        assert cluster.deployment["spec"]["replicas"] == 0
        shown = platform.preview(Scale(2, 8))
    assert "/horizontalpodautoscalers/web-hpa?" in shown.text
    assert json.loads(shown.body) == {"spec": {"minReplicas": 2, "maxReplicas": 8}}


def test_an_operator_is_shown_the_names_of_what_is_there(cluster: Cluster, cluster_url: str):
    cluster.scale_by(1, 3)
    given: dict[str, Any] = {
        "platform": "kubernetes",
        "platform_service": SERVICE,
        "platform_url": cluster_url,
        "platform_token_env": "TOKEN",
    }
    service = Service(name="web", checks=(Check(name="web", url="http://localhost:1"),), **given)
    config = Config(Settings(), (service,), secrets={"TOKEN": TOKEN})
    nowhere = "redis://127.0.0.1:1"
    desk = Desk(config.with_store(nowhere))
    try:
        actor = Actor(config, Store(nowhere), desk)
        shown = actor.preview(service, SetVariable("A", "value-of-a"))
        assert json.loads(shown.body)["spec"]["template"]["spec"]["containers"][0]["name"] == "app"
        assert "/horizontalpodautoscalers/web-hpa?" in actor.preview(service, Scale(2, 4)).text
    finally:
        desk.loop.stop()
    assert not any(one.startswith("PATCH") for one in cluster.asked)


@pytest.mark.parametrize("action", [Scale(3, 3), Redeploy(), SetVariable("A", "value-of-a")])
async def test_what_is_shown_is_what_is_sent(cluster: Cluster, cluster_url: str, action: Action):
    async with kubernetes(cluster_url, clock=lambda: START) as platform:
        assert isinstance(platform, ShowsExactly)
        shown = await platform.exact(action)
        await platform.perform(action)
    method, address, kind = shown.text.split(" ")
    assert (method, kind[-12:]) == ("PATCH", "-patch+json)")
    assert address.startswith(f"{cluster_url}{DEPLOYMENT}")
    assert address.endswith("?fieldManager=operations-console&fieldValidation=Strict")
    assert "value-of-a" not in shown.body
    assert TOKEN not in shown.body + shown.text
    assert json.loads(shown.body.replace("•••", "value-of-a")) == cluster.bodies[-1]


async def test_a_dry_run_finds_what_the_api_server_would_refuse(cluster: Cluster, cluster_url: str):
    async with kubernetes(cluster_url) as platform:
        await platform.variables()
        main = cluster.deployment["spec"]["template"]["spec"]["containers"][0]
        cluster.answer = lambda request: (
            status(422, "quota exceeded") if request.query_params.get("dryRun") else None
        )
        with pytest.raises(PlatformError, match=r"\(422\): quota exceeded"):
            await platform.rehearse(SetVariable("A", "b"))
    assert len(main["env"]) == 2


class Kept(httpx.AsyncHTTPTransport):
    """Keeps what was sent."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.sent.append(request)
        return await super().handle_async_request(request)


async def test_every_request_is_valid_for_prism_too(cluster: Cluster, cluster_url: str):
    """What it finds wrong with its own example answers is the description's own matter."""
    description = shared("specs/kubernetes-slice.json")
    assert description is not None
    with prism(description) as contract:
        kept = Kept()
        changed(cluster, "web:2")
        cluster.logs = {("app", False): "hello"}
        async with kubernetes(cluster_url, transport=kept) as platform:
            newest, first = await told(platform)
            await platform.log(newest.id, StageName.DEPLOY)
            for action in (Scale(3, 3), Redeploy(), SetVariable("A", "b"), Rollback(first.id)):
                await platform.rehearse(action)
                await platform.perform(action)
            cluster.scale_by(1, 2)
            await platform.perform(Scale(1, 4))
        async with httpx.AsyncClient(timeout=30) as client:
            for one in kept.sent:
                target = one.url.copy_with(port=int(contract.rpartition(":")[2]))
                headers = {name: told for name, told in one.headers.items() if name != "host"}
                answer = await client.request(
                    one.method, target, content=one.content, headers=headers
                )
                found = answer.json().get("validation", []) if answer.status_code >= 400 else []
                assert [each for each in found if each["location"][0] != "response"] == []
                assert answer.status_code in (200, 201, 500), (one.method, target, answer.text)
    assert len(kept.sent) > 15

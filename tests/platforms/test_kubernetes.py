"""Kubernetes: roll-outs, rollbacks and scaling on a small API server that its Swagger judges."""

import json
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request as Asked
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from console.config import Config, Settings
from console.controls.desk import Desk
from console.deployments.act import Actor
from console.deployments.history import Snapshot, merged
from console.errors import (
    NotOffered,
    PlatformAway,
    PlatformError,
    PlatformLimited,
    PlatformMissing,
    PlatformRefused,
    PlatformUnreadable,
)
from console.health.check import Check, Service
from console.platforms.budget import Budget
from console.platforms.extras import Rehearses, ShowsExactly, lines_of
from console.platforms.kubernetes.access import INSIDE_URL, Access
from console.platforms.kubernetes.platform import Kubernetes
from console.platforms.model import (
    Action,
    Capability,
    Deployment,
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
from console.store.read import Store
from tests.health.gather.servers import answers, certificate, make_authority, serving
from tests.kit.support import Serving
from tests.platforms.cluster import NAME, NAMESPACE, START, TOKEN, Cluster, status
from tests.platforms.prism import prism
from tests.platforms.recorded import shared
from tests.platforms.swagger import kubernetes as swagger
from tests.processes import free_port

SERVICE = f"{NAMESPACE}/{NAME}"
DEPLOYMENT = f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments/{NAME}"


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    swagger()  # skips where it is absent
    made = Cluster()
    yield made
    assert made.wrong == []


@pytest.fixture
def url(cluster: Cluster) -> Iterator[str]:
    routes = [Route("/{path:path}", cluster.serve, methods=["GET", "PATCH", "POST", "PUT"])]
    running = Serving(Starlette(routes=routes))
    yield running.begin()
    running.end()


@asynccontextmanager
async def kubernetes(url: str, token: str = TOKEN, **more: Any) -> AsyncIterator[Kubernetes]:
    more.setdefault("budget", Budget(1000))
    platform = Kubernetes(SERVICE, Access(url, token), **more)
    try:
        yield platform
    finally:
        await platform.close()


def changed(cluster: Cluster, image: str) -> None:
    """What `kubectl set image` does, half a minute later."""
    cluster.now += 30
    cluster.deployment["spec"]["template"]["spec"]["containers"][0]["image"] = image
    cluster.controller("kubectl-set")


async def told(platform: Kubernetes) -> list[Deployment]:
    return list(await platform.deployments(20))


async def test_the_lines_of_the_pods_come_with_their_times(cluster: Cluster, url: str):
    cluster.logs = {("app", False): "2025-11-24T16:00:59.5Z no answer\n2025-11-24T16:01:00Z ok\n"}
    async with kubernetes(url, clock=lambda: START + 60) as platform:
        found = await lines_of(platform, START, 100)
        cluster.logs = {}
        with pytest.raises(PlatformError):
            await lines_of(platform, START, 100)
    assert {one.text for one in found} == {"no answer", "ok"}
    assert found[0].at == 1_764_000_059.5
    assert all(one.instance.startswith("web-") for one in found)


async def test_a_roll_out_is_a_deployment_from_its_replica_set_until_it_is_available(
    cluster: Cluster, url: str
):
    async with kubernetes(url) as platform:
        [first] = await told(platform)
        assert (first.state, first.commit) == (DeploymentState.LIVE, "5d4f8c7")
        states = [stage.state for stage in first.stages]
        assert states == ["unknown", "unknown", "unknown", "done", "waiting"]
        reason = "Not offered by Kubernetes: it gets images."
        assert {stage.detail for stage in first.stages[:3]} == {reason}
        changed(cluster, "registry.example/web:v2-abc1234")
        second, first = await told(platform)
        assert (second.state, second.trigger) == (DeploymentState.RUNNING, Trigger.PUSH)
        assert second.stage(StageName.DEPLOY).started_at == START + 30
        # it serves until the new one is there
        assert (first.state, first.ended_at) == (DeploymentState.LIVE, START)
        cluster.now += 12
        cluster.roll_out()
        second, first = await told(platform)
    assert (second.state, second.commit) == (DeploymentState.LIVE, "abc1234")
    assert second.message == "registry.example/web:v2-abc1234"
    assert second.stage(StageName.DEPLOY).seconds(0) == 12
    assert second.ended_at == START + 42
    assert first.state is DeploymentState.REPLACED
    async with kubernetes(url) as another:
        first = (await told(another))[1]
    # whether it ever was available, only those know who looked at the time
    assert (first.state, first.raw_state) == (DeploymentState.UNKNOWN, "")
    before = merged(Snapshot(1.0), [replace(first, state=DeploymentState.LIVE)], {}, START)
    after = merged(before, [second, first], {}, START + 90)
    assert [one.deployment.state.value for one in after.records] == ["live", "replaced"]


async def test_one_that_is_not_available_in_time_failed_and_says_why(cluster: Cluster, url: str):
    changed(cluster, "registry.example/web:v2-abc1234")
    cluster.now += 600
    waiting = {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 5m0s restarting"}}
    ended = {"terminated": {"exitCode": 3, "reason": "Error"}}
    cluster.give_up(state=waiting, lastState=ended, restartCount=7)
    name = cluster.pods[0]["metadata"]["name"]
    warning = {
        "metadata": {"name": "e1", "namespace": NAMESPACE},
        "involvedObject": {"name": name},
        "type": "Warning",
        "reason": "BackOff",
        "message": "Back-off restarting failed container",
        "lastTimestamp": "2025-11-24T16:01:00Z",
    }
    cluster.events = [warning]
    cluster.logs = {("app", True): "2025-11-24T16:00:59Z no such table: orders\n"}
    async with kubernetes(url) as platform:
        second, first = await told(platform)
        log = await platform.log(second.id, StageName.DEPLOY)
        assert await platform.log(second.id, StageName.BUILD) == ""
        with pytest.raises(PlatformMissing, match="keeps no revision web-1:77"):
            await platform.log("web-1:77", StageName.DEPLOY)
    assert (second.state, second.raw_state) == (DeploymentState.FAILED, "ProgressDeadlineExceeded")
    assert second.reason == f"{name}: it ended with code 3."
    assert second.stage(StageName.DEPLOY).state is StageState.FAILED
    assert second.stage(StageName.DEPLOY).seconds(0) == 600
    assert first.state is DeploymentState.LIVE
    assert log.splitlines() == [
        f"Pod {name}",
        "app: waiting: CrashLoopBackOff, back-off 5m0s restarting",
        "app: before: terminated: Error, exit code 3",
        "2025-11-24T16:01:00Z BackOff: Back-off restarting failed container",
        "2025-11-24T16:00:59Z no such table: orders",
    ]


@pytest.mark.parametrize(
    ("container", "why"),
    [
        (
            {"state": {"waiting": {"reason": "ImagePullBackOff", "message": "Back-off pulling x"}}},
            "its image cannot be pulled: Back-off pulling x",
        ),
        (
            {
                "state": {"waiting": {"reason": "CrashLoopBackOff"}},
                "lastState": {"terminated": {"exitCode": 137, "reason": "OOMKilled"}},
            },
            "it ran out of memory",
        ),
        ({"state": {"waiting": {"reason": "SomethingNew"}}}, "SomethingNew"),
        ({"state": {"waiting": {"reason": "ContainerCreating"}}}, ""),
    ],
)
async def test_why_a_container_does_not_run_is_told_while_it_is_rolled_out(
    cluster: Cluster, url: str, container: dict[str, Any], why: str
):
    changed(cluster, "web:2")
    cluster.pods = [cluster.pod(0, **container)]
    async with kubernetes(url) as platform:
        newest = (await told(platform))[0]
        cluster.logs = {}
        log = await platform.log(newest.id, StageName.DEPLOY)
    assert log.startswith("Pod web-")
    assert "The log of app cannot be read. Kubernetes refused the request (400)" in log
    assert newest.state is DeploymentState.RUNNING
    assert newest.reason == (f"{cluster.pods[0]['metadata']['name']}: {why}." if why else "")


async def test_a_rollback_brings_the_earlier_template_back_as_a_new_revision(
    cluster: Cluster, url: str
):
    before = json.loads(json.dumps(cluster.deployment["spec"]["template"]))
    changed(cluster, "web:2")
    cluster.roll_out()
    async with kubernetes(url) as platform:
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
    cluster: Cluster, url: str
):
    changed(cluster, "web:2")

    def meddle(request: Asked) -> None:
        if request.method == "PATCH":
            cluster.deployment["metadata"]["resourceVersion"] = "77"

    cluster.answer = meddle
    async with kubernetes(url) as platform:
        first = (await told(platform))[1]
        with pytest.raises(PlatformError, match="has been modified"):
            await platform.perform(Rollback(first.id))
        cluster.deployment["spec"]["paused"] = True
        with pytest.raises(PlatformError, match="paused: resume it first"):
            await platform.perform(Rollback(first.id))


async def test_a_restart_is_a_deployment_of_the_same_image(cluster: Cluster, url: str):
    async with kubernetes(url, clock=lambda: START + 5) as platform:
        await platform.perform(Redeploy())
        newest = (await told(platform))[0]
    assert newest.trigger is Trigger.REDEPLOY
    assert newest.message == "registry.example/web:sha-5d4f8c7"


async def test_a_variable_is_set_in_the_main_container_and_nothing_else_changes(
    cluster: Cluster, url: str
):
    async with kubernetes(url) as platform:
        await platform.perform(SetVariable("NEW", "value-of-new"))
        assert (await told(platform))[0].trigger is Trigger.SETTINGS
        assert await platform.variables() == ("DB_PASSWORD", "MODE", "NEW")
        with pytest.raises(PlatformError, match="DB_PASSWORD comes from another object"):
            await platform.perform(SetVariable("DB_PASSWORD", "x"))
    app, proxy = cluster.deployment["spec"]["template"]["spec"]["containers"]
    assert app["image"] == "registry.example/web:sha-5d4f8c7"
    assert len(app["env"]) == 3
    assert proxy == {"name": "proxy", "image": "envoy:1"}


async def test_names_from_config_maps_and_secrets_are_read_without_any_value(
    cluster: Cluster, url: str
):
    main = cluster.deployment["spec"]["template"]["spec"]["containers"][0]
    main["envFrom"] = [
        {"configMapRef": {"name": "flags"}, "prefix": "FLAG_"},
        {"secretRef": {"name": "keys"}},
        {"secretRef": {"name": "old", "optional": True}},
        {"configMapRef": {"name": "bare"}},
        {"secretRef": {"name": "closed"}},
    ]
    cluster.keys = {"configmaps/flags": ["A"], "secrets/keys": ["API_KEY"], "configmaps/bare": None}
    cluster.forbidden = ("/secrets/closed",)
    async with kubernetes(url) as platform:
        found = await platform.variables()
    assert list(found) == ["API_KEY", "DB_PASSWORD", "FLAG_A", "MODE"]
    assert getattr(found, "unread", None) == ("ConfigMap bare", "Secret closed")


async def test_instances_have_the_bounds_of_the_autoscaler_of_this_deployment(
    cluster: Cluster, url: str
):
    async with kubernetes(url) as platform:
        assert await platform.instances() == InstanceRange(2, 2)
        cluster.scale_by(1, 3)
        cluster.scalers[0]["spec"]["scaleTargetRef"]["name"] = "another"
        cluster.scale_by(None, 9)
        assert await platform.instances() == InstanceRange(2, 2, 1, 9)
        assert (await platform.instances()).automatic
        cluster.forbidden = ("horizontalpodautoscalers",)
        assert await platform.instances() == InstanceRange(2, 2)
        cluster.deployment["status"] = {}
        assert (await platform.instances()).running is None


async def test_scaling_goes_to_the_number_or_to_the_autoscaler(cluster: Cluster, url: str):
    async with kubernetes(url) as platform:
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


def test_an_operator_is_shown_the_names_of_what_is_there(cluster: Cluster, url: str):
    cluster.scale_by(1, 3)
    given: dict[str, Any] = {
        "platform": "kubernetes",
        "platform_service": SERVICE,
        "platform_url": url,
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
async def test_what_is_shown_is_what_is_sent(cluster: Cluster, url: str, action: Action):
    async with kubernetes(url, clock=lambda: START) as platform:
        assert isinstance(platform, ShowsExactly)
        shown = await platform.exact(action)
        await platform.perform(action)
    method, address, kind = shown.text.split(" ")
    assert (method, kind[-12:]) == ("PATCH", "-patch+json)")
    assert address.startswith(f"{url}{DEPLOYMENT}")
    assert address.endswith("?fieldManager=operations-console&fieldValidation=Strict")
    assert "value-of-a" not in shown.body
    assert TOKEN not in shown.body + shown.text
    assert json.loads(shown.body.replace("•••", "value-of-a")) == cluster.bodies[-1]


async def test_a_dry_run_finds_what_the_api_server_would_refuse(cluster: Cluster, url: str):
    async with kubernetes(url) as platform:
        await platform.variables()
        main = cluster.deployment["spec"]["template"]["spec"]["containers"][0]
        cluster.answer = lambda request: (
            status(422, "quota exceeded") if request.query_params.get("dryRun") else None
        )
        with pytest.raises(PlatformError, match=r"\(422\): quota exceeded"):
            await platform.rehearse(SetVariable("A", "b"))
    assert len(main["env"]) == 2


async def test_lists_are_read_to_their_end_and_begun_anew_when_they_grew_too_old(
    cluster: Cluster, url: str
):
    for number in range(2, 8):
        changed(cluster, f"web:{number}")
        cluster.roll_out()
    cluster.page = 2
    async with kubernetes(url) as platform:
        assert len(await told(platform)) == 7
        assert len(await platform.deployments(3)) == 3
        old = [True]

        def expired(request: Asked) -> Response | None:
            if request.query_params.get("continue") == "4" and old:
                old.clear()
                return status(410, "The provided continue parameter is too old")
            return None

        cluster.answer = expired
        cluster.asked.clear()
        assert len(await told(platform)) == 7
    sets = [one for one in cluster.asked if one.endswith("/replicasets")]
    assert len(sets) == 7  # three until it was too old, four anew


async def test_replica_sets_of_others_are_not_taken_for_its_own(cluster: Cluster, url: str):
    other = json.loads(json.dumps(cluster.sets[0]))
    other["metadata"]["ownerReferences"][0]["uid"] = "uid-of-another"
    orphan = {**json.loads(json.dumps(cluster.sets[0]))}
    del orphan["metadata"]["ownerReferences"]
    cluster.sets += [other, orphan]
    async with kubernetes(url) as platform:
        assert len(await told(platform)) == 1


async def test_pods_that_may_not_be_read_cost_only_the_reason(cluster: Cluster, url: str):
    changed(cluster, "web:2")
    cluster.give_up(state={"waiting": {"reason": "ErrImagePull"}})
    cluster.forbidden = ("/pods",)
    async with kubernetes(url) as platform:
        newest = (await told(platform))[0]
        assert newest.state is DeploymentState.FAILED
        assert newest.reason == 'ReplicaSet "web" has timed out progressing.'
        with pytest.raises(PlatformRefused, match="pods is forbidden"):
            await platform.log(newest.id, StageName.DEPLOY)


def answering(code: int, body: str, headers: dict[str, str] | None = None) -> Any:
    return lambda _: PlainTextResponse(body, code, headers)


@pytest.mark.parametrize(
    ("code", "body", "error", "text"),
    [
        (401, '{"message": "Unauthorized"}', PlatformRefused, "not accept the token: Unauthorized"),
        (403, '{"message": "is forbidden"}', PlatformRefused, "the token may not do this: is for"),
        (404, '{"message": "not found"}', PlatformMissing, "no such thing: not found."),
        (500, "<html>", PlatformAway, "out of order (500)."),
        (504, '{"message": "etcd timed out"}', PlatformAway, "out of order (504): etcd timed out."),
        (302, "", PlatformMissing, "says that it is elsewhere now."),
        (200, "<html>Sign in</html>", PlatformUnreadable, "not JSON"),
        (200, '{"items": [', PlatformUnreadable, "not JSON"),
        (200, '{"items": 3}', PlatformUnreadable, "else than a list"),
    ],
)
async def test_what_goes_wrong_is_one_typed_error_without_the_token(
    cluster: Cluster, url: str, code: int, body: str, error: type[PlatformError], text: str
):
    cluster.answer = answering(code, body)
    async with kubernetes(url) as platform:
        with pytest.raises(error) as raised:
            await platform.deployments(5)
    assert text in str(raised.value)
    assert TOKEN not in str(raised.value)


async def test_an_api_server_under_load_is_left_alone_for_as_long_as_it_says(
    cluster: Cluster, url: str
):
    cluster.answer = answering(429, '{"message": "Too many requests"}', {"Retry-After": "51"})
    async with kubernetes(url) as platform:
        for _ in range(3):
            with pytest.raises(PlatformLimited) as raised:
                await platform.deployments(5)
            assert raised.value.retry_at == pytest.approx(time.time() + 51, abs=20)
    assert len(cluster.asked) == 1


async def test_an_action_is_sent_once_however_it_ends(cluster: Cluster, url: str):
    cluster.answer = lambda one: status(503, "leader election") if one.method == "PATCH" else None
    async with kubernetes(url) as platform:
        with pytest.raises(PlatformAway):
            await platform.perform(Scale(3, 3))
    assert cluster.asked.count(f"PATCH {DEPLOYMENT}/scale") == 1


async def test_an_api_server_that_is_not_there_is_away():
    async with kubernetes(f"http://127.0.0.1:{free_port()}") as platform:
        with pytest.raises(PlatformAway, match="cannot be reached"):
            await platform.instances()


async def test_without_a_token_nothing_is_asked(cluster: Cluster, url: str):
    async with kubernetes(url, token="") as platform:
        with pytest.raises(PlatformRefused, match="There is no token"):
            await platform.instances()
    assert cluster.asked == []


def test_in_the_cluster_the_pods_own_token_is_read_anew_and_sent_nowhere_else(tmp_path: Path):
    (tmp_path / "token").write_text("first\n")
    own = Access(INSIDE_URL, mounted=tmp_path)
    assert own.read_token() == "first"
    (tmp_path / "token").write_text("second\n")
    assert own.read_token() == "second"
    with pytest.raises(PlatformRefused):
        Access("https://elsewhere.example", mounted=tmp_path).read_token()


async def test_a_certificate_file_that_cannot_be_read_is_told(tmp_path: Path):
    bad = tmp_path / "ca.crt"
    bad.write_text("no certificate")
    for name in (bad, tmp_path / "absent.crt"):
        access = Access("https://127.0.0.1:1", TOKEN, str(name))
        platform = Kubernetes(SERVICE, access)
        with pytest.raises(PlatformRefused, match="cannot be read"):
            await platform.instances()


async def test_the_authority_that_signed_the_certificate_is_trusted_and_no_other(tmp_path: Path):
    file, authority = make_authority(tmp_path)
    tls = certificate(tmp_path, "127.0.0.1", authority=authority)
    told = json.dumps({"status": {"readyReplicas": 2}, "items": []}).encode()
    async with serving(answers(told, "Connection: close"), tls) as port:
        for trusted in (str(file), ""):
            access = Access(f"https://127.0.0.1:{port}", TOKEN, trusted)
            platform = Kubernetes(SERVICE, access)
            if trusted:
                assert (await platform.instances()).running == 2
            else:
                with pytest.raises(PlatformAway, match="cannot be reached"):
                    await platform.instances()
            await platform.close()


class Kept(httpx.AsyncHTTPTransport):
    """Keeps what was sent."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.sent.append(request)
        return await super().handle_async_request(request)


async def test_every_request_is_valid_for_prism_too(cluster: Cluster, url: str):
    """What it finds wrong with its own example answers is the description's own matter."""
    description = shared("specs/kubernetes-slice.json")
    assert description is not None
    with prism(description) as contract:
        kept = Kept()
        changed(cluster, "web:2")
        cluster.logs = {("app", False): "hello"}
        async with kubernetes(url, transport=kept) as platform:
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


def test_what_kubernetes_lacks_is_declared_with_the_reason():
    offers = Kubernetes(SERVICE, Access("https://k.example", TOKEN)).capabilities
    with pytest.raises(NotOffered, match="it measures no requests"):
        offers.require(Capability.RESPONSE_TIMES)
    assert offers.offers(Capability.DRY_RUN)

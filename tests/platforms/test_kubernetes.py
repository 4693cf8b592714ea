"""Kubernetes: what is read of a small API server that its Swagger judges."""

import json
from dataclasses import replace
from typing import Any

import pytest
from starlette.requests import Request as Asked
from starlette.responses import Response

from console.deployments.history import Snapshot, merged
from console.errors import (
    NotOffered,
    PlatformError,
    PlatformMissing,
    PlatformRefused,
)
from console.platforms.extras import lines_of
from console.platforms.kubernetes.access import Access
from console.platforms.kubernetes.platform import Kubernetes
from console.platforms.model import (
    Capability,
    DeploymentState,
    InstanceRange,
    StageName,
    StageState,
    Trigger,
)
from tests.platforms.cluster import NAMESPACE, START, TOKEN, Cluster, status
from tests.platforms.cluster_use import SERVICE, changed, kubernetes, told


async def test_the_lines_of_the_pods_come_with_their_times(cluster: Cluster, cluster_url: str):
    cluster.logs = {("app", False): "2025-11-24T16:00:59.5Z no answer\n2025-11-24T16:01:00Z ok\n"}
    async with kubernetes(cluster_url, clock=lambda: START + 60) as platform:
        found = await lines_of(platform, START, 100)
        cluster.logs = {}
        with pytest.raises(PlatformError):
            await lines_of(platform, START, 100)
    assert {one.text for one in found} == {"no answer", "ok"}
    assert found[0].at == 1_764_000_059.5
    assert all(one.instance.startswith("web-") for one in found)


async def test_a_roll_out_is_a_deployment_from_its_replica_set_until_it_is_available(
    cluster: Cluster, cluster_url: str
):
    async with kubernetes(cluster_url) as platform:
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
    async with kubernetes(cluster_url) as another:
        first = (await told(another))[1]
    # whether it ever was available, only those know who looked at the time
    assert (first.state, first.raw_state) == (DeploymentState.UNKNOWN, "")
    before = merged(Snapshot(1.0), [replace(first, state=DeploymentState.LIVE)], {}, START)
    after = merged(before, [second, first], {}, START + 90)
    assert [one.deployment.state.value for one in after.records] == ["live", "replaced"]


async def test_one_that_is_not_available_in_time_failed_and_says_why(
    cluster: Cluster, cluster_url: str
):
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
    async with kubernetes(cluster_url) as platform:
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
    cluster: Cluster, cluster_url: str, container: dict[str, Any], why: str
):
    changed(cluster, "web:2")
    cluster.pods = [cluster.pod(0, **container)]
    async with kubernetes(cluster_url) as platform:
        newest = (await told(platform))[0]
        cluster.logs = {}
        log = await platform.log(newest.id, StageName.DEPLOY)
    assert log.startswith("Pod web-")
    assert "The log of app cannot be read. Kubernetes refused the request (400)" in log
    assert newest.state is DeploymentState.RUNNING
    assert newest.reason == (f"{cluster.pods[0]['metadata']['name']}: {why}." if why else "")


async def test_names_from_config_maps_and_secrets_are_read_without_any_value(
    cluster: Cluster, cluster_url: str
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
    async with kubernetes(cluster_url) as platform:
        found = await platform.variables()
    assert list(found) == ["API_KEY", "DB_PASSWORD", "FLAG_A", "MODE"]
    assert getattr(found, "unread", None) == ("ConfigMap bare", "Secret closed")


async def test_instances_have_the_bounds_of_the_autoscaler_of_this_deployment(
    cluster: Cluster, cluster_url: str
):
    async with kubernetes(cluster_url) as platform:
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


async def test_lists_are_read_to_their_end_and_begun_anew_when_they_grew_too_old(
    cluster: Cluster, cluster_url: str
):
    for number in range(2, 8):
        changed(cluster, f"web:{number}")
        cluster.roll_out()
    cluster.page = 2
    async with kubernetes(cluster_url) as platform:
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


async def test_replica_sets_of_others_are_not_taken_for_its_own(cluster: Cluster, cluster_url: str):
    other = json.loads(json.dumps(cluster.sets[0]))
    other["metadata"]["ownerReferences"][0]["uid"] = "uid-of-another"
    orphan = {**json.loads(json.dumps(cluster.sets[0]))}
    del orphan["metadata"]["ownerReferences"]
    cluster.sets += [other, orphan]
    async with kubernetes(cluster_url) as platform:
        assert len(await told(platform)) == 1


async def test_pods_that_may_not_be_read_cost_only_the_reason(cluster: Cluster, cluster_url: str):
    changed(cluster, "web:2")
    cluster.give_up(state={"waiting": {"reason": "ErrImagePull"}})
    cluster.forbidden = ("/pods",)
    async with kubernetes(cluster_url) as platform:
        newest = (await told(platform))[0]
        assert newest.state is DeploymentState.FAILED
        assert newest.reason == 'ReplicaSet "web" has timed out progressing.'
        with pytest.raises(PlatformRefused, match="pods is forbidden"):
            await platform.log(newest.id, StageName.DEPLOY)


def test_what_kubernetes_lacks_is_declared_with_the_reason():
    offers = Kubernetes(SERVICE, Access("https://k.example", TOKEN)).capabilities
    with pytest.raises(NotOffered, match="it measures no requests"):
        offers.require(Capability.RESPONSE_TIMES)
    assert offers.offers(Capability.DRY_RUN)

"""Every patch as Kubernetes' own code applies it: kubectl, which needs no cluster for that."""

import copy
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from console.platforms.kubernetes import changes
from tests.platforms.cluster import NAME, NAMESPACE, Cluster
from tests.platforms.swagger import kubernetes as swagger

PATHS = changes.Paths(NAMESPACE, NAME)


@pytest.fixture
def kubectl() -> str:
    swagger()
    found = shutil.which("kubectl")
    if found is None:
        pytest.skip("kubectl is not installed")
    return found


def applied(kubectl: str, told: dict[str, Any], change: changes.Change, place: Path) -> Any:
    """An object after a change, by kubectl; and the same by the tests' own API server."""
    file = place / "object.json"
    file.write_text(json.dumps(told))
    kind = {changes.STRATEGIC: "strategic", changes.MERGE: "merge"}[change.content_type]
    ways = [f"--type={kind}", "-o", "json", "--show-managed-fields", "-p", json.dumps(change.body)]
    done = subprocess.run(
        [kubectl, "patch", "--local", "-f", str(file), *ways],
        capture_output=True,
        check=True,
        env={**os.environ, "KUBECONFIG": os.devnull, "HOME": str(place)},
    )
    found = json.loads(done.stdout)
    schema = swagger().answered("PATCH", change.path)
    ours = swagger().patched(schema, told, change.body, strategic=kind == "strategic")
    assert _pruned(found) == _pruned(ours)
    return found


def _pruned(told: Any) -> Any:
    """Without what is null or empty, which means the same, and lists by name: theirs is their own
    order."""
    if isinstance(told, dict):
        pruned = {name: _pruned(one) for name, one in told.items()}
        return {name: one for name, one in pruned.items() if one not in (None, {}, [])}
    if not isinstance(told, list):
        return told
    return sorted((_pruned(one) for one in told), key=lambda one: str(one.get("name")))


def test_a_rollback_replaces_the_whole_template_and_nothing_else(kubectl: str, tmp_path: Path):
    cluster = Cluster()
    before = copy.deepcopy(cluster.deployment)
    template = cluster.deployment["spec"]["template"]
    template["metadata"]["labels"]["tier"] = "new"
    template["spec"]["containers"].append({"name": "added", "image": "added:1"})
    template["spec"]["terminationGracePeriodSeconds"] = 5
    cluster.deployment["metadata"]["annotations"]["kubernetes.io/change-cause"] = "release 2"
    change = changes.brought_back(PATHS, cluster.deployment, cluster.sets[0])
    found = applied(kubectl, cluster.deployment, change, tmp_path)
    assert _pruned(found["spec"]) == _pruned(before["spec"])
    assert "kubernetes.io/change-cause" not in found["metadata"]["annotations"]


def test_a_variable_is_added_or_changed_and_all_others_stay(kubectl: str, tmp_path: Path):
    told = Cluster().deployment
    for name in ("NEW", "MODE"):
        told = applied(kubectl, told, changes.variable(PATHS, "app", name, "x"), tmp_path)
    app, proxy = told["spec"]["template"]["spec"]["containers"]
    assert {one["name"]: one.get("value") for one in app["env"]} == {
        "NEW": "x",
        "MODE": "x",
        "DB_PASSWORD": None,
    }
    assert (app["image"], proxy["name"]) == ("registry.example/web:sha-5d4f8c7", "proxy")


def test_a_restart_changes_an_annotation_only(kubectl: str, tmp_path: Path):
    told = Cluster().deployment
    found = applied(kubectl, told, changes.restarted(PATHS, 1764000000.0), tmp_path)
    notes = found["spec"]["template"]["metadata"].pop("annotations")
    assert notes == {"kubectl.kubernetes.io/restartedAt": "2025-11-24T16:00:00Z"}
    assert _pruned(found) == _pruned(told)


def test_the_bounds_of_an_autoscaler_change_and_its_target_does_not(kubectl: str, tmp_path: Path):
    cluster = Cluster()
    cluster.scale_by(1, 3)
    told = {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        **cluster.scalers[0],
    }
    found = applied(kubectl, told, changes.between(PATHS, "web-hpa", 2, 8), tmp_path)
    assert (found["spec"]["minReplicas"], found["spec"]["maxReplicas"]) == (2, 8)
    assert found["spec"]["scaleTargetRef"]["name"] == NAME

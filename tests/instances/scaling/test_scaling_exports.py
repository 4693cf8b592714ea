"""The exported plan against the vendors' own descriptions, where they are on this machine."""

import json
import re
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import jsonschema
import pytest
import yaml

from console.month_end.exports import cloud_run, keda, kubernetes, render
from console.month_end.plan import Period
from console.month_end.workload import Platform

TOKYO = ZoneInfo("Asia/Tokyo")
START = 1_795_996_800.0
PERIODS = (Period(START, START + 3600, 0), Period(START + 3600, START + 9000, 6))
PLATFORM = Platform(least=0, most=10)
CRON = re.compile(r"\d{1,2} \d{1,2} \d{1,2} \d{1,2} \*")


def specification(name: str) -> Any:
    """In `shared/specs`, beside the project or above it."""
    for above in Path(__file__).resolve().parents:
        path = above / "shared" / "specs" / name
        if path.is_file():
            return json.loads(path.read_text(encoding="utf-8"))
    pytest.skip(f"the description of the API (shared/specs/{name}) is not on this machine")


def check(document: object, root: dict[str, Any], place: str) -> None:
    """Raises where the document is not of the schema at `place`."""
    schema = {**root, "$ref": f"#/{place}"}
    jsonschema.Draft4Validator(schema).validate(document)


def test_render_takes_every_body():
    root = specification("render.json")
    place = "components/schemas/webServiceDetails/properties/autoscaling"
    rows = json.loads(render(PERIODS, PLATFORM, TOKYO))
    assert len(rows) == len(PERIODS)
    for row in rows:
        check(row["body"], root, place)
        assert 1 <= row["body"]["min"] <= row["body"]["max"]


def test_kubernetes_takes_the_autoscaler():
    root = specification("kubernetes-slice.json")
    told = yaml.safe_load(kubernetes(6, "invoice-relay", PLATFORM))
    check(told, root, "definitions/io.k8s.api.autoscaling.v2.HorizontalPodAutoscaler")
    known = root["definitions"]["io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerSpec"]
    assert set(told["spec"]) <= set(known["properties"])
    rules = root["definitions"]["io.k8s.api.autoscaling.v2.HPAScalingRules"]["properties"]
    for side in told["spec"]["behavior"].values():
        assert set(side) <= set(rules)


def test_cloud_run_takes_every_message_and_its_mask():
    root = specification("google-run-v2-discovery.json")
    service = root["schemas"]["GoogleCloudRunV2Service"]["properties"]
    assert service["scaling"]["$ref"] == "GoogleCloudRunV2ServiceScaling"
    known = root["schemas"]["GoogleCloudRunV2ServiceScaling"]["properties"]
    script = cloud_run(PERIODS, "invoice-relay", PLATFORM, TOKYO)
    bodies = [json.loads(one) for one in re.findall(r"--message-body='(.*?)'", script)]
    assert [body["scaling"]["minInstanceCount"] for body in bodies] == [0, 6]
    for body in bodies:
        assert set(body) == {"scaling"}
        assert set(body["scaling"]) <= set(known)
    masks = set(re.findall(r"updateMask=([\w.]+)", script))
    assert masks == {"scaling.minInstanceCount"}
    method = root["resources"]["projects"]["resources"]["locations"]["resources"]["services"]
    patch = method["methods"]["patch"]
    assert patch["httpMethod"] == "PATCH"
    assert "updateMask" in patch["parameters"]


def test_keda_gets_cron_triggers_that_begin_before_they_end():
    """No description of KEDA is at hand; its cron trigger has these four fields."""
    told = yaml.safe_load(keda(PERIODS, "invoice-relay", PLATFORM, TOKYO))
    assert (told["apiVersion"], told["kind"]) == ("keda.sh/v1alpha1", "ScaledObject")
    triggers = [one for one in told["spec"]["triggers"] if one["type"] == "cron"]
    assert len(triggers) == 1  # what is at the minimum needs none
    for one in triggers:
        assert set(one["metadata"]) == {"timezone", "start", "end", "desiredReplicas"}
        assert CRON.fullmatch(one["metadata"]["start"])
        assert CRON.fullmatch(one["metadata"]["end"])
        assert one["metadata"]["start"] != one["metadata"]["end"]
        assert all(isinstance(value, str) for value in one["metadata"].values())

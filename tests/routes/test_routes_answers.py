"""What the routes tell: metrics, the status document, badges."""

import time
from xml.etree import ElementTree

import httpx
import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from console.routes import badge
from console.runtime import Runtime
from tests.routes.shop import without_token


async def test_metrics_tell_what_is_known_and_nothing_else(local: httpx.AsyncClient) -> None:
    accept = {"Accept": "application/openmetrics-text;version=1.0.0,text/plain;q=0.5"}
    response = await local.get("/metrics", headers=accept)
    assert response.headers["content-type"].startswith(
        "application/openmetrics-text; version=1.0.0"
    )
    found = {
        (
            sample.name,
            sample.labels.get("check", ""),
            sample.labels.get("console_check_status", ""),
        ): sample.value
        for family in text_string_to_metric_families(response.text)
        for sample in family.samples
    }
    assert found["console_check_up", "api", ""] == 1
    assert found["console_check_up", "slow", ""] == 1
    assert found["console_check_up", "bank", ""] == 0
    assert ("console_check_up", "silent", "") not in found
    assert ("console_check_up", "export", "") not in found
    assert found["console_check_status", "silent", "unknown"] == 1
    assert found["console_check_status", "silent", "pass"] == 0
    assert found["console_check_last_duration_seconds", "api", ""] == 0.25
    assert found["console_check_incident_open", "bank", ""] == 1
    assert found["console_check_incident_open", "api", ""] == 0
    assert found["console_check_certificate_expiry_timestamp_seconds", "api", ""] > time.time()
    assert ("console_check_certificate_expiry_timestamp_seconds", "bank", "") not in found
    assert found["console_collector_dropped_results_total", "", ""] == 4
    assert found["console_collector_spool_bytes", "", ""] == 123
    assert found["console_collector_flush_interval_seconds", "", ""] == 10
    assert 5 <= found["console_collector_heartbeat_age_seconds", "", ""] < 60


@pytest.mark.parametrize("accept", ["", "*/*", "text/plain", "text/html", "a;b=c;d,,;"])
async def test_whoever_does_not_know_openmetrics_gets_the_older_format(
    local: httpx.AsyncClient, accept: str
) -> None:
    response = await local.get("/metrics", headers={"Accept": accept})
    assert response.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert "python_info" not in response.text  # the process's own metrics are no business of ours


async def test_the_status_document_says_how_everything_stands(local: httpx.AsyncClient) -> None:
    response = await local.get("/api/status.json")
    assert response.headers["content-type"] == "application/json"
    assert response.headers["cache-control"] == "no-store"
    body = response.json()
    assert body["version"] == 1
    assert body["collector"]["silent"] == ""
    (shop,) = body["services"]
    assert (shop["name"], shop["status"]) == ("shop", "fail")
    assert shop["verdict"].startswith("bank is failing since ")
    checks = {check["name"]: check for check in shop["checks"]}
    assert [check["status"] for check in shop["checks"]] == [
        "fail",
        "unknown",
        "unknown",
        "warn",
        "pass",
    ]
    assert checks["bank"]["incident"]["message"] == "bank says <b>hello</b>"
    assert checks["bank"]["incident"]["started_at"] == checks["bank"]["since"]
    assert checks["api"]["incident"] is None
    assert checks["api"]["duration_seconds"] == 0.25
    assert 10 <= checks["api"]["age_seconds"] < 60
    assert checks["api"]["uptime"]["day"] == {
        "share": 0.9,
        "up_seconds": 90,
        "down_seconds": 10,
        "left_out_seconds": 5,
    }
    assert checks["bank"]["uptime"]["day"]["share"] is None
    assert checks["export"]["heard_at"] is None


async def test_every_badge_of_the_document_opens_from_anywhere(
    local: httpx.AsyncClient, remote: httpx.AsyncClient
) -> None:
    (shop,) = (await local.get("/api/status.json")).json()["services"]
    for one in (shop, *shop["checks"]):
        response = await remote.get(one["badge"])
        assert response.status_code == 200
        assert response.headers["content-type"] == "image/svg+xml"


async def test_without_a_token_a_badge_has_no_key(
    local: httpx.AsyncClient, runtime: Runtime
) -> None:
    without_token(runtime)
    (shop,) = (await local.get("/api/status.json")).json()["services"]
    assert shop["badge"] == "/badge/shop.svg"


@pytest.mark.parametrize(
    ("path", "word", "colour"),
    [
        ("/badge/shop.svg", "fail", "#C03A00"),
        ("/badge/shop/api.svg", "pass", "#00795C"),
        ("/badge/shop/slow.svg", "warn", "#A86400"),
        ("/badge/shop/bank.svg", "fail", "#C03A00"),
        ("/badge/shop/silent.svg", "unknown", "#5B6675"),
        ("/badge/shop/export.svg", "unknown", "#5B6675"),
    ],
)
async def test_a_badge_says_word_and_colour_and_is_never_kept(
    local: httpx.AsyncClient, path: str, word: str, colour: str
) -> None:
    response = await local.get(path)
    assert response.headers["content-type"] == "image/svg+xml"
    assert "no-cache" in response.headers["cache-control"]
    assert response.headers["cross-origin-resource-policy"] == "cross-origin"
    texts = [node.text for node in ElementTree.fromstring(response.text).iter() if node.text]
    assert word in texts
    assert f'fill="{colour}"' in response.text
    assert ("#00795C" in response.text) is (word == "pass")


async def test_a_title_comes_out_as_text(local: httpx.AsyncClient) -> None:
    drawing = ElementTree.fromstring((await local.get("/badge/shop.svg")).text)
    assert drawing.get("aria-label") == 'Web <shop> & "co": fail'


@pytest.mark.parametrize(
    "label",
    [
        '"><script>alert(1)</script>',
        "a" * 500,
        "\x00\x1b[31m\ud800",
        "請求書サービス",
        "",
        "]]>&amp;",
    ],
)
def test_any_label_makes_a_well_formed_drawing(label: str) -> None:
    drawing = ElementTree.fromstring(badge.draw(label, "pass", "#00795C"))
    assert not [node for node in drawing.iter() if "script" in str(node.tag)]
    assert float(drawing.get("width", "0")) < 700

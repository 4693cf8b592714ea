"""How the console says that it works, and what it says while the store is away."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest

from console.routes import endpoint
from console.runtime import Runtime
from console.store.profile import LOCAL
from console.store.read import Store
from tests.routes.shop import TOKEN, problem
from tests.valkey_process import ValkeyProcess


async def test_a_console_that_works_is_healthy_for_everybody(
    remote: httpx.AsyncClient, runtime: Runtime
) -> None:
    runtime.collector = SimpleNamespace(pid=4711)
    response = await remote.get("/healthz")
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/health+json"
    assert response.headers["cache-control"] == "no-cache"
    body = response.json()
    assert body["status"] == "pass"
    assert set(body["checks"]) == {
        "store:ping",
        "collector:heartbeat",
        "collector:lease",
        "collector:process",
    }
    (heartbeat,) = body["checks"]["collector:heartbeat"]
    assert 5 <= heartbeat["observedValue"] < 60
    for secret in ("secret", "4711", "9.9", "unix:", "/tmp", TOKEN, "shop"):
        assert secret not in response.text


async def test_a_dead_child_is_a_warning_while_heartbeats_come(
    remote: httpx.AsyncClient, runtime: Runtime
) -> None:
    runtime.collector = SimpleNamespace(pid=None)
    response = await remote.get("/healthz")
    assert response.status_code == 200
    assert response.json()["status"] == "warn"
    assert response.json()["checks"]["collector:process"][0]["status"] == "warn"


async def test_a_console_without_a_collector_of_its_own_has_no_such_check(
    remote: httpx.AsyncClient, runtime: Runtime
) -> None:
    assert "collector:process" not in (await remote.get("/healthz")).json()["checks"]


async def test_a_monitor_that_asks_all_the_time_costs_the_store_next_to_nothing(
    remote: httpx.AsyncClient, valkey_process: ValkeyProcess
) -> None:
    def reads() -> int:
        with valkey_process.client() as client:
            return client.info("commandstats")["cmdstat_get"]["calls"]

    await remote.get("/healthz")
    before = reads()
    start = time.monotonic()
    for _ in range(100):
        await remote.get("/healthz")
    snapshots = (time.monotonic() - start) / LOCAL.snapshot_ttl + 1
    assert reads() - before <= snapshots


@pytest.mark.parametrize("heartbeat_age", [300.0])
async def test_a_collector_that_fell_silent_is_a_failure_and_every_check_unknown(
    local: httpx.AsyncClient,
) -> None:
    response = await local.get("/healthz")
    assert response.status_code == 503
    assert response.json()["status"] == "fail"
    status = (await local.get("/api/status.json")).json()
    assert status["collector"]["silent"]
    assert {check["status"] for check in status["services"][0]["checks"]} == {"unknown"}
    assert "unknown" in (await local.get("/badge/shop/api.svg")).text
    assert 'console_check_up{check="api"' not in (await local.get("/metrics")).text


@pytest.mark.parametrize("heartbeat_age", [None])
async def test_before_the_first_heartbeat_nothing_passes(
    local: httpx.AsyncClient,
) -> None:
    assert (await local.get("/healthz")).status_code == 503
    status = (await local.get("/api/status.json")).json()
    assert status["collector"]["heard_at"] is None
    assert status["services"][0]["status"] == "unknown"
    metrics = await local.get("/metrics")
    assert metrics.status_code == 200
    assert "console_collector_" not in metrics.text


@pytest.fixture
def gone(runtime: Runtime, tmp_path: Path) -> Iterator[None]:
    """A store at whose address nobody listens."""
    runtime.store = Store(f"unix://{tmp_path}/nobody-at-a-secret-place.sock", "local")
    yield
    runtime.store.close()


@pytest.mark.usefixtures("gone")
@pytest.mark.parametrize("path", ["/metrics", "/api/status.json"])
async def test_while_the_store_is_away_there_is_a_sentence_and_no_address(
    local: httpx.AsyncClient, path: str
) -> None:
    response = await local.get(path)
    problem(response, 503)
    assert response.json()["title"] == "The store does not answer."
    assert int(response.headers["retry-after"]) > 0
    assert "secret" not in response.text


@pytest.mark.usefixtures("gone")
async def test_a_heartbeat_that_the_store_did_not_take_is_not_accepted(
    local: httpx.AsyncClient,
) -> None:
    problem(await local.post("/api/push/shop/export"), 503)


@pytest.mark.usefixtures("gone")
async def test_while_the_store_is_away_the_console_is_unhealthy_and_badges_are_grey(
    remote: httpx.AsyncClient, local: httpx.AsyncClient
) -> None:
    response = await remote.get("/healthz")
    assert response.status_code == 503
    assert response.json()["checks"]["store:ping"][0]["status"] == "fail"
    assert "secret" not in response.text
    image = await local.get("/badge/shop.svg")
    assert image.status_code == 200
    assert "unknown" in image.text


async def test_a_store_that_hangs_holds_up_neither_the_loop_nor_the_caller(
    local: httpx.AsyncClient, valkey_process: ValkeyProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(endpoint, "ANSWER_LIMIT", 0.3)
    turns = 0

    async def turn() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0.01)

    turning = asyncio.create_task(turn())
    valkey_process.pause()
    try:
        start = time.monotonic()
        for response in await asyncio.gather(*(local.get("/metrics") for _ in range(20))):
            problem(response, 503)
        assert time.monotonic() - start < 2
        assert turns > 10
    finally:
        valkey_process.resume()
        turning.cancel()
    for _ in range(100):  # the threads that waited come back
        if (await local.get("/metrics")).status_code == 200:
            break
        await asyncio.sleep(0.05)
    else:
        pytest.fail("the routes did not recover")


async def test_a_defect_stays_in_the_log(
    local: httpx.AsyncClient, runtime: Runtime, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(service: str) -> None:
        raise RuntimeError("a secret path")

    runtime.store = SimpleNamespace(states=broken, collector=lambda: None)
    response = await local.get("/metrics")
    problem(response, 500)
    assert "secret" not in response.text
    assert "a secret path" in caplog.text

"""The sample world as real processes: it lives, breaks where it is told to, and recovers."""

import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import redis

from console.processes import identify
from console.sample import faults, world
from console.sample.world import EXPORT, SERVICE, Addresses, World, service
from tests.processes import wait_until
from tests.valkey_process import ValkeyProcess

LIMIT = 30.0  # seconds for anything on a loaded machine


@pytest.fixture(scope="module")
def store_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ValkeyProcess]:
    """The console's store: the tests of other folders empty theirs."""
    server = ValkeyProcess(tmp_path_factory.mktemp("store"))
    server.start()
    yield server
    server.kill()


@pytest.fixture(scope="module")
def sample(
    store_server: ValkeyProcess, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    """One running world for all tests here; each leaves it as it was."""
    sample = World(tmp_path_factory.mktemp("data"), store_server.url)
    try:
        sample.start()
        yield sample
    finally:
        sample.stop()


@pytest.fixture
def at(sample: World) -> Iterator[Addresses]:
    """Where its parts are, once everything is well."""
    assert sample.addresses is not None
    wait_until(lambda: status(sample) == (200, "pass"), LIMIT, lambda: told(sample))
    yield sample.addresses
    repair(sample)


def told(sample: World) -> str:
    logs = sorted((sample.faults.parent.parent / "logs").glob("*.log"))
    return "\n".join(f"{log.name}: {log.read_text()}" for log in logs)


def status(sample: World) -> tuple[int, str]:
    """What the relay says of itself; (0, "") while nobody answers."""
    assert sample.addresses is not None
    try:
        answer = httpx.get(f"{sample.addresses.relay_url}/health", timeout=5)
    except httpx.HTTPError:
        return 0, ""
    return answer.status_code, answer.json().get("status", "")


def break_(sample: World, part: str, end: float = faults.FOREVER) -> None:
    faults.write(sample.faults, {part: end})
    sample.watch()


def repair(sample: World) -> None:
    faults.write(sample.faults, {})
    sample.watch()


def cache(at: Addresses) -> redis.Redis:
    return redis.Redis.from_url(at.cache, socket_timeout=5, socket_connect_timeout=5)


def test_the_nightly_export_reports_to_the_console(
    sample: World, at: Addresses, store_server: ValkeyProcess
):
    def reported() -> str:
        return (client.hget(f"console:1:{SERVICE}:pushes", EXPORT) or b"").decode()

    with store_server.client() as client:
        wait_until(lambda: reported() != "", LIMIT, lambda: told(sample))
        beat = json.loads(reported())
    # the first report counts: it waited for the relay, which starts at the same time
    assert (beat["status"], beat["message"]) == ("pass", "200 invoices exported")
    assert beat["duration"] > 0


def test_what_is_well_says_so_in_health_json_with_what_it_depends_on(at: Addresses):
    answer = httpx.get(f"{at.relay_url}/health")
    assert answer.headers["content-type"] == "application/health+json"
    checks = answer.json()["checks"]
    assert set(checks) == {"cache:responseTime", "accounting:responseTime"}
    for (check,) in checks.values():
        assert check["status"] == "pass"
        assert check["observedValue"] > 0


def test_an_answer_comes_from_accounting_once_and_then_from_the_cache(at: Addresses):
    with cache(at) as client:
        client.flushall()
    first = httpx.get(f"{at.relay_url}/items/198")
    second = httpx.get(f"{at.relay_url}/items/198")
    assert (first.headers["x-cache"], second.headers["x-cache"]) == ("miss", "hit")
    assert first.json() == second.json()
    assert first.json()["number"] == "INV-00198"


def test_every_invoice_is_there_page_by_page_and_no_other(at: Addresses):
    numbers: list[int] = []
    page: int | None = 1
    while page is not None:
        body = httpx.get(f"{at.relay_url}/items", params={"page": page}).json()
        numbers += [item["id"] for item in body["items"]]
        page = body["next"]
    assert numbers == list(range(body["total"]))
    assert httpx.get(f"{at.relay_url}/items/{body['total']}").status_code == 404


def test_a_broken_accounting_is_reported_by_the_relay_until_it_is_repaired(
    sample: World, at: Addresses
):
    break_(sample, "accounting")
    assert httpx.get(f"{at.accounting_url}/status").status_code == 503
    assert status(sample) == (503, "fail")
    checks = httpx.get(f"{at.relay_url}/health").json()["checks"]
    assert checks["accounting:responseTime"][0]["status"] == "fail"
    assert checks["cache:responseTime"][0]["status"] == "pass"
    repair(sample)
    assert status(sample) == (200, "pass")


def test_a_fault_ends_by_itself_when_its_time_is_over(sample: World, at: Addresses):
    break_(sample, "accounting", time.time() + 1.5)
    assert status(sample) == (503, "fail")
    wait_until(lambda: status(sample) == (200, "pass"), LIMIT)


def test_without_its_cache_the_relay_still_works_and_says_that_it_is_slower(
    sample: World, at: Addresses
):
    break_(sample, "cache")
    with pytest.raises(redis.ConnectionError):
        cache(at).ping()
    assert status(sample) == (200, "warn")
    answers = [httpx.get(f"{at.relay_url}/items/7") for _ in range(2)]
    assert [answer.headers.get("x-cache") for answer in answers] == ["miss", "miss"]
    repair(sample)
    assert cache(at).ping(), "it is back at the same address"
    assert status(sample) == (200, "pass")


def test_two_instances_send_heartbeats_and_share_the_traffic(sample: World, at: Addresses):
    """They use the kit, as any service would."""

    def heard() -> bool:
        with cache(at) as client:
            names = client.zrange(f"ops:1:{SERVICE}:instances", 0, -1)
            beats = [client.get(f"ops:1:{SERVICE}:inst:{name.decode()}") for name in names]
            routes = [
                field.decode()
                for key in client.scan_iter(f"ops:1:{SERVICE}:hist:*")
                for field in client.hkeys(key)
            ]
        alive = [json.loads(beat) for beat in beats if beat]
        asked = {one.rpartition("@")[2] for one in routes if one.startswith("route:GET /items/{")}
        return len(alive) == 2 and len(asked) == 2

    wait_until(heard, LIMIT, lambda: told(sample))


def test_a_broken_relay_answers_nothing_but_errors(sample: World, at: Addresses):
    break_(sample, "relay")
    for path in ("/", "/health", "/items"):
        assert httpx.get(at.relay_url + path).status_code == 500


def test_a_cache_that_died_is_started_again(sample: World, at: Addresses):
    with cache(at) as client:
        pid = client.info("server")["process_id"]
    os.kill(pid, signal.SIGKILL)

    def another_answers() -> bool:
        sample.watch()
        try:
            with cache(at) as client:
                return client.info("server")["process_id"] != pid
        except redis.ConnectionError:
            return False

    wait_until(another_answers, LIMIT)


def test_visitors_come_by_themselves_and_find_what_others_left_in_the_cache(at: Addresses):
    def lookups(client: redis.Redis) -> tuple[int, int]:
        stats = client.info("stats")
        return stats["keyspace_hits"], stats["keyspace_misses"]

    with cache(at) as client:
        before = lookups(client)
        wait_until(lambda: sum(lookups(client)) > sum(before), LIMIT)


def test_its_checks_are_those_of_the_running_parts(at: Addresses):
    described = service(at)
    assert described.sample
    assert described.name == SERVICE
    assert {check.name: check.type for check in described.checks} == {
        "relay": "http",
        "invoices": "http",
        "accounting": "http",
        "cache": "redis",
        "accounting-port": "tcp",
        EXPORT: "push",
    }
    assert {check.url_env for check in described.checks} == {"", world.CACHE_VARIABLE}
    assert at.cache not in described.model_dump_json(), "it holds a password"


def test_the_end_of_the_world_leaves_no_process(tmp_path: Path, store_server: ValkeyProcess):
    sample = World(tmp_path, store_server.url)
    with cache(sample.start()) as client:
        pids = [client.info("server")["process_id"]]
    pids += [json.loads(file.read_text())["child"]["pid"] for file in (tmp_path / "run").iterdir()]
    assert len([pid for pid in pids if identify(pid)]) == 6
    sample.stop()
    assert [pid for pid in pids if identify(pid)] == []
    assert not list((tmp_path / "run").iterdir())

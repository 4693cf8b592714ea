"""The sample world as real processes: it lives, breaks where it is told to, and recovers."""

import json
import os
import random
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import redis

from console.process_identity import identify
from console.sample import accounting, books, faults, relay, world
from console.sample.books import Books
from console.sample.service import CACHE_VARIABLE, EXPORT, SERVICE, Addresses, service
from console.sample.world import World
from tests import plain_http
from tests.processes import wait_until
from tests.valkey_process import ValkeyProcess

KEY = f"ops:1:{SERVICE}:{{}}"
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
    wait_until(lambda: all_say(sample, 200, "pass"), LIMIT, lambda: told(sample))
    yield sample.addresses
    repair(sample)


def told(sample: World) -> str:
    logs = sorted((sample.faults.parent.parent / "logs").glob("*.log"))
    return "\n".join(f"{log.name}: {log.read_text()}" for log in logs)


def status(sample: World) -> tuple[int, str]:
    """What the relay says of itself; (0, "") while nobody answers."""
    assert sample.addresses is not None
    try:
        answer = plain_http.get(f"{sample.addresses.relay_url}/health", timeout=5)
    except httpx.HTTPError:
        return 0, ""
    return answer.status_code, answer.json().get("status", "")


def all_say(sample: World, code: int, word: str) -> bool:
    """Whether every instance says so: which one answers is the kernel's choice."""
    return all(status(sample) == (code, word) for _ in range(12))


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
    assert beat["status"] == "pass"
    count, _, rest = beat["message"].partition(" ")
    assert (int(count) >= books.OPENING, rest) == (True, "invoices exported")
    assert beat["duration"] > 0


def test_what_is_well_says_so_in_health_json_with_what_it_depends_on(at: Addresses):
    answer = plain_http.get(f"{at.relay_url}/health")
    assert answer.headers["content-type"] == "application/health+json"
    checks = answer.json()["checks"]
    assert set(checks) == {"redis:heartbeat", "mode:present", "accounting:status"}
    assert {check["status"] for (check,) in checks.values()} == {"pass"}


def test_an_answer_comes_from_accounting_once_and_then_from_the_cache(at: Addresses):
    def counted(name: str) -> int:
        with cache(at) as client:
            found = [client.hgetall(key) for key in client.scan_iter(KEY.format("cachestats:*"))]
        every = [json.loads(text) for one in found for text in one.values()]
        return sum(int(counters[name]) for counters in every)

    hits, misses = counted("hits_memory") + counted("hits_redis"), counted("misses")
    url = f"{at.relay_url}/items/INV-{random.randrange(100, books.OPENING):05}"
    answers = [plain_http.get(url) for _ in range(4)]
    assert len({answer.text for answer in answers}) == 1
    assert answers[0].json()["number"] == url.rpartition("/")[2]
    # told with the next heartbeat
    wait_until(lambda: counted("misses") > misses, LIMIT)
    wait_until(lambda: counted("hits_memory") + counted("hits_redis") >= hits + 3, LIMIT)


def test_every_invoice_is_there_page_by_page_and_no_other(at: Addresses):
    numbers: list[str] = []
    page: int | None = 1
    while page is not None:
        body = plain_http.get(f"{at.relay_url}/items", params={"page": page}).json()
        numbers += [item["number"] for item in body["items"]]
        page = body["next"]
    assert {f"INV-{number:05}" for number in range(books.OPENING)} <= set(numbers)
    assert plain_http.get(f"{at.relay_url}/items/INV-99999").status_code == 404


def test_an_order_becomes_an_invoice_and_is_done_in_the_ledger(sample: World, at: Addresses):
    name = next(
        name for name in map(str, range(1000)) if not accounting.closed(relay.order(name)[0])
    )
    answer = plain_http.post(f"{at.relay_url}/items", json={"items": [name]})
    assert (answer.status_code, answer.json()["new"]) == (202, 1)
    closing = answer.json()["closing"]

    def done() -> bool:
        with cache(at) as client:
            return client.zscore(KEY.format(f"ledger:{closing}:done"), name) is not None

    wait_until(done, LIMIT, lambda: told(sample))
    kept = Books(sample.faults.parent.parent / world.BOOKS_FILE)
    found = kept.find(name)
    kept.close()
    assert found is not None
    assert found.amount == relay.order(name)[1]
    assert plain_http.post(f"{at.relay_url}/items", json={"items": [name]}).json()["new"] == 0


def test_an_order_of_a_closed_customer_waits_for_a_person(sample: World, at: Addresses):
    name = next(name for name in map(str, range(1000)) if accounting.closed(relay.order(name)[0]))
    closing = plain_http.post(f"{at.relay_url}/items", json={"items": [name]}).json()["closing"]

    def known() -> dict:
        with cache(at) as client:
            failed = client.zscore(KEY.format(f"ledger:{closing}:failed"), name)
            text = client.hget(KEY.format(f"ledger:{closing}:items"), name)
        return json.loads(text) if failed is not None else {}

    wait_until(lambda: known() != {}, LIMIT, lambda: told(sample))
    assert known()["retryable"] is False
    assert "has closed the account" in known()["reason"]


def test_the_token_is_kept_sealed_with_its_expiry(at: Addresses):
    with cache(at) as client:
        wait_until(lambda: client.hget(KEY.format("token:accounting"), "expires_at"), LIMIT)
        stored = {
            name.decode(): text.decode()
            for name, text in client.hgetall(KEY.format("token:accounting")).items()
        }
    assert stored["state"] == "ok"
    lifetime = float(stored["refresh_expires_at"]) - float(stored["rotated_at"])
    assert lifetime == pytest.approx(accounting.REFRESH_LIFETIME, abs=5)


def test_an_item_is_run_by_hand_dry_and_then_live(sample: World, at: Addresses):
    url, item = f"{at.relay_url}/ops/run", {"item": f"by-hand-{time.time_ns()}"}

    def asked(**body: str) -> httpx.Response:
        headers = {"Authorization": f"Bearer {sample.run_token}", "Idempotency-Key": "by-hand-1"}
        return plain_http.post(url, json={**item, **body}, headers=headers, timeout=30)

    assert plain_http.post(url, json=item).status_code == 401
    dry = asked().json()
    assert (dry["outcome"], dry["writes"]) == ("held", {"refused": 1})
    assert [stage["stage"] for stage in dry["stages"]] == ["customer", "book"]
    live = asked(mode="live").json()
    assert live["outcome"] in {"done", "failed"}  # a closed customer's
    assert live["writes"] == {"permitted": 1}


def test_a_broken_accounting_is_reported_by_the_relay_until_it_is_repaired(
    sample: World, at: Addresses
):
    break_(sample, "accounting")
    assert plain_http.get(f"{at.accounting_url}/status").status_code == 503
    wait_until(lambda: all_say(sample, 503, "fail"), LIMIT)
    checks = plain_http.get(f"{at.relay_url}/health").json()["checks"]
    assert checks["accounting:status"] == [{"status": "fail", "output": "answers 503"}]
    assert checks["redis:heartbeat"][0]["status"] == "pass"
    repair(sample)
    wait_until(lambda: all_say(sample, 200, "pass"), LIMIT)


def test_a_fault_ends_by_itself_when_its_time_is_over(sample: World, at: Addresses):
    break_(sample, "accounting", time.time() + 6)
    wait_until(lambda: status(sample) == (503, "fail"), 5)
    wait_until(lambda: status(sample) == (200, "pass"), LIMIT)


def test_without_its_cache_the_relay_still_works_and_says_that_it_is_slower(
    sample: World, at: Addresses
):
    break_(sample, "cache")
    with pytest.raises(redis.ConnectionError):
        cache(at).ping()
    wait_until(lambda: status(sample) == (200, "warn"), LIMIT)
    number = f"INV-{random.randrange(100, books.OPENING):05}"
    assert plain_http.get(f"{at.relay_url}/items/{number}").json()["number"] == number
    repair(sample)
    assert cache(at).ping(), "it is back at the same address"
    wait_until(lambda: status(sample) == (200, "pass"), LIMIT)
    with cache(at) as client:
        assert client.exists(KEY.format("token:accounting")), "what must not be lost is on disk"


def test_two_instances_send_heartbeats_and_share_the_traffic(sample: World, at: Addresses):
    """They use the kit, as any service would."""

    def heard() -> bool:
        with cache(at) as client:
            names = client.zrange(KEY.format("instances"), 0, -1)
            beats = [client.get(KEY.format(f"inst:{name.decode()}")) for name in names]
            routes = [
                field.decode()
                for key in client.scan_iter(KEY.format("hist:*"))
                for field in client.hkeys(key)
            ]
        alive = [json.loads(beat) for beat in beats if beat]
        asked = {one.rpartition("@")[2] for one in routes if one.startswith("route:GET /items/{")}
        return len(alive) == 2 and len(asked) == 2

    wait_until(heard, LIMIT, lambda: told(sample))


def test_instances_are_started_and_stopped_while_the_service_answers(sample: World, at: Addresses):
    def alive() -> int:
        with cache(at) as client:
            names = client.zrange(KEY.format("instances"), 0, -1)
            return sum(client.exists(KEY.format(f"inst:{name.decode()}")) for name in names)

    sample.scale(4)
    wait_until(lambda: alive() == 4, LIMIT, lambda: told(sample))
    sample.scale(99)
    assert sample.instances == world.MOST_INSTANCES
    sample.scale(2)
    assert status(sample)[0] == 200
    wait_until(lambda: alive() == 2, LIMIT)


def test_an_instance_with_other_settings_is_started_in_place_of_the_newest(
    sample: World, at: Addresses
):
    def limits() -> list[bool]:
        """Whether each living instance was told a rate limit."""
        with cache(at) as client:
            names = [one.decode() for one in client.zrange(KEY.format("instances"), 0, -1)]
            told = [client.hget(KEY.format(f"settings:{name}"), "report") for name in names]
        rows = [json.loads(one)["variables"] for one in told if one]
        return sorted(
            row["set"] for all_ in rows for row in all_ if row["name"] == "RATE_LIMIT_PER_MINUTE"
        )

    wait_until(lambda: limits() == [False, False], LIMIT, lambda: told(sample))
    break_(sample, "drift")
    wait_until(lambda: limits() == [False, True], LIMIT, lambda: told(sample))
    repair(sample)
    wait_until(lambda: limits() == [False, False], LIMIT, lambda: told(sample))


def test_what_is_set_at_the_platform_only_is_among_its_names(sample: World, at: Addresses):
    assert "LOG_LEVEL" not in sample.variable_names(time.time()).names
    break_(sample, "undeployed")
    assert {"LOG_LEVEL", "RUN_TOKEN"} <= sample.variable_names(time.time()).names.keys()


def test_a_broken_relay_answers_nothing_but_errors(sample: World, at: Addresses):
    break_(sample, "relay")
    for path in ("/health", "/items"):
        assert plain_http.get(at.relay_url + path).status_code == 500


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
    assert {check.url_env for check in described.checks} == {"", CACHE_VARIABLE}
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

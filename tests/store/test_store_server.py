"""Which servers may be the store, and what is said about those that may not."""

import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis._parsers.base import BaseParser

from console.activity.model import Event, Kind
from console.errors import StoreAway, StoreRefused
from console.store.client import address_of, explain
from console.store.inspection import judge
from console.store.read import Store
from console.store.write import CollectorStore
from tests.store.collected import NOW, SERVICE, count, flush, holding
from tests.valkey_process import ValkeyProcess

URL = "redis://user:geheim@store.example:6380/2?x=geheim"
EVENT = Event("e1", NOW, Kind.CONSOLE, "x" * 1000)


@pytest.fixture
def configurable(tmp_path: Path) -> Iterator[ValkeyProcess]:
    """A server whose settings a test may change."""
    server = ValkeyProcess(tmp_path)
    server.start()
    yield server
    server.kill()


async def refused_by_both(url: str, pattern: str) -> None:
    """Web and collector refuse it with the same words."""
    with pytest.raises(StoreRefused, match=pattern) as said:
        Store(url).states(SERVICE)
    assert "CONSOLE_STORE_URL" in str(said.value)
    async with CollectorStore(url) as store:
        with pytest.raises(StoreRefused, match=pattern):
            await store.acquire()


@pytest.mark.parametrize("policy", ["allkeys-lru", "volatile-ttl"])
async def test_a_server_that_evicts_is_refused(configurable: ValkeyProcess, policy: str) -> None:
    with configurable.client() as client:
        client.config_set("maxmemory-policy", policy)
    await refused_by_both(configurable.url, policy)


async def test_a_replica_is_refused(configurable: ValkeyProcess) -> None:
    with configurable.client() as client:
        client.replicaof("127.0.0.1", "1")
    await refused_by_both(configurable.url, "read-only replica")


async def test_a_wrong_password_is_refused_and_never_repeated(configurable: ValkeyProcess) -> None:
    with configurable.client() as client:
        client.config_set("requirepass", "right")
    wrong = configurable.url.replace("//", "//default:geheim@")
    await refused_by_both(wrong, "does not accept the user name or password")
    await refused_by_both(configurable.url, "asks for a password")
    with pytest.raises(StoreRefused) as said:
        Store(wrong).states(SERVICE)
    assert "geheim" not in "".join(traceback.format_exception(said.value))
    right = Store(configurable.url.replace("//", "//:right@"))
    assert right.states(SERVICE) == {}


async def test_a_user_without_rights_is_refused(configurable: ValkeyProcess) -> None:
    with configurable.client() as client:
        client.acl_setuser(
            "weak", enabled=True, passwords=["+pw"], commands=["+ping", "+info", "+client"]
        )
    await refused_by_both(configurable.url.replace("//", "//weak:pw@"), "ACL")


async def test_a_server_that_does_not_answer_to_info_may_still_be_the_store(
    configurable: ValkeyProcess,
) -> None:
    with configurable.client() as client:
        client.acl_setuser(
            "shy", enabled=True, passwords=["+pw"], keys=["*"], channels=["*"],
            categories=["+@all"], commands=["-info"],
        )  # fmt: skip
    url = configurable.url.replace("//", "//shy:pw@")
    async with holding(url) as store:
        assert store.fence == 1
    assert Store(url).states(SERVICE) == {}


async def test_a_full_server_is_said_and_nothing_is_lost(configurable: ValkeyProcess) -> None:
    async with holding(configurable.url) as store:
        count(store, NOW)
        with configurable.client() as client:
            client.config_set("maxmemory", 1)
            with pytest.raises(StoreRefused, match=r"is full \(maxmemory\)"):
                await flush(store, NOW)
            with pytest.raises(StoreRefused, match="is full"):
                Store(configurable.url).record(SERVICE, EVENT)
            client.config_set("maxmemory", 0)
        await flush(store, NOW)
        assert store.open_period.take() == ()


async def test_a_primary_that_became_a_replica_is_said(configurable: ValkeyProcess) -> None:
    async with holding(configurable.url) as store:
        with configurable.client() as client:
            client.replicaof("127.0.0.1", "1")
            with pytest.raises(StoreRefused, match="replica"):
                await flush(store, NOW)
            client.replicaof("NO", "ONE")
        await flush(store, NOW)


async def test_a_server_that_does_not_exist_is_away(tmp_path: Path) -> None:
    server = ValkeyProcess(tmp_path)
    for url in (server.url, f"unix://{tmp_path}/none"):
        with pytest.raises(StoreAway, match="cannot be reached"):
            Store(url).states(SERVICE)
        async with CollectorStore(url) as store:
            with pytest.raises(StoreAway, match="cannot be reached"):
                await store.acquire()


async def test_a_name_that_does_not_resolve_is_away() -> None:
    with pytest.raises(StoreAway, match=r"redis://store.invalid:6379"):
        Store("redis://store.invalid").states(SERVICE)


async def test_a_server_without_tls_is_said_where_tls_is_asked_for(
    configurable: ValkeyProcess,
) -> None:
    with pytest.raises(StoreAway, match=r"cannot be reached|in time"):
        Store(configurable.url.replace("redis:", "rediss:")).states(SERVICE)


@pytest.mark.parametrize("url", ["http://x", "store.example:6379", "redis://host:port", ""])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(StoreRefused, match="CONSOLE_STORE_URL"):
        Store(url)
    with pytest.raises(StoreRefused, match="CONSOLE_STORE_URL"):
        CollectorStore(url)


def test_an_address_is_shown_without_its_secrets() -> None:
    assert address_of(URL) == "redis://store.example:6380"
    assert address_of("rediss://:geheim@[::1]") == "rediss://::1:6379"
    assert "geheim" not in address_of("redis://user:geheim@host:port")
    assert "geheim" not in address_of("geheim@host")
    assert address_of("unix://user:geheim@/run/x.sock?password=geheim") == "unix:///run/x.sock"


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        ("LOADING Valkey is loading the dataset in memory", StoreAway, "still loading"),
        ("BUSY Valkey is busy running a script.", StoreAway, "busy with a script"),
        ("MASTERDOWN Link with MASTER is down", StoreAway, "lost its primary"),
        ("CLUSTERDOWN Hash slot not served", StoreAway, "is down"),
        ("NOPERM User weak has no permissions to run 'hset'", StoreRefused, "ACL"),
        ("READONLY You can't write against a read only replica.", StoreRefused, "replica"),
        ("OOM command not allowed when used memory > 'maxmemory'.", StoreRefused, "full"),
        ("MISCONF Errors writing to the AOF file: No space left", StoreRefused, "disk"),
        ("MOVED 3999 10.0.0.1:6381", StoreRefused, "cluster mode"),
        ("ERR max daily request limit exceeded. Limit: 10000", StoreRefused, "limit of its plan"),
        ("ERR max number of clients reached", StoreAway, "max number of clients"),
        # Redis 6.2 wraps what happens inside a script.
        (
            "ERR Error running script (call to f_0c): @user_script:5: @user_script: 5: "
            "-OOM command not allowed when used memory > 'maxmemory'.",
            StoreRefused,
            "full",
        ),
        ("ERR something else entirely", StoreRefused, "something else entirely"),
    ],
)
def test_what_a_server_answers_is_explained(answer: str, kind: type, words: str) -> None:
    error = explain(URL, BaseParser.parse_error(answer))
    assert type(error) is kind
    assert words in str(error)
    assert "CONSOLE_STORE_URL" in str(error)
    assert "geheim" not in str(error)


def test_arguments_that_a_server_repeats_are_cut() -> None:
    answer = "ERR unknown command 'AUTH', with args beginning with: 'default' 'geheim'"
    assert "geheim" not in str(explain(URL, BaseParser.parse_error(answer)))


def test_a_server_that_is_too_old_is_refused() -> None:
    with pytest.raises(StoreRefused, match=r"Redis 6\.0\.16.*6\.2"):
        judge(URL, {"redis_version": "6.0.16"})
    assert judge(URL, {"redis_version": "6.2.0"}).product == "redis"


def test_valkey_says_its_own_version() -> None:
    info = {"redis_version": "7.2.4", "server_name": "valkey", "valkey_version": "9.1.2"}
    server = judge(URL, info)
    assert (server.product, server.version, server.billed) == ("valkey", "9.1.2", False)


def test_upstash_is_billed_and_refused_only_with_eviction_on() -> None:
    info: dict[str, object] = {"upstash_version": "1.13.3", "redis_version": "6.2.6"}
    server = judge("rediss://default:x@eu1-a.upstash.io", info | {"cluster_enabled": 1})
    assert (server.product, server.version, server.billed) == ("upstash", "1.13.3", True)
    with pytest.raises(StoreRefused, match="turn eviction off"):
        judge(URL, info | {"maxmemory_policy": "optimistic-volatile"})


def test_a_cluster_is_refused() -> None:
    with pytest.raises(StoreRefused, match="cluster mode"):
        judge(URL, {"redis_version": "8.2.3", "cluster_enabled": 1})

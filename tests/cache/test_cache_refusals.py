"""What a server that refuses, breaks off or speaks TLS makes the page say, one sentence each.

From real servers where they can be brought to it, else from one that plays the answer.
"""

import asyncio
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from console.cache.counting import Share
from console.cache.gather import CacheReader
from console.cache.model import Offer, Snapshot
from console.cache.verdict import judge
from console.health.summary import Standing
from console.service_redis import ServiceRedis, ServiceRedisError
from tests import servers
from tests.cache.resp_server import answering, error, healthy, text
from tests.health.gather.servers import certificate, make_authority
from tests.processes import free_port
from tests.valkey_process import ValkeyProcess

SERVICE = "relay"
NONE = Share(0, 0)


async def read(url: str) -> Snapshot:
    """One reading of a server."""
    redis = ServiceRedis(url)
    try:
        return await CacheReader(redis, SERVICE).read(time.time())
    finally:
        await redis.close()


def said(snapshot: Snapshot) -> tuple[Standing, str]:
    """The first line of the page, without the address of the server."""
    verdict = judge(snapshot, NONE, NONE, snapshot.at)
    return verdict.standing, verdict.sentence.replace(f"Redis at {snapshot.place} ", "")


async def refused(url: str, *words: str) -> tuple[str, str]:
    """Code and sentence of a command that is refused."""
    redis = ServiceRedis(url)
    try:
        with pytest.raises(ServiceRedisError) as caught:
            await redis.command(*words)
    finally:
        await redis.close()
    return caught.value.code, str(caught.value).replace(f"Redis at {redis.place} ", "")


async def test_a_server_that_loads_its_data_says_so(tmp_path: Path):
    keys, slowly = 400, {"key-load-delay": "5000", "loading-process-events-interval-bytes": "1024"}
    server = ValkeyProcess(tmp_path, **slowly)
    server.start()
    with server.client() as client:
        for number in range(keys):
            client.set(f"key-{number}", "x" * 200)
        client.save()
    server.kill()
    starting = threading.Thread(target=server.start)  # two seconds, until it has loaded
    starting.start()
    try:
        end = time.monotonic() + 10
        while True:
            snapshot = await read(server.url)
            if "loading" in snapshot.problem or time.monotonic() > end:
                break
            await asyncio.sleep(0.01)
    finally:
        await asyncio.to_thread(starting.join)
        server.kill()
    assert said(snapshot) == (Standing.FAIL, "is still loading its data.")


async def test_a_replica_takes_no_writes_and_is_a_fault_only_without_its_primary(
    own_valkey: ValkeyProcess,
):
    with own_valkey.client() as client:
        client.execute_command("REPLICAOF", "127.0.0.1", str(free_port()))
    assert await refused(own_valkey.url, "SET", "a", "b") == (
        "READONLY", "is a read-only replica.",
    )  # fmt: skip
    assert said(await read(own_valkey.url)) == (Standing.FAIL, "This replica has lost its primary.")
    with own_valkey.client() as client:
        client.config_set("replica-serve-stale-data", "no")
    code, sentence = await refused(own_valkey.url, "GET", "a")
    assert (code, sentence) == ("MASTERDOWN", "has lost its primary.")


async def test_a_full_server_says_so_and_is_still_read(own_valkey: ValkeyProcess):
    with own_valkey.client() as client:
        client.config_set("maxmemory-policy", "noeviction")
        client.config_set("maxmemory", client.info("memory")["used_memory"] // 2)
    assert await refused(own_valkey.url, "SET", "a", "b") == ("OOM", "is full.")
    snapshot = await read(own_valkey.url)
    assert snapshot.problem == ""
    standing, sentence = said(snapshot)
    assert standing is Standing.FAIL
    assert sentence.endswith("of the memory is used, and nothing may be evicted.")


async def test_a_user_that_may_nothing_is_told_apart_from_one_that_may_not_read_info(
    own_valkey: ValkeyProcess,
):
    with own_valkey.client() as client:
        client.execute_command("ACL", "SETUSER", "nobody", "on", ">pw", "~*", "-@all")
        client.execute_command("ACL", "SETUSER", "half", "on", ">pw", "~*", "+ping", "+@read",
                               "+client")  # fmt: skip
    nobody = own_valkey.url.replace("redis://", "redis://nobody:pw@")
    assert said(await read(nobody)) == (Standing.FAIL, "does not allow this user to read it.")
    half = await read(own_valkey.url.replace("redis://", "redis://half:pw@"))
    assert half.offer("information") is Offer.FORBIDDEN
    assert said(half) == (Standing.UNKNOWN, "The server tells nothing of itself.")


async def test_a_server_without_a_free_connection_says_so(own_valkey: ValkeyProcess):
    with own_valkey.client() as client:
        client.config_set("maxclients", "1")
        sentence = said(await read(own_valkey.url))
    assert sentence == (Standing.FAIL, "has no connection left (maxclients).")


async def test_a_password_that_is_missing_or_wrong_names_the_variable(tmp_path: Path):
    server = ValkeyProcess(tmp_path, password="secret")
    server.start()
    try:
        bare = f"redis://127.0.0.1:{server.port}"
        assert said(await read(bare)) == (
            Standing.FAIL, "asks for a password; add it to REDIS_URL.",
        )  # fmt: skip
        wrong = await read(f"redis://default:wr0ng@127.0.0.1:{server.port}")
        assert said(wrong) == (
            Standing.FAIL, "does not accept the user or password in REDIS_URL.",
        )  # fmt: skip
        assert "wr0ng" not in repr(wrong)
    finally:
        server.kill()


@pytest.mark.parametrize(
    ("reply", "sentence"),
    [
        ("LOADING Redis is loading the dataset in memory", "is still loading its data."),
        ("READONLY You can't write against a read only replica.", "is a read-only replica."),
        ("OOM command not allowed when used memory > 'maxmemory'.", "is full."),
        ("NOPERM this user has no permissions to run the 'ping' command",
         "does not allow this user to read it."),
        ("BUSY Redis is busy running a script.", "is busy with a script."),
        ("MISCONF Redis is configured to save RDB snapshots, but it is unable to persist to disk.",
         "cannot save to its disk and refuses writes."),
        ("ERR max requests limit exceeded. Limit: 500000, Usage: 500000.",
         "has used up the commands of its plan."),
        ("ERR max daily request limit exceeded. Limit: 10000, Usage: 10000.",
         "has used up the commands of its plan for today."),
        ("ERR DB capacity quota exceeded. Limit: 268435456",
         "is full: the storage of its plan is used up."),
        ("ERR <b>something</b> new", "answers with an error: <b>something</b> new."),
    ],
)  # fmt: skip
async def test_every_refusal_has_its_sentence(reply: str, sentence: str):
    def told(words: list[bytes]) -> bytes:
        return error(reply) if words[0].upper() == b"PING" else healthy(words)

    async with answering(told) as url:
        assert said(await read(url)) == (Standing.FAIL, sentence)


@pytest.mark.parametrize("half", [b"$4096\r\nredis_version:7.", b"*3\r\n$2\r\nab\r\n", b"$", None])
async def test_a_connection_that_breaks_in_the_middle_of_a_reply_is_said(half: bytes | None):
    def told(words: list[bytes]) -> bytes | None:
        if words[0].upper() != b"INFO":
            return healthy(words)
        return half.removesuffix(b"\r\n") if half else None

    async with answering(told) as url:
        snapshot = await read(url)
    assert said(snapshot) == (
        Standing.FAIL, "broke the connection off before it had answered.",
    )  # fmt: skip
    assert (snapshot.server, snapshot.keys) == (None, None), "nothing of a half answer is believed"


async def test_an_answer_that_is_no_tls_is_said():
    async with answering(healthy, greeting=b"220 mail\r\n") as url:
        assert said(await read(url.replace("redis:", "rediss:"))) == (
            Standing.FAIL, "does not speak TLS there; begin REDIS_URL with redis://.",
        )  # fmt: skip


async def test_an_upstash_that_offers_little_behind_another_name_is_known_and_read():
    info = "# Server\r\nupstash_version:1.13.3\r\nredis_version:8.2.0\r\n# Stats\r\nkeyspace_hits:3"

    def told(words: list[bytes]) -> bytes:
        return text(info) if words[0].upper() == b"INFO" else healthy(words)

    async with answering(told) as url:
        snapshot = await read(url)
    assert snapshot.problem == ""
    assert snapshot.server is not None
    assert (snapshot.server.name, snapshot.billed) == ("Upstash", True)
    assert {snapshot.offer(what) for what in ("slow log", "client list")} == {Offer.NO}
    assert said(snapshot)[0] is Standing.PASS


@pytest.fixture(params=["127.0.0.1", "elsewhere.example"])
def tls(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[str, Path, int, str]]:
    """A real server that speaks TLS: its port, the file of its authority, its plain port, and the
    name in its certificate."""
    authority, signer = make_authority(tmp_path)
    certificate(tmp_path, request.param, authority=signer)
    pem = str(tmp_path / f"{request.param}.pem")
    port = str(free_port())
    options = {
        "tls-port": port,
        "tls-cert-file": pem,
        "tls-key-file": pem,
        "tls-ca-cert-file": str(authority),
        "tls-auth-clients": "no",
    }
    for name in filter(servers.find, servers.NAMES):
        server = ValkeyProcess(tmp_path, server=name, **options)
        try:
            server.start()
        except RuntimeError:  # built without TLS
            continue
        yield port, authority, server.port, request.param
        server.kill()
        return
    pytest.skip("there is no server here that was built with TLS")


async def test_tls_is_spoken_with_a_trusted_server_of_that_name_and_no_other(
    tls: tuple[str, Path, int, str], monkeypatch: pytest.MonkeyPatch
):
    port, authority, plain, name = tls
    url = f"rediss://127.0.0.1:{port}"
    own = await read(url)
    assert said(own)[0] is Standing.FAIL
    assert said(own)[1].startswith("has a certificate that is not trusted: ")
    assert "certificate in certificate chain" in own.problem or "local issuer" in own.problem
    trusted = await read(f"{url}?ssl_ca_certs={authority}")
    if name == "127.0.0.1":
        assert trusted.problem == ""
        assert trusted.server is not None
        monkeypatch.setenv("SSL_CERT_FILE", str(authority))  # how an operator adds one of their own
        assert (await read(url)).problem == ""
    else:
        assert said(trusted)[1].startswith("has a certificate that is not trusted: IP address")
    assert said(await read(f"rediss://127.0.0.1:{plain}")) == (
        Standing.FAIL,
        "does not answer in time; where it speaks no TLS, begin REDIS_URL with redis://.",
    )
    assert said(await read(f"redis://127.0.0.1:{port}")) == (
        Standing.FAIL,
        "broke the connection off before it had answered; where it wants TLS, as Upstash does, "
        "begin REDIS_URL with rediss://.",
    )

"""TCP and Redis probes against real servers and what only looks like one."""

import asyncio
import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from console.health.check import Check
from console.health.gather import ProbeContext, probe
from console.health.model import Outcome, Status
from tests.health.gather.servers import Handler, says, serving, silent
from tests.processes import free_port
from tests.valkey_process import ValkeyProcess

PASSWORD = "hunter22-hunter22"


@pytest.fixture
async def context() -> AsyncIterator[ProbeContext]:
    async with ProbeContext({"CACHE_URL": ""}) as shared:
        yield shared


def redis_check(url: str, **more: object) -> Check:
    fields = {"name": "cache", "type": "redis", "url": url, "timeout": 2, **more}
    return Check.model_validate(fields)


async def test_a_port_that_listens_is_enough_for_tcp(context: ProbeContext) -> None:
    async with serving(silent) as port:
        check = Check(name="db", type="tcp", url=f"tcp://127.0.0.1:{port}")
        result = await probe(check, context)
    assert (result.status, result.outcome) == (Status.PASS, Outcome.OK)
    assert result.message.startswith(f"Connected to 127.0.0.1:{port} in ")
    assert result.phases.connect is not None
    assert (await probe(check, context)).outcome is Outcome.CONNECT


@pytest.mark.parametrize("condition", ["[CONNECTED] == true", "[IP] == 127.0.0.1"])
async def test_tcp_has_conditions_too(context: ProbeContext, condition: str) -> None:
    async with serving(silent) as port:
        url = f"tcp://127.0.0.1:{port}"
        check = Check(name="db", type="tcp", url=url, conditions=(condition,))
        assert (await probe(check, context)).status is Status.PASS


async def test_a_redis_that_answers_ping_passes(context: ProbeContext, valkey_url: str) -> None:
    result = await probe(redis_check(valkey_url), context)
    assert (result.status, result.outcome) == (Status.PASS, Outcome.OK)
    assert result.message.startswith("PONG in ")


async def test_a_password_works_from_a_variable_and_is_never_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server = ValkeyProcess(tmp_path, password=PASSWORD)
    server.start()
    try:
        wrong = server.url.replace(PASSWORD, "wrong-wrong-wrong")
        async with ProbeContext({"CACHE_URL": server.url, "WRONG": wrong}) as context:
            good = await probe(redis_check("", url_env="CACHE_URL"), context)
            bad = await probe(redis_check("", url_env="WRONG"), context)
            none = await probe(redis_check(f"redis://127.0.0.1:{server.port}"), context)
    finally:
        server.kill()
    assert good.status is Status.PASS
    for refused in (bad, none):
        assert (refused.status, refused.outcome) == (Status.FAIL, Outcome.CONDITION)
        assert "refuses the user name or password; check those in the URL." in refused.message
    for secret in (PASSWORD, "wrong-wrong-wrong"):
        assert secret not in f"{good}{bad}{none}{caplog.text}"


async def test_a_variable_that_is_not_set_is_named(context: ProbeContext) -> None:
    result = await probe(redis_check("", url_env="CACHE_URL"), context)
    assert (result.status, result.outcome) == (Status.FAIL, Outcome.CONDITION)
    assert "The variable CACHE_URL is not set" in result.message


async def test_a_redis_that_hangs_times_out(context: ProbeContext, tmp_path: Path) -> None:
    server = ValkeyProcess(tmp_path)
    server.start()
    server.pause()
    try:
        result = await probe(redis_check(server.url, timeout="300ms"), context)
    finally:
        server.resume()
        server.kill()
    assert (result.status, result.outcome) == (Status.FAIL, Outcome.TIMEOUT)
    assert "it is down, busy, or behind a firewall" in result.message
    assert result.duration == 0.3


async def not_redis(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(1)
    writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")


async def closes(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(1)


@pytest.mark.parametrize(
    "handler", [not_redis, closes, says(b"-ERR no\r\n"), says(b"$99999999999\r\n")]
)
async def test_what_is_no_redis_is_a_typed_result(context: ProbeContext, handler: Handler) -> None:
    async with serving(handler) as port:
        result = await probe(redis_check(f"redis://127.0.0.1:{port}", timeout="500ms"), context)
    assert result.status is Status.FAIL
    assert result.outcome is not Outcome.INTERNAL
    assert result.message.endswith(".")


@pytest.mark.parametrize(
    ("url", "outcome"),
    [
        ("redis://127.0.0.1:{free_port}", Outcome.CONNECT),
        ("redis://nowhere.invalid", Outcome.RESOLVE),
        ("unix:///nowhere/redis.sock", Outcome.CONNECT),
        ("redis://127.0.0.1:99999999", Outcome.CONDITION),
    ],
)
async def test_a_redis_out_of_reach_is_a_typed_result(
    context: ProbeContext, url: str, outcome: Outcome
) -> None:
    result = await probe(redis_check(url.format(free_port=free_port())), context)
    assert (result.status, result.outcome) == (Status.FAIL, outcome), result.message

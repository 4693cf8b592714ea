"""The token of a check never leaves the request, whatever the answer does with it."""

import asyncio
import logging
from collections.abc import AsyncIterator

import pytest

from console.health.check import Check
from console.health.gather import ProbeContext, probe
from console.health.model import Outcome, Status
from tests.health.gather.servers import Handler, answers, serving

TOKEN = "zq81-opaque-value-of-nobody"


@pytest.fixture
async def context() -> AsyncIterator[ProbeContext]:
    async with ProbeContext({"API_TOKEN": TOKEN, "EMPTY": ""}) as shared:
        yield shared


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answers with everything it was sent, as a debug page does."""
    body = await reader.readuntil(b"\r\n\r\n")
    assert TOKEN.encode() in body
    writer.write(b"HTTP/1.1 500 Broken\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))


async def hostile(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Puts the token where a message may quote it."""
    await reader.readuntil(b"\r\n\r\n")
    body = f'{{"status": "fail", "output": "got {TOKEN}", "checks": {{"{TOKEN}": "fail"}}}}'
    writer.write(b"HTTP/1.1 200 OK\r\nX: %s\r\n\r\n%s" % (TOKEN.encode(), body.encode()))


async def garbage(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Breaks the protocol with the token in the broken line."""
    await reader.readuntil(b"\r\n\r\n")
    writer.write(f"{TOKEN} {TOKEN}\r\n\r\n".encode())


@pytest.mark.parametrize(
    "handler",
    [
        echo,
        hostile,
        garbage,
        answers(b"", f"Location: ftp://{TOKEN}/", status="302 Found"),
        answers(b"", f"Location: http://{TOKEN}.invalid:port/", status="302 Found"),
    ],
)
@pytest.mark.parametrize("conditions", [(), ("[STATUS] == 201", f"[BODY] != pat(*{TOKEN[:4]}*)")])
async def test_a_bearer_token_is_in_no_result_no_log_and_no_exception(
    context: ProbeContext,
    caplog: pytest.LogCaptureFixture,
    handler: Handler,
    conditions: tuple[str, ...],
) -> None:
    caplog.set_level(logging.DEBUG)
    async with serving(handler) as port:
        check = Check(
            name="api",
            url=f"http://127.0.0.1:{port}/",
            bearer_env="API_TOKEN",
            conditions=conditions,
            timeout=2,
        )
        result = await probe(check, context)
    assert result.status is Status.FAIL
    assert result.outcome is not Outcome.INTERNAL
    assert TOKEN not in repr(result)
    assert TOKEN not in caplog.text


async def test_a_defect_is_logged_without_the_token(
    context: ProbeContext, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.DEBUG)

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError(f"bad header {TOKEN}")

    monkeypatch.setattr(context.client, "build_request", broken)
    check = Check(name="api", url="http://127.0.0.1:1/", bearer_env="API_TOKEN")
    result = await probe(check, context)
    assert result.outcome is Outcome.INTERNAL
    assert "RuntimeError" in caplog.text
    assert TOKEN not in f"{result!r}{caplog.text}"


@pytest.mark.parametrize("name", ["EMPTY", "MISSING"])
async def test_a_token_that_is_not_set_sends_nothing(context: ProbeContext, name: str) -> None:
    async def never(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        pytest.fail("a request came")

    async with serving(never) as port:
        check = Check(name="api", url=f"http://127.0.0.1:{port}/", bearer_env=name)
        result = await probe(check, context)
    assert (result.status, result.outcome) == (Status.FAIL, Outcome.CONDITION)
    assert f"The variable {name} is not set" in result.message


@pytest.mark.parametrize("token", ["line\nbreak-in-a-token", "sm\u00f6rg\u00e5s-token"])
async def test_a_token_that_no_header_can_carry_is_told_without_it(token: str) -> None:
    async with serving(answers(b"ok")) as port, ProbeContext({"T": token}) as context:
        check = Check(name="api", url=f"http://127.0.0.1:{port}/", bearer_env="T", timeout=2)
        result = await probe(check, context)
    assert result.outcome is Outcome.CONDITION
    assert "is not valid" in result.message
    assert token not in repr(result)

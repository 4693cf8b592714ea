"""HTTP probes against servers that behave well, badly and maliciously."""

import asyncio
import gzip
import itertools
import json
import socket
import time
from collections.abc import AsyncIterator

import pytest

from console.health.check import BODY_LIMIT, Check
from console.health.gather import BODY_KEPT, ProbeContext, probe
from console.health.model import Outcome, Result, Status
from tests.health.gather.servers import Handler, answers, says, serving, silent
from tests.processes import free_port


@pytest.fixture
async def context() -> AsyncIterator[ProbeContext]:
    async with ProbeContext({}) as shared:
        yield shared


def check(url: str | int, **more: object) -> Check:
    url = url if isinstance(url, str) else f"http://127.0.0.1:{url}/"
    fields = {"name": "api", "url": url, "timeout": "2s", **more}
    return Check.model_validate(fields)


async def probed(context: ProbeContext, handler: Handler, **more: object) -> Result:
    async with serving(handler) as port:
        return await probe(check(port, **more), context)


def assert_failed(result: Result, outcome: Outcome, words: str) -> None:
    assert (result.status, result.outcome) == (Status.FAIL, outcome), result.message
    assert words in result.message
    assert result.message.endswith(".")
    assert "\n" not in result.message


async def test_a_good_answer_passes_with_its_phases(context: ProbeContext) -> None:
    result = await probed(context, answers(b'{"status": "UP"}'))
    assert (result.status, result.outcome, result.http_status) == (Status.PASS, Outcome.OK, 200)
    assert result.ip == "127.0.0.1"
    assert result.body is None
    phases = result.phases
    assert phases.resolve is None
    assert phases.tls is None
    spent = [phases.connect, phases.first_byte, phases.transfer]
    assert all(seconds is not None and seconds >= 0 for seconds in spent)
    assert result.duration is not None
    assert sum(seconds or 0 for seconds in spent) <= result.duration


async def test_a_name_is_resolved_and_measured(context: ProbeContext) -> None:
    async with serving(answers(b"ok")) as port:
        result = await probe(check(f"http://localhost:{port}/"), context)
    assert result.status is Status.PASS
    assert result.phases.resolve is not None


async def test_the_request_is_what_the_check_says(context: ProbeContext) -> None:
    heard: list[bytes] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readuntil(b"\r\n\r\n"))
        heard.append(await reader.readexactly(7))
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")

    result = await probed(context, handle, method="POST", body="a=1&b=2", headers={"X-Shop": "42"})
    assert result.status is Status.PASS
    assert heard[0].startswith(b"POST / HTTP/1.1\r\n")
    assert b"\r\nx-shop: 42\r\n" in heard[0].lower()
    assert b"\r\ntraceparent: 00-" in heard[0].lower()
    assert heard[1] == b"a=1&b=2"


async def test_nobody_listening_is_a_refused_connection(context: ProbeContext) -> None:
    result = await probe(check(free_port()), context)
    assert_failed(result, Outcome.CONNECT, "nothing listens there; check that the service runs")


async def test_an_unreachable_host_is_a_typed_result_in_time(context: ProbeContext) -> None:
    with socket.socket() as full:  # it listens and takes nobody in: packets are dropped
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting = [socket.socket() for _ in range(3)]
        for connection in waiting:
            connection.setblocking(False)
            connection.connect_ex(full.getsockname())
        started = time.monotonic()
        port = full.getsockname()[1]
        result = await probe(check(port, connect_timeout="300ms"), context)
        for connection in waiting:
            connection.close()
    assert_failed(result, Outcome.TIMEOUT, "within 0.3 s: the host is down, overloaded, or behind")
    assert result.duration == 0.3
    assert time.monotonic() - started < 1.3


async def test_a_name_that_does_not_resolve_is_a_typed_result(context: ProbeContext) -> None:
    result = await probe(check("http://nowhere.invalid/"), context)
    assert_failed(result, Outcome.RESOLVE, "nowhere.invalid does not resolve")


async def test_a_silent_server_times_out_at_the_limit(context: ProbeContext) -> None:
    result = await probed(context, silent, timeout="300ms")
    assert_failed(result, Outcome.TIMEOUT, "it connected, then said nothing")
    assert result.duration == 0.3


async def test_a_slow_drip_times_out_and_tells_when_it_began(context: ProbeContext) -> None:
    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.02)

    result = await probed(context, drip, timeout="300ms")
    assert_failed(result, Outcome.TIMEOUT, "the body dripped")
    assert result.http_status == 200
    assert result.body is not None
    assert result.body.startswith("xx")


async def test_a_body_that_never_ends_is_read_to_the_limit(context: ProbeContext) -> None:
    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(b"x" * 65536)
            await writer.drain()

    result = await probed(context, endless, conditions=["[STATUS] == 200", "len([BODY]) > 9"])
    assert result.status is Status.PASS
    assert "the body did not end within its first MiB, and no more of it was read" in result.message
    result = await probed(context, endless)
    assert result.status is Status.WARN, "without a condition nothing says that this is well"
    assert "the body did not end within its first MiB" in result.message


async def test_of_20_mb_of_json_no_more_than_the_limit_is_read(context: ProbeContext) -> None:
    sent = 0
    body = json.dumps({"items": ["x" * 1000] * 20_000}).encode()

    async def large(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body))
        for start in range(0, len(body), 65536):
            writer.write(body[start : start + 65536])
            await writer.drain()
            sent = start

    result = await probed(context, large, conditions=["len([BODY].items) > 0"])
    assert_failed(
        result,
        Outcome.CONDITION,
        "(a body longer than 1 MiB, the most that is read) > 0 does not hold",
    )
    assert "not a JSON body" not in result.message
    assert "only the first MiB of the body was read" in result.message
    assert sent < len(body) // 2
    assert result.body is not None
    assert len(result.body) <= BODY_KEPT


async def test_a_compressed_bomb_is_unpacked_to_the_limit_only(context: ProbeContext) -> None:
    bomb = gzip.compress(b"0" * 50 * BODY_LIMIT)
    result = await probed(context, answers(bomb, "Content-Encoding: gzip"))
    assert result.status is Status.PASS
    assert "only the first MiB" in result.message


async def test_invalid_utf_8_is_replaced(context: ProbeContext) -> None:
    result = await probed(context, answers(b"\xff\xfe caf\xe9", status="500 Broken"))
    assert_failed(result, Outcome.CONDITION, "HTTP 500")
    assert result.body == "\ufffd\ufffd caf\ufffd"


async def test_invalid_utf_8_is_told_where_it_matters(context: ProbeContext) -> None:
    broken = b'{"status": "pass", "name": "caf\xe9"}'
    result = await probed(context, answers(broken))
    assert result.message.endswith("; the body is not valid UTF-8.")
    result = await probed(context, answers(b"caf\xe9"), conditions=["[BODY] == pat(caf*)"])
    assert result.message.endswith("; the body is not valid UTF-8.")
    picture = answers(b"\x89PNG\xff", "Content-Type: image/png")
    assert "UTF-8" not in (await probed(context, picture)).message


async def test_json_that_calls_itself_a_picture_is_read_and_told(context: ProbeContext) -> None:
    png = answers(b'{"status": "pass"}', "Content-Type: image/png")
    result = await probed(context, png)
    assert result.status is Status.PASS
    assert result.message.endswith("; the body is JSON although its Content-Type is image/png.")
    result = await probed(context, png, conditions=["[BODY].status == pass"])
    assert "the body is JSON although its Content-Type is image/png" in result.message


async def test_what_claims_to_be_json_and_is_not_is_told(context: ProbeContext) -> None:
    result = await probed(context, answers(b"<p>hi</p>", "Content-Type: application/health+json"))
    assert result.message.endswith("; the body is not JSON although its Content-Type says so.")


async def test_a_redirect_loop_ends_after_a_few(context: ProbeContext) -> None:
    result = await probed(context, answers(b"", "Location: /again", status="302 Found"))
    assert_failed(result, Outcome.REDIRECT, "redirects more than 10 times, probably in a circle")


@pytest.mark.parametrize(
    "place",
    [
        "ftp://127.0.0.1/x",
        "file:///etc/passwd",
        "http://a:port/",
        "http://127.0.0.1:99999/",
        "http://xn--/",
        "mailto:x",
        "http:25lo]/",
        "/\x01",
    ],
)
async def test_a_redirect_to_something_else_is_not_followed(
    context: ProbeContext, place: str
) -> None:
    result = await probed(context, answers(b"", f"Location: {place}", status="302 Found"))
    assert_failed(result, Outcome.REDIRECT, "redirects to something that is not")


async def test_a_redirect_to_a_name_without_end_is_told_in_one_sentence(
    context: ProbeContext,
) -> None:
    place = f"Location: http://{'a' * 50_000}.example/"
    result = await probed(context, answers(b"", place, status="302 Found"))
    assert (result.status, result.outcome) == (Status.FAIL, Outcome.RESOLVE)
    assert len(result.message) <= 500


async def test_a_redirect_may_be_the_answer(context: ProbeContext) -> None:
    result = await probed(
        context,
        answers(b"", "Location: /login", status="302 Found"),
        follow_redirects=False,
        conditions=["[STATUS] == 302"],
    )
    assert result.status is Status.PASS


async def test_the_content_type_does_not_decide_what_the_body_is(context: ProbeContext) -> None:
    json_as_html = answers(b'{"a": 1}', "Content-Type: text/html")
    html_as_json = answers(b"<p>Bad gateway</p>", "Content-Type: application/json")
    assert (await probed(context, json_as_html, conditions=["[BODY].a == 1"])).status == "pass"
    result = await probed(context, html_as_json, conditions=["[BODY].a == 1"])
    assert_failed(result, Outcome.CONDITION, "(not a JSON body)")


async def test_markup_in_a_body_stays_text(context: ProbeContext) -> None:
    body = b"<script>alert(1)</script>\x1b[2J"
    result = await probed(context, answers(body, status="500 Broken"))
    assert result.body == "<script>alert(1)</script>[2J"


async def test_a_failing_body_is_kept_capped_and_masked_and_a_passing_one_is_not(
    context: ProbeContext,
) -> None:
    body = b'{"password": "hunter22", "x": "' + b"y" * 10_000 + b'"}'
    result = await probed(context, answers(body, status="500 Broken"))
    assert result.body is not None
    assert len(result.body) == BODY_KEPT
    assert "hunter22" not in result.body
    assert (await probed(context, answers(body))).body is None


async def test_slow_but_answering_is_a_warning(context: ProbeContext) -> None:
    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await asyncio.sleep(0.1)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    result = await probed(context, slow, slow_after="50ms")
    assert (result.status, result.outcome) == (Status.WARN, Outcome.OK)
    assert "slower than 0.05 s" in result.message


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"", "closed the connection without an answer"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhalf", "in the middle of its answer"),
        (b"SSH-2.0-OpenSSH_9.6\r\n\r\n", "something that is not HTTP; check scheme and port"),
        (b"HTTP/1.1 twohundred OK\r\n\r\n", "something that is not HTTP"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "not HTTP"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"a" * 300_000 + b"\r\n\r\n", "not HTTP"),
    ],
)
async def test_a_broken_protocol_is_a_typed_result(
    context: ProbeContext, answer: bytes, words: str
) -> None:
    assert_failed(await probed(context, says(answer)), Outcome.PROTOCOL, words)


async def test_headers_without_end_time_out_or_break_the_protocol(context: ProbeContext) -> None:
    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n")
        for number in itertools.count():
            writer.write(b"X-%d: y\r\n" % number)
            await writer.drain()

    result = await probed(context, endless, timeout="1s")
    assert result.outcome in (Outcome.PROTOCOL, Outcome.TIMEOUT)


async def test_a_wanted_failure_to_connect_passes(context: ProbeContext) -> None:
    result = await probe(check(free_port(), conditions=["[CONNECTED] == false"]), context)
    assert (result.status, result.outcome) == (Status.PASS, Outcome.OK)


async def test_a_clock_that_goes_backwards_changes_no_duration() -> None:
    times = itertools.count(1_790_000_000.0, -3600.0)
    async with ProbeContext({}, clock=lambda: next(times)) as context:
        first = await probed(context, answers(b"ok"))
        second = await probed(context, answers(b"ok"))
    assert second.at < first.at
    for result in (first, second):
        assert result.status is Status.PASS
        assert result.duration is not None
        assert 0 < result.duration < 2


async def test_a_check_that_hangs_delays_no_other(context: ProbeContext) -> None:
    async with serving(silent) as stuck, serving(answers(b"ok")) as port:
        hanging = [
            asyncio.create_task(probe(check(stuck, timeout="1s"), context)) for _ in range(100)
        ]
        results = [await probe(check(port), context) for _ in range(10)]
        assert not any(task.done() for task in hanging)
        assert all(result.status is Status.PASS for result in results)
        stopped = await asyncio.gather(*hanging)
    assert {result.outcome for result in stopped} == {Outcome.TIMEOUT}


async def test_cancellation_passes_and_closes_the_connection(context: ProbeContext) -> None:
    gone = asyncio.Event()
    came = asyncio.Event()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        came.set()
        try:
            await silent(reader, writer)
        finally:
            gone.set()

    async with serving(handle) as port:
        task = asyncio.create_task(probe(check(port), context))
        await came.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.wait_for(gone.wait(), 1)


async def test_a_defect_of_the_probe_is_unknown_and_stops_nothing(
    context: ProbeContext, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> str:
        raise RuntimeError("a defect")

    monkeypatch.setattr(context, "url", broken)
    result = await probe(check(free_port()), context)
    assert (result.status, result.outcome) == (Status.UNKNOWN, Outcome.INTERNAL)
    assert "The probe of api broke" in caplog.text

"""A Loki-compatible back end, read over real HTTP."""

import json
from collections.abc import Iterator

import pytest

from console.logs.gather import loki as gathering
from console.logs.gather.loki import BILLION, Loki, read_loki
from console.logs.model import Level, Page
from console.logs.times import Clock
from tests.logs.loki_server import LokiServer

T0 = 1_795_500_000
CLOCK = Clock(T0 + 5000.0)
SELECTOR = '{service_name="billing"}'


@pytest.fixture
def server() -> Iterator[LokiServer]:
    running = LokiServer()
    yield running
    running.close()


async def read(server: LokiServer, **more: int) -> Page:
    return await read_loki(Loki(server.url), SELECTOR, T0, T0 + 1000, CLOCK, **more)


async def test_lines_come_with_their_labels(server: LokiServer):
    labels = {"service_name": "billing", "pod": "b-1", "level": "error"}
    server.entries.append((T0 * BILLION + 1, "it failed", labels, {"trace_id": "abc"}))
    server.entries.append((T0 * BILLION, '{"level":"info","msg":"fine","pod":"own"}', labels, {}))
    page = await read(server)
    fine, failed = page.lines
    assert page.problem == ""
    assert (failed.message, failed.level, failed.time) == ("it failed", Level.ERROR, T0 + 1e-9)
    assert failed.fields == {"service": "billing", "instance": "b-1", "trace_id": "abc"}
    assert (fine.message, fine.level, fine.fields["instance"]) == ("fine", Level.INFO, "own")
    assert server.asked[0] == {
        "query": SELECTOR, "start": str(T0 * BILLION), "end": str((T0 + 1000) * BILLION),
        "limit": "1000", "direction": "backward",
    }  # fmt: skip


@pytest.mark.parametrize("apart", [1, 5])
async def test_pages_lose_and_repeat_nothing(
    server: LokiServer, apart: int, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(gathering, "PAGE_LINES", 10)
    server.entries = [(T0 * BILLION + n // 4 * apart, f"number {n}", {}, {}) for n in range(57)]
    page = await read(server)
    assert sorted(line.message for line in page.lines) == sorted(f"number {n}" for n in range(57))
    assert len(server.asked) > 5


async def test_a_nanosecond_that_fills_a_page_does_not_hold_it_up(
    server: LokiServer, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(gathering, "PAGE_LINES", 10)
    server.entries = [(T0 * BILLION + 5, f"same {n}", {}, {}) for n in range(30)]
    server.entries.append((T0 * BILLION, "older", {}, {}))
    page = await read(server)
    assert page.lines[0].message == "older"


async def test_the_newest_come_where_there_are_too_many(
    server: LokiServer, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(gathering, "PAGE_LINES", 10)
    server.entries = [(T0 * BILLION + n, f"number {n}", {}, {}) for n in range(100)]
    page = await read(server, most=20)
    assert [line.message for line in page.lines] == [f"number {n}" for n in range(80, 100)]
    assert page.older == str(T0 * BILLION + 80)


async def test_credentials_and_tenant_are_sent_and_never_told(server: LokiServer):
    server.answer = (401, b"no, t0ken12345 is wrong")
    loki = Loki(server.url, token="t0ken12345", tenant="team-a")
    page = await read_loki(loki, SELECTOR, T0, T0 + 1, CLOCK)
    assert server.headers[0]["Authorization"] == "Bearer t0ken12345"
    assert server.headers[0]["X-Scope-OrgID"] == "team-a"
    assert page.problem == "Loki does not accept the credentials (status 401)."


@pytest.mark.parametrize(
    ("status", "body", "problem"),
    [
        (
            400,
            b"parse error at line 1, col 2: syntax error",
            "does not understand the query: parse",
        ),
        (404, b"404 page not found", "has no Loki API"),
        (429, b"too many", "asked too often"),
        (500, b"<b>down</b>", "answers with status 500: <b>down</b>"),
        (302, b"", "answers 302"),
        (200, b"<html>", "something else than its documented JSON"),
        (200, b'{"data":{}}', "something else"),
        (
            200,
            json.dumps({"data": {"resultType": "matrix", "result": []}}).encode(),
            "counts lines",
        ),
        (
            200,
            b'{"data":{"resultType":"streams","result":[{"stream":{},"values":[["x"]]}]}}',
            "form",
        ),
        (200, b'{"data":{"resultType":"streams","result":7}}', "form"),
    ],
)
async def test_what_goes_wrong_is_a_sentence(
    server: LokiServer, status: int, body: bytes, problem: str
):
    server.answer = (status, body)
    page = await read(server)
    assert page.lines == ()
    assert problem in page.problem


async def test_too_large_an_answer_is_not_read_on(
    server: LokiServer, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(gathering, "ANSWER_LIMIT", 1000)
    server.entries.append((T0 * BILLION, "x" * 5000, {}, {}))
    assert "at once" in (await read(server)).problem


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "http://[", "nonsense", ""])
async def test_a_back_end_that_is_not_there_is_a_sentence(url: str):
    assert (await read_loki(Loki(url), SELECTOR, T0, T0 + 1, CLOCK)).problem

"""Runs over real HTTP, with real instances and with servers of every bad kind."""

import asyncio
import time
from collections.abc import Callable

import pytest
from opskit import Ledger
from opskit.keys import Keys
from opskit.server import Server
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from console.controls import running as running_module
from console.controls.model import Mode
from console.controls.rules import Wish
from console.controls.running import Running
from console.controls.runs import Run, writes_of
from console.errors import NotAllowed, Objection
from console.health.check import Service
from tests.controls.conftest import ANN, EVE, MakeDesk
from tests.controls.test_desk import until
from tests.kit.accounting_server import Accounting
from tests.kit.support import SERVICE, Spawn

Serve = Callable[[Starlette], str]


def ended(running: Running, service: Service, key: str) -> Run:
    def found() -> Run:
        return next(run for run in running.runs(service.name) if run.id == key)

    until(lambda: found().state != "running")
    return found()


def did(running: Running, service: Service, item: str, *, dry: bool = True, key: str = "") -> Run:
    key = key or f"key-{item}-{dry}-12345678"[:60]
    running.run(ANN, service, item, dry=dry, key=key, sure=True)
    return ended(running, service, key)


def test_an_item_is_run_dry_and_then_live_and_what_differs_is_known(
    make_desk: MakeDesk, spawn: Spawn, accounting: Accounting
):
    desk, running, service = make_desk(spawn(accounting.url).url)
    until(lambda: len(desk.snapshot(service).heard) == 1)
    with pytest.raises(Objection, match="INV-1 did not run live"):
        running.run(ANN, service, "INV-1", dry=False, key="invented-12345678")
    assert running.runs(service.name) == []
    dry = did(running, service, "INV-1")
    assert (dry.outcome, dry.passed, accounting.writes) == ("held", True, [])
    assert dry.fingerprint not in ("", "not comparable")
    running.run(ANN, service, "INV-1", dry=False, key="known-by-now-12345678")
    live = ended(running, service, "known-by-now-12345678")
    assert (live.outcome, writes_of(live)) == ("done", "1 permitted")
    assert [write["number"] for write in accounting.writes] == ["INV-1"]
    until(lambda: len(running.log_lines(service, live)) > 0)
    until(lambda: len(desk.journal.newest(10)) == 4)
    assert {entry.outcome for entry in desk.journal.newest(10)} == {"", "held", "done"}


def test_a_live_run_while_the_mode_is_dry_run_has_a_permit_of_its_own_and_only_once(
    make_desk: MakeDesk, spawn: Spawn, accounting: Accounting
):
    desk, running, service = make_desk(spawn(accounting.url).url)
    until(lambda: len(desk.snapshot(service).heard) == 1)
    desk.switch(ANN, service, Wish(Mode.DRY_RUN, 0))
    until(lambda: (found := desk.followed(service.name)) and found.ended)
    live = did(running, service, "INV-1", dry=False)
    assert (live.outcome, writes_of(live)) == ("done", "1 by the single-use permit")
    until(lambda: desk.snapshot(service).writes.get("granted") == 1)
    assert desk.snapshot(service).writes["permitted"] == 0


def test_the_environment_forbids_a_live_run_whatever_the_permit(
    make_desk: MakeDesk, spawn: Spawn, accounting: Accounting
):
    desk, running, service = make_desk(spawn(accounting.url, DRY_RUN="true").url)
    until(lambda: len(desk.snapshot(service).heard) == 1)
    live = did(running, service, "INV-1", dry=False)
    assert live.outcome == "held"
    assert accounting.writes == []


def test_a_double_click_is_one_run(make_desk: MakeDesk, spawn: Spawn, accounting: Accounting):
    _, running, service = make_desk(spawn(accounting.url).url)
    for _ in range(3):
        running.run(ANN, service, "INV-1", dry=False, key="the-same-key-12345678", sure=True)
    ended(running, service, "the-same-key-12345678")
    assert len(accounting.writes) == 1
    assert len(running.runs(service.name)) == 1


def test_an_aborted_run_closes_its_request_and_the_service_stops_working_on_it(
    make_desk: MakeDesk, spawn: Spawn, accounting: Accounting
):
    desk, running, service = make_desk(spawn(accounting.url).url)
    accounting.write_delay = 30.0
    running.run(ANN, service, "INV-1", dry=False, key="abort-me-12345678", sure=True)
    until(accounting.entered.is_set)
    running.abort(ANN, service, "abort-me-12345678")
    run = ended(running, service, "abort-me-12345678")
    assert (run.state, run.passed) == ("aborted", False)
    assert "reads back first" in run.reason
    until(lambda: all(not one.beat.in_flight for one in _beats(desk, service)))


def _beats(desk, service):
    found = desk.snapshot(service).heard
    return [one for one in found if one.beat is not None]


@pytest.mark.parametrize("item", ["a\"b'c", "a/b?c=d&e", "<script>", "😀 emoji", "x" * 200])
def test_an_item_id_of_any_characters_arrives_as_it_is(
    make_desk: MakeDesk, spawn: Spawn, accounting: Accounting, item: str
):
    _, running, service = make_desk(spawn(accounting.url).url)
    assert did(running, service, item, dry=False, key="any-item-12345678").outcome == "done"
    assert [write["number"] for write in accounting.writes] == [item]


def test_what_is_no_item_is_not_sent(make_desk: MakeDesk):
    _, running, service = make_desk("http://127.0.0.1:9")
    for item in ("", "x" * 10_000, "a\nb"):
        with pytest.raises(Objection):
            running.run(ANN, service, item, dry=True, key="none-12345678")
    assert running.runs(service.name) == []


def test_a_viewer_cannot_run_an_item(make_desk: MakeDesk):
    desk, running, service = make_desk("http://127.0.0.1:9")
    with pytest.raises(NotAllowed):
        running.run(EVE, service, "INV-1", dry=True, key="viewer-12345678")
    assert running.runs(service.name) == []
    assert desk.journal.newest(1)[0].outcome == "refused"


async def html(_request: Request) -> Response:
    return HTMLResponse("<h1>Sign in</h1>")


async def accepted(_request: Request) -> Response:
    return Response(status_code=202)


async def text(_request: Request) -> Response:
    return PlainTextResponse("done", headers={"content-type": "text/plain"})


async def refuses(_request: Request) -> Response:
    return JSONResponse({"title": "The token is missing or wrong", "detail": "send RUN_TOKEN"}, 401)


async def missing(_request: Request) -> Response:
    return JSONResponse({"detail": "Not Found"}, 404)


async def other_json(_request: Request) -> Response:
    return JSONResponse([1, 2])


async def gateway(_request: Request) -> Response:
    return JSONResponse({"message": "upstream timed out"}, 504)


async def endless(_request: Request) -> Response:
    return PlainTextResponse("x" * 2_000_000)


@pytest.mark.parametrize(
    ("answer", "state", "words"),
    [
        (html, "unknown", "a page of HTML"),
        (accepted, "unknown", "it may still work on the item"),
        (text, "unknown", "not JSON"),
        (gateway, "unknown", "answers 504"),
        (other_json, "unknown", "no report"),
        (endless, "unknown", "larger than"),
        (refuses, "ended", "not the service's RUN_TOKEN"),
        (missing, "ended", "no /ops/run"),
    ],
)
def test_an_answer_that_is_no_report_is_explained_and_never_a_pass(
    make_desk: MakeDesk,
    serve_app: Serve,
    answer: Callable[..., object],
    state: str,
    words: str,
):
    app = Starlette(routes=[Route("/ops/run", answer, methods=["POST"])])
    _, running, service = make_desk(serve_app(app))
    run = did(running, service, "INV-1")
    assert words in run.reason
    assert (run.state, run.passed) == (state, False)


def test_a_service_that_never_answers_leaves_the_outcome_unknown(
    make_desk: MakeDesk, serve_app: Serve, monkeypatch: pytest.MonkeyPatch
):
    async def never(_request: Request) -> Response:
        await asyncio.sleep(60)
        return Response()

    monkeypatch.setattr(running_module, "RUN_SECONDS", 0.3)
    monkeypatch.setattr("console.controls.gather.http.ANSWER_GRACE", 0.2)
    app = Starlette(routes=[Route("/ops/run", never, methods=["POST"])])
    _, running, service = make_desk(serve_app(app))
    run = did(running, service, "INV-1")
    assert (run.state, run.passed) == ("unknown", False)
    assert "no answer within 0.3 s" in run.reason


def test_a_service_that_is_away_was_sent_nothing(make_desk: MakeDesk):
    _, running, service = make_desk("http://127.0.0.1:9")
    run = did(running, service, "INV-1")
    assert (run.state, run.outcome) == ("ended", "failed")
    assert "nothing was sent" in run.reason


def test_a_service_with_an_endpoint_of_its_own_gets_what_its_template_says(
    make_desk: MakeDesk, serve_app: Serve
):
    heard: list[object] = []

    async def own(request: Request) -> Response:
        heard.append(await request.json())
        return PlainTextResponse("ok")

    url = serve_app(Starlette(routes=[Route("/mine", own, methods=["POST"])]))
    body = '{"invoice": "{item}", "test": "{mode}"}'
    _, running, service = make_desk("", run_url=f"{url}/mine", run_body=body)
    assert did(running, service, 'INV-"1"').outcome == "done"
    assert heard == [{"invoice": 'INV-"1"', "test": "dry_run"}]
    with pytest.raises(Objection, match="/ops/batch"):
        running.batch(ANN, service, 1, dry=False, key="batch-12345678")


def test_without_a_token_or_an_address_nothing_can_be_run(make_desk: MakeDesk):
    _, running, service = make_desk("")
    with pytest.raises(Objection, match="does not know where"):
        running.run(ANN, service, "INV-1", dry=True, key="nowhere-12345678")


def test_a_share_of_what_waits_is_run_and_stops_at_failures(
    make_desk: MakeDesk, spawn: Spawn, accounting: Accounting, valkey_process
):
    desk, running, service = make_desk(spawn(accounting.url).url)
    until(lambda: len(desk.snapshot(service).heard) == 1)
    running.batch(ANN, service, 100.0, dry=False, key="batch-12345678")
    until(lambda: running.batches(service.name)[0].state != "running")
    batch = running.batches(service.name)[0]
    assert batch.state == "ended"
    assert "a percentage needs a ledger" in batch.stopped
    assert not batch.passed


def test_a_console_that_is_stopped_says_that_it_was_and_nobody_aborted(
    make_desk: MakeDesk, spawn: Spawn, accounting: Accounting
):
    desk, running, service = make_desk(spawn(accounting.url).url)
    accounting.write_delay = 30.0
    running.run(ANN, service, "INV-1", dry=False, key="stopped-12345678", sure=True)
    until(accounting.entered.is_set)
    until(lambda: accounting.writes)
    desk.loop.stop()
    run = ended(running, service, "stopped-12345678")
    assert (run.state, run.passed) == ("unknown", False)
    assert "The console was stopped" in run.reason
    until(lambda: desk.journal.newest(1)[0].outcome == "unknown")


def test_what_a_dry_run_held_is_widened_step_by_step(
    make_desk: MakeDesk, spawn: Spawn, accounting: Accounting, valkey_url: str
):
    desk, running, service = make_desk(spawn(accounting.url, CLOSING="2026-11").url)
    until(lambda: len(desk.snapshot(service).heard) == 1)
    desk.switch(ANN, service, Wish(Mode.DRY_RUN, 0))
    until(lambda: (found := desk.followed(service.name)) and found.ended)
    asyncio.run(add(valkey_url, 20))
    until(lambda: asyncio.run(held(valkey_url)) == 20)
    did(running, service, "inv-0")
    desk.switch(ANN, service, Wish(Mode.LIVE, 1, typed=service.name))
    until(lambda: (found := desk.followed(service.name)) and found.ended)
    for percent, expected in ((1.0, 1), (10.0, 2), (100.0, 17)):
        running.batch(ANN, service, percent, dry=False, key=f"widen-{percent}-12345678")
        until(lambda: running.batches(service.name)[0].state != "running")
        batch = running.batches(service.name)[0]
        assert (batch.passed, batch.done, batch.of, batch.counts) == (
            True, expected, expected, {"done": expected},
        )  # fmt: skip
    assert len(accounting.writes) == 20
    again = running.batch(ANN, service, 100.0, dry=False, key="widen-100.0-12345678")
    assert again.done == 17, "the same click, not another batch"


async def add(url: str, items: int) -> None:
    server = Server(url)
    await Ledger(server, Keys(SERVICE), "2026-11").add([f"inv-{n}" for n in range(items)])
    await server.close()


async def held(url: str) -> int:
    server = Server(url)
    counts = await Ledger(server, Keys(SERVICE), "2026-11").counts()
    await server.close()
    return counts.held


def test_a_run_that_its_console_did_not_see_end_is_unknown_to_the_next_console(
    make_desk: MakeDesk,
):
    desk, _, service = make_desk("http://127.0.0.1:9")
    begun = Run("lost-12345678", service.name, "INV-1", True, "ann", time.time() - 500, 60.0)
    desk.records.runs.keep(service.name, begun.id, begun)
    _, other, _ = make_desk("http://127.0.0.1:9")
    (found,) = other.runs(service.name)
    assert (found.state, found.passed) == ("unknown", False)

import asyncio
import contextlib
import json
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from opskit import (
    DeadlineExceeded,
    OpsMiddleware,
    RateLimited,
    SyncTransport,
    WriteRefused,
    deadlines,
    stage,
    work,
)
from opskit.histograms import OUTCOME_CODES, Outcome, code_of
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from tests.kit.accounting_server import Accounting
from tests.kit.support import MakeKit, until


async def test_past_the_deadline_the_work_is_cancelled_and_cleans_up():
    cleaned = []

    async def two_stages() -> None:
        async with deadlines.within(0.05):
            with stage("read"):
                pass
            try:
                with stage("post"):
                    await asyncio.sleep(5)
            finally:
                cleaned.append(True)

    with pytest.raises(DeadlineExceeded) as caught:
        await two_stages()
    assert cleaned
    assert caught.value.stage == "post"
    problem = caught.value.problem()
    assert (problem["status"], problem["stage"], problem["limit_seconds"]) == (504, "post", 0.05)
    assert [(s["stage"], s["finished"]) for s in problem["stages"]] == [
        ("read", True),
        ("post", True),
    ]


async def test_time_in_no_stage_is_told_as_that():
    async def idle() -> None:
        async with deadlines.within(0.03):
            await asyncio.sleep(5)

    with pytest.raises(DeadlineExceeded) as caught:
        await idle()
    assert caught.value.stage == "(no stage)"


async def test_an_inner_deadline_never_ends_later_than_the_outer_one():
    async with deadlines.within(0.5):
        async with deadlines.within(60) as inner:
            assert inner.remaining() <= 0.5
        assert deadlines.remaining(0.2) == pytest.approx(0.2)


async def test_a_timeout_of_the_work_s_own_is_not_the_deadline_s():
    async def impatient() -> None:
        async with deadlines.within(5), asyncio.timeout(0.01):
            await asyncio.sleep(1)

    with pytest.raises(TimeoutError):
        await impatient()


def test_a_thread_ends_at_its_next_stage_and_sees_the_same_deadline():
    seen = []

    def in_thread() -> None:
        seen.append(deadlines.remaining())
        while True:
            deadlines.check()
            time.sleep(0.002)

    with ThreadPoolExecutor(1) as pool, deadlines.limit(0.05):
        future = deadlines.submit(pool, in_thread)
        with pytest.raises(DeadlineExceeded):
            future.result()
    assert 0 < seen[0] <= 0.05
    with deadlines.limit(0.0), pytest.raises(DeadlineExceeded), stage("late"):
        pytest.fail("a stage began after the deadline")


async def within_a_tenth(client: httpx.AsyncClient) -> None:
    async with deadlines.within(0.1):
        await client.get("/slow", params={"seconds": 3})


async def test_a_call_is_bounded_by_what_is_left_and_counted_at_its_limit(
    make_kit: MakeKit, accounting: Accounting
):
    kit = await make_kit()
    async with kit.client("accounting", total=5, base_url=accounting.url) as client:
        began = time.monotonic()
        with pytest.raises(DeadlineExceeded):
            await within_a_tenth(client)
        assert time.monotonic() - began < 1
    (row,) = [r for r in kit.histograms.pending() if r.series == "api:accounting"]
    cells = {int(c): int(n) for c, n in (p.split(":") for p in row.cells.split(","))}
    assert cells[OUTCOME_CODES[Outcome.TIMEOUT]] == 1
    timed = [code for code in cells if code not in OUTCOME_CODES.values()]
    assert timed
    assert max(timed) < code_of(1.0)  # what was left, not the total of a call


async def test_the_total_of_a_call_is_a_true_total(make_kit: MakeKit, serve_app):
    """Bytes trickle, so that no phase's own time-out ever passes."""

    async def trickle(request: Request) -> Response:
        async def body():
            for _ in range(100):
                yield b"x"
                await asyncio.sleep(0.02)

        return StreamingResponse(body())

    kit = await make_kit()
    url = serve_app(Starlette(routes=[Route("/", trickle)]))
    began = time.monotonic()
    async with kit.client("accounting", total=0.2, base_url=url) as client:
        with pytest.raises(httpx.ReadTimeout):
            await client.get("/")
    assert 0.15 < time.monotonic() - began < 1.0


async def test_a_thread_calls_with_the_same_deadline_and_trace(
    make_kit: MakeKit, accounting: Accounting
):
    kit = await make_kit()
    client = httpx.Client(
        transport=SyncTransport(kit.transport("accounting"), kit.portal), base_url=accounting.url
    )

    def in_thread() -> int:
        with deadlines.limit(0.1), pytest.raises(DeadlineExceeded):
            client.get("/slow", params={"seconds": 3})
        return client.post("/invoices", json={"number": "a"}).status_code

    assert await asyncio.to_thread(in_thread) == 200
    assert accounting.writes[0]["number"] == "a"


def application(kit, swallow: asyncio.Event | None = None) -> Starlette:
    async def slow(request: Request) -> Response:
        with stage("read"):
            await asyncio.sleep(0.01)
        with stage("post"):
            await asyncio.sleep(5)
        return JSONResponse({})

    async def stubborn(request: Request) -> Response:
        end = time.monotonic() + 1.5
        while time.monotonic() < end:
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.sleep(0.05)
        return JSONResponse({"late": True})

    async def item(request: Request) -> Response:
        at_hand = work.get()
        return JSONResponse({"trace": at_hand.trace_id, "request": at_hand.request_id})

    async def refused(request: Request) -> Response:
        raise WriteRefused("POST x", "stale", "live", 3)

    async def limited(request: Request) -> Response:
        raise RateLimited("accounting", 12.3)

    async def broken(request: Request) -> Response:
        raise ValueError("mine")

    app = Starlette(
        routes=[
            Route("/slow", slow),
            Route("/stubborn", stubborn),
            Route("/items/{number}", item),
            Route("/refused", refused),
            Route("/limited", limited),
            Route("/broken", broken),
        ]
    )
    app.add_middleware(OpsMiddleware, kit=kit)
    return app


async def test_the_middleware_answers_504_that_says_which_stage_used_the_time(
    make_kit: MakeKit,
):
    kit = await make_kit(REQUEST_TIMEOUT_SECONDS="0.1")
    transport = httpx.ASGITransport(application(kit))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        answer = await client.get("/slow")
    body = answer.json()
    assert answer.status_code == 504
    assert answer.headers["content-type"] == "application/problem+json"
    assert (body["type"], body["stage"]) == ("urn:ops:1:deadline-exceeded", "post")
    assert body["request_id"] == answer.headers["x-request-id"]
    (row,) = kit.histograms.pending()
    assert row.series == "route:GET /slow"
    assert f"{code_of(0.1)}:1" in row.cells
    assert f"{OUTCOME_CODES[Outcome.TIMEOUT]}:1" in row.cells


async def test_the_caller_may_ask_for_less_time_and_never_for_more(make_kit: MakeKit):
    kit = await make_kit(REQUEST_TIMEOUT_SECONDS="0.2")
    transport = httpx.ASGITransport(application(kit))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        for asked, limit in (("50", 0.05), ("60000", 0.2), ("nan", 0.2), ("-1", 0.2), ("x", 0.2)):
            answer = await client.get("/slow", headers={"Ops-Timeout-Ms": asked})
            assert answer.json()["limit_seconds"] == limit


async def test_a_handler_that_swallows_its_cancellation_is_answered_for(
    make_kit: MakeKit, serve_app
):
    kit = await make_kit(start=False, REQUEST_TIMEOUT_SECONDS="0.1")
    url = serve_app(application(kit))
    async with httpx.AsyncClient(base_url=url) as client:
        began = time.monotonic()
        answer = await client.get("/stubborn")
        assert answer.status_code == 504
        assert time.monotonic() - began < 1.4
        await until(lambda: len(kit.in_flight) == 0)


async def test_the_kit_s_errors_become_problems_and_the_service_s_own_do_not(make_kit: MakeKit):
    kit = await make_kit()
    transport = httpx.ASGITransport(application(kit), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        refused = await client.get("/refused")
        assert (refused.status_code, refused.json()["type"]) == (409, "urn:ops:1:write-refused")
        limited = await client.get("/limited")
        assert (limited.status_code, limited.headers["retry-after"]) == (429, "13")
        assert (await client.get("/broken")).status_code == 500
    rows = {row.series: row.cells for row in kit.histograms.pending()}
    assert f"{OUTCOME_CODES[Outcome.INTERNAL]}:1" in rows["route:GET /broken"]
    lines = [json.loads(line) for line in kit.sink._stream.lines]
    levels = {one["route"]: one["level"] for one in lines if one["event"] == "request"}
    assert levels["GET /broken"] == "error"
    assert levels["GET /refused"] == "info"


async def test_a_route_is_its_template_and_unknown_paths_make_no_series_each(make_kit: MakeKit):
    kit = await make_kit()
    transport = httpx.ASGITransport(application(kit))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        trace = "0af7651916cd43dd8448eb211c80319c"
        parent = f"00-{trace}-b7ad6b7169203331-01"
        answer = await client.get(
            "/items/77", headers={"traceparent": parent, "x-request-id": "r-1"}
        )
        assert answer.json() == {"trace": trace, "request": "r-1"}
        for path in ("/nothing", "/nothing/else"):
            assert (await client.get(path)).status_code == 404
    names = {row.series for row in kit.histograms.pending()}
    assert names == {"route:GET /items/{number}", "route:GET (no route)"}

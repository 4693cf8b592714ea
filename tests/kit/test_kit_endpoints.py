import asyncio
import json
from collections.abc import Callable

import httpx
import pytest
from opskit import ItemFailed, Kit, Mode, OpsMiddleware, State, stage, work
from opskit.mode import switch
from starlette.applications import Starlette

from tests.kit.accounting_server import Accounting
from tests.kit.support import RUN_TOKEN, MakeKit

ALLOWED = {"Authorization": f"Bearer {RUN_TOKEN}"}


@pytest.fixture
async def relay(make_kit: MakeKit, accounting: Accounting):
    """A kit whose items write one invoice each, and a client of its endpoints."""
    kit = await make_kit()
    api = kit.client("accounting", base_url=accounting.url)

    @kit.item
    async def book(item: str) -> dict:
        if item.startswith("bad"):
            raise ValueError(f"cannot book {item}")
        with stage("post"):
            key = work.get().idempotency_key
            answer = await api.post(
                "/invoices", json={"number": item}, headers={"Idempotency-Key": key}
            )
        if item.startswith("slow"):
            await asyncio.sleep(5)
        return answer.json()

    app = Starlette()
    app.add_middleware(OpsMiddleware, kit=kit)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://test", headers=ALLOWED
    ) as client:
        yield kit, client
    await api.aclose()


def headers(key: str, **more: str) -> dict[str, str]:
    return {"Idempotency-Key": f'"{key}-12345678"', **more}


async def run(client: httpx.AsyncClient, item: str, key: str, **body) -> httpx.Response:
    return await client.post("/ops/run", json={"item": item, **body}, headers=headers(key))


async def batch(client: httpx.AsyncClient, key: str, **body) -> list[dict]:
    answer = await client.post("/ops/batch", json=body, headers=headers(key))
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/x-ndjson"
    return [json.loads(line) for line in answer.text.splitlines()]


async def test_health_says_mode_and_heartbeat_without_touching_redis(relay):
    kit, client = relay
    kit.checks["own:queue"] = lambda: ("warn", "long")
    answer = await client.get("/health", headers={"Authorization": ""})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/health+json"
    body = answer.json()
    assert (body["status"], body["serviceId"], body["version"]) == ("warn", "relay", "1")
    assert body["checks"]["mode:present"][0]["observedValue"] == "live"

    def broken() -> tuple[str, str]:
        raise RuntimeError("inside")

    kit.checks["own:queue"] = broken
    assert (await client.get("/health")).status_code == 503
    assert (await client.head("/health")).content == b""


async def test_a_run_is_dry_unless_it_says_live(relay, accounting: Accounting):
    _, client = relay
    dry = (await run(client, "inv-1", "a")).json()
    assert (dry["outcome"], dry["mode"], dry["writes"]) == ("held", "dry_run", {"refused": 1})
    assert dry["planned"] == ["accounting: POST 127.0.0.1/invoices"]
    assert accounting.writes == []
    live = (await run(client, "inv-1", "b", mode="live")).json()
    assert (live["outcome"], live["writes"], live["result"]) == (
        "done",
        {"permitted": 1},
        {"id": 1},
    )
    assert [stage["stage"] for stage in live["stages"]] == ["post"]
    assert len(accounting.writes) == 1


async def test_a_double_click_is_one_run(relay, accounting: Accounting):
    _, client = relay
    first, second = await asyncio.gather(
        *(run(client, "inv-1", "a", mode="live") for _ in range(2))
    )
    assert len(accounting.writes) == 1
    assert {first.status_code, second.status_code} <= {200, 409}
    again = (await run(client, "inv-1", "a", mode="live")).json()
    assert (again["replayed"], again["result"]) == (True, {"id": 1})
    other = await run(client, "inv-2", "a", mode="live")
    assert (other.status_code, other.json()["type"]) == (422, "urn:ops:1:key-reused")


async def test_a_dry_run_leaves_the_key_free_for_the_live_one(relay, accounting: Accounting):
    _, client = relay
    for _ in range(2):
        assert (await run(client, "inv-1", "a")).json()["outcome"] == "held"
    assert (await run(client, "inv-1", "a", mode="live")).json()["outcome"] == "done"


async def test_what_fails_says_why_and_may_be_tried_again(relay):
    _, client = relay
    for _ in range(2):
        failed = (await run(client, "bad-1", "a", mode="live")).json()
        assert (failed["outcome"], failed["replayed"]) == ("failed", False)
        assert failed["reason"] == "ValueError: cannot book bad-1"


async def test_a_run_past_its_deadline_says_which_stage_used_it(relay, accounting: Accounting):
    _, client = relay
    accounting.write_delay = 5.0
    asked = headers("late", **{"Ops-Timeout-Ms": "150"})
    answer = await client.post("/ops/run", json={"item": "a", "mode": "live"}, headers=asked)
    assert (answer.status_code, answer.json()["stage"]) == (504, "post")
    # It may have been written: the key stays taken until a later run has read back.
    again = await run(client, "a", "late", mode="live")
    assert (again.status_code, again.json()["type"]) == (409, "urn:ops:1:already-running")


async def test_a_live_run_in_dry_run_needs_a_grant(relay, accounting: Accounting):
    kit, client = relay
    _, epoch = await switch(kit.server, kit.keys, Mode.DRY_RUN, by="a", reason="", epoch=0)
    await kit.mode.refresh()
    refused = await run(client, "inv-1", "a", mode="live")
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:ops:1:mode-refuses")
    grant = ("item", "inv-1", "epoch", epoch, "writes_left", 1)
    await kit.server.command("HSET", kit.keys.of("grant", "g1"), *grant)
    done = (await run(client, "inv-1", "b", mode="live", grant="g1")).json()
    assert (done["outcome"], done["writes"]) == ("done", {"granted": 1})
    held = (await run(client, "inv-2", "c", mode="live", grant="g1")).json()
    assert (held["outcome"], held["writes"]) == ("held", {"refused": 1})
    assert [w["number"] for w in accounting.writes] == ["inv-1"]


async def test_paused_runs_nothing(relay):
    kit, client = relay
    await switch(kit.server, kit.keys, Mode.PAUSED, by="a", reason="", epoch=0)
    await kit.mode.refresh()
    for mode in ("live", "dry_run"):
        assert (await run(client, "inv-1", mode, mode=mode)).status_code == 409


async def test_an_instance_that_is_being_stopped_begins_nothing(relay):
    kit, client = relay
    assert await kit.drain(1)
    answer = await run(client, "inv-1", "a")
    assert (answer.status_code, answer.json()["type"]) == (503, "urn:ops:1:draining")


async def test_a_batch_stops_after_so_many_failures(relay, accounting: Accounting):
    _, client = relay
    items = ["a", "bad-1", "b", "bad-2", "c"]
    *lines, last = await batch(client, "b1", items=items, mode="live", stop_after=2)
    assert [line["outcome"] for line in lines] == ["done", "failed", "done", "failed"]
    assert last["summary"] == {
        "done": 2, "held": 0, "failed": 2, "already_done": 0, "not_begun": 1, "stopped": "2 failed",
    }  # fmt: skip
    assert [w["number"] for w in accounting.writes] == ["a", "b"]


async def test_a_percentage_of_the_ledger_is_run_and_recorded(relay, accounting: Accounting):
    kit, client = relay
    ledger = kit.ledger("2026-11")
    await ledger.add([f"inv-{n}" for n in range(10)])
    *lines, last = await batch(client, "p1", percent=10, mode="live")
    assert [line["item"] for line in lines] == ["inv-0"]
    *_, last = await batch(client, "p2", percent=50, mode="live")
    assert last["summary"]["done"] == 5  # of the nine that wait
    assert (await ledger.counts()).done == 6
    *lines, _ = await batch(client, "p3", items=["inv-0", "inv-9"], mode="live")
    assert [line["outcome"] for line in lines] == ["already_done", "done"]
    assert len(accounting.writes) == 7
    assert lines[0]["result"] == {"id": 1}


async def test_a_percentage_is_of_all_that_is_not_done_but_what_a_person_must_look_at(relay):
    kit, client = relay
    ledger = kit.ledger("2026-11")
    await ledger.add(["held", "failed", "person", "waiting"])
    for item in await ledger.take(3):
        if item.item == "held":
            await ledger.hold(item, "dry run")
        else:
            await ledger.fail(item, "no", retryable=item.item == "failed")
    assert await ledger.undone() == ["held", "failed", "waiting"]
    *lines, last = await batch(client, "all-of-it", percent=100, mode="live")
    assert [line["item"] for line in lines] == ["held", "failed", "waiting"]
    assert last["summary"]["done"] == 3
    counts = await ledger.counts()
    assert (counts.done, counts.failed, counts.reconciles) == (3, 1, True)


async def test_an_item_whose_write_failed_is_read_back_by_the_next_run_and_replayed_by_the_same(
    relay, accounting: Accounting
):
    kit, client = relay
    api, uncertain = kit.client("accounting", base_url=accounting.url), list[bool]()

    @kit.item
    async def book(item: str) -> dict:
        uncertain.append(work.get().uncertain)
        return (await api.post("/invoices", json={"number": item})).raise_for_status().json()

    ledger = kit.ledger("2026-11")
    await ledger.add(["inv-1"])
    accounting.status = 500
    failed = (await run(client, "inv-1", "first", mode="live")).json()
    assert (failed["outcome"], failed["retryable"]) == ("failed", True)
    assert failed["reason"] == "127.0.0.1 answered 500 Internal Server Error to POST /invoices"
    accounting.status = 200
    again = (await run(client, "inv-1", "first", mode="live")).json()
    assert (again["outcome"], again["replayed"]) == ("failed", True)
    later = (await run(client, "inv-1", "second", mode="live")).json()
    assert (later["outcome"], later["uncertain"]) == ("done", True)
    assert uncertain == [False, True]
    assert (await ledger.counts()).done == 1
    await api.aclose()


async def test_an_item_that_a_person_must_look_at_says_so_and_is_free_afterwards(
    relay, accounting: Accounting
):
    kit, client = relay
    api, closed = kit.client("accounting", base_url=accounting.url), ["inv-1"]

    @kit.item
    async def book(item: str) -> dict:
        answer = await api.post("/invoices", json={"number": item})
        if item in closed:
            raise ItemFailed("the customer has closed the account")
        return answer.json()

    ledger = kit.ledger("2026-11")
    await ledger.add(["inv-1"])
    failed = (await run(client, "inv-1", "first", mode="live")).json()
    assert failed["reason"] == "the customer has closed the account"
    ((_, facts),) = await ledger.items(State.FAILED)
    assert (facts["retryable"], facts["reason"]) == (False, failed["reason"])
    closed.clear()
    later = (await run(client, "inv-1", "second", mode="live")).json()
    assert (later["outcome"], later["uncertain"]) == ("done", False)
    await api.aclose()


async def test_a_percentage_needs_something_to_take_it_of(relay):
    _, client = relay
    answer = await client.post("/ops/batch", json={"percent": 5}, headers=headers("x"))
    assert answer.status_code == 500
    assert "percentage" in answer.json()["detail"]


BAD: list[tuple[dict, int]] = [
    ({"item": ""}, 400),
    ({"item": 7}, 400),
    ({"item": "x" * 201}, 400),
    ({"item": "a\nb"}, 400),
    ({"item": "a", "mode": "LIVE"}, 400),
    ({}, 400),
]


@pytest.mark.parametrize(("body", "status"), BAD)
async def test_an_order_that_makes_no_sense_is_refused(relay, body: dict, status: int):
    _, client = relay
    answer = await client.post("/ops/run", json=body, headers=headers("x"))
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"items": ["a"], "percent": 5},
        {"percent": 0},
        {"percent": 101},
        {"percent": True},
        {"percent": "5"},
        {"items": "a"},
        {"items": ["a", "a"]},
        {"items": [str(n) for n in range(1001)]},
        {"items": ["a"], "stop_after": 0},
        {"items": ["a"], "max_items": -1},
    ],
)
async def test_a_batch_that_makes_no_sense_is_refused(relay, body: dict):
    _, client = relay
    answer = await client.post("/ops/batch", json=body, headers=headers("x"))
    assert answer.status_code == 400, answer.text


@pytest.mark.parametrize("item", ['a"b', "a/b/../c", "請求書-001 🧾", "<b>x</b>", "'; DROP", "{}"])
async def test_items_are_text_whatever_they_hold(relay, accounting: Accounting, item: str):
    _, client = relay
    done = (await run(client, item, "a", mode="live")).json()
    assert (done["outcome"], done["item"]) == ("done", item)
    assert accounting.writes[0]["number"] == item


async def test_who_does_not_know_the_token_runs_nothing(relay, accounting: Accounting):
    _, client = relay
    for given in ("", "Bearer wrong", f"Basic {RUN_TOKEN}", "Bearer ", "Bearer ä"):
        asked = headers("x") | {"Authorization": given.encode()}
        answer = await client.post("/ops/run", json={"item": "a"}, headers=asked)
        assert (answer.status_code, answer.json()["type"]) == (401, "urn:ops:1:not-allowed")
    keyless = await client.post("/ops/run", json={"item": "a"})
    assert (keyless.status_code, keyless.json()["type"]) == (400, "urn:ops:1:no-key")
    assert accounting.calls == 0


@pytest.mark.parametrize(
    ("content", "status"), [(b"{", 400), (b"[]", 400), (b"\xff", 400), (b"x" * 1_100_000, 413)]
)
async def test_a_body_that_is_not_an_order_is_refused(relay, content: bytes, status: int):
    _, client = relay
    answer = await client.post("/ops/run", content=content, headers=headers("x"))
    assert answer.status_code == status


async def test_a_service_without_a_token_or_a_function_offers_no_runs(make_kit: MakeKit):
    for variables in ({"RUN_TOKEN": ""}, {}):
        kit: Kit = await make_kit(**variables)
        app = Starlette()
        app.add_middleware(OpsMiddleware, kit=kit)
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            answer = await client.post(
                "/ops/run", json={"item": "a"}, headers={**ALLOWED, **headers("x")}
            )
        assert (answer.status_code, answer.json()["type"]) == (501, "urn:ops:1:not-offered")


async def test_a_caller_that_leaves_ends_a_batch(
    make_kit: MakeKit, serve_app: Callable[..., str], accounting: Accounting
):
    kit = await make_kit(start=False)
    begun: list[str] = []

    @kit.item
    async def slow(item: str) -> None:
        begun.append(item)
        await asyncio.sleep(0.1)

    app = Starlette()
    app.add_middleware(OpsMiddleware, kit=kit)
    url = serve_app(app)
    async with httpx.AsyncClient(base_url=url, headers=ALLOWED) as client:
        body = {"items": [str(n) for n in range(50)]}
        async with client.stream("POST", "/ops/batch", json=body, headers=headers("x")) as answer:
            async for _ in answer.aiter_lines():
                break
    await asyncio.sleep(0.5)
    assert len(begun) < 8

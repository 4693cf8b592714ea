"""The document and the code say the same: whatever the kit writes is described and valid."""

import asyncio
import json
import re

import httpx
import pytest
from jsonschema import Draft202012Validator, ValidationError
from opskit import Limit, Mode, OpsMiddleware, oauth_refresh, problems, stage
from opskit.mode import switch
from opskit.server import Server
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.kit.accounting_server import SEED, Accounting
from tests.kit.contract_document import PATH, ROWS, SCHEMAS, SCRIPTS, TEXT, check_keys, validate
from tests.kit.contract_document import validate_text as valid
from tests.kit.support import RUN_TOKEN, MakeKit
from tests.valkey_process import ValkeyProcess

SOURCES = PATH.parent / "opskit" / "scripts"


def test_every_schema_is_one():
    for schema in SCHEMAS.values():
        Draft202012Validator.check_schema(schema)
    named = {row.schema for row in ROWS if row.schema}
    assert named <= set(SCHEMAS)
    assert len(ROWS) > 25


def test_the_scripts_of_the_document_are_the_kit_s():
    assert set(SCRIPTS) == {"present", "beat", "switch", "guard", "take"}
    for name, text in SCRIPTS.items():
        assert text.strip() == (SOURCES / f"{name}.lua").read_text("utf-8").strip()


def test_every_problem_the_kit_answers_is_in_the_document():
    written = (PATH.parent / "opskit" / "endpoints.py").read_text("utf-8")
    kinds = set(re.findall(r'_Problem\(\s*\d+, "([a-z-]+)"', written))
    kinds |= set(re.findall(r'problem\(\d+, "([a-z-]+)"', written))
    kinds |= {name for _, _, name, _ in problems._KINDS}
    assert {kind for kind in kinds if f"`{kind}`" not in TEXT} == set()


def test_a_document_that_breaks_a_schema_is_found():
    with pytest.raises(ValidationError):
        valid("heartbeat", '{"v": 1}')
    with pytest.raises(ValidationError):
        valid("cells", "1:0")
    with pytest.raises(ValidationError):
        validate("settings", {"v": 1, "fingerprint": "", "variables": []})


async def use_everything(kit, accounting: Accounting) -> None:
    """One instance that uses every part of the kit."""
    limit = Limit(600)
    accounting.headers = {"X-RateLimit-Limit": "60", "X-RateLimit-Remaining": "45"}
    api = kit.client("accounting", limit=limit, base_url=accounting.url)
    refresh = oauth_refresh(httpx.AsyncClient(timeout=5), f"{accounting.url}/token", "i", "s")
    await kit.token("accounting", refresh, seed=SEED).get()

    @kit.item
    async def book(item: str) -> dict:
        if item.startswith("bad"):
            raise ValueError("cannot")
        with stage("post"):
            return (await api.post("/invoices", json={"number": item})).json()

    async def rate() -> float:
        await asyncio.sleep(0.001)
        return 1.5

    async def index(request: Request) -> Response:
        return JSONResponse(await kit.cache.get("rates", "eur", rate, ttl=60))

    app = Starlette(routes=[Route("/", index)])
    app.add_middleware(OpsMiddleware, kit=kit)
    ledger = kit.ledger("2026-11")
    await ledger.add(["a", "bad-1", "c", "d", "e", "f"])
    headers = {"Authorization": f"Bearer {RUN_TOKEN}", "Idempotency-Key": "key-1234567"}
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://t", headers=headers) as web:
        assert (await web.get("/")).status_code == 200
        validate("health", (await web.get("/health")).json())
        order = {"item": "single", "mode": "live"}
        validate("run", order)
        validate("report", (await web.post("/ops/run", json=order)).json())
        order = {"percent": 50, "mode": "live", "stop_after": 5}
        validate("batch", order)
        answer = await web.post("/ops/batch", json=order)
        *lines, last = [json.loads(line) for line in answer.text.splitlines()]
        assert len(lines) == 3
        for line in lines:
            validate("batch-line", line)
        validate("batch-summary", last)
        validate("problem", (await web.post("/ops/run", json={})).json())
    (taken,) = await ledger.take()
    await ledger.hold(taken, "a person must look")
    await ledger.take()
    await kit.server.command("SET", kit.keys.of("flight", "rates", "usd"), "x", "PX", 5000)
    await kit.limits.heard("slow", 429, {"Retry-After": "60"})
    kit.mode.journal.append(
        {"id": "x", "at": 1.5, "instance": kit.identity.instance, "epoch": 0, "what": "POST x"}
    )
    done, epoch = await switch(
        kit.server, kit.keys, Mode.DRY_RUN, by="ann", reason="why", epoch=0, expires_at=9e9
    )
    assert done
    grant = ("item", "z", "epoch", epoch, "writes_left", 1)
    await kit.server.command("HSET", kit.keys.of("grant", "g1"), *grant)
    await kit.server.command("EXPIRE", kit.keys.of("grant", "g1"), 600)
    await kit.server.command("SET", kit.keys.of("lock", "token", "accounting"), "x", "PX", 9000)
    await kit.heart.beat()
    await api.aclose()


async def test_everything_the_kit_writes_is_described_and_everything_described_is_written(
    make_kit: MakeKit, accounting: Accounting, server: Server
):
    kit = await make_kit()
    await use_everything(kit, accounting)
    assert await check_keys(server) == {row.name for row in ROWS}


async def test_the_document_s_rights_are_enough_and_the_key_prefix_is_all_there_is(
    make_kit: MakeKit, accounting: Accounting, own_valkey: ValkeyProcess
):
    found = re.search(r"`(~ops:1:<service>[^`]*)`", TEXT)
    assert found
    rules = found[1].replace("<service>", "relay").split()
    with own_valkey.client() as client:
        client.execute_command("ACL", "SETUSER", "relay", "on", ">secret", *rules)
    kit = await make_kit(url=own_valkey.url.replace("redis://", "redis://relay:secret@"))
    await use_everything(kit, accounting)
    assert not kit.server.scripts_refused
    assert kit.heart.last_error == ""
    server = Server(own_valkey.url)
    assert await check_keys(server) == {row.name for row in ROWS}
    await server.close()

"""A program in another language that knows nothing but the document works beside the kit."""

import asyncio
import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from opskit import Limit, Mode, RateLimited
from opskit.keys import Keys
from opskit.mode import switch
from opskit.server import Server

from tests.kit.accounting_server import Accounting
from tests.kit.contract_document import PATH, check_keys, validate
from tests.kit.support import HERE, RUN_TOKEN, WAIT, MakeKit, environment, until

NODE = shutil.which("node")
pytestmark = pytest.mark.skipif(NODE is None, reason="Node.js is not installed here")


@pytest.fixture
def follower(valkey_url: str, accounting: Accounting, tmp_path: Path) -> Iterator[str]:
    """The program's base URL."""
    log = tmp_path / "node.log"
    variables = environment(valkey_url, ACCOUNTING_URL=accounting.url, PATH=os.environ["PATH"])
    with log.open("wb") as output:
        process = subprocess.Popen(
            [str(NODE), str(HERE / "follower.mjs"), str(PATH)],
            env=variables,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    end = time.monotonic() + WAIT
    while "listening on " not in log.read_text():
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < end, log.read_text()
        time.sleep(0.01)
    port = log.read_text().split("listening on ")[1].split()[0]
    yield f"http://127.0.0.1:{port}"
    process.kill()
    process.wait(5)


async def run(url: str, key: str, **body) -> httpx.Response:
    headers = {"Authorization": f"Bearer {RUN_TOKEN}", "Idempotency-Key": f"{key}-12345678"}
    async with httpx.AsyncClient() as client:
        return await client.post(f"{url}/ops/run", json=body, headers=headers)


async def heartbeat(server: Server, keys: Keys) -> dict:
    names = await server.command("ZRANGE", keys.of("instances"), 0, -1)
    (name,) = [name for name in names if name.startswith("node-")]
    return json.loads(await server.command("GET", keys.of("inst", name)))


async def test_what_it_writes_follows_the_document(
    follower: str, server: Server, keys: Keys, accounting: Accounting
):
    report = (await run(follower, "a", item="inv-1", mode="live")).json()
    validate("report", report)
    assert (report["outcome"], accounting.writes[0]["number"]) == ("done", "inv-1")
    again = (await run(follower, "a", item="inv-1", mode="live")).json()
    assert again["replayed"]
    assert len(accounting.writes) == 1
    async with httpx.AsyncClient() as client:
        validate("health", (await client.get(f"{follower}/health")).json())
    validate("problem", (await run(follower, "a", item="other", mode="live")).json())

    async def written() -> bool:
        seen = await check_keys(server)
        expected = {"inst:<instance>", "hist:<minute>", "settings:<instance>", "logs", "writes"}
        return expected <= seen

    await until(written)


async def test_it_acknowledges_a_switch_and_stops_writing(
    follower: str, server: Server, keys: Keys, accounting: Accounting
):
    _, epoch = await switch(server, keys, Mode.LIVE, by="ann", reason="", epoch=0)
    _, epoch = await switch(server, keys, Mode.DRY_RUN, by="ann", reason="", epoch=epoch)

    async def acknowledged() -> bool:
        beat = await heartbeat(server, keys)
        return (beat["mode"], beat["epoch"]) == ("dry_run", epoch)

    await until(acknowledged)
    assert (await run(follower, "a", item="inv-1", mode="live")).status_code == 409
    dry = (await run(follower, "b", item="inv-1")).json()
    assert (dry["outcome"], dry["writes"]) == ("held", {"refused": 1})
    grant = ("item", "inv-1", "epoch", epoch, "writes_left", 1)
    await server.command("HSET", keys.of("grant", "g1"), *grant)
    granted = (await run(follower, "c", item="inv-1", mode="live", grant="g1")).json()
    assert granted["writes"] == {"granted": 1}
    assert len(accounting.writes) == 1


async def test_it_shares_quota_and_results_with_an_instance_that_uses_the_kit(
    follower: str, make_kit: MakeKit, accounting: Accounting
):
    kit = await make_kit()
    limit = Limit(10, 60)
    for _ in range(4):
        await kit.limits.take("accounting", limit)
    async with httpx.AsyncClient(base_url=follower) as client:
        codes = [answer.status_code for answer in await asyncio.gather(
            *(client.get("/take") for _ in range(10))
        )]  # fmt: skip
    assert codes.count(200) == 6
    with pytest.raises(RateLimited):
        await kit.limits.take("accounting", limit)
    done = (await run(follower, "x", item="inv-9", mode="live")).json()
    claim = await kit.idempotency().begin("run:x-12345678", "inv-9")
    assert claim.finished
    assert claim.result["result"] == done["result"]
    assert len(accounting.writes) == 1

"""Jobs that report by themselves."""

import asyncio
import time
from collections.abc import AsyncIterator

import httpx
import pytest

from console.health.model import Status
from console.masking import MASK
from console.routes import endpoint
from console.store import keys
from console.store.documents import PUSH
from console.store.read import Store
from tests.routes.shop import BEARER, problem


async def pushed(store: Store) -> object:
    found = store._redis.hget(keys.pushes("shop"), "export")
    return None if found is None else PUSH.decode(found)


async def test_a_job_reports_without_a_body(remote: httpx.AsyncClient, store: Store) -> None:
    before = time.time()
    response = await remote.post("/api/push/shop/export", headers=BEARER)
    assert response.status_code == 202
    assert response.json()["accepted"] is True
    beat = await pushed(store)
    assert (beat.status, beat.message, beat.duration) == (Status.PASS, "", None)
    assert before <= beat.at <= time.time()


async def test_a_job_says_how_it_went(remote: httpx.AsyncClient, store: Store) -> None:
    report = {"status": "warn", "message": "7 of 8 files", "duration": 12.5}
    response = await remote.post("/api/push/shop/export", headers=BEARER, json=report)
    assert response.status_code == 202
    beat = await pushed(store)
    assert (beat.status, beat.message, beat.duration) == (Status.WARN, "7 of 8 files", 12.5)


async def test_a_secret_in_a_report_does_not_reach_the_store(
    remote: httpx.AsyncClient, store: Store
) -> None:
    told = "curl -H 'Authorization: Bearer abcdef123456' failed\n\x1b[31mpassword=hunter22"
    await remote.post("/api/push/shop/export", headers=BEARER, json={"message": told})
    beat = await pushed(store)
    assert beat.message == f"curl -H 'Authorization: {MASK} {MASK}' failed [31mpassword={MASK}"


@pytest.mark.parametrize(
    "body",
    [
        b"hello",
        b"[]",
        b"null",
        b'"pass"',
        b'{"status": "unknown"}',
        b'{"status": "PASS"}',
        b'{"status": null}',
        b'{"duration": -1}',
        b'{"duration": NaN}',
        b'{"duration": Infinity}',
        b'{"duration": 1e308}',
        b'{"at": 0}',
        b'{"message": 5}',
        b'{"message": "' + b"a" * 501 + b'"}',
        b"\xff\xfe",
        b"[" * 4000,
        b'{"status": "pass"',
    ],
)
async def test_a_report_that_cannot_be_read_is_refused(
    local: httpx.AsyncClient, store: Store, body: bytes
) -> None:
    before = await pushed(store)
    problem(await local.post("/api/push/shop/export", content=body), 422)
    assert await pushed(store) == before


async def test_a_large_body_is_refused_announced_or_not(local: httpx.AsyncClient) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(1000):
            yield b"x" * 1024

    problem(await local.post("/api/push/shop/export", content=b"x" * 5000), 413)
    problem(await local.post("/api/push/shop/export", content=endless()), 413)
    for length in ("-1", "1e3", "9" * 5000, "²"):
        headers = {"Content-Length": length.encode()}
        problem(await local.post("/api/push/shop/export", content=b"", headers=headers), 413)


async def test_a_body_that_does_not_come_is_not_waited_for(
    local: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(endpoint, "BODY_TIMEOUT", 0.1)

    async def never() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.sleep(30)

    problem(await local.post("/api/push/shop/export", content=never()), 408)


async def test_only_a_push_check_takes_reports(local: httpx.AsyncClient) -> None:
    assert "push" in problem(await local.post("/api/push/shop/api"), 404)
    problem(await local.post("/api/push/shop/nothing"), 404)
    problem(await local.post("/api/push/nothing/export"), 404)
    response = await local.get("/api/push/shop/export")
    problem(response, 405)
    assert response.headers["allow"] == "POST"

"""Deployments that a CI or GitHub tells the console of, up to what the collector makes of them."""

import asyncio
import hmac
import json
import time
from hashlib import sha256
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from console.config import Config
from console.platforms.choose import observed
from console.platforms.model import DeploymentState
from console.routes import hook
from console.runtime import Runtime
from console.store import keys
from console.store.entries import KEPT_NOTES
from console.store.read import Store
from console.store.write import CollectorStore
from tests.routes.shop import SHOP, TOKEN, problem

SECRET = "a-secret-of-the-hook"
COMMIT = "a1b2c3d" + "0" * 33
PATH = "/hooks/deploy/shop"
HOOKED = SHOP.model_copy(update={"platform": "hook", "platform_token_env": "HOOK_SECRET"})


@pytest.fixture(autouse=True)
def _hooked(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hook, "_rate", hook.Rate())
    settings = runtime.config.settings.model_copy(update={"api_token": SecretStr(TOKEN)})
    runtime.config = Config(settings, (HOOKED,), secrets={"HOOK_SECRET": f"{SECRET}\n"})


def report(state: str = "done", **more: Any) -> bytes:
    told = {
        "commit": COMMIT,
        "stage": "deploy",
        "state": state,
        "at": int(time.time()) - 60,
        **more,
    }
    return json.dumps(told).encode()


def signed(body: bytes, secret: str = SECRET) -> dict[str, str]:
    digest = hmac.new(secret.encode(), body, sha256).hexdigest()
    return {"X-Hub-Signature-256": f"sha256={digest}"}


def stored(store: Store) -> int:
    return store._redis.zcard(keys.notes("shop"))


async def test_a_signed_report_becomes_a_deployment(
    remote: httpx.AsyncClient, store: Store, valkey_url: str, runtime: Runtime
) -> None:
    for state, at in (("running", 1), ("done", 9)):
        body = report(state, at=int(time.time()) - 60 + at, message="Fix <b>it</b>", author="Ann")
        response = await remote.post(PATH, content=body, headers=signed(body))
        assert response.status_code == 202, response.text
        assert response.json()["noted"] == 1
    async with (
        CollectorStore(valkey_url, "local") as reading,
        observed(runtime.config, HOOKED, reading.notes) as platform,
    ):
        assert platform is not None
        (found,) = await platform.deployments(20)
    assert (found.commit, found.state) == (COMMIT, DeploymentState.LIVE)
    assert (found.message, found.author) == ("Fix <b>it</b>", "Ann")


async def test_a_delivery_that_comes_again_changes_nothing(
    remote: httpx.AsyncClient, store: Store, valkey_url: str, runtime: Runtime
) -> None:
    """By mistake or by somebody who recorded it: the same signature is the same deployment."""
    body, fresh = report(at=int(time.time()) - 90), report(commit="b" * 40)
    async with (
        CollectorStore(valkey_url, "local") as reading,
        observed(runtime.config, HOOKED, reading.notes) as platform,
    ):
        assert platform is not None
        for sent in (body, body, fresh, body):
            response = await remote.post(PATH, content=sent, headers=signed(sent))
            assert response.status_code == 202
            found = await platform.deployments(20)
    assert stored(store) == 2
    assert [(one.commit, one.state) for one in found] == [
        ("b" * 40, DeploymentState.LIVE),
        (COMMIT, DeploymentState.REPLACED),
    ]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Hub-Signature": "sha1=aa"},
        {"X-Hub-Signature-256": "sha256="},
        {"X-Hub-Signature-256": "sha256=é".encode("latin-1").decode("latin-1")},
        {"Authorization": f"Bearer {TOKEN}"},
        signed(b"something else"),
        signed(report(), "another-secret-here"),
        {"X-Hub-Signature-256": signed(report())["X-Hub-Signature-256"].upper()},
    ],
)
async def test_only_the_holder_of_the_secret_is_heard(
    local: httpx.AsyncClient, store: Store, headers: dict[str, str]
) -> None:
    raw = {name: value.encode("latin-1") for name, value in headers.items()}
    problem(await local.post(PATH, content=report(at=1), headers=raw), 401)
    assert stored(store) == 0


async def test_what_is_signed_and_cannot_be_read_is_refused(
    remote: httpx.AsyncClient, store: Store
) -> None:
    for body in (b"", b"[]", b"<html>", report("great"), report(at=1), report()[:-1]):
        problem(await remote.post(PATH, content=body, headers=signed(body)), 400)
    body = b"{"
    headers = {**signed(body), "X-GitHub-Event": "push"}
    problem(await remote.post(PATH, content=body, headers=headers), 400)
    assert stored(store) == 0


async def test_githubs_events_are_taken_in_its_own_dialect(
    remote: httpx.AsyncClient, store: Store
) -> None:
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    deployment = {"id": 7, "sha": COMMIT, "ref": "main", "created_at": at}
    told = {"deployment": deployment, "deployment_status": {"state": "success", "created_at": at}}
    body = json.dumps(told).encode()
    for event, noted in (("deployment_status", 2), ("ping", 0)):
        headers = {**signed(body), "X-GitHub-Event": event, "Content-Type": "application/json"}
        response = await remote.post(PATH, content=body, headers=headers)
        assert (response.status_code, response.json()["noted"]) == (202, noted)
    assert stored(store) == 2


async def test_a_service_without_a_hook_is_as_unknown_as_one_that_is_not_there(
    remote: httpx.AsyncClient, runtime: Runtime
) -> None:
    body = report()
    absent = await remote.post("/hooks/deploy/nothing", content=body, headers=signed(body))
    problem(absent, 404)
    for service, secrets in ((SHOP, {"HOOK_SECRET": SECRET}), (HOOKED, {}), (HOOKED, {"": ""})):
        runtime.config = Config(runtime.config.settings, (service,), secrets=secrets)
        for key in (SECRET, ""):  # an empty secret would sign what anybody sends
            answered = await remote.post(PATH, content=body, headers=signed(body, key))
            problem(answered, 404)
            assert answered.json() == absent.json()
    problem(await remote.post("/hooks/deploy", content=body), 404)
    problem(await remote.post("/hooks/x/y/z", content=body), 404)
    problem(await remote.get(PATH), 405)


async def test_a_large_body_is_refused_and_a_large_event_is_not(remote: httpx.AsyncClient) -> None:
    large = json.dumps({"zen": "x" * 300_000}).encode()
    headers = {**signed(large), "X-GitHub-Event": "ping"}
    assert (await remote.post(PATH, content=large, headers=headers)).status_code == 202
    huge = b"x" * (hook.BODY_LIMIT + 1)
    problem(await remote.post(PATH, content=huge, headers=signed(huge)), 413)


async def test_too_many_deliveries_are_told_when_to_come_again(
    remote: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1000.0]
    monkeypatch.setattr(hook, "_rate", hook.Rate(3, lambda: now[0]))
    body = report()
    bad = await remote.post(PATH, content=body, headers=signed(body, "wrong-wrong-wrong"))
    assert bad.status_code == 401  # what is not signed takes nobody's place
    for _ in range(3):
        response = await remote.post(PATH, content=body, headers=signed(body))
        assert response.status_code == 202
    refused = await remote.post(PATH, content=body, headers=signed(body))
    assert "At most 3" in problem(refused, 429)
    assert refused.headers["retry-after"] == "61"
    now[0] += 61
    assert (await remote.post(PATH, content=body, headers=signed(body))).status_code == 202


async def test_a_hundred_deployments_a_minute_are_taken_and_the_newest_are_kept(
    remote: httpx.AsyncClient, store: Store, valkey_url: str
) -> None:
    at = int(time.time()) - 600
    bodies = [
        report(state, commit=f"{number:040x}", at=at + number, stage=stage)
        for number in range(100)
        for stage, state in (("build", "running"), ("build", "done"), ("deploy", "done"))
    ]
    for start in range(0, len(bodies), 30):
        few = bodies[start : start + 30]
        answers = [remote.post(PATH, content=body, headers=signed(body)) for body in few]
        assert {one.status_code for one in await asyncio.gather(*answers)} == {202}
    assert stored(store) == 300
    store.keep_notes("shop", time.time(), [f"{number}".encode() for number in range(KEPT_NOTES)])
    assert stored(store) == KEPT_NOTES

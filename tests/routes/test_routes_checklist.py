"""GET /api/checklist.json over a real store: go, no-go, and who may ask."""

import asyncio
from collections.abc import Iterator

import httpx
import pytest

from console.checklist.questions import QUESTIONS
from console.checklist.record import Word, WordKind
from console.config import Config
from console.deployments.history import Snapshot
from console.deployments.load import ADAPTER, NAME
from console.deployments.model import Record, Verdict, Verification
from console.platforms.model import Deployment, DeploymentState, Stage, StageName, StageState
from console.routes import checklist
from console.runtime import Runtime, set_runtime
from console.store import keys
from console.store.controls import WORDS
from console.store.documents import Document, packed
from console.store.read import Store
from tests.checklist.evident import DAY, word
from tests.checklist.storing import RELAY, TOKEN_OF_API, config, store_good
from tests.pages.filling import fill
from tests.routes.shop import SHOP, problem
from tests.valkey_process import ValkeyProcess

PATH = "/api/checklist.json"
BEARER = {"Authorization": f"Bearer {TOKEN_OF_API}"}


@pytest.fixture(autouse=True)
def runtime(valkey_url: str) -> Iterator[Runtime]:
    store = Store(valkey_url, "local")
    made = Runtime(config(valkey_url, RELAY, SHOP), store)
    set_runtime(made)
    yield made
    set_runtime(None)
    store.close()


@pytest.fixture
def well(valkey_url: str, valkey_process: ValkeyProcess) -> float:
    """A service that is well; what needs weeks of history is attested."""
    now = store_good(valkey_process)
    asyncio.run(fill(valkey_url, RELAY, now))
    said = word(WordKind.ATTEST, "times", at=now, until=now + DAY)
    with valkey_process.client() as client:
        client.hset(keys.control("relay", WORDS), "x", Document(Word).encode(said))
    return now


async def asked(caller: httpx.AsyncClient, **query: str | list[str]) -> httpx.Response:
    return await caller.get(PATH, params=query, headers=BEARER)


async def test_a_go_is_200_with_every_question_and_its_evidence(
    well: float, remote: httpx.AsyncClient
):
    found = await asked(remote, service="relay")
    assert found.status_code == 200, found.text
    body = found.json()
    assert (body["version"], body["go"]) == (checklist.VERSION, True)
    (relay,) = body["services"]
    assert relay["verdict"].startswith("Go: 8 of 9 questions pass, 1 does not apply.")
    assert [one["question"] for one in relay["items"]] == [one.text for one in QUESTIONS]
    variables = relay["items"][0]
    assert (variables["status"], variables["observed"], variables["instances"]) == (
        "pass", "2 of 2", {"covered": 2, "of": 2},
    )  # fmt: skip
    assert relay["release"] == {
        "commit": "3f2a1b9c", "fingerprint": "0123456789abcdef", "instances": 2,
    }  # fmt: skip
    assert variables["page"] == "/settings?service=relay"
    times = relay["items"][5]
    assert times["page"] == "/response-times?service=relay&series=check%3Aapi"
    assert (times["status"], times["measured"], times["word"]["by"]) == ("pass", "unknown", "ann")
    assert found.headers["cache-control"] == "no-store"


async def test_a_hook_sees_the_last_deployment_and_whether_it_is_settled(
    well: float, valkey_process: ValkeyProcess, remote: httpx.AsyncClient
):
    assert (await asked(remote, service="relay")).json()["services"][0]["deployment"] is None
    live = Stage(StageName.DEPLOY, StageState.DONE, well - 80, well - 60)
    one = Deployment("d1", "3f2a1b9c", DeploymentState.LIVE, well - 90, well - 60)
    found = Verification(Verdict.WATCHING, "Being watched.", well - 60, well + 540)
    made = Record(one.with_stage(live), found)
    document = ADAPTER.dump_json(Snapshot(well, "Render", known_since=1.0, records=(made,)))
    with valkey_process.client() as client:
        client.hset(keys.found("relay"), NAME, packed(document))
    body = (await asked(remote, service="relay")).json()["services"][0]
    told = body["deployment"]
    assert (told["commit"], told["state"], told["verdict"]) == ("3f2a1b9c", "live", "watching")
    assert told["settled"] is False
    assert told["page"] == "/deployments?service=relay"
    assert body["go"] is True  # whoever mends a deployment must be able to deploy
    (line,) = [e for e in body["items"][1]["evidence"] if e.startswith("Deployment: ")]
    assert "Being watched." in line


async def test_a_no_go_is_503_with_the_same_document(well: float, remote: httpx.AsyncClient):
    found = await asked(remote)
    assert found.status_code == 503
    assert found.headers["content-type"] == "application/json"
    body = found.json()
    assert {one["service"]: one["go"] for one in body["services"]} == {"relay": True, "shop": False}
    assert body["go"] is False


async def test_an_empty_store_is_a_no_go(remote: httpx.AsyncClient):
    found = await asked(remote, service="relay")
    assert found.status_code == 503
    assert found.json()["services"][0]["status"] == "unknown"


async def test_a_hook_can_ask_for_one_phase(
    valkey_url: str, valkey_process: ValkeyProcess, remote: httpx.AsyncClient
):
    now = store_good(valkey_process)
    await fill(valkey_url, RELAY, now)
    assert (await asked(remote, service="relay")).status_code == 503  # no weeks of history
    found = await asked(remote, service="relay", phase="before")
    assert found.status_code == 200
    assert len(found.json()["services"][0]["items"]) == 3
    both = await asked(remote, service="relay", phase=["before", "trouble"])
    assert len(both.json()["services"][0]["items"]) == 6


async def test_what_is_not_there_is_a_problem(remote: httpx.AsyncClient):
    problem(await asked(remote, service="nothing"), 404)
    assert "before, during or trouble" in problem(await asked(remote, phase="after"), 400)
    problem(await remote.get(PATH), 401)
    wrong = {"Authorization": "Bearer wrong"}
    problem(await remote.get(PATH, headers=wrong), 401)


async def test_a_store_that_is_away_is_no_go_and_no_checklist(
    runtime: Runtime, remote: httpx.AsyncClient
):
    runtime.store = Store("redis://127.0.0.1:1", "local")
    runtime.config = Config(runtime.config.settings, (RELAY,))
    problem(await asked(remote), 503)

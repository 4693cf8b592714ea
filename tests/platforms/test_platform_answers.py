"""Answers that no platform should give: small on the way and huge here, half characters, pauses
without end. Each from a real server."""

import gzip
import json
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from console.deployments.gather import Around, read
from console.deployments.history import Snapshot
from console.deployments.load import ADAPTER
from console.deployments.timeline import events
from console.errors import PlatformError, PlatformLimited, PlatformUnreadable
from console.platforms.api import Api
from console.platforms.body import MOST_BYTES
from console.platforms.budget import Budget
from console.platforms.cloud_run.platform import CloudRun
from console.platforms.fly.platform import Fly
from console.platforms.kubernetes.access import Access
from console.platforms.kubernetes.platform import Kubernetes
from console.platforms.model import Redeploy, SetVariable
from console.platforms.railway.platform import Railway
from console.platforms.refusal import PAUSE_MOST
from console.platforms.render.platform import Render
from console.store.documents import EVENT
from tests.platforms.refusing import Serve

Answers = Callable[[Response], str]


@pytest.fixture
def answers(serving: Serve) -> Answers:
    def begin(answer: Response) -> str:
        async def told(_: Request) -> Response:
            return answer

        return serving(told)

    return begin


@asynccontextmanager
async def asking(url: str) -> AsyncGenerator[Api]:
    api = Api("Somewhere", url, {}, Budget(100))
    try:
        yield api
    finally:
        await api.close()


def packed(body: bytes, encoding: str = "gzip") -> Response:
    return Response(body, headers={"Content-Encoding": encoding})


async def test_a_compressed_answer_is_read(answers: Answers):
    async with asking(answers(packed(gzip.compress(b'{"a": 1}')))) as api:
        assert await api.get("/x") == {"a": 1}


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (packed(gzip.compress(bytes(MOST_BYTES + 2))), "more than"),
        # each unpacking makes a thousand times as much of it
        (packed(gzip.compress(gzip.compress(b"[]")), "gzip, gzip"), "not asked for"),
        (packed(b"[]", "br"), "not asked for"),
        (packed(b"[]"), "no gzip"),
    ],
)
async def test_an_answer_that_unpacks_to_too_much_is_not_unpacked(
    answers: Answers, answer: Response, why: str
):
    async with asking(answers(answer)) as api:
        with pytest.raises(PlatformUnreadable, match=why):
            await api.get("/x")


async def test_a_pause_that_is_asked_for_is_an_hour_at_most(answers: Answers):
    slow = Response("{}", 429, {"Retry-After": "999999999"})
    async with asking(answers(slow)) as api:
        with pytest.raises(PlatformLimited) as raised:
            await api.get("/x")
    assert raised.value.retry_at <= time.time() + PAUSE_MOST


@pytest.mark.parametrize("half", [b'"Fix \\uD83D"', b'"Fix \xed\xa0\x80"'])
async def test_half_a_character_in_a_message_keeps_nothing_from_being_stored(
    answers: Answers, half: bytes
):
    """As JavaScript leaves it where it cuts a text within an emoji."""
    deploy = {"id": "dep-1", "status": "live", "createdAt": "2027-01-15T08:00:00Z"}
    deploy |= {"finishedAt": "2027-01-15T08:01:00Z", "commit": {"id": "a" * 40, "message": "M"}}
    body = json.dumps([{"deploy": deploy}]).encode().replace(b'"M"', half)
    platform = Render("srv-1", "rnd_token-of-the-test", url=answers(Response(body)))
    now = 1_800_000_060.0
    before = Snapshot(now - 100, known_since=now - 100)
    try:
        found = await read(platform, "tiny", before, Around({}, None), now)
    finally:
        await platform.close()
    assert found.records[0].deployment.message.startswith("Fix ")
    assert ADAPTER.dump_json(found)
    assert [EVENT.encode(one) for one in events(before, found)]


VALUE = "a-value-that-nobody-sees"
SETS = {
    "render": lambda url: Render("srv-1", "t" * 9, url=url),
    "railway": lambda url: Railway("p/e/s", "t" * 9, url=url),
    "kubernetes": lambda url: Kubernetes("shop/web", Access(url, "t" * 9)),
    "cloud_run": lambda url: CloudRun("p/r/s", "t" * 9, url=url),
    "fly": lambda url: Fly("shop", "t" * 9, url=url),
}


@pytest.mark.parametrize("status", [200, 400, 403])
@pytest.mark.parametrize("platform", SETS)
async def test_a_value_that_a_platform_tells_back_is_taken_out(
    serving: Serve, platform: str, status: int
):
    """A message like that goes into Activity, and onto the page."""
    error = {"message": f"The value {VALUE} is not valid", "extensions": {}}
    machine = {"id": "m1", "state": "started", "config": {"image": "i", "env": {}}}
    data = {"serviceInstance": {"numReplicas": 1}}

    async def answer(asked: Request) -> Response:
        body = await asked.body()
        if VALUE.encode() in body:
            return JSONResponse({**error, "error": error, "errors": [error]}, status)
        if asked.url.path.endswith("/machines"):
            return JSONResponse([machine])
        return JSONResponse({"data": data, "template": {"containers": [{"env": []}]}})

    made = SETS[platform](serving(answer))
    try:
        told = str(await made.perform(SetVariable("PASSPHRASE", VALUE)))
    except PlatformError as refused:
        told = str(refused)
        assert "•••" in told
    finally:
        await made.close()
    assert VALUE not in told


async def test_a_number_that_json_has_not_is_not_sent_back(serving: Serve):
    async def answer(_: Request) -> Response:
        return Response('{"template": {"timeout": 1e999}}')

    made = CloudRun("p/r/s", "t" * 9, url=serving(answer))
    with pytest.raises(PlatformUnreadable, match="cannot be sent back"):
        await made.perform(Redeploy())
    await made.close()


async def test_whole_characters_stay_as_they_are(answers: Answers):
    async with asking(answers(Response('["\\uD83D\\uDE80 \\\\ud800 é"]'))) as api:
        assert await api.get("/x") == ["🚀 \\ud800 é"]

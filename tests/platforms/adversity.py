"""Every adapter over a transport that answers what no server of its kind should.

Bytes alone: what a real server sends is tested with real ones, beside."""

import json
import re
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

import httpx

from console.errors import NotOffered, PlatformError
from console.platforms.budget import Budget
from console.platforms.cloud_run.platform import CloudRun
from console.platforms.extras import RuntimeLog, TellsTimes
from console.platforms.fly.platform import Fly
from console.platforms.github.platform import GitHub
from console.platforms.github.reader import GitHubReader
from console.platforms.kubernetes.access import Access
from console.platforms.kubernetes.platform import Kubernetes
from console.platforms.model import Platform, StageName
from console.platforms.railway.platform import Railway
from console.platforms.render.platform import Render
from tests.platforms.good_answers import GOOD

TOKEN = "a-token-of-the-test-0123456789"


NOW = 1_795_502_400.0  # the same


Answer = Callable[[httpx.Request], httpx.Response]


class Bytes(httpx.AsyncByteStream):
    """A body that comes part by part, as from a socket."""

    def __init__(self, *parts: bytes) -> None:
        self._parts = parts

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for part in self._parts:
            yield part


def says(
    status: int, body: str | bytes = b"", headers: Mapping[str, str] | None = None
) -> httpx.Response:
    """An answer that was not read yet."""
    data = body.encode() if isinstance(body, str) else body
    return httpx.Response(status, headers=dict(headers or {}), stream=Bytes(data))


class Line(httpx.AsyncBaseTransport):
    """Answers what it is told to, and keeps what was asked."""

    def __init__(self) -> None:
        self.answer: Answer = lambda _: says(404)
        self.asked: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        return self.answer(request)

    def hosts(self) -> set[str]:
        """Whoever was asked."""
        return {one.url.host for one in self.asked}


ADAPTERS: dict[str, Callable[[Line, Callable[[], float]], Any]] = {
    "render": lambda line, clock: Render(
        "srv-1", TOKEN, transport=line, clock=clock, budget=Budget(10**9)
    ),
    "railway": lambda line, clock: Railway(
        "p/e/s", TOKEN, transport=line, clock=clock, budget=Budget(10**9)
    ),
    "kubernetes": lambda line, clock: Kubernetes(
        "shop/web",
        Access("https://cluster.example", TOKEN),
        transport=line,
        clock=clock,
        budget=Budget(10**9),
    ),
    "cloud_run": lambda line, clock: CloudRun(
        "p/r/s", TOKEN, transport=line, clock=clock, budget=Budget(10**9)
    ),
    "fly": lambda line, clock: Fly(
        "shop", TOKEN, transport=line, clock=clock, budget=Budget(10**9), spacing=0.0
    ),
    "github": lambda line, clock: GitHub(
        GitHubReader("o/r", TOKEN, transport=line, clock=clock, budget=Budget(10**9))
    ),
}


def good(kind: str, request: httpx.Request) -> Any:
    """What a platform tells at an address; None where there is nothing."""
    return next((told for part, told in GOOD[kind] if part in request.url.path), None)


def bent(told: Any, leaf: Any) -> Any:
    """The same with every leaf in place of it, but the names that tell what something is."""
    if isinstance(told, dict):
        return {key: bent(value, leaf) for key, value in told.items()}
    if isinstance(told, list):
        return [bent(one, leaf) for one in told]
    return leaf


async def readings(platform: Any) -> dict[str, Any]:
    """Everything that an adapter can be asked, each by itself: what it told, or the typed error.

    Any other error passes on, and fails the test.
    """
    made: Platform = platform
    found: dict[str, Any] = {}

    def newest() -> str:
        told = found["deployments"]
        return told[0].id if isinstance(told, list) and told else "d1"

    calls: dict[str, Callable[[], Any]] = {
        "deployments": lambda: made.deployments(5),
        "instances": made.instances,
        "variables": made.variables,
        "build": lambda: made.log(newest(), StageName.BUILD),
        "deploy": lambda: made.log(newest(), StageName.DEPLOY),
    }
    if isinstance(made, RuntimeLog):
        log = made
        calls["lines"] = lambda: log.lines(NOW - 3600, 100)
    if isinstance(made, TellsTimes):
        measured = made
        calls["times"] = lambda: measured.response_times(NOW - 3600, NOW)
    for name, call in calls.items():
        try:
            found[name] = await call()
        except NotOffered:
            continue
        except PlatformError as error:
            found[name] = error
    assert TOKEN not in repr(found)
    return found


def sent(told: Any, status: int = 200) -> httpx.Response:
    """JSON, which may hold numbers that JSON has not."""
    return says(status, json.dumps(told))


def dots(request: httpx.Request) -> bool:
    """Whether an address leads up and out of where it should be."""
    return re.search(r"(^|/)(\.|%2e){1,2}(/|$)", request.url.raw_path.decode(), re.I) is not None

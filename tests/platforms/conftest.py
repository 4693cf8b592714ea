"""One local platform or server for a test, with everything it started ended afterwards."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.kit.support import Serving
from tests.platforms.cluster import Cluster
from tests.platforms.local_service import Workshop
from tests.platforms.railway_server import World, schema
from tests.platforms.swagger import kubernetes as swagger


@pytest.fixture
def workshop(tmp_path: Path) -> Iterator[Workshop]:
    made = Workshop(tmp_path)
    yield made
    made.controller.end()


Answer = Callable[[Request], Any]


class Site:
    """A server that answers what it is told to; starting one takes longer than most tests."""

    def __init__(self) -> None:
        self.answer: Answer | None = None
        methods = ["GET", "POST", "PUT", "PATCH", "DELETE"]
        route = Route("/{path:path}", self._answer, methods=methods)
        self._serving = Serving(Starlette(routes=[route]))
        self.url = self._serving.begin()

    async def _answer(self, request: Request) -> Response:
        assert self.answer is not None
        return await self.answer(request)

    def end(self) -> None:
        self._serving.end()


@pytest.fixture(scope="session")
def sites() -> Iterator[list[Site]]:
    """Those that no test uses now."""
    free: list[Site] = []
    yield free
    for site in free:
        site.end()


@pytest.fixture
def serving(sites: list[Site]) -> Iterator[Callable[[Answer], str]]:
    """Serves what a function answers to any request, over real HTTP."""
    used: list[Site] = []

    def begin(answer: Answer) -> str:
        used.append(sites.pop() if sites else Site())
        used[-1].answer = answer
        return used[-1].url

    yield begin
    for site in used:
        site.answer = None
    sites.extend(used)


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    """A small API server of Kubernetes; skips where its Swagger file is absent."""
    swagger()
    made = Cluster()
    yield made
    assert made.wrong == []


@pytest.fixture
def cluster_url(cluster: Cluster) -> Iterator[str]:
    routes = [Route("/{path:path}", cluster.serve, methods=["GET", "PATCH", "POST", "PUT"])]
    running = Serving(Starlette(routes=routes))
    yield running.begin()
    running.end()


@pytest.fixture
def world() -> World:
    """A service at Railway; skips where its GraphQL schema is absent."""
    schema()
    return World()


@pytest.fixture
def railway_url(world: World) -> Iterator[str]:
    running = Serving(Starlette(routes=[Route("/graphql/v2", world.serve, methods=["POST"])]))
    yield running.begin()
    running.end()


@pytest.fixture
def serve(serving: Callable[[Answer], str]) -> Callable[[Answer], str]:
    """The same under the path that Render's API has."""
    return lambda answer: f"{serving(answer)}/v1"

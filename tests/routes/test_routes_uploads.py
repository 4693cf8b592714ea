"""A file is taken only where a page offers it, and refused before any of it is read."""

from collections.abc import AsyncIterator, Iterator
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse

from console.routes.door import Door
from console.runtime import set_runtime
from console.uploads import MOST_BYTES, OPEN_FOR, Uploads

PATH = "/_stcore/upload_file/a-session/a-file"


class Clock:
    """A time that tests move."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def uploads(clock: Clock) -> Iterator[Uploads]:
    made = Uploads(clock)
    set_runtime(SimpleNamespace(uploads=made))
    yield made
    set_runtime(None)


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async def behind(scope: Any, receive: Any, send: Any) -> None:
        body = await Request(scope, receive).body()
        await PlainTextResponse(f"took {len(body)}")(scope, receive, send)

    transport = httpx.ASGITransport(Door(behind))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as made:
        yield made


async def test_a_session_that_was_offered_nothing_is_refused(
    uploads: Uploads, client: httpx.AsyncClient
):
    uploads.allow("another-session")
    assert (await client.put(PATH, content=b"x")).status_code == 404


async def test_a_session_whose_page_offers_it_is_let_through_for_a_while(
    uploads: Uploads, client: httpx.AsyncClient, clock: Clock
):
    uploads.allow("a-session")
    assert (await client.put(PATH, content=b"four")).text == "took 4"
    clock.now = OPEN_FOR + 1
    assert (await client.put(PATH, content=b"four")).status_code == 404
    uploads.allow("a-session")
    uploads.refuse("a-session")
    assert (await client.put(PATH, content=b"four")).status_code == 404


async def test_a_gigabyte_is_refused_with_a_sentence_before_any_of_it_is_read(
    uploads: Uploads, client: httpx.AsyncClient
):
    uploads.allow("a-session")
    read: list[int] = []

    async def body() -> AsyncIterator[bytes]:
        read.append(1)
        yield b"x" * 1000

    headers = {"Content-Length": "1000000000"}
    answer = await client.put(PATH, content=body(), headers=headers)
    assert answer.status_code == 413
    assert answer.json()["title"] == "The file has 953 MB; up to 50 MB are taken."
    assert read == []


async def test_a_file_that_does_not_tell_its_size_is_refused(
    uploads: Uploads, client: httpx.AsyncClient
):
    uploads.allow("a-session")

    async def body() -> AsyncIterator[bytes]:
        yield b"x"

    assert (await client.put(PATH, content=body())).status_code == 411


def test_the_number_of_sessions_is_bounded_and_the_limit_is_that_of_streamlit(uploads: Uploads):
    import tomllib
    from pathlib import Path

    for number in range(1500):
        uploads.allow(f"s-{number}")
    assert not uploads.allowed("s-0")
    assert uploads.allowed("s-1499")
    root = Path(__file__).resolve().parents[2]
    config = tomllib.loads((root / ".streamlit" / "config.toml").read_text())
    assert config["server"]["maxUploadSize"] << 20 == MOST_BYTES

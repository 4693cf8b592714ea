"""What the tests of Render share: the adapter, and its recorded answers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from console.platforms.render.platform import Render
from tests.platforms.recorded import ABSENT, Replay, shared

TOKEN = "rnd_token-of-the-test-0123456789"


SERVICE = "srv-ct6vn35j0q5s700ckga0"


CONTRACTED = "srv-abcdefghijklmnopqrst"  # as the specification wants an id to look


@asynccontextmanager
async def render(url: str, service: str = SERVICE, **more: Any) -> AsyncIterator[Render]:
    platform = Render(service, TOKEN, url=url, **more)
    try:
        yield platform
    finally:
        await platform.close()


def replay(cassette: str, until: int) -> Replay:
    found = shared(f"data/render_recorded/{cassette}_cassette.yaml")
    if found is None:
        pytest.skip(ABSENT)
    return Replay(found, until)

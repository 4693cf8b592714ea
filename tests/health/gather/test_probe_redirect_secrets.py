"""What a probe tells the host that it is redirected to."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from console.health.check import Check
from console.health.gather import ProbeContext, probe
from console.health.model import Status

SECRETS = {"x-api-key": "key-1234567", "cookie": "a=secret", "x-plain": "for everybody"}


@contextmanager
def server(location: str = "") -> Iterator[tuple[str, list[dict[str, str]]]]:
    """A server that redirects / to `location`, with the headers of every other request."""
    heard: list[dict[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/" and location:
                self.send_response(302)
                self.send_header("Location", location)
            else:
                heard.append({name.lower(): value for name, value in self.headers.items()})
                self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        Thread(target=listening.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{listening.server_port}", heard
        listening.shutdown()


async def follow(url: str) -> None:
    check = Check(name="api", url=f"{url}/", bearer_env="TOKEN", headers=SECRETS)
    async with ProbeContext({"TOKEN": "bearer-1234567"}) as context:
        assert (await probe(check, context)).status is Status.PASS


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_another_host_gets_no_secret(host: str) -> None:
    with (
        server() as (elsewhere, heard),
        server(f"{elsewhere.replace('127.0.0.1', host)}/login") as (url, _),
    ):
        await follow(url)
    assert not {"x-api-key", "cookie", "authorization"} & heard[0].keys()
    assert heard[0]["x-plain"] == "for everybody"


async def test_the_same_host_still_does() -> None:
    with server("/login") as (url, heard):
        await follow(url)
    assert heard[0]["x-api-key"] == "key-1234567"
    assert heard[0]["authorization"] == "Bearer bearer-1234567"

"""Who is let in at all: no page of another site, whatever its browser can be made to send."""

import asyncio
from collections.abc import Iterator

import pytest
from starlette.formparsers import MultiPartParser
from websockets.exceptions import InvalidStatus

from console.routes.door import Door
from console.uploads import SETTINGS_MB
from tests import plain_http
from tests.routes.shop import BEARER, TOKEN, fill, problem
from tests.valkey_process import ValkeyProcess
from tests.visiting import visit

PAGE = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture(scope="module")
def store_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    server = ValkeyProcess(tmp_path_factory.mktemp("valkey"))
    server.start()
    asyncio.run(fill(server.url))
    yield server.url
    server.kill()


@pytest.fixture(scope="module")
def local(serve, store_url: str) -> str:
    """A console on loopback only."""
    return serve("routes_app.py", TEST_STORE_URL=store_url, TEST_TOKEN=TOKEN)


@pytest.fixture(scope="module")
def exposed(serve, store_url: str) -> str:
    """A console on all interfaces."""
    return serve("routes_app.py", address=None, TEST_STORE_URL=store_url)


def port(url: str) -> str:
    return url.rsplit(":", 1)[1]


def test_the_consoles_own_page_gets_its_websocket(local: str, exposed: str) -> None:
    assert "role=operator" in visit(local)
    assert "role=viewer" in visit(exposed)
    own = local.replace("localhost", "127.0.0.1")
    assert "role=operator" in visit(own, host=own.removeprefix("http://"))


def test_a_name_that_was_made_to_lead_here_opens_no_websocket(local: str) -> None:
    for name in ("evil.com", "localhost.evil.com", "127.0.0.1.nip.io", "localhost."):
        host = f"{name}:{port(local)}"
        with pytest.raises(InvalidStatus, match="403"):
            visit(local, host=host, origin=f"http://{host}")


def test_a_name_that_was_made_to_lead_here_shows_no_page_and_says_how_to_allow_it(
    local: str,
) -> None:
    host = {"Host": f"evil.com:{port(local)}", **PAGE}
    for path in ("/", "/health", "/healthz", "/api/status.json"):
        assert "server.allowedHosts" in problem(plain_http.get(local + path, headers=host), 421)


@pytest.mark.parametrize(
    "origin", ["http://evil.com", "null", "http://localhost:1", "http://127.0.0.1", "file://"]
)
def test_a_page_of_another_site_opens_no_websocket(local: str, exposed: str, origin: str) -> None:
    for url in (local, exposed):
        with pytest.raises(InvalidStatus, match="403"):
            visit(url, origin=origin)


def test_whoever_comes_through_a_proxy_may_look(local: str) -> None:
    host = "console.example.com"
    seen = visit(local, host=host, origin=f"https://{host}", headers={"X-Forwarded-For": "1.2.3.4"})
    assert "role=viewer" in seen
    headers = {"Host": host, "X-Forwarded-For": "203.0.113.9", **PAGE}
    assert plain_http.get(local, headers=headers).status_code == 200


def test_a_console_that_listens_beyond_its_machine_answers_to_any_name(exposed: str) -> None:
    host = f"console.lan:{port(exposed)}"
    assert "role=viewer" in visit(exposed, host=host, origin=f"http://{host}")


def test_a_name_or_an_origin_that_was_allowed_is_let_in(serve, store_url: str) -> None:
    url = serve(
        "routes_app.py",
        TEST_STORE_URL=store_url,
        STREAMLIT_SERVER_ALLOWED_HOSTS="console.lan localhost",
        STREAMLIT_SERVER_CORS_ALLOWED_ORIGINS="http://portal.lan",
    )
    host = f"console.lan:{port(url)}"
    assert "role=viewer" in visit(url, host=host, origin=f"http://{host}")
    assert "role=viewer" in visit(url, origin="http://portal.lan")
    assert plain_http.get(url, headers={"Host": host, **PAGE}).status_code == 200
    for refused in ("http://evil.com", f"http://evil.com:{port(url)}"):
        with pytest.raises(InvalidStatus, match="403"):
            visit(url, host=refused.removeprefix("http://"), origin=refused)


def test_on_a_hosting_platform_the_platform_decides(serve, store_url: str) -> None:
    url = serve("routes_app.py", TEST_STORE_URL=store_url, HOSTNAME="streamlit")
    host = "app.streamlit.app"
    assert "role=viewer" in visit(url, host=host, origin=f"https://{host}")
    assert "content-security-policy" not in plain_http.get(url, headers=PAGE).headers


def test_the_token_opens_a_route_by_any_name(local: str) -> None:
    headers = {"Host": "console.example.com", **BEARER}
    assert plain_http.get(f"{local}/api/status.json", headers=headers).status_code == 200


def test_no_other_site_can_show_a_page_with_an_operator_in_a_frame(
    local: str, exposed: str
) -> None:
    for path in ("/", "/health", "/healthz", "/static/nothing.js"):
        headers = plain_http.get(local + path, headers={"Sec-Fetch-Site": "cross-site"}).headers
        assert headers["content-security-policy"] == "frame-ancestors 'self'"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
    assert "content-security-policy" not in plain_http.get(exposed, headers=PAGE).headers


def test_nothing_can_be_uploaded_by_a_session_that_may_not(local: str) -> None:
    for method in ("PUT", "POST", "DELETE", "OPTIONS"):
        problem(plain_http.request(method, f"{local}/_stcore/upload_file/session/file"), 404)


def test_a_file_of_settings_stays_in_memory() -> None:
    async def nothing(*_: object) -> None: ...

    Door(nothing)
    assert MultiPartParser.spool_max_size > SETTINGS_MB << 20

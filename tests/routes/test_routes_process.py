"""The routes in a real `streamlit run`: real requests, forged headers, a bind that is too wide."""

import asyncio
import json
import socket
from collections.abc import Iterator

import httpx
import pytest

from tests import plain_http
from tests.routes.shop import BEARER, PROTECTED, TOKEN, fill, problem
from tests.valkey_process import ValkeyProcess

LIMIT = 10.0  # seconds


@pytest.fixture(scope="module")
def store_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    server = ValkeyProcess(tmp_path_factory.mktemp("valkey"))
    server.start()
    asyncio.run(fill(server.url))
    yield server.url
    server.kill()


@pytest.fixture(scope="module")
def local(serve, store_url: str) -> str:
    """A console with a token on loopback only."""
    return serve("routes_app.py", TEST_STORE_URL=store_url, TEST_TOKEN=TOKEN)


@pytest.fixture(scope="module")
def exposed(serve, store_url: str) -> str:
    """A console without a token on all interfaces."""
    return serve("routes_app.py", address=None, TEST_STORE_URL=store_url)


def raw(url: str, request: str, peer: str = "127.0.0.1") -> tuple[int, dict[str, str], bytes]:
    """Send exactly these bytes; status, headers and body of the answer."""
    port = int(url.rsplit(":", 1)[1])
    with socket.create_connection((peer, port), LIMIT) as connection:
        connection.settimeout(LIMIT)
        connection.sendall(request.replace("\n", "\r\n").encode("latin-1"))
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (x.partition(":") for x in lines)}
    return int(first.split()[1]), headers, body


def test_every_route_answers_with_its_own_type_and_not_with_a_page(local: str) -> None:
    kinds = {
        "/healthz": "application/health+json",
        "/metrics": "text/plain; version=0.0.4; charset=utf-8",
        "/api/status.json": "application/json",
        "/badge/shop.svg": "image/svg+xml",
        "/badge/shop/api.svg": "image/svg+xml",
    }
    for path, kind in kinds.items():
        response = plain_http.get(local + path)
        assert (response.status_code, response.headers["content-type"]) == (200, kind)
        assert httpx.head(local + path).status_code == 200
        assert httpx.head(local + path).content == b""
    assert plain_http.get(local + "/").headers["content-type"].startswith("text/html")


def test_a_mistyped_path_is_not_answered_with_the_page(local: str) -> None:
    for path in ("/healthz/", "/metrics/", "/api", "/api/status", "/badge/shop", "/badge/x/y/z"):
        problem(plain_http.get(local + path), 404)


def test_a_push_from_a_real_client_reaches_the_store(local: str) -> None:
    url = f"{local}/api/push/shop/export"
    assert plain_http.post(url).status_code == 202
    assert plain_http.post(url, headers=BEARER, content='{"status": "fail"}').status_code == 202
    problem(plain_http.post(url, content=b"x" * 5000), 413)
    problem(plain_http.post(url, content=iter([b"x" * 1024] * 10)), 413)
    problem(plain_http.get(url), 405)
    problem(httpx.options(url), 405)


def test_health_is_open_to_everybody_and_the_rest_asks_for_a_token(exposed: str) -> None:
    assert plain_http.get(f"{exposed}/healthz").status_code == 200
    for path in PROTECTED:
        detail = problem(plain_http.get(exposed + path), 401)
        assert detail.startswith("Set CONSOLE_API_TOKEN")
    problem(plain_http.post(f"{exposed}/api/push/shop/export"), 401)
    for header in ("Bearer", "Bearer ", "Bearer \t"):
        status, _, _ = raw(exposed, f"GET /metrics HTTP/1.0\nAuthorization: {header}\n\n")
        assert status == 401


@pytest.mark.parametrize(
    "header",
    [
        {"X-Forwarded-For": "127.0.0.1"},
        {"X-Forwarded-For": "203.0.113.9"},
        {"X_Forwarded_For": "127.0.0.1"},
        {"Forwarded": "for=127.0.0.1"},
        {"Via": "1.1 proxy"},
        {"Host": "localhost.evil.com"},
        {"Host": "127.0.0.1.nip.io"},
        {"Host": "[::ffff:127.0.0.1]"},
        {"Host": "localhost."},
        {"Origin": "http://localhost:1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Authorization": "Bearer wrong"},
    ],
)
def test_a_request_that_is_not_plainly_local_needs_the_token(
    local: str, header: dict[str, str]
) -> None:
    problem(plain_http.get(f"{local}/metrics", headers=header), 401)
    problem(plain_http.post(f"{local}/api/push/shop/export", headers=header), 401)


def test_the_token_opens_the_door_for_what_came_through_a_proxy(local: str) -> None:
    headers = {"X-Forwarded-For": "203.0.113.9", "Host": "console.example.com", **BEARER}
    assert plain_http.get(f"{local}/metrics", headers=headers).status_code == 200


@pytest.mark.parametrize("host", ["LOCALHOST", "127.0.0.1:1", "[::1]"])
def test_the_other_names_of_this_machine_are_local_too(local: str, host: str) -> None:
    assert plain_http.get(f"{local}/metrics", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        "",  # HTTP/1.0 without a Host
        "Host: localhost\nHost: evil.com\n",
        "Host: localhost\nX-Forwarded-For: 127.0.0.1\nX-Forwarded-For: ::1\n",
        "Host: localhost\nAuthorization: Bearer \xff\xfe\n",
        "Host: localhost\nAuthorization: Bearer a\nAuthorization: Bearer b\n",
    ],
)
def test_odd_requests_get_no_further(local: str, headers: str) -> None:
    status, _, body = raw(local, f"GET /api/status.json HTTP/1.0\n{headers}\n")
    assert status in (400, 401)
    assert b"shop" not in body


@pytest.mark.parametrize(
    "path",
    [
        "/badge/../healthz",
        "/badge/..%2f..%2fetc%2fpasswd.svg",
        "/badge/shop/%2e%2e%2f%2e%2e%2fapi.svg",
        "/badge/shop/api%00.svg",
        "/badge//shop.svg",
        "/api/push/../status.json",
        "//metrics",
    ],
)
def test_a_path_leads_to_no_file_and_to_no_other_route(local: str, path: str) -> None:
    status, _, body = raw(local, f"GET {path} HTTP/1.0\nHost: localhost\n\n")
    assert status in (400, 404)
    assert b"root:" not in body


def test_no_answer_lets_another_origin_read_it(local: str, exposed: str) -> None:
    preflight = {"Origin": "https://evil.com", "Access-Control-Request-Method": "POST"}
    for url in (local, exposed):
        for path in ("/healthz", *PROTECTED, "/api/push/shop/export"):
            for response in (
                httpx.options(url + path, headers=preflight),
                plain_http.get(url + path, headers={"Origin": "https://evil.com"}),
            ):
                assert not [name for name in response.headers if "access-control" in name]


def test_health_answers_a_monitor_that_sends_nothing_but_the_line(local: str) -> None:
    status, headers, body = raw(local, "GET /healthz HTTP/1.0\n\n")
    assert (status, headers["content-type"]) == (200, "application/health+json")
    assert headers["cache-control"] == "no-cache"
    assert json.loads(body)["status"] == "pass"

"""Who may call: the holder of the token, the local user, and nobody else."""

import httpx
import pytest
import streamlit
from pydantic import SecretStr

from console.routes.entrance import badge_key
from console.runtime import Runtime
from tests.routes.shop import BEARER, PROTECTED, TOKEN, problem, without_token


@pytest.mark.parametrize("path", PROTECTED)
async def test_the_token_opens_what_is_protected(remote: httpx.AsyncClient, path: str) -> None:
    assert (await remote.get(path, headers=BEARER)).status_code == 200


@pytest.mark.parametrize("path", PROTECTED)
async def test_the_local_user_needs_no_token(local: httpx.AsyncClient, path: str) -> None:
    assert (await local.get(path)).status_code == 200


@pytest.mark.parametrize("path", [*PROTECTED, "/badge/nothing.svg", "/badge/shop/nothing.svg"])
async def test_without_a_token_nothing_is_told_not_even_which_names_exist(
    remote: httpx.AsyncClient, path: str
) -> None:
    response = await remote.get(path)
    assert "CONSOLE_API_TOKEN" in problem(response, 401)
    assert response.headers["www-authenticate"].startswith("Bearer ")


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        f"Bearer {TOKEN}x",
        f"Bearer {TOKEN[:-1]}",
        f"Bearer {TOKEN.upper()}",
        f"Basic {TOKEN}",
        TOKEN,
        f"Bearer {TOKEN}, Bearer {TOKEN}",
        f"Bearer {TOKEN} {TOKEN}",
        "Bearer tökén",
    ],
)
async def test_a_wrong_token_is_refused_on_this_machine_too(
    remote: httpx.AsyncClient, local: httpx.AsyncClient, header: str
) -> None:
    for calls in (remote, local):
        response = await calls.get("/metrics", headers={"Authorization": header.encode()})
        problem(response, 401)
        assert 'error="invalid_token"' in response.headers["www-authenticate"]
        assert TOKEN not in response.text


async def test_two_tokens_are_one_too_many(remote: httpx.AsyncClient) -> None:
    twice = [("Authorization", f"Bearer {TOKEN}"), ("Authorization", "Bearer other")]
    problem(await remote.get("/metrics", headers=twice), 401)


@pytest.mark.parametrize("scheme", ["bearer", "BEARER", "Bearer  "])
async def test_the_scheme_may_be_written_in_any_case(
    remote: httpx.AsyncClient, scheme: str
) -> None:
    response = await remote.get("/metrics", headers={"Authorization": f"{scheme} {TOKEN}"})
    assert response.status_code == 200


async def test_a_token_may_have_any_characters(remote: httpx.AsyncClient, runtime: Runtime) -> None:
    without_token(runtime, SecretStr("schlüssel-鍵-🔑-und-mehr"))
    for sent, status in (("schlüssel-鍵-🔑-und-mehr", 200), ("schlüssel-鍵-🔑-und-mehR", 401)):
        header = b"Bearer " + sent.encode()
        response = await remote.get("/metrics", headers={"Authorization": header})
        assert response.status_code == status


@pytest.mark.parametrize("blank", [None, SecretStr(""), SecretStr("  ")])
@pytest.mark.parametrize("header", [None, "Bearer", "Bearer ", "Bearer  "])
async def test_a_console_without_a_token_opens_to_nobody_from_elsewhere(
    remote: httpx.AsyncClient,
    runtime: Runtime,
    blank: SecretStr | None,
    header: str | None,
) -> None:
    without_token(runtime, blank)
    headers = {} if header is None else {"Authorization": header}
    for path in PROTECTED:
        detail = problem(await remote.get(path + "?key=", headers=headers), 401)
        assert detail.startswith("Set CONSOLE_API_TOKEN")
    problem(await remote.post("/api/push/shop/export", headers=headers), 401)


async def test_the_token_does_not_belong_into_an_address(remote: httpx.AsyncClient) -> None:
    for path in PROTECTED:
        problem(await remote.get(f"{path}?token={TOKEN}"), 401)
        problem(await remote.get(f"{path}?key={TOKEN}"), 401)
        problem(await remote.get(f"{path}?access_token={TOKEN}"), 401)


async def test_a_badge_has_a_key_of_its_own_that_opens_nothing_else(
    remote: httpx.AsyncClient, runtime: Runtime
) -> None:
    key = badge_key(TOKEN, "shop/api")
    assert (await remote.get(f"/badge/shop/api.svg?key={key}")).status_code == 200
    for path in ("/badge/shop.svg", "/badge/shop/bank.svg", "/metrics", "/api/status.json"):
        problem(await remote.get(f"{path}?key={key}"), 401)
    problem(await remote.get(f"/badge/shop/api.svg?key={key}&key=x"), 401)
    problem(await remote.get(f"/badge/shop/api.svg?key={key.upper()}"), 401)
    problem(await remote.get("/badge/shop/api.svg?key=schl%C3%BCssel"), 401)
    without_token(runtime, SecretStr("another-token-of-the-tests"))
    problem(await remote.get(f"/badge/shop/api.svg?key={key}"), 401)


@pytest.mark.parametrize(
    "header",
    [
        ("X-Forwarded-For", "127.0.0.1"),
        ("X-Real-IP", "127.0.0.1"),
        ("Forwarded", "for=127.0.0.1"),
        ("Via", "1.1 a"),
        ("Origin", "https://evil.com"),
        ("Origin", "http://localhost:3000"),
        ("Origin", "null"),
        ("Sec-Fetch-Site", "cross-site"),
        ("Sec-Fetch-Site", "same-site"),
        ("Host", "console.evil.com"),
        ("Host", "localhost.evil.com"),
        ("Host", "127.0.0.1.nip.io"),
        ("Host", "[::ffff:127.0.0.1]:8501"),
        ("Host", "localhost."),
        ("Host", ""),
    ],
)
async def test_what_is_not_plainly_local_needs_the_token(
    local: httpx.AsyncClient, header: tuple[str, str]
) -> None:
    problem(await local.get("/api/status.json", headers=[header]), 401)
    problem(await local.post("/api/push/shop/export", headers=[header]), 401)


async def test_a_forged_header_does_not_make_a_remote_caller_local(
    remote: httpx.AsyncClient,
) -> None:
    forged = {"Host": "localhost:8501", "X-Forwarded-For": "127.0.0.1", "X-Real-IP": "::1"}
    problem(await remote.get("/api/status.json", headers=forged), 401)
    problem(await remote.get("/api/status.json", headers={"Host": "localhost:8501"}), 401)


@pytest.mark.parametrize("address", [None, "", "0.0.0.0", "192.168.1.4"])
async def test_a_console_that_listens_elsewhere_asks_everybody_for_the_token(
    local: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, address: str | None
) -> None:
    monkeypatch.setattr(streamlit, "get_option", lambda name: address)
    problem(await local.get("/metrics"), 401)


async def test_nobody_is_local_on_a_hosting_platform(
    local: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOSTNAME", "streamlit")
    problem(await local.get("/metrics"), 401)

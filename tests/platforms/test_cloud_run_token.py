"""Cloud Run: how the console is let in by a service account's key."""

import base64
import json
import time
from functools import cache
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from starlette.requests import Request as Asked
from starlette.responses import JSONResponse, Response

from console.errors import (
    PlatformRefused,
)
from console.platforms.cloud_run.token import GRANT, TOKEN_URL, auth_of
from tests.platforms.cloud_run_use import (
    cloud_run,
)
from tests.platforms.refusing import Serve


@cache
def private_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def account_key() -> str:
    pem = private_key().private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    told = {
        "type": "service_account",
        "client_email": "console@my-project.iam.gserviceaccount.com",
        "private_key_id": "kid-1",
        "private_key": pem.decode(),
        "token_uri": "https://evil.example/token",
    }
    return json.dumps(told, indent=1)


def part(text: str) -> dict[str, Any]:
    return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))


async def test_a_service_accounts_key_gets_tokens_by_itself_and_renews_them(serving: Serve):
    now, given, used = [time.time()], [], []

    async def answer(request: Asked) -> Response:
        if request.url.path != "/token":
            used.append(request.headers["authorization"])
            return JSONResponse({})
        form = dict(item.split("=", 1) for item in (await request.body()).decode().split("&"))
        header, claims, signature = form["assertion"].split(".")
        signed = base64.urlsafe_b64decode(signature + "=" * (-len(signature) % 4))
        private_key().public_key().verify(
            signed, f"{header}.{claims}".encode(), padding.PKCS1v15(), hashes.SHA256()
        )
        assert form["grant_type"].replace("%3A", ":") == GRANT
        assert part(header) == {"alg": "RS256", "typ": "JWT", "kid": "kid-1"}
        told = part(claims)
        assert (told["aud"], told["exp"] - told["iat"]) == (TOKEN_URL, 3600)
        assert told["iss"] == "console@my-project.iam.gserviceaccount.com"
        given.append(f"token-{len(given)}")
        return JSONResponse({"access_token": given[-1], "expires_in": 3599})

    url = serving(answer)
    auth = auth_of(account_key(), url=f"{url}/token", clock=lambda: now[0])
    async with cloud_run(url, account_key(), auth=auth) as platform:
        await platform.variables()
        await platform.variables()
        now[0] += 3500
        await platform.variables()
    assert used == ["Bearer token-0", "Bearer token-0", "Bearer token-1"]


async def test_a_key_that_google_does_not_take_says_why(serving: Serve):
    async def answer(request: Asked) -> Response:
        why = "Invalid JWT: Token must be a short-lived token and in a reasonable timeframe."
        return JSONResponse({"error": "invalid_grant", "error_description": why}, 400)

    url = serving(answer)
    async with cloud_run(url, account_key(), auth=auth_of(account_key(), url=f"{url}/t")) as one:
        with pytest.raises(PlatformRefused, match="reasonable timeframe"):
            await one.variables()


@pytest.mark.parametrize("text", ["{", '{"private_key": "no"}', '{"private_key": 5}', "{}"])
async def test_a_key_that_cannot_be_read_sends_nothing(text: str):
    async with cloud_run("http://127.0.0.1:9", text) as platform:
        with pytest.raises(PlatformRefused, match="cannot be read"):
            await platform.variables()

"""How the console is let in at Google: by an access token, or by a service account's key.

An access token lives for an hour, so only a key is of use for long. With it the console asks for
access tokens by itself (RFC 7523; developers.google.com/identity/protocols/oauth2/service-account).
"""

import base64
import binascii
import json
import time
from collections.abc import AsyncGenerator, Callable, Generator, Mapping
from typing import Any

import httpx
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from console.errors import PlatformAway, PlatformRefused
from console.masking import one_line
from console.platforms.json_fields import fields, text_of, whole

TOKEN_URL = "https://oauth2.googleapis.com/token"
SCOPE = "https://www.googleapis.com/auth/cloud-platform"
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
LIFETIME = 3600  # seconds that are asked for, the most that Google gives
EARLY = 120.0  # seconds before its end that a token is renewed
UNAUTHORIZED, REFUSED = 401, (400, 401, 403)


class AccessToken(httpx.Auth):
    """A token as it was given. It lasts for an hour at most; nobody renews it."""

    def __init__(self, token: str) -> None:
        self._token = token

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response]:
        """Send it."""
        request.headers["Authorization"] = f"Bearer {self._token}"
        answer = yield request
        if answer.status_code == UNAUTHORIZED:
            raise PlatformRefused(
                "Google does not accept the access token: it lasts for an hour. "
                "Give a service account's key in its place."
            )


class ServiceAccount(httpx.Auth):
    """Tokens by the key of a service account, each asked for shortly before the last one ends."""

    requires_response_body = True

    def __init__(
        self,
        email: str,
        key: rsa.RSAPrivateKey,
        key_id: str,
        url: str = TOKEN_URL,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._email, self._key, self._key_id = email, key, key_id
        self._url, self._clock = url, clock
        self._token, self._until = "", 0.0

    async def async_auth_flow(
        self, request: httpx.Request
    ) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Send a token, a new one where the last one ends. Raises PlatformError."""
        if self._clock() >= self._until - EARLY:
            assertion = self._assertion(int(self._clock()))
            data = {"grant_type": GRANT, "assertion": assertion}
            answer = yield httpx.Request("POST", self._url, data=data)
            await answer.aread()
            self._take(answer)
        request.headers["Authorization"] = f"Bearer {self._token}"
        answer = yield request
        if answer.status_code == UNAUTHORIZED:
            self._until = 0.0  # revoked: the next request asks for another one

    def _assertion(self, now: int) -> str:
        header = {"alg": "RS256", "typ": "JWT", "kid": self._key_id}
        claims = {
            "iss": self._email,
            "scope": SCOPE,
            "aud": TOKEN_URL,
            "iat": now,
            "exp": now + LIFETIME,
        }
        signed = f"{_coded(header)}.{_coded(claims)}"
        signature = self._key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{signed}.{_base64(signature)}"

    def _take(self, answer: httpx.Response) -> None:
        try:
            told: Mapping[str, Any] = fields(json.loads(answer.content))
        except ValueError:
            told = {}
        token, lasts = text_of(told.get("access_token"), 5000), whole(told.get("expires_in"))
        if not answer.is_success or not token:
            why = one_line(text_of(told.get("error_description")), 200)
            if answer.status_code in REFUSED:
                tail = f": {why.rstrip('.')}" if why else ""
                raise PlatformRefused(f"Google does not accept the service account's key{tail}.")
            raise PlatformAway(f"Google gives no access token ({answer.status_code}).")
        self._token, self._until = token, self._clock() + (lasts or LIFETIME)


class Unusable(httpx.Auth):
    """A key that cannot be read: each request says so, and nothing is sent."""

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response]:
        """Raises PlatformRefused; no part of the key is in it."""
        raise PlatformRefused("The key of the service account for Google cannot be read.")
        yield request  # a generator is what httpx wants


def auth_of(
    text: str, *, url: str = TOKEN_URL, clock: Callable[[], float] = time.time
) -> httpx.Auth:
    """What lets the console in: a token, or the JSON of a service account's key (RSA)."""
    text = text.strip()
    if not text.startswith("{"):
        return AccessToken(text)
    try:
        told = fields(json.loads(text))
        key = load_pem_private_key(text_of(told.get("private_key"), 20000).encode(), None)
    except (ValueError, TypeError, binascii.Error):
        return Unusable()
    email = text_of(told.get("client_email"))
    if not isinstance(key, rsa.RSAPrivateKey) or not email:
        return Unusable()
    return ServiceAccount(email, key, text_of(told.get("private_key_id")), url, clock)


def _coded(told: Mapping[str, Any]) -> str:
    return _base64(json.dumps(told, separators=(",", ":")).encode())


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

"""Spending a refresh token once at an OAuth server: what it gives, and what it refuses."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import httpx

from .errors import NotSpent


@dataclass(frozen=True, slots=True)
class Grant:
    """What a refresh gave. Times are seconds from now; None where it was not told."""

    access: str
    refresh: str
    access_seconds: float
    refresh_seconds: float | None = None


class Refused(Exception):
    """Raised by a refresh function: the server said that the token is invalid (invalid_grant)."""


Refresh = Callable[[str], Awaitable[Grant]]


def oauth_refresh(
    client: httpx.AsyncClient, url: str, client_id: str, client_secret: str,
    refresh_seconds: float | None = None,
) -> Refresh:  # fmt: skip
    """The usual refresh request (RFC 6749 section 6) as a refresh function."""

    async def refresh(token: str) -> Grant:
        form = {"grant_type": "refresh_token", "refresh_token": token}
        form |= {"client_id": client_id, "client_secret": client_secret}
        try:
            answer = await client.post(url, data=form, extensions={"ops_read": True})
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise NotSpent(f"no connection for a new token ({type(error).__name__})") from error
        if answer.status_code in (429, 503):  # turned away before it was looked at
            raise NotSpent(f"no new token now (HTTP {answer.status_code})")
        if answer.status_code in (400, 401, 403):
            raise Refused(f"HTTP {answer.status_code}")
        answer.raise_for_status()
        body = answer.json()
        life = body.get("refresh_expires_in", refresh_seconds)
        return Grant(
            str(body["access_token"]),
            str(body.get("refresh_token") or token),
            float(body.get("expires_in", 3600)),
            None if life is None else float(life),
        )

    return refresh

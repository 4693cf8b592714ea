"""Who may call a route: the holder of the token, or the local user by the rule of the pages.

A badge stands in an `<img>`, which sends no header. The token itself in its address would hand
every reader of that page, every log and every proxy the right to read all and to push results. So
`?token=` is refused everywhere, and a badge takes `?key=` instead: made from the token for this one
badge, good for nothing else, and void as soon as the token changes.
"""

import hmac
import os
from hashlib import sha256

import streamlit as st
from pydantic import SecretStr
from starlette.requests import HTTPConnection, Request

from console.access import decide
from console.connection import Connection, hosting_platform
from console.routes.problem import Problem

TOKEN_VARIABLE = "CONSOLE_API_TOKEN"
KEY_LENGTH = 32  # hex digits of a badge's key: 128 bits

_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="operations console"'}
_INVALID = {"WWW-Authenticate": 'Bearer realm="operations console", error="invalid_token"'}


def admit(request: Request, token: SecretStr | None) -> None:
    """Let a caller pass. Raises Problem 401 for all others.

    A token that is sent decides, on this machine too: who tries one wants to know whether it is
    right.
    """
    secret = _secret(token)
    sent = request.headers.getlist("authorization")
    if not (sent and secret) and decide(connection_of(request)).may_act:
        return
    if not secret:
        raise Problem(
            401,
            "The console has no API token.",
            f"Set {TOKEN_VARIABLE} where the console runs and send it as `Authorization: Bearer`.",
            _CHALLENGE,
        )
    if not sent:
        raise Problem(
            401,
            "This route asks for the API token.",
            f"Send the value of {TOKEN_VARIABLE} as `Authorization: Bearer`, never in the address.",
            _CHALLENGE,
        )
    if len(sent) != 1 or not _is_bearer(sent[0], secret):
        raise Problem(
            401,
            "The API token is not the right one.",
            f"Compare it with {TOKEN_VARIABLE} where the console runs.",
            _INVALID,
        )


def admit_to_badge(request: Request, token: SecretStr | None, badge: str) -> None:
    """Let whoever holds the key of this badge pass, or the token. Raises Problem 401."""
    keys = request.query_params.getlist("key")
    secret = _secret(token)
    if secret and len(keys) == 1 and _equal(keys[0].encode(), badge_key(secret, badge).encode()):
        return
    admit(request, token)


def badge_key(secret: str, badge: str) -> str:
    """The key of one badge, `service` or `service/check`, made from the token."""
    return hmac.new(secret.encode(), b"badge:" + badge.encode(), sha256).hexdigest()[:KEY_LENGTH]


def badge_path(token: SecretStr | None, badge: str) -> str:
    """Path and key of one badge, as it stands in an `<img>`; without a token, the path alone."""
    secret = _secret(token)
    return f"/badge/{badge}.svg" + (f"?key={badge_key(secret, badge)}" if secret else "")


def _secret(token: SecretStr | None) -> str:
    """The token, or empty for none: a blank one opens nothing."""
    return token.get_secret_value().strip() if token else ""


def _is_bearer(header: str, secret: str) -> bool:
    """Whether the header carries the token, which may have any characters, in UTF-8.

    Starlette reads headers as Latin-1; encoding them back gives the bytes that were sent.
    """
    scheme, _, sent = header.encode("latin-1").partition(b" ")
    return scheme.lower() == b"bearer" and _equal(sent.strip(), secret.encode())


def _equal(one: bytes, other: bytes) -> bool:
    """Compare without telling by the time it takes how much of it was right."""
    return hmac.compare_digest(one, other)


def connection_of(asked: HTTPConnection) -> Connection:
    """What the server knows of a request or of the handshake of a websocket."""
    address: object = st.get_option("server.address")
    return Connection(
        address if isinstance(address, str) else None,
        asked.client.host if asked.client else None,
        tuple(asked.headers.items()),
        websocket=asked.scope["type"] == "websocket",
        platform=hosting_platform(os.environ),
    )

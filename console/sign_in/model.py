"""Who is signed in and what the allow lists let them do. Pure.

An identity counts only while it is fresh, names an e-mail address, and the provider vouches for
that address. Everything that is missing, odd or of another type means: not let in.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from console.access import Role, Visitor

# A clock of the provider that is a little ahead; RFC 7519 (4.1.4) calls a few minutes usual.
LEEWAY = 60.0  # seconds
SECRET_LENGTH = 32  # characters: what a signature by SHA-256 is worth (RFC 7518, 3.2)
HOUR = 3600.0

# No address has spaces, quotes or signs of markup here; those RFC 5321 allows are never given out.
_ADDRESS = re.compile(r"[a-z0-9.!#$%&'+/=?^_{|}~-]+@[a-z0-9-]+(\.[a-z0-9-]+)*", re.ASCII)
_DOMAIN = re.compile(r"@[a-z0-9-]+(\.[a-z0-9-]+)*", re.ASCII)
_NEEDED = ("client_id", "client_secret", "server_metadata_url")


@dataclass(frozen=True, slots=True)
class Provider:
    """How far sign-in is set up: not at all, not usably (`problem`, a sentence), or ready.

    `name` is what `st.login` is called with; empty for the provider in `[auth]` itself.
    """

    configured: bool = False
    problem: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Lists:
    """Who may look and who may act: addresses and `@domains`, in lower case."""

    viewers: tuple[str, ...] = ()
    operators: tuple[str, ...] = ()

    def role(self, email: str) -> Role:
        """What an address may do; an operator may also look."""
        if _holds(self.operators, email):
            return Role.OPERATOR
        return Role.VIEWER if _holds(self.viewers, email) else Role.NOBODY


def read_list(text: str) -> tuple[str, ...]:
    """Addresses and `@domains` between commas, spaces or lines. Raises ValueError for others."""
    found = tuple(part.lower() for part in re.split(r"[\s,;]+", text) if part)
    for number, part in enumerate(found, 1):
        if not (_ADDRESS.fullmatch(part) or _DOMAIN.fullmatch(part)):
            raise ValueError(
                f"entry {number} is neither an e-mail address nor a domain such as @example.com"
            )
    return found


def read_provider(auth: Mapping[str, object] | None) -> Provider:
    """How far `[auth]` of Streamlit's secrets sets sign-in up. No sentence quotes a value."""
    if not auth:
        return Provider()
    tables = {
        name: cast("Mapping[str, object]", part)
        for name, part in auth.items()
        if isinstance(part, Mapping) and name != "client_kwargs"
    }
    if len(tables) > 1:
        return Provider(True, "[auth] names several providers; the console uses exactly one.")
    name = next(iter(tables), "")
    where = f"[auth.{name}]" if name else "[auth]"
    section = tables[name] if name else auth
    missing = ["redirect_uri in [auth]"] if not auth.get("redirect_uri") else []
    missing += [f"{key} in {where}" for key in _NEEDED if not section.get(key)]
    if missing:
        return Provider(True, f"Sign-in is not set up completely: {', '.join(missing)} is missing.")
    if len(str(auth.get("cookie_secret", ""))) < SECRET_LENGTH:
        return Provider(True, f"cookie_secret in [auth] needs at least {SECRET_LENGTH} characters.")
    return Provider(True, name=name)


def judge(claims: Mapping[str, object], lists: Lists, hours: float, now: float) -> Visitor:
    """Who the claims of a sign-in are, by Streamlit's signed cookie, at `now` (Unix seconds).

    `hours`: how long a sign-in lasts from the time that the provider issued it.
    """
    if claims.get("is_logged_in") is not True:
        return _nobody("You are not signed in.", "Sign in to open this console.")
    email = claims.get("email")
    # ASCII first: lower() makes an ASCII k of the Kelvin sign, and so another address of it
    if not isinstance(email, str) or not email.isascii() or not _ADDRESS.fullmatch(email.lower()):
        return _nobody(
            "Your sign-in names no e-mail address.",
            "Add the scope email to the provider in [auth].",
        )
    email = email.lower()
    if claims.get("email_verified") is not True:
        return _nobody(
            "The provider does not confirm that this e-mail address is yours.",
            "Confirm the address with the provider and sign in again.",
            email,
        )
    issued = claims.get("iat")
    fresh = isinstance(issued, int | float) and -LEEWAY <= now - issued < hours * HOUR
    if not fresh:
        return _nobody(
            f"Your sign-in has expired: it lasts {hours:g} hours (CONSOLE_SIGN_IN_HOURS).",
            "Sign in again.",
            email,
        )
    role = lists.role(email)
    if role is Role.OPERATOR:
        return Visitor(email, role, "You are on CONSOLE_OPERATORS.")
    if role is Role.VIEWER:
        return Visitor(
            email,
            role,
            "You are on CONSOLE_VIEWERS, not on CONSOLE_OPERATORS.",
            "To act, ask for your address to be added to CONSOLE_OPERATORS.",
        )
    return _nobody(
        "Your address is on neither CONSOLE_VIEWERS nor CONSOLE_OPERATORS.",
        "Ask whoever runs this console to add it.",
        email,
    )


def refused(problem: str) -> Visitor:
    """Nobody, while sign-in is meant to be there and cannot work."""
    return _nobody(problem, "Whoever runs this console has to change Streamlit's secrets.")


def _nobody(why: str, how_to_change: str, name: str = "visitor") -> Visitor:
    return Visitor(name, Role.NOBODY, why, how_to_change)


def _holds(entries: tuple[str, ...], email: str) -> bool:
    """Whether a list has the address or exactly its domain; a subdomain is another domain."""
    return email in entries or email[email.rindex("@") :] in entries

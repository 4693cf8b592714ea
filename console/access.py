"""Who may act: the local user is the operator, everybody else looks.

Pure: it judges what the server itself knows of a connection. The one way to be the operator is to
sit at the machine: the server listens on loopback only, the peer is loopback, nothing was handed
on by a proxy, and the browser addressed the console by a loopback name from a page of its own.
What cannot be determined means viewer, and so does anything that only a forged request would send.

Two things no server can see, and so neither can this: a proxy on the same machine that hides every
trace of itself towards a client that forges `Origin`, and another account of the same machine.
Do not publish a console that listens on loopback through such a proxy.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv6Address, ip_address

from console.errors import NotAllowed

# Exactly these names, with or without a port. `localhost.`, `localhost.evil.com`, 127.0.0.1.nip.io
# and [::ffff:127.0.0.1] are all something else. ASCII, or `ſ` would count as an `s`.
_LOOPBACK_HOST = re.compile(
    r"(?:localhost|127\.0\.0\.1|\[::1\])(?::[0-9]{1,5})?", re.ASCII | re.IGNORECASE
)

# A browser sends none of these itself; each is the mark of a proxy, a tunnel or a load balancer.
# Codespaces, for one, rewrites Host and Origin to localhost: only these give it away.
_PROXY_HEADERS = frozenset(
    {
        "cdn-loop",
        "client-ip",
        "fastly-client-ip",
        "forwarded",
        "proxy-connection",
        "true-client-ip",
        "via",
        "x-client-ip",
        "x-cluster-client-ip",
        "x-host",
        "x-proxyuser-ip",
        "x-real-ip",
        "x-request-id",
        "x-scheme",
    }
)
_PROXY_PREFIXES = (
    "cf-",
    "fly-",
    "tailscale-",
    "x-amzn-",
    "x-appengine-",
    "x-arr-",
    "x-azure-",
    "x-cloud-trace",
    "x-envoy-",
    "x-forward",
    "x-goog-",
    "x-ms-",
    "x-original-",
    "x-railway-",
    "x-vercel-",
)

# Where the console is hosted, a proxy on the same host is the only way in, and nobody is local.
# The mark of Community Cloud is not documented, but widely relied upon.
_PLATFORMS: Mapping[str, tuple[str, str]] = {
    "HOSTNAME": ("streamlit", "Streamlit Community Cloud"),
    "CODESPACES": ("", "GitHub Codespaces"),
    "GITPOD_WORKSPACE_ID": ("", "Gitpod"),
    "SPACE_ID": ("", "Hugging Face Spaces"),
    "RENDER": ("", "Render"),
    "RAILWAY_ENVIRONMENT_ID": ("", "Railway"),
    "FLY_APP_NAME": ("", "Fly.io"),
    "K_SERVICE": ("", "Cloud Run"),
    "DYNO": ("", "Heroku"),
    "WEBSITE_INSTANCE_ID": ("", "Azure App Service"),
    "KUBERNETES_SERVICE_HOST": ("", "Kubernetes"),
}

_GO_LOCAL = (
    "To act, run the console on your own machine with STREAMLIT_SERVER_ADDRESS=localhost "
    "and open the localhost address it prints, without a proxy or a tunnel."
)


class Role(StrEnum):
    """What a visitor may do."""

    VIEWER = "viewer"  # may look
    OPERATOR = "operator"  # may act


@dataclass(frozen=True, slots=True)
class Connection:
    """What the server itself knows of one request, or of the handshake of one websocket."""

    bound_to: str | None  # Streamlit's server.address; `None`: all interfaces
    peer: str | None  # address of the other end; `None`: not known
    headers: tuple[tuple[str, str], ...] = ()  # all of them, a repeated one repeated
    websocket: bool = False  # a browser sends `Origin` with every handshake
    platform: str = ""  # the hosting platform it runs on, if any


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who is looking. `why` and `how_to_change` are sentences for the page."""

    name: str
    role: Role
    why: str
    how_to_change: str = ""

    @property
    def may_act(self) -> bool:
        """Whether controls are of use to this visitor; each action asks again."""
        return self.role is Role.OPERATOR


def decide(connection: Connection) -> Visitor:
    """Who is at the other end of a connection.

    Sign-in belongs here when it comes: a verified identity would be one more field of the
    connection and be judged first; without one the rule below stays as it is.
    """
    refusal = _why_not_local(connection)
    if refusal is None:
        why = "You are at the machine that runs this console, and it listens only there."
        return Visitor("local user", Role.OPERATOR, why)
    why, how_to_change = refusal
    return Visitor("visitor", Role.VIEWER, why, how_to_change)


def require_operator(visitor: Visitor) -> None:
    """Let an operator pass. Raises NotAllowed with the reason and the way out."""
    if visitor.role is not Role.OPERATOR:
        raise NotAllowed(f"{visitor.why} {visitor.how_to_change}".strip())


def hosting_platform(environ: Mapping[str, str]) -> str:
    """The hosting platform that an environment belongs to, or empty."""
    for variable, (value, platform) in _PLATFORMS.items():
        found = environ.get(variable, "")
        if found and (not value or found == value):
            return platform
    return ""


def _why_not_local(connection: Connection) -> tuple[str, str] | None:
    """Why this is not the local user, and how to change that; `None` where it is."""
    if connection.platform:
        return f"This console runs on {connection.platform}, where nobody is local.", _GO_LOCAL
    if connection.bound_to is None or not _is_loopback(connection.bound_to):
        return "This console listens beyond its own machine, so anyone could be here.", _GO_LOCAL
    if connection.peer is None:
        return "The console cannot tell where this connection comes from.", _GO_LOCAL
    if not _is_loopback(connection.peer):
        return "You reach this console from another machine.", _GO_LOCAL
    headers = _by_name(connection.headers)
    if any(name in _PROXY_HEADERS or name.startswith(_PROXY_PREFIXES) for name in headers):
        return "This connection was handed on by a proxy or a tunnel.", _GO_LOCAL
    hosts = headers.get("host", [])
    if len(hosts) != 1 or not _LOOPBACK_HOST.fullmatch(hosts[0]):
        return "You address this console by another name than localhost.", _GO_LOCAL
    if not _same_origin(headers, hosts[0], connection.websocket):
        return (
            "This connection does not come from a page of this console.",
            "Open the console itself in a browser tab, at the localhost address it prints.",
        )
    return None


def _same_origin(headers: Mapping[str, list[str]], host: str, websocket: bool) -> bool:
    """Whether a page of this very console asks, or a program that is no browser.

    Streamlit lets pages of any other port of localhost open a websocket, and a page anywhere may
    send a plain GET to localhost: `Sec-Fetch-Site` tells of those that carry no `Origin`.
    """
    origins = headers.get("origin", [])
    if len(origins) > 1 or (websocket and not origins):
        return False
    own = {f"http://{host}".lower(), f"https://{host}".lower()}
    sites = headers.get("sec-fetch-site", [])
    return all(origin.lower() in own for origin in origins) and all(
        site in ("same-origin", "none") for site in sites
    )


def _by_name(headers: tuple[tuple[str, str], ...]) -> dict[str, list[str]]:
    """Headers by lower-case name. `X_Real_IP` counts as `x-real-ip`, as servers like to read it."""
    found: dict[str, list[str]] = {}
    for name, value in headers:
        found.setdefault(name.lower().replace("_", "-"), []).append(value)
    return found


def _is_loopback(address: str) -> bool:
    """Whether an address is `localhost` or a loopback literal.

    An IPv4 address inside an IPv6 one does not count: Python's versions disagree about it.
    """
    if address.lower() == "localhost":
        return True
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is not None:
        return False
    return parsed.is_loopback

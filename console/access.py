"""Who may act: the local user is the operator, everybody else looks. And who may not even look.

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

_PORT = re.compile(r":[0-9]{1,5}$", re.ASCII)

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


def turned_away(connection: Connection, *, any_name: bool = False, any_origin: bool = False) -> str:
    """Why a connection is not let in at all, a sentence; empty where it is.

    `any_name`, `any_origin`: somebody else checks that part.

    Whoever reaches a console may look. But a page of another site that runs in the browser of
    somebody who does is not that somebody. Two ways lead such a page in, and Streamlit keeps only
    the first one shut, and not towards other ports of this machine:

    - it opens a websocket to the console, whose handshake then names the page's own origin;
    - the name of its site is made to lead to this machine, so that the browser takes the console
      for a part of the site (DNS rebinding). An address in figures cannot be made to lead
      elsewhere. And no page can add the mark of a proxy to a websocket's handshake.

    On a hosting platform this is the platform's to keep shut: its proxy rewrites what is seen here.
    """
    if connection.platform:
        return ""
    headers = _by_name(connection.headers)
    hosts = headers.get("host", [])
    if connection.websocket and not any_origin and len(hosts) == 1:
        own = _origins_of(hosts[0])
        if any(origin.lower() not in own for origin in headers.get("origin", [])):
            return "A page of another site asks."
    if is_reached_directly(connection) and not any_name and not all(map(_is_no_name, hosts)):
        return "The console is addressed by a name that is not this machine's own."
    return ""


def is_reached_directly(connection: Connection) -> bool:
    """Whether the console listens on its own machine only, and nothing handed the connection on.

    Only then can there be an operator.
    """
    listens_here = connection.bound_to is not None and _is_loopback(connection.bound_to)
    handed_on = connection.platform or _was_handed_on(_by_name(connection.headers))
    return listens_here and not handed_on


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
    if _was_handed_on(headers):
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


def _was_handed_on(headers: Mapping[str, list[str]]) -> bool:
    """Whether a proxy, a tunnel or a load balancer left its mark."""
    return any(name in _PROXY_HEADERS or name.startswith(_PROXY_PREFIXES) for name in headers)


def _is_no_name(host: str) -> bool:
    """Whether a `Host` is `localhost` or an address in figures, with or without a port."""
    if _LOOPBACK_HOST.fullmatch(host):
        return True
    bare = _PORT.sub("", host)
    try:
        ip_address(bare[1:-1] if bare.startswith("[") and bare.endswith("]") else bare)
    except ValueError:
        return False
    return True


def _same_origin(headers: Mapping[str, list[str]], host: str, websocket: bool) -> bool:
    """Whether a page of this very console asks, or a program that is no browser.

    Streamlit lets pages of any other port of localhost open a websocket, and a page anywhere may
    send a plain GET to localhost: `Sec-Fetch-Site` tells of those that carry no `Origin`.
    """
    origins = headers.get("origin", [])
    if len(origins) > 1 or (websocket and not origins):
        return False
    own = _origins_of(host)
    sites = headers.get("sec-fetch-site", [])
    return all(origin.lower() in own for origin in origins) and all(
        site in ("same-origin", "none") for site in sites
    )


def _origins_of(host: str) -> set[str]:
    """The origins of the pages that come from a `Host`."""
    return {f"http://{host}".lower(), f"https://{host}".lower()}


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

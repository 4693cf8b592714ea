"""What the server itself knows of a connection, and what that gives away. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address

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


@dataclass(frozen=True, slots=True)
class Connection:
    """One request, or the handshake of one websocket, as the server sees it."""

    bound_to: str | None  # Streamlit's server.address; `None`: all interfaces
    peer: str | None  # address of the other end; `None`: not known
    headers: tuple[tuple[str, str], ...] = ()  # all of them, a repeated one repeated
    websocket: bool = False  # a browser sends `Origin` with every handshake
    platform: str = ""  # the hosting platform it runs on, if any

    def header(self, name: str) -> list[str]:
        """Every value of a header, named in lower case."""
        return [value for key, value in self.headers if _canonical(key) == name]

    @property
    def listens_here(self) -> bool:
        """Whether the server listens on its own machine only."""
        return self.bound_to is not None and is_loopback(self.bound_to)

    @property
    def was_handed_on(self) -> bool:
        """Whether a proxy, a tunnel or a load balancer left its mark."""
        names = {_canonical(name) for name, _ in self.headers}
        return any(name in _PROXY_HEADERS or name.startswith(_PROXY_PREFIXES) for name in names)

    @property
    def is_direct(self) -> bool:
        """Whether it can only come from this machine: only then can there be an operator."""
        return self.listens_here and not self.was_handed_on and not self.platform


def hosting_platform(environ: Mapping[str, str]) -> str:
    """The hosting platform that an environment belongs to, or empty."""
    for variable, (value, platform) in _PLATFORMS.items():
        found = environ.get(variable, "")
        if found and (not value or found == value):
            return platform
    return ""


def is_loopback(address: str) -> bool:
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


def is_loopback_host(host: str) -> bool:
    """Whether a `Host` is one of the plain names of this machine."""
    return _LOOPBACK_HOST.fullmatch(host) is not None


def is_no_name(host: str) -> bool:
    """Whether a `Host` is `localhost` or an address in figures, which lead nowhere else."""
    if is_loopback_host(host):
        return True
    bare = _PORT.sub("", host)
    try:
        ip_address(bare[1:-1] if bare.startswith("[") and bare.endswith("]") else bare)
    except ValueError:
        return False
    return True


def _canonical(name: str) -> str:
    """A header's name in lower case. `X_Real_IP` is `x-real-ip`, as servers like to read it."""
    return name.lower().replace("_", "-")

"""URLs as configuration gives them: what is wrong with one, and what can be made of it."""

import re
from urllib.parse import SplitResult, urlsplit

from console.health.check import CheckType

SCHEMES: dict[str, tuple[str, ...]] = {
    "http": ("https", "http"),
    "tcp": ("tcp",),
    "tls": ("tls",),
    "redis": ("redis", "rediss", "unix"),
}


def url_problem(url: str, kind: CheckType, *, hidden: bool = False) -> str:
    """What is wrong with a URL for a check of that kind, or nothing. Never quotes the URL.

    `hidden`: nobody gets to see it, so it may hold a password.
    """
    schemes = SCHEMES[kind]
    wanted = " or ".join(f"{scheme}://" for scheme in schemes)
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "is not a URL (host or port cannot be read)"
    if parts.scheme not in schemes:
        return f"must begin with {wanted}"
    if parts.scheme == "unix":
        return "" if parts.path else "must name a socket: unix:///path"
    if not parts.hostname or re.search(r"\s", url):
        return "is not a URL with a host"
    if kind in ("tcp", "tls") and port is None:
        return "needs a port (host:port)"
    if kind == "http" and (parts.username or parts.password) and not hidden:
        return "has a login in it; use bearer_env or url_env of a check instead"
    return ""


def name_from(host: str) -> str:
    """A usable name made of a host: `www.Example.com` gives `example-com`."""
    name = re.sub(r"[^a-z0-9_-]+", "-", host.lower().removeprefix("www.")).strip("-_")
    return name[:63] or "service"


def host_of(url: SplitResult) -> str:
    """The host as a URL writes it: an IPv6 address in brackets."""
    host = url.hostname or ""
    return f"[{host}]" if ":" in host else host

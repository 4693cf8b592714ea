"""How the console reaches a Kubernetes API server: address, token, and whom it trusts."""

import ssl
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx

from console.errors import PlatformRefused

# Where a pod finds what its service account may use; see the documentation of Kubernetes,
# "Accessing the Kubernetes API from a Pod".
MOUNTED = Path("/var/run/secrets/kubernetes.io/serviceaccount")
INSIDE_URL = "https://kubernetes.default.svc"
INSIDE = "KUBERNETES_SERVICE_HOST"  # is set in every pod


@dataclass(frozen=True, slots=True)
class Access:
    """What a connection needs. Without a token, the pod's own is read at each request: it is
    replaced from time to time."""

    url: str = INSIDE_URL
    token: str = ""
    ca_file: str = ""  # of the authority that signed the server's certificate
    mounted: Path = MOUNTED

    @property
    def trust(self) -> ssl.SSLContext | None:
        """The authority that is trusted; `None` for the public ones. Raises PlatformRefused."""
        name = self.ca_file
        if not name and self.url == INSIDE_URL:
            name = str(self.mounted / "ca.crt")
        if not name:
            return None
        try:
            return ssl.create_default_context(cafile=name)
        except (OSError, ssl.SSLError):
            text = f"The certificate file of the API server ({name}) cannot be read."
            raise PlatformRefused(text) from None

    def read_token(self) -> str:
        """The token. Raises PlatformRefused where there is none."""
        if self.token:
            return self.token
        try:
            # the pod's own token is for the pod's own cluster, and goes nowhere else
            if self.url == INSIDE_URL:
                return (self.mounted / "token").read_text(encoding="ascii").strip()
        except (OSError, ValueError):
            pass
        raise PlatformRefused(
            "There is no token: name a variable in platform_token_env, or run the console "
            "in the cluster with a service account."
        )


class Bearer(httpx.Auth):
    """Sets the header anew for each request."""

    def __init__(self, read: Callable[[], str]) -> None:
        self._read = read

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Set the header."""
        request.headers["Authorization"] = f"Bearer {self._read()}"
        yield request


def inside(environment: Mapping[str, str]) -> bool:
    """Whether the console itself runs in a cluster."""
    return bool(environment.get(INSIDE))

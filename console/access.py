"""Who may act: the local user is the operator, everybody else looks. And who may not even look.

Pure: it judges what the server itself knows of a connection. The one way to be the operator is to
sit at the machine: the server listens on loopback only, the peer is loopback, nothing was handed
on by a proxy, and the browser addressed the console by a loopback name from a page of its own.
What cannot be determined means viewer, and so does anything that only a forged request would send.

Two things no server can see, and so neither can this: a proxy on the same machine that hides every
trace of itself towards a client that forges `Origin`, and another account of the same machine.
Do not publish a console that listens on loopback through such a proxy.
"""

from dataclasses import dataclass
from enum import StrEnum

from console.connection import Connection, is_loopback, is_loopback_host, is_no_name
from console.errors import NotAllowed

_SCHEMES = ("http", "https")
_GO_LOCAL = (
    "To act here, set up sign-in: [auth] in Streamlit's secrets, and CONSOLE_OPERATORS. "
    "Or run the console on your own machine with STREAMLIT_SERVER_ADDRESS=localhost "
    "and open the localhost address it prints, without a proxy or a tunnel."
)


class Role(StrEnum):
    """What a visitor may do."""

    NOBODY = "nobody"  # may not even look
    VIEWER = "viewer"  # may look
    OPERATOR = "operator"  # may act


LOCAL_USER = "local user"  # the name of whoever acts where nobody signs in
_RANK = (Role.NOBODY, Role.VIEWER, Role.OPERATOR)  # each may do what those before it may


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who is looking. `why` and `how_to_change` are sentences for the page."""

    name: str
    role: Role
    why: str
    how_to_change: str = ""

    @property
    def may_look(self) -> bool:
        """Whether any page may be shown to this visitor."""
        return self.role is not Role.NOBODY

    @property
    def may_act(self) -> bool:
        """Whether controls are of use to this visitor; each action asks again."""
        return self.role is Role.OPERATOR


def decide(connection: Connection) -> Visitor:
    """Who is at the other end of a connection, where no sign-in is set up.

    Where it is, only console.sign_in decides: a seat at the machine is then no identity.
    """
    refusal = _why_not_local(connection)
    if refusal is None:
        why = "You are at the machine that runs this console, and it listens only there."
        return Visitor(LOCAL_USER, Role.OPERATOR, why)
    why, how_to_change = refusal
    return Visitor("visitor", Role.VIEWER, why, how_to_change)


def require_operator(visitor: Visitor) -> None:
    """Let an operator pass. Raises NotAllowed with the reason and the way out."""
    require_role(visitor, Role.OPERATOR)


def require_role(visitor: Visitor, role: Role) -> None:
    """Let pass who may do at least what `role` may. Raises NotAllowed like `require_operator`."""
    if _RANK.index(visitor.role) < _RANK.index(role):
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
    if connection.websocket and not any_origin and not _all_own(connection):
        return "A page of another site asks."
    named = not all(map(is_no_name, connection.header("host")))
    if named and not any_name and connection.is_direct:
        return "The console is addressed by a name that is not this machine's own."
    return ""


def _why_not_local(connection: Connection) -> tuple[str, str] | None:
    """Why this is not the local user, and how to change that; `None` where it is."""
    if connection.platform:
        return f"This console runs on {connection.platform}, where nobody is local.", _GO_LOCAL
    if not connection.listens_here:
        return "This console listens beyond its own machine, so anyone could be here.", _GO_LOCAL
    if connection.peer is None:
        return "The console cannot tell where this connection comes from.", _GO_LOCAL
    if not is_loopback(connection.peer):
        return "You reach this console from another machine.", _GO_LOCAL
    if connection.was_handed_on:
        return "This connection was handed on by a proxy or a tunnel.", _GO_LOCAL
    if not any(map(is_loopback_host, _the_host(connection))):
        return "You address this console by another name than localhost.", _GO_LOCAL
    if not _is_own_page(connection):
        return (
            "This connection does not come from a page of this console.",
            "Open the console itself in a browser tab, at the localhost address it prints.",
        )
    return None


def _is_own_page(connection: Connection) -> bool:
    """Whether a page of this very console asks, or a program that is no browser.

    Streamlit lets pages of any other port of localhost open a websocket, and a page anywhere may
    send a plain GET to localhost: `Sec-Fetch-Site` tells of those that carry no `Origin`.
    """
    origins = connection.header("origin")
    if len(origins) > 1 or (connection.websocket and not origins):
        return False
    sites = connection.header("sec-fetch-site")
    return _all_own(connection) and all(site in ("same-origin", "none") for site in sites)


def _all_own(connection: Connection) -> bool:
    """Whether every `Origin` is that of the console's own pages, as the browser addressed it."""
    own = {f"{scheme}://{host}".lower() for host in _the_host(connection) for scheme in _SCHEMES}
    return all(origin.lower() in own for origin in connection.header("origin"))


def _the_host(connection: Connection) -> list[str]:
    """The one `Host`, as a list; of two nobody can tell which one the browser meant."""
    hosts = connection.header("host")
    return hosts if len(hosts) == 1 else []

"""The guard: who is looking at a page. Its call is the first line of every page.

`st.context.ip_address` is `None` both for localhost and where nothing is known, so the guard reads
the client of the session itself. Nothing is remembered between runs: a session that reconnects from
elsewhere is judged by its new connection.
"""

import logging
import os
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Protocol, cast

import streamlit as st
from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

from console.access import Role, Visitor, decide, require_role
from console.activity.chain import Entry
from console.connection import Connection, hosting_platform
from console.errors import NotAllowed, StoreError
from console.runtime import get_runtime, running
from console.sign_in.model import Provider, judge, read_provider, refused
from console.sign_in.view import turn_away
from console.store.journal import entry

log = logging.getLogger(__name__)

_VIEWERS_WITHOUT_SIGN_IN = (
    "CONSOLE_VIEWERS limits who may look, but sign-in is not set up: [auth] is missing."
)
_HEADERS_TRUSTED = "server.trustedUserHeaders is set: a header could then claim any sign-in."


class Log(Protocol):
    """Where a refusal is written."""

    def note(self, entry: Entry) -> Entry:
        """Write one entry. Raises StoreError."""
        ...


def guard() -> Visitor:
    """Who is looking at this page. Whoever may not look sees why, and nothing below runs."""
    visitor = current_visitor()
    if not visitor.may_look:
        turn_away(visitor, provider())
        st.stop()
    return visitor


def current_visitor() -> Visitor:
    """Who is at the other end now; every action asks again, on the server."""
    found = provider()
    if found.problem:
        return refused(found.problem)
    if found.configured:
        settings = get_runtime().config.settings
        claims = cast("Mapping[str, object]", st.user.to_dict())
        return judge(claims, settings.lists, settings.sign_in_hours, time.time())
    visitor = decide(connection())
    console = running()
    if not visitor.may_act and console is not None and console.config.settings.viewers:
        return refused(_VIEWERS_WITHOUT_SIGN_IN)
    return visitor


def require(role: Role, kind: str, service: str, journal: Log) -> Visitor:
    """Let an action begin: who does it, judged anew at this moment. Call it on the server, inside
    of the action. Raises NotAllowed, after writing who tried what to the activity log.
    """
    visitor = current_visitor()
    try:
        require_role(visitor, role)
    except NotAllowed as refusal:
        tried = entry(kind, actor=visitor.name, role=visitor.role.value, service=service)
        try:
            journal.note(replace(tried, outcome="refused", evidence=str(refusal)))
        except StoreError as error:  # a log that is away lets nobody in
            log.warning("a refusal is not in the activity log: %s", error)
        raise
    return visitor


def provider() -> Provider:
    """How far sign-in is set up. Tests replace this function."""
    # also makes sure of the file: `get` raises where there is none
    auth: object = st.secrets.get("auth") if st.secrets.load_if_toml_exists() else None
    if auth is None:
        return Provider()
    if not isinstance(auth, Mapping):
        return Provider(True, "auth in Streamlit's secrets has to be a table, [auth].")
    if st.get_option("server.trustedUserHeaders"):
        return Provider(True, _HEADERS_TRUSTED)
    return read_provider(cast("Mapping[str, object]", auth))


def session_number() -> str:
    """The number of the running session, by which its browser hands in files; empty without one."""
    context = get_script_run_ctx(suppress_warning=True)
    return context.session_id if context else ""


def connection() -> Connection:
    """The connection of the running session, as the server sees it.

    Without a session, or in AppTest, which has neither headers nor a peer, it is an unknown one.
    Tests replace this function.
    """
    address: object = st.get_option("server.address")
    bound_to = address if isinstance(address, str) else None
    platform = hosting_platform(os.environ)
    context = get_script_run_ctx(suppress_warning=True)
    client = runtime.get_instance().get_client(context.session_id) if context else None
    handshake = client.client_context if client else None
    if handshake is None:
        return Connection(bound_to, None, platform=platform)
    peer: object = handshake.remote_ip
    return Connection(
        bound_to,
        peer if isinstance(peer, str) else None,
        tuple(handshake.headers),
        websocket=True,
        platform=platform,
    )

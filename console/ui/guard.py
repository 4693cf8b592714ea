"""The guard: who is looking at a page. Its call is the first line of every page.

`st.context.ip_address` is `None` both for localhost and where nothing is known, so the guard reads
the client of the session itself. Nothing is remembered between runs: a session that reconnects from
elsewhere is judged by its new connection.
"""

import os

import streamlit as st
from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

from console.access import Visitor, decide
from console.connection import Connection, hosting_platform


def guard() -> Visitor:
    """Who is looking at this page."""
    return current_visitor()


def current_visitor() -> Visitor:
    """Who is at the other end now; every action asks again, on the server."""
    return decide(connection())


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

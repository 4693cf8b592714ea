"""The page of somebody who may not look, and the foot of the sidebar of somebody signed in."""

import streamlit as st

from console.access import Visitor
from console.sign_in.model import Provider
from console.ui.format import plain

_NAMELESS = "visitor"


def turn_away(visitor: Visitor, provider: Provider) -> None:
    """Say why nothing is shown and what to do; offers sign-in where it works."""
    known = visitor.name != _NAMELESS
    ready = provider.configured and not provider.problem
    title = "Sign in" if ready and not known else "You cannot open this console"
    st.title(title, anchor=False)
    told = f"{plain(visitor.why)} {plain(visitor.how_to_change)}".strip()
    if ready and not known:
        st.info(told, icon=":material/lock:")
    else:
        st.error(told, icon=":material/block:", title="Refused")
    if known:
        st.caption(f"Signed in as {plain(visitor.name, 100)}")
    if not ready:
        return
    if not known:
        st.button(
            "Sign in",
            icon=":material/login:",
            type="primary",
            key="sign_in",
            on_click=st.login,
            args=(provider.name or None,),
        )
        return
    st.button(
        "Sign out and use another account",
        icon=":material/logout:",
        on_click=st.logout,
        key="sign_out",
    )


def signed_in(visitor: Visitor) -> None:
    """Who is signed in, what that allows, and the way out; for the sidebar."""
    st.caption(f":material/person: {plain(visitor.name, 60)}  \n{visitor.role.value.capitalize()}")
    st.button(
        "Sign out", icon=":material/logout:", type="tertiary", key="sign_out", on_click=st.logout
    )

"""Acting on the platform: the buttons, and the dialog that asks once more."""

import secrets

import streamlit as st

from console.deployments.history import Snapshot
from console.deployments.view.dialog import Open, ask
from console.deployments.view.following import following
from console.deployments.view.forms import FORMS, Kind
from console.platforms.model import needed
from console.ui.acting import said, why_not
from console.ui.format import plain
from console.ui.page import Page
from console.words import listed

# In the session's state: the dialog that is open, and whether its button was just clicked.
_WANTED, _CLICKED = "act_wanted", "act_clicked"


def buttons(page: Page, snapshot: Snapshot) -> None:
    """One button an action. They stand in the live fragment; `acting` opens the dialogs."""
    refused = why_not(page)
    lacking: dict[str, list[str]] = {}  # what the platform has none of, by the reason
    with st.container(horizontal=True, gap="small"):
        for kind, form in FORMS.items():
            missing = plain(snapshot.missing.get(needed(form.example).value, ""), 300)
            reason = refused or missing or form.unable(snapshot)
            if missing:
                lacking.setdefault(missing, []).append(form.title)
            st.button(
                f"{form.title} …",
                icon=f":material/{form.icon}:",
                key=f"act_{kind}",
                disabled=bool(reason),
                help=reason or form.means,
                on_click=_want,
                args=(kind,),
            )
    for reason, titles in lacking.items():
        st.caption(f":material/block: {listed(titles, len(FORMS))}: {reason}")
    _opens()


def back_button(page: Page, to: str, name: str, *, primary: bool) -> None:
    """The one click that opens the way back from a version that failed."""
    refused = why_not(page)
    st.button(
        f"Roll back to {name}",
        icon=":material/undo:",
        key=f"back_{to}",
        type="primary" if primary else "secondary",
        disabled=refused is not None,
        help=refused or "Shows the exact request and asks once more",
        on_click=_want,
        args=("rollback", to),
    )
    _opens()


def acting(page: Page) -> None:
    """The dialog, where a button was clicked, and the action that is under way or just ended.

    Call it outside of the live fragment, which would take the dialog away with each refresh.
    """
    said()
    following(page)
    wanted = st.session_state.get(_WANTED)
    if isinstance(wanted, Open):
        _dialog(page, wanted)


def _want(kind: Kind, deployment: str = "") -> None:
    st.session_state[_WANTED] = Open(kind, deployment, secrets.token_hex(16))
    st.session_state[_CLICKED] = True


def _opens() -> None:
    if st.session_state.pop(_CLICKED, False):
        st.rerun()  # the click ran only the fragment


def _close() -> None:
    st.session_state.pop(_WANTED, None)


def _dialog(page: Page, wanted: Open) -> None:
    title = FORMS[wanted.kind].title
    st.dialog(title, on_dismiss=_close, icon=f":material/{FORMS[wanted.kind].icon}:")(ask)(
        page, wanted, _close
    )

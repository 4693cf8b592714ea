"""Taking an alert: the button, wherever an alert is shown, and the dialog it opens."""

import streamlit as st

from console.access import Visitor
from console.alerts.desk import TAKE_MINUTES, WHY_LIMIT
from console.runtime import get_runtime
from console.ui.acting import act, why_not
from console.ui.format import plain
from console.ui.page import Page
from console.words import duration

# In the session's state: key and title of the alert to take while the dialog is open, and whether
# its button was just clicked.
_WANTED, _CLICKED = "alert_wanted", "alert_clicked"


def take_button(page: Page, key: str, title: str, *, again: bool = False) -> None:
    """The button. It may stand in the live fragment; `taking` opens the dialog outside of it."""
    reason = why_not(page)
    st.button(
        "Acknowledge again" if again else "Acknowledge",
        icon=":material/front_hand:",
        key=f"take_{key}",
        disabled=reason is not None,
        help=reason or "Say that you look after it: reminders stop, and the others know",
        on_click=_want,
        args=(key, title),
    )
    if st.session_state.pop(_CLICKED, False):
        st.rerun()  # the click ran only the fragment


def taking(page: Page) -> None:
    """The dialog, where a button was clicked. Call it outside of the live fragment."""
    wanted = st.session_state.get(_WANTED)
    if wanted is not None:
        _dialog(page.service.name, *wanted)


def _want(key: str, title: str) -> None:
    st.session_state[_WANTED], st.session_state[_CLICKED] = (key, title), True


def _close() -> None:
    st.session_state.pop(_WANTED, None)


@st.dialog("Acknowledge an alert", on_dismiss=_close)
def _dialog(service: str, key: str, title: str) -> None:
    st.markdown(f"**{plain(title, 120)}**")
    with st.form("take_form", border=False):
        why = st.text_input(
            "What are you doing about it?", max_chars=WHY_LIMIT, key="take_why",
            placeholder="Looking at the accounting API",
        )  # fmt: skip
        minutes = st.selectbox(
            "For how long",
            [None, *TAKE_MINUTES],
            format_func=lambda one: duration(60 * one) if one else "until it is resolved",
            key="take_minutes",
            help="If it still fires afterwards, everybody is told again.",
        )
        if not st.form_submit_button("Acknowledge", type="primary"):
            return
    if not (why or "").strip():
        st.warning("Say why: whoever looks next wants to know what is being done.")
        return

    def work(visitor: Visitor) -> str:
        get_runtime().alerts.acknowledge(visitor, service, key, why or "", minutes)
        return "Acknowledged. The collector notes it with its next look."

    act(work)
    _close()
    st.rerun()

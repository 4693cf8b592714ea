"""The one live fragment of a page: it refreshes itself, until a visitor stops that."""

from collections.abc import Callable

import streamlit as st

from console.runtime import get_runtime
from console.ui.guard import current_visitor

STOPPED = "refreshing_stopped"  # in the session's state: it holds for all pages


def refresh_interval() -> float:
    """Seconds between two refreshes; a store that bills its commands is asked less often."""
    return get_runtime().profile.page_refresh


def is_stopped() -> bool:
    """Whether the visitor stopped the refreshing."""
    return bool(st.session_state.get(STOPPED, False))


def live(body: Callable[[], None]) -> None:
    """Draw `body` now and again and again. One a page; analysis charts stay outside of it.

    The body must be quick (100 ms) and must not wait for anything: above half a second its old
    figures fade.
    """

    watch(body, None if is_stopped() else refresh_interval())


def watch(body: Callable[[], None], every: float | None) -> None:
    """Draw the body, and again every so many seconds. It may end that with `st.rerun()`.

    A refresh runs without the page's first line, so a sign-in that ended is seen here.
    """

    def guarded() -> None:
        if not current_visitor().may_look:
            st.rerun()
        body()

    st.fragment(guarded, run_every=every)()


def refresh_button() -> None:
    """Stops and starts the refreshing. Outside of the fragment: the rhythm is its argument."""
    stopped = is_stopped()
    label, icon = ("Refresh again", "sync") if stopped else ("Stop refreshing", "sync_disabled")
    st.button(
        label,
        icon=f":material/{icon}:",
        key="refresh_live",
        shortcut="S",
        help="Show what is new again" if stopped else "Nothing on the page moves meanwhile",
        on_click=_toggle,
    )


def _toggle() -> None:
    st.session_state[STOPPED] = not is_stopped()

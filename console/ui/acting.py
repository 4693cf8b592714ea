"""What every control does with its click: ask the desk, and keep what came of it for the page."""

from collections.abc import Callable

import streamlit as st

from console.access import Visitor
from console.errors import ConsoleError, NotAllowed, Objection
from console.health.check import Service
from console.runtime import Runtime, get_runtime
from console.ui.format import plain
from console.ui.guard import current_visitor
from console.ui.page import Page

_SAID = "said"  # in the session's state: kind and text of the last action


class Noted(str):
    """What an action says that was done, and is no success: a no-go that was signed."""


def act(work: Callable[[Visitor], str]) -> None:
    """Do it as the visitor of this very click; says what came of it at the next drawing."""
    try:
        text = work(current_visitor())
        st.session_state[_SAID] = ("noted" if isinstance(text, Noted) else "success", text)
    except Objection as objection:
        st.session_state[_SAID] = ("warning", "  \n".join(map(plain, objection.reasons)))
    except NotAllowed as refusal:
        st.session_state[_SAID] = ("error", plain(refusal))
    except TimeoutError:
        text = "It took too long. Whether it took effect shows below, and in Activity."
        st.session_state[_SAID] = ("error", text)
    except ConsoleError as error:
        text = f"{plain(error)} Whether it took effect shows below, and in Activity."
        st.session_state[_SAID] = ("error", text)


def act_on(service: str, work: Callable[[Runtime, Visitor, Service], str]) -> None:
    """The same for an action on one service; nothing where that is not configured any more."""
    runtime = get_runtime()
    found = runtime.config.service(service)
    if found is not None:
        act(lambda visitor: work(runtime, visitor, found))


def said() -> None:
    """Draw what came of the last action, once; and as a toast, which is seen wherever one is."""
    kind, text = st.session_state.pop(_SAID, ("", ""))
    if not kind or not text:
        return
    icons = {"success": "check_circle", "warning": "front_hand", "noted": "edit_note"}
    icon = icons.get(kind, "error")
    mark = f":material/{icon}:"
    st.toast(str(text), icon=mark)
    if kind == "success":
        st.success(text, icon=mark)
    elif kind == "noted":
        st.info(str(text), icon=mark)
    elif kind == "warning":
        st.warning(text, icon=mark, title="Not done")
    else:
        st.error(text, icon=mark, title="Not done")


def why_not(page: Page) -> str | None:
    """Why this visitor cannot use a control, for its help; None where it can be used."""
    return None if page.visitor.may_act else plain(page.visitor.why)

"""What every control does with its click: ask the desk, and keep what came of it for the page."""

import secrets
import time
from collections.abc import Callable, Hashable, Sequence

import streamlit as st

from console.access import Visitor
from console.controls.runs import Batch, Run
from console.errors import ConsoleError, NotAllowed, Objection
from console.health.check import Service
from console.runtime import Runtime, get_runtime
from console.ui.format import plain
from console.ui.guard import current_visitor
from console.ui.page import Page

CLICK_SECONDS = 1.0  # two clicks on one button within them are a double click
_KEYS = "controls_keys"  # in the session's state: idempotency keys, by what they begin
_SAID = "controls_said"  # in the session's state: kind and text of the last action


def act(work: Callable[[Visitor], str]) -> None:
    """Do it as the visitor of this very click; says what came of it at the next drawing."""
    try:
        st.session_state[_SAID] = ("success", work(current_visitor()))
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


def abort_button(service: str, run: str, done: str) -> None:
    """Ends a run or a batch. `done` is said when it did."""

    def work(runtime: Runtime, visitor: Visitor, found: Service) -> str:
        stopped = runtime.running.abort(visitor, found, run)
        return done if stopped else "It had ended already: nothing was aborted."

    st.button(
        "Abort",
        icon=":material/stop:",
        key=f"abort_{run}",
        on_click=act_on,
        args=(service, work),
    )


def next_key(what: Hashable, begun: Sequence[Run] | Sequence[Batch]) -> str:
    """The idempotency key for what a click begins. `begun`: what runs or ran.

    It stays the same until what was begun under it is over and no second click can be on its way:
    so a double click begins one run, also where the first click has redrawn the button already.
    """
    keys: dict[Hashable, str] = st.session_state.setdefault(_KEYS, {})
    used = next((one for one in begun if one.id == keys.get(what)), None)
    spent = used and used.state != "running" and time.time() - used.at > CLICK_SECONDS
    if what not in keys or spent:
        keys[what] = secrets.token_hex(16)
    return keys[what]


def said() -> None:
    """Draw what came of the last action, once; and as a toast, which is seen wherever one is."""
    kind, text = st.session_state.pop(_SAID, ("", ""))
    if not kind or not text:
        return
    icon = {"success": "check_circle", "warning": "front_hand"}.get(kind, "error")
    mark = f":material/{icon}:"
    st.toast(text, icon=mark)
    if kind == "success":
        st.success(text, icon=mark)
    elif kind == "warning":
        st.warning(text, icon=mark, title="Not done")
    else:
        st.error(text, icon=mark, title="Not done")


def why_not(page: Page) -> str | None:
    """Why this visitor cannot use a control, for its help; None where it can be used."""
    return None if page.visitor.may_act else plain(page.visitor.why)

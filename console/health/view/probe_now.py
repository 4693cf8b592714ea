"""“Test this check now”: asks the collector for one probe, and waits without blocking anybody."""

import time
from dataclasses import dataclass

import streamlit as st

from console.access import Role
from console.errors import NotAllowed, StoreError
from console.health.check import Check
from console.health.model import Result, Status
from console.health.summary import Standing
from console.runtime import get_runtime
from console.ui.format import plain
from console.ui.guard import require
from console.ui.live import watch
from console.ui.page import Page
from console.ui.status import alert
from console.words import duration, moment, response_time

GRACE = 5.0  # seconds beyond the check's own time-out for the way there and back
POLL = 0.5  # seconds between two looks at the answer
_STATE = "test_now"  # in the session's state


@dataclass(frozen=True, slots=True)
class Asked:
    """One request of this visitor, and what became of it."""

    check: str
    limit: float  # seconds to wait
    at: float  # Unix seconds
    request: str = ""
    result: Result | None = None
    problem: str = ""

    @property
    def waiting(self) -> bool:
        """Whether the answer is still to come."""
        return not self.problem and self.result is None


def probe_button(page: Page, check: Check) -> None:
    """Draw the button; where it cannot be used its help says why."""
    asked = _asked(check)
    reason = _why_not(page, check)
    with st.container(horizontal=True, vertical_alignment="center", width="content"):
        if reason:
            st.caption(plain(reason), width="content")
        st.button(
            "Test this check now",
            icon=":material/play_arrow:",
            key="test_now_button",
            disabled=bool(reason) or (asked is not None and asked.waiting),
            help=plain(reason) if reason else "One probe, outside of its rhythm",
            on_click=_ask,
            args=(page.service.name, check),
        )


def probe_answer(page: Page, check: Check) -> None:
    """Draw the progress and then the answer of this visitor's last request, if there is one."""
    asked = _asked(check)
    if asked is None:
        return
    if asked.waiting:
        watch(lambda: _wait(check), POLL)
    else:
        _tell(page, asked)


def _why_not(page: Page, check: Check) -> str:
    if check.type == "push":
        return "A push check cannot be tested from here: its job calls the console."
    if not page.visitor.may_act:
        return f"Only an operator can test this. {page.visitor.why}"
    return ""


def _ask(service: str, check: Check) -> None:
    """Ask the collector. The role is judged again here, by the connection the click came over."""
    limit = check.timeout + GRACE
    asked = Asked(check.name, limit, time.time())
    try:
        console = get_runtime()
        visitor = require(Role.OPERATOR, "probe", service, console.desk.journal)
        console.desk.note(visitor, "probe", service, target=check.name)
        request = console.store.request_probe(service, check.name)
        asked = Asked(check.name, limit, asked.at, request)
    except (NotAllowed, StoreError) as error:
        asked = Asked(check.name, limit, asked.at, problem=str(error))
    st.session_state[_STATE] = asked


def _wait(check: Check) -> None:
    """Look once for the answer; drawn again and again until it is there or too late."""
    asked = _asked(check)
    if asked is None or not asked.waiting:
        st.rerun()
    waited = time.time() - asked.at
    result, problem = None, ""
    try:
        result = get_runtime().store.answer(asked.request)
    except StoreError as error:
        problem = str(error)
    if result is None and not problem and waited > asked.limit:
        problem = (
            f"No answer within {duration(asked.limit)}. Either no collector runs, "
            "or the probe is still under way; its result will appear here by itself."
        )
    if result is not None or problem:
        st.session_state[_STATE] = Asked(
            asked.check, asked.limit, asked.at, asked.request, result, problem
        )
        st.rerun()
    st.progress(min(1.0, waited / asked.limit), f"Waiting for the answer, {waited:.0f} s")


def _tell(page: Page, asked: Asked) -> None:
    if asked.result is None:
        st.warning(plain(asked.problem), icon=":material/error:", title="Not tested")
        return
    result = asked.result
    took = f" in {response_time(result.duration)}" if result.duration is not None else ""
    when = moment(result.at, page.zone)
    alert(
        Standing(result.status.value),
        f"{plain(result.message)}  \n:small[tested {when}{took}]",
        title="It passes" if result.status is Status.PASS else "It does not pass",
    )


def _asked(check: Check) -> Asked | None:
    asked = st.session_state.get(_STATE)
    return asked if isinstance(asked, Asked) and asked.check == check.name else None

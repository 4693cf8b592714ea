"""The switch of the mode, and how far the instances have followed it."""

import time
from dataclasses import replace

import streamlit as st

from console.access import Visitor
from console.controls.following import Followed
from console.controls.model import (
    ACKNOWLEDGE_SECONDS,
    END_TIMES,
    MEANS,
    Mode,
    present,
    remedy,
    told,
    touches,
)
from console.controls.rules import REASON_LIMIT, TICKET_LIMIT, Wish, objections
from console.controls.runs import last_run
from console.errors import StoreError
from console.health.check import Service
from console.health.summary import Standing
from console.instances.model import Snapshot
from console.runtime import Runtime, get_runtime
from console.ui.acting import act_on, why_not
from console.ui.format import plain
from console.ui.live import watch
from console.ui.page import Page
from console.ui.status import alert
from console.words import duration

FOLLOW_SECONDS = 0.5  # between two looks while instances follow a switch
FRESH = 120.0  # seconds for which the confirmation of a switch is shown
ICONS = {Mode.LIVE: "play_circle", Mode.DRY_RUN: "science", Mode.PAUSED: "pause_circle"}


def following(page: Page) -> None:
    """The switch that was just made, redrawn until every instance has followed or time is over."""
    followed = page.runtime.desk.followed(page.service.name)
    if followed is None or (followed.ended and time.time() - followed.at > FRESH):
        return
    if followed.ended:
        _confirmation(followed)
    else:
        watch(lambda: _progress(page.service.name), FOLLOW_SECONDS)


def _progress(service: str) -> None:
    followed = get_runtime().desk.followed(service)
    if followed is None or followed.ended:
        st.rerun()
    text = _told(followed)
    st.progress(min(1.0, followed.seconds / ACKNOWLEDGE_SECONDS), f"Waiting: {text}")


def _confirmation(followed: Followed) -> None:
    if followed.problem:
        alert(Standing.UNKNOWN, plain(followed.problem), title="Nobody could be asked")
    elif followed.failed:
        missing = remedy(followed.found) if followed.found and followed.found.missing else ""
        alert(Standing.FAIL, plain(f"{_told(followed)} {missing}"), title="Not confirmed")
    else:
        alert(Standing.PASS, plain(_told(followed)), title="Confirmed")


def _told(followed: Followed) -> str:
    if followed.found is None:
        return "nobody was heard of yet."
    return told(followed.found, followed.mode, followed.seconds)


def switch(page: Page, snapshot: Snapshot | None) -> None:
    """The switch: toward safety with one click, to live with care."""
    mode, reason = present(snapshot), why_not(page)
    epoch = snapshot.epoch if snapshot else 0
    with st.expander("Reason, ticket, end", icon=":material/edit_note:"):
        st.text_input("Reason", key="mode_reason", max_chars=REASON_LIMIT, placeholder="optional")
        left, right = st.columns(2)
        left.text_input("Ticket", key="mode_ticket", max_chars=TICKET_LIMIT, placeholder="optional")
        right.selectbox(
            "Ends by itself after",
            [None, *END_TIMES],
            format_func=lambda minutes: duration(60 * minutes) if minutes else "it does not",
            key="mode_minutes",
            help="At the end the service is paused: an end never leads toward live.",
        )
    with st.container(horizontal=True, gap="small"):
        for wanted in (Mode.DRY_RUN, Mode.PAUSED):
            st.button(
                "Dry run" if wanted is Mode.DRY_RUN else "Pause",
                icon=f":material/{ICONS[wanted]}:",
                key=f"to_{wanted.value}",
                type="primary" if wanted is Mode.DRY_RUN and mode is Mode.LIVE else "secondary",
                disabled=reason is not None or mode is wanted or snapshot is None,
                help=reason or MEANS[wanted],
                on_click=_switch,
                args=(page.service.name, wanted, epoch),
            )
        if st.button(
            "Go live …",
            icon=f":material/{ICONS[Mode.LIVE]}:",
            key="to_live",
            disabled=reason is not None or mode is Mode.LIVE or snapshot is None,
            help=reason or "Needs a confirmation, and a single-item run that passed",
        ):
            _go_live(page, epoch)
    if snapshot is not None and mode is not None:
        other = Mode.DRY_RUN if mode is Mode.LIVE else Mode.LIVE
        lines = "; ".join(plain(line) for line in touches(snapshot, other))
        st.caption(f"A switch to {other.label} touches {lines}.")


@st.dialog("Go live")
def _go_live(page: Page, epoch: int) -> None:
    """What stands against it, the confirmation, and the way past the rules."""
    runtime, service = page.runtime, page.service
    snapshot = runtime.desk.snapshot(service)
    st.markdown(f"Every outbound write of **{plain(service.label)}** is sent from then on.")
    for line in touches(snapshot, Mode.LIVE):
        st.caption(plain(line))
    typed = st.text_input(f"Type {service.name} to confirm", key="live_typed", live=True)
    override = st.checkbox(
        "Emergency: without the test run and the second operator",
        key="live_override",
        help="Needs a reason, and stays marked until somebody has reviewed it.",
    )
    wish = _wish(Mode.LIVE, epoch, typed, override)
    try:
        runs = runtime.running.runs(service.name)
        approvals = runtime.desk.records.approvals.newest(service.name)
    except StoreError as error:
        st.warning(plain(error))
        return
    now = time.time()
    approval = next((one for one in approvals if one.holds(now, epoch)), None)
    rules = runtime.desk.rules
    against = objections(wish, service.name, snapshot, last_run(runs), approval, rules, now)
    for line in against:
        st.markdown(f":orange[:material/front_hand:] {plain(line)}")
    if approval is not None:
        st.caption(f"Approved by {plain(approval.approved_by)}.")
    if rules.second_person and approval is None and not override:
        st.button(
            "Ask a second operator",
            icon=":material/group:",
            key="ask_approval",
            on_click=_ask_approval,
            args=(service.name, epoch),
        )
    if st.button("Go live", type="primary", key="live_now", disabled=bool(against)):
        _switch(service.name, Mode.LIVE, epoch, typed, override, approval.id if approval else "")
        st.rerun()


def _wish(mode: Mode, epoch: int, typed: str = "", override: bool = False) -> Wish:
    state = st.session_state
    minutes = state.get("mode_minutes") if mode is not Mode.LIVE else None
    reason, ticket = str(state.get("mode_reason", "")), str(state.get("mode_ticket", ""))
    return Wish(mode, epoch, reason.strip(), ticket.strip(), minutes, typed, "", override)


def _switch(
    service: str,
    mode: Mode,
    epoch: int,
    typed: str = "",
    override: bool = False,
    approval: str = "",
) -> None:
    wish = replace(_wish(mode, epoch, typed, override), approval=approval)

    def work(runtime: Runtime, visitor: Visitor, found: Service) -> str:
        new = runtime.desk.switch(visitor, found, wish)
        return f"{mode.label.capitalize()} is set (epoch {new})."

    act_on(service, work)


def _ask_approval(service: str, epoch: int) -> None:
    def work(runtime: Runtime, visitor: Visitor, found: Service) -> str:
        runtime.desk.ask_approval(visitor, found, _wish(Mode.LIVE, epoch))
        return "A second operator can approve it on this page, within 30 minutes."

    act_on(service, work)

"""DRY_RUN of a service that only follows environment variables: set where it runs, by its platform.

The kit's instances follow the mode in Redis within seconds; these follow when they start anew.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from console.access import Visitor
from console.controls.rules import REASON_LIMIT
from console.deployments.act_rules import DRY_RUN, Wish
from console.deployments.history import Snapshot
from console.deployments.view.fetched import fetched
from console.deployments.view.following import following
from console.errors import ConsoleError, StoreError
from console.health.check import Service
from console.platforms.model import Capability, SetVariable
from console.runtime import Runtime
from console.ui.acting import act_on, why_not
from console.ui.format import plain, raw
from console.ui.page import PAGES, Page
from console.words import counted

_WANTED = "variable_wanted"  # in the session's state: the dialog that is open
CHOICES = {
    "true": ("Dry run", "science", "Nothing is written any more: outbound writes are held back."),
    "false": ("Live", "play_circle", "Every outbound write is sent again."),
}


def variable(page: Page) -> None:
    """Draw the switch; nothing where the service has no platform."""
    if not page.service.platform:
        return
    snapshot = fetched(page).value
    with st.container(border=True):
        st.subheader("Switch where it runs", anchor=False)
        following(page)
        if snapshot is None:
            st.caption("Nothing was read of the platform yet.")
            return
        missing = snapshot.missing.get(Capability.SET_VARIABLE.value, "")
        if missing:
            st.caption(f":material/block: {plain(missing, 300)} Set `{DRY_RUN}` there by hand.")
            return
        st.caption(
            f"{plain(snapshot.platform)} gives the service another `{DRY_RUN}`. "
            f"**It takes {_restart(snapshot)}**: work in flight ends first. What the variable says "
            "now is not read: platforms tell names, and the console keeps no values."
        )
        refused = why_not(page)
        with st.container(horizontal=True, gap="small"):
            for value, (title, icon, means) in CHOICES.items():
                st.button(
                    f"{title}: {DRY_RUN}={value} …",
                    icon=f":material/{icon}:",
                    key=f"variable_{value}",
                    type="primary" if value == "true" else "secondary",
                    disabled=refused is not None,
                    help=refused or means,
                    on_click=_want,
                    args=(value,),
                )
        st.caption(
            "Instances follow it when they start anew. Where the platform does not restart them by "
            "itself, as Render, redeploy afterwards."
        )
        st.page_link(
            PAGES / "deployments.py",
            label="Redeploy on Deployments",
            icon=":material/arrow_forward:",
            query_params={"service": page.service.name},
        )
    wanted = st.session_state.get(_WANTED)
    if isinstance(wanted, _Open):
        st.dialog(f"Set {DRY_RUN}", on_dismiss=_close)(_ask)(page, snapshot, wanted)


@dataclass(frozen=True, slots=True)
class _Open:
    """The dialog that was asked for."""

    value: str
    key: str  # the same for every click in it: a double click is one


def _want(value: str) -> None:
    st.session_state[_WANTED] = _Open(value, secrets.token_hex(16))


def _close() -> None:
    st.session_state.pop(_WANTED, None)


def _restart(snapshot: Snapshot) -> str:
    told = snapshot.instances
    count = (told.running if told.running is not None else told.desired) if told else None
    return "a restart" if count is None else f"a restart of {counted(count, 'instance')}"


def _ask(page: Page, snapshot: Snapshot, wanted: _Open) -> None:
    """What it means, the exact request, the confirmation; then the click that does it."""
    service, runtime, value = page.service, page.runtime, wanted.value
    action = SetVariable(DRY_RUN, value)
    st.markdown(f"**{CHOICES[value][2]}** It takes {_restart(snapshot)}.")
    st.caption(f"Exactly this is sent, with the value `{value}`:")
    try:
        request = runtime.actor.preview(service, action)
        met = runtime.actor.circumstances(service, action, snapshot)
    except ConsoleError as error:
        st.warning(plain(error))
        return
    st.code(raw(f"{request.text}\n{request.body}".strip()), language=None, wrap_lines=True)
    reason = st.text_input("Reason", key="variable_reason", max_chars=REASON_LIMIT)
    typed = st.text_input(f"Type {service.name} to confirm", key="variable_typed")
    override = False
    if met.second_person and not met.approved and value != "true":
        st.button(
            "Ask a second operator",
            icon=":material/group:",
            key="variable_approval",
            help="Who approves it does so on this page",
            on_click=act_on,
            args=(service.name, _approval(Wish(action, reason.strip()))),
        )
        override = st.checkbox(
            "Emergency: without a second operator",
            key="variable_override",
            help="Needs a reason, and stays marked until somebody has reviewed it.",
        )
    wish = Wish(action, reason.strip(), typed.strip(), bool(override), wanted.key)
    try:
        against = runtime.actor.against(service, wish)
    except StoreError as error:
        against = [str(error)]
    for line in against if typed or reason else ():
        st.markdown(f":orange[:material/front_hand:] {plain(line)}")
    if st.button("Set it", type="primary", key="variable_set", disabled=bool(against)):

        def work(runtime: Runtime, visitor: Visitor, found: Service) -> str:
            runtime.actor.begin(visitor, found, wish)
            return ""

        act_on(service.name, work)
        _close()
        st.rerun()


def _approval(wish: Wish) -> Callable[[Runtime, Visitor, Service], str]:
    def work(runtime: Runtime, visitor: Visitor, found: Service) -> str:
        runtime.actor.ask_approval(visitor, found, wish)
        return "A second operator can approve it on this page, within 30 minutes."

    return work

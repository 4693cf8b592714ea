"""The dialog of an action: what it touches, exactly what is sent, the platform's own dry run, and
who has to agree."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import streamlit as st

from console.access import Visitor
from console.controls.rules import REASON_LIMIT
from console.deployments.act_rules import Wish
from console.deployments.history import Snapshot
from console.deployments.load import load
from console.deployments.verdict import name_of
from console.deployments.versions import running, under_way
from console.deployments.view.forms import FORMS, Kind
from console.errors import ConsoleError, StoreError
from console.health.check import Service
from console.platforms.model import Action, Capability, Scale, SetVariable
from console.runtime import Runtime
from console.ui.acting import act_on
from console.ui.format import plain, raw
from console.ui.guard import current_visitor
from console.ui.page import Page


@dataclass(frozen=True, slots=True)
class Open:
    """A dialog that was asked for."""

    kind: Kind
    deployment: str  # to go back to, where it is a rollback
    key: str  # the same for every click in this dialog


def ask(page: Page, wanted: Open, close: Callable[[], None]) -> None:
    """What it touches, the exact request, the reason; then the click that does it."""
    form, service, runtime = FORMS[wanted.kind], page.service, page.runtime
    try:
        snapshot = load(runtime.store, service.name)
    except StoreError as error:
        st.warning(plain(error))
        return
    if snapshot is None:
        st.caption("Nothing was read of the platform yet.")
        return
    action = form.ask(snapshot, wanted.deployment, page.zone)
    _notes(snapshot)
    if action is None:
        return
    most = page.runtime.config.settings.instances_max
    if isinstance(action, Scale) and action.most > most:
        st.warning(f"More than the {most} of **CONSOLE_INSTANCES_MAX**.", icon=":material/warning:")
    _request(page, action)
    if Capability.DRY_RUN.value not in snapshot.missing:
        _rehearse(page, action, snapshot)
    wish = _wish(page, snapshot, action, wanted)
    if st.button(form.confirm, type="primary", key="act_confirmed"):
        _do(page, wish, close)


def _notes(snapshot: Snapshot) -> None:
    live, moving = running(snapshot), under_way(snapshot)
    if live is not None:
        said_ = plain(live.deployment.message.partition("\n")[0], 80)
        st.caption(f"Runs now: **{plain(name_of(live.deployment))}** {said_}".strip())
    if moving is not None:
        name = plain(name_of(moving.deployment))
        st.caption(f":material/hourglass_top: {name} is being deployed: this comes after it.")


def _request(page: Page, action: Action) -> None:
    st.caption("Exactly this is sent:")
    try:
        request = page.runtime.actor.preview(page.service, action)
    except ConsoleError as error:
        st.warning(plain(error))
        return
    st.code(raw(f"{request.text}\n{request.body}".strip()), language=None, wrap_lines=True)


def _rehearse(page: Page, action: Action, snapshot: Snapshot) -> None:
    """The platform's own dry run, where it has one."""
    where = plain(snapshot.platform)
    if not st.button(
        f"Let {where} check it first",
        icon=":material/science:",
        key="act_rehearse",
        help=f"{where} looks at the request and changes nothing",
    ):
        return
    try:
        with st.spinner(f"{where} looks at it"):
            text = page.runtime.actor.rehearse(current_visitor(), page.service, action)
        st.success(plain(text), icon=":material/check_circle:")
    except ConsoleError as error:
        st.error(plain(error), icon=":material/error:")


def _wish(page: Page, snapshot: Snapshot, action: Action, wanted: Open) -> Wish:
    """The action with what the operator says to it."""
    service = page.service
    met = page.runtime.actor.circumstances(service, action, snapshot)
    careful = not isinstance(action, Scale)
    reason = st.text_input(
        "Reason",
        key="act_reason",
        max_chars=REASON_LIMIT,
        placeholder="required now" if met.frozen and careful else "optional",
    )
    typed = override = False
    if isinstance(action, SetVariable):
        typed = st.text_input(f"Type {service.name} to confirm", key="act_typed")
    if met.frozen and careful:
        st.caption(
            ":material/ac_unit: A closing is near: **no deployments now**, without a reason."
        )
    wish = Wish(action, (reason or "").strip(), str(typed or ""), key=wanted.key)
    if met.second_person and careful and not met.approved:
        override = st.checkbox(
            "Emergency: without a second operator",
            key="act_override",
            help="Needs a reason, and stays marked until somebody has reviewed it.",
        )
        st.button(
            "Ask a second operator",
            icon=":material/group:",
            key="act_approval",
            help="Who approves it does so on the page Controls",
            on_click=act_on,
            args=(service.name, _approval(wish)),
        )
    return replace(wish, override=bool(override))


def _approval(wish: Wish):
    def work(runtime: Runtime, visitor: Visitor, found: Service) -> str:
        runtime.actor.ask_approval(visitor, found, wish)
        return "A second operator can approve it on the page Controls, within 30 minutes."

    return work


def _do(page: Page, wish: Wish, close: Callable[[], None]) -> None:
    """Say what stands against it, or do it and close."""
    try:
        against = page.runtime.actor.against(page.service, wish)
    except StoreError as error:
        against = [str(error)]
    for line in against:
        st.markdown(f":orange[:material/front_hand:] {plain(line)}")
    if against:
        return

    def work(runtime: Runtime, visitor: Visitor, found: Service) -> str:
        runtime.actor.begin(visitor, found, wish)
        return ""

    act_on(page.service.name, work)
    close()
    st.rerun()

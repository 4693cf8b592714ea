"""Acting on the platform: the buttons, the dialog that asks once more, and what came of it."""

import secrets
import time
from dataclasses import dataclass, replace

import streamlit as st

from console.access import Visitor
from console.controls.rules import REASON_LIMIT
from console.deployments.act import SEND_SECONDS, Acted
from console.deployments.act_rules import Wish
from console.deployments.history import Snapshot
from console.deployments.load import load
from console.deployments.verdict import name_of
from console.deployments.versions import running, under_way
from console.deployments.view.forms import FORMS, Kind
from console.errors import ConsoleError, StoreError
from console.health.check import Service
from console.health.summary import Standing
from console.platforms.model import Action, Capability, Scale, SetVariable, needed
from console.runtime import Runtime, get_runtime
from console.ui.acting import act_on, said, why_not
from console.ui.format import plain, raw
from console.ui.guard import current_visitor
from console.ui.live import watch
from console.ui.page import Page
from console.ui.status import alert
from console.words import duration

FRESH = 120.0  # seconds for which what came of an action is shown
LOOK_SECONDS = 1.0
# In the session's state: the dialog that is open, and whether its button was just clicked.
_WANTED, _CLICKED = "act_wanted", "act_clicked"


@dataclass(frozen=True, slots=True)
class _Open:
    """A dialog that was asked for."""

    kind: Kind
    deployment: str  # to go back to, where it is a rollback
    key: str  # the same for every click in this dialog


def buttons(page: Page, snapshot: Snapshot) -> None:
    """One button an action. They stand in the live fragment; `acting` opens the dialogs."""
    refused = why_not(page)
    lacking: dict[str, str] = {}  # what the platform has none of, and why
    with st.container(horizontal=True, gap="small"):
        for kind, form in FORMS.items():
            missing = plain(snapshot.missing.get(needed(form.example).value, ""), 300)
            reason = refused or missing or form.unable(snapshot)
            if missing:
                lacking[form.title] = missing
            st.button(
                f"{form.title} …",
                icon=f":material/{form.icon}:",
                key=f"act_{kind}",
                disabled=bool(reason),
                help=reason or form.means,
                on_click=_want,
                args=(kind,),
            )
    for title, reason in lacking.items():
        st.caption(f":material/block: {title}: {reason}")
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
    if isinstance(wanted, _Open):
        _dialog(page, wanted)


def _want(kind: Kind, deployment: str = "") -> None:
    st.session_state[_WANTED] = _Open(kind, deployment, secrets.token_hex(16))
    st.session_state[_CLICKED] = True


def _opens() -> None:
    if st.session_state.pop(_CLICKED, False):
        st.rerun()  # the click ran only the fragment


def _close() -> None:
    st.session_state.pop(_WANTED, None)


def _dialog(page: Page, wanted: _Open) -> None:
    title = FORMS[wanted.kind].title
    st.dialog(title, on_dismiss=_close, icon=f":material/{FORMS[wanted.kind].icon}:")(_ask)(
        page, wanted
    )


def _ask(page: Page, wanted: _Open) -> None:
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
        _do(page, wish)


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


def _wish(page: Page, snapshot: Snapshot, action: Action, wanted: _Open) -> Wish:
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


def _do(page: Page, wish: Wish) -> None:
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
    _close()
    st.rerun()


def following(page: Page) -> None:
    """The action that is under way or just ended; nothing where there is none."""
    acted = page.runtime.actor.last(page.service.name)
    if acted is None or (acted.ended and time.time() - acted.at > FRESH + SEND_SECONDS):
        return
    if acted.ended:
        _ended(acted)
    else:
        watch(lambda: _progress(page.service.name), LOOK_SECONDS)


def _progress(service: str) -> None:
    acted = get_runtime().actor.last(service)
    if acted is None or acted.ended:
        st.rerun()
    said_ = acted.effect or acted.receipt or "asking the platform."
    since = duration(max(0.0, time.time() - acted.at))
    alert(
        Standing.UNKNOWN,
        f"{_name(acted)}: {plain(said_)} :small[:gray[since {since}]]",
        icon=":material/progress_activity:",
    )


def _ended(acted: Acted) -> None:
    if acted.problem:
        alert(Standing.FAIL, f"{_name(acted)}: {plain(acted.problem)}", title="Not done")
        return
    standing = {True: Standing.PASS, False: Standing.FAIL, None: Standing.UNKNOWN}[acted.done]
    title = {True: "Took effect", False: "Did not take effect", None: "Not confirmed"}[acted.done]
    alert(standing, f"{_name(acted)}: {plain(acted.effect or acted.receipt)}", title=title)


def _name(acted: Acted) -> str:
    return f"**{acted.kind.capitalize()}** {plain(acted.target, 120)}"

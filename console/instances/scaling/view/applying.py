"""Applying a recommendation by hand: only an operator, after a confirmation, and into the log."""

import time

import streamlit as st

from console.access import Visitor
from console.health.summary import Standing
from console.instances.scaling.advice import Advice
from console.instances.scaling.applied import CONFIRM_SECONDS, Applied
from console.instances.scaling.load import Known
from console.instances.scaling.price import parse_price
from console.instances.scaling.scaler import Range, ScalingError
from console.runtime import get_runtime
from console.ui.acting import act, said, why_not
from console.ui.format import plain
from console.ui.page import Page
from console.ui.status import alert
from console.words import counted, duration

FRESH = 120.0  # seconds for which what came of it is shown
LOOK_SECONDS = 1.0
REASON_LIMIT = 400  # characters
COUNT, REASON = "scaling_count", "scaling_reason"  # in the session's state
NOT_CONNECTED = (
    "Recommend only: the console cannot scale this service. Copy the plan below to its platform, "
    "or connect the platform: set `platform` and `platform_service` in `[[services]]`."
)
CANNOT = "Recommend only. Copy the plan below to its platform."
NO_EFFECT = "**CONSOLE_SCALING=schedule** has no effect until then."


def under_way(page: Page) -> None:
    """What came of the last action, and the change that is under way."""
    said()
    applied = page.runtime.scaling.applied(page.service.name)
    if applied is None or (applied.ended and time.time() - applied.at > FRESH + CONFIRM_SECONDS):
        return
    if applied.ended:
        _ended(applied)
    else:
        st.fragment(_progress, run_every=LOOK_SECONDS)(page.service.name)


def apply_box(page: Page, known: Known, advice: Advice) -> None:
    """The form that scales, where the console can."""
    applier, name = page.runtime.scaling, page.service.name
    scaler = applier.scaler(name)
    if scaler is None:
        why = applier.why_not(name)
        text = f"{CANNOT} {plain(why)}" if why else NOT_CONNECTED
        text = f"{text} {NO_EFFECT}" if applier.scheduled else text
        st.info(text, icon=":material/info:")
        return
    reason = why_not(page)
    with st.container(border=True):
        st.subheader("Apply", anchor=False)
        every = duration(applier.interval)
        how = (
            f"Recommendations are applied by themselves, every {every} "
            "(**CONSOLE_SCALING=schedule**); what is set here holds until the next one."
            if applier.scheduled
            else "Recommend only: nothing is changed by itself. **CONSOLE_SCALING=schedule** "
            f"applies recommendations every {every}."
        )
        st.caption(f"By {plain(scaler.title)}. {how}")
        platform, running = advice.rules.platform, known.work.running
        with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
            suggested = advice.decision.next if advice.decision.next is not None else running
            low = max(1, platform.least)
            count = st.number_input(
                "Instances",
                low,
                max(low, platform.most),
                min(max(suggested or low, low), max(low, platform.most)),
                key=COUNT,
                width=160,
                disabled=reason is not None,
                help=reason or f"From {low} to {platform.most}",
            )
            st.text_input(
                "Reason", key=REASON, max_chars=REASON_LIMIT, placeholder="optional", width=280,
                disabled=reason is not None,
            )  # fmt: skip
            if st.button(
                "Apply …",
                icon=":material/tune:",
                key="scaling_apply",
                type="primary" if not advice.decision.steady else "secondary",
                disabled=reason is not None,
                help=reason or "Shows what it touches and asks once more",
            ):
                _confirm(page, known, advice, int(count))


@st.dialog("Change the number of instances")
def _confirm(page: Page, known: Known, advice: Advice, wanted: int) -> None:
    """What it touches; then the click that does it."""
    work, decision = known.work, advice.decision
    running = "an unknown number" if work.running is None else f"{work.running}"
    label = plain(page.service.label)
    st.markdown(f"**{label}**: from {running} to **{counted(wanted, 'instance')}**.")
    if work.in_flight is not None:
        st.caption(f"{work.in_flight:,} in flight now; an instance that ends finishes its own.")
    if decision.wanted is not None and wanted != decision.wanted:
        st.caption(f"Recommended {decision.wanted}. {plain(decision.why)}")
    price = parse_price(page.runtime.config.settings.instance_price)
    if price is not None:
        st.caption(f"Costs {plain(price.words(wanted))} an hour.")
    _request(page, wanted)
    reason = str(st.session_state.get(REASON, "")).strip()
    if st.button(
        "Apply", type="primary", key="scaling_confirmed", on_click=_apply,
        args=(page.service.name, wanted, reason),
    ):  # fmt: skip
        st.rerun()  # closes the dialog


def _request(page: Page, wanted: int) -> None:
    """What exactly is sent: asked of the platform when the dialog opens."""
    scaler = page.runtime.scaling.scaler(page.service.name)
    if scaler is None:
        return
    try:
        text = scaler.preview(Range(wanted, scaler.limits.most))
    except ScalingError as error:
        st.warning(plain(str(error)), icon=":material/warning:")
        return
    st.caption(f"What is sent to {plain(scaler.title)}:")
    st.code(text, language=None, wrap_lines=True)


def _apply(service: str, wanted: int, reason: str) -> None:
    def work(visitor: Visitor) -> str:
        runtime = get_runtime()
        found = runtime.config.service(service)
        if found is None:
            return ""
        runtime.scaling.by_hand(visitor, found, wanted, reason)
        return ""

    act(work)


def _progress(service: str) -> None:
    applied = get_runtime().scaling.applied(service)
    if applied is None or applied.ended:
        st.rerun()
    share = min(1.0, (time.time() - applied.at) / CONFIRM_SECONDS)
    st.progress(max(0.0, share), f"Scaling: {_told(applied)}")


def _ended(applied: Applied) -> None:
    if applied.done:
        alert(Standing.PASS, plain(_told(applied)), title="Applied")
    elif applied.problem:
        alert(Standing.UNKNOWN, plain(applied.problem), title="Not confirmed")
    else:
        alert(Standing.WARN, plain(_told(applied)), title="Not confirmed")


def _told(applied: Applied) -> str:
    heard = "none heard of yet" if applied.heard is None else f"{applied.heard} heard of"
    if applied.by and applied.heard is not None:
        heard = f"{applied.heard} run, as {applied.by} says"
    return f"{counted(applied.after, 'instance')} asked for, {heard}."

"""One pattern of errors in detail: an example, why its lines were grouped, what to do with it."""

import streamlit as st

from console.logs.deciding import MUTES, decide_about
from console.logs.model import Kind, Names, PatternReading, State
from console.logs.terms import words
from console.ui.acting import act, why_not
from console.ui.format import plain, raw
from console.ui.page import Page
from console.words import clock, listed

EXAMPLE_LIMIT = 6000  # characters that are drawn
NAMES_SHOWN = 12
DONE = {Kind.MUTE: "Muted", Kind.RESOLVE: "Resolved", Kind.REOPEN: "Opened again"}
LABELS = {Kind.MUTE: "Mute", Kind.RESOLVE: "Mark as resolved", Kind.REOPEN: "Open again"}


def detail(page: Page, one: PatternReading, now: float, *, decide: bool) -> None:
    """Draw the details. `decide`: whether somebody can mute it; not so in a file of one's own."""
    text = one.message if not one.stack else f"{one.message}\n{one.stack}"
    st.code(raw(text, EXAMPLE_LIMIT), language=None, wrap_lines=True)
    every = ((one.instances, "Instances"), (one.items, "Items"), (one.customers, "Customers"))
    for names, word in every:
        if names.number:
            st.markdown(f":small[**{word}:** {_names(names)}]")
    with st.expander("Why these lines are one kind", icon=":material/join_inner:"):
        for sentence in one.why:
            st.markdown(f"- {plain(sentence)}")
    _decision(page, one, now)
    query = words(one.template)
    if query:
        st.button(
            "Show its lines",
            key=f"logs_show_{one.id}",
            icon=":material/filter_alt:",
            on_click=_show,
            args=(query,),
        )
        if st.session_state.pop("logs_asked", False):
            st.rerun()  # the lines are outside of the live part
    if decide:
        _form(page, one)


def _names(names: Names) -> str:
    shown = names.some[:NAMES_SHOWN]
    more = names.number - len(shown)
    rest = f" and {more:,} more" if more else ""
    return plain(", ".join(shown), 600) + rest if rest else plain(listed(shown, NAMES_SHOWN), 600)


def _decision(page: Page, one: PatternReading, now: float) -> None:
    decision = one.decision
    if decision is None:
        return
    done = DONE[decision.kind]
    until = f" until {clock(decision.until, now, page.zone)}" if decision.until is not None else ""
    back = " **It came back since.**" if one.state is State.REGRESSED else ""
    st.markdown(
        f"{done} by {plain(decision.by)} at {clock(decision.at, now, page.zone)}{until}: "
        f"{plain(decision.reason)}.{back}"
    )


def _form(page: Page, one: PatternReading) -> None:
    help_text = why_not(page)
    off = help_text is not None
    decided = one.state in (State.MUTED, State.RESOLVED)
    asked: Kind | None = None
    with (
        st.form(f"logs_decide_{one.id}", border=False),
        st.container(horizontal=True, vertical_alignment="bottom", gap="small"),
    ):
        reason = st.text_input(
            "Reason", key=f"logs_reason_{one.id}", disabled=off, help=help_text,
            placeholder="known, ticket OPS-17; or: mended with 4.2", width=340,
        )  # fmt: skip
        lasting = st.selectbox(
            "Mute for", list(MUTES), key=f"logs_until_{one.id}", disabled=off, width=130
        )
        for kind in (Kind.REOPEN,) if decided else (Kind.MUTE, Kind.RESOLVE):
            if st.form_submit_button(LABELS[kind], key=f"logs_{kind.value}_{one.id}", disabled=off):
                asked = kind
    if asked is not None:
        _decide(page, one, asked, reason, MUTES[lasting])


def _decide(page: Page, one: PatternReading, kind: Kind, reason: str, seconds: float) -> None:
    desk, service = page.runtime.desk, page.service
    act(lambda visitor: decide_about(desk, visitor, service, one, kind, reason, seconds))
    st.rerun()


def _show(query: str) -> None:
    st.query_params["q"] = query
    st.query_params.pop("line", None)
    st.session_state["logs_asked"] = True

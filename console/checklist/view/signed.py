"""Signing the list, and looking at what was signed."""

import time
from typing import Any, cast

import streamlit as st

from console.access import Visitor
from console.checklist.document import markdown, read_frozen
from console.checklist.load import load
from console.checklist.record import Frozen, SignOff
from console.checklist.sign_off import REASON_LIMIT, tampered
from console.checklist.view.marks import mark_of
from console.checklist.view.person import name_input, signing_of
from console.controls.view.buttons import derived
from console.errors import Objection
from console.health.summary import Standing
from console.runtime import Runtime, get_runtime
from console.ui.acting import Noted, act, why_not
from console.ui.format import plain, raw
from console.ui.page import Page
from console.ui.reading import fetch, forget
from console.ui.status import alert
from console.ui.tables import rows, text_column
from console.words import NOTHING, moment

SEEN = "checklist_seen"  # in the session's state: whether the list last drawn was a go
SIGNED_OPEN = "signed_open"  # there as well: whether what was signed is unfolded
MOST_SHOWN = 50  # sign-offs to choose from
CAPTION = (
    "Freezes the whole list with its evidence as it stands at the click, under your name. The "
    "activity log keeps its fingerprint, so that a later change shows. A no-go needs a reason."
)


def sign_part(page: Page) -> None:
    """The button."""
    reason, name = why_not(page), page.service.name
    last = next((one.id for one in _signed(page)), "")
    with st.container(border=True):
        st.subheader("Sign off", anchor=False)
        st.caption(CAPTION)
        left, right = st.columns([3, 1])
        note = left.text_input("Note", max_chars=REASON_LIMIT, key="sign_note",
                             placeholder="What is being released, a ticket, or why a no-go is "
                             "accepted")  # fmt: skip
        who = name_input(page, "sign_name", right)
        st.button(
            "Sign off the list",
            key="sign_off",
            type="primary",
            icon=":material/edit_note:",
            disabled=reason is not None,
            help=reason,
            on_click=_sign,
            args=(name, derived("sign_off", name, page.visitor.name, last), note or "", who),
        )


def _sign(service: str, key: str, note: str, who: str) -> None:
    seen = st.session_state.get(SEEN)

    def work(visitor: Visitor) -> str:
        runtime = get_runtime()
        found = runtime.config.service(service)
        if found is None:
            raise Objection("This service is not configured any more.")
        now = load(runtime.store, runtime.config, found, time.time())
        shown = seen if isinstance(seen, bool) else None
        signed = signing_of(runtime).sign(visitor, now, shown, note, who, key=key)
        st.session_state["sign_note"], st.session_state[SIGNED_OPEN] = "", True
        forget(runtime, ("sign_offs", service))
        text = f"Signed: {plain(signed.verdict)}"
        return text if signed.go else Noted(text)

    act(work)


def signed_part(page: Page) -> None:
    """The sign-offs there are; one of them to look at."""
    signed = _signed(page)
    if not signed:
        st.caption(":material/history_edu: Nothing was signed yet.")
        return
    label = f"**Signed before** · {plain(_label(signed[0], page), 200)}"
    folded = st.expander(label, key=SIGNED_OPEN, on_change="rerun", icon=":material/history_edu:")
    with folded:
        if not folded.open:
            return
        by_id = {one.id: one for one in signed}
        chosen: object = st.selectbox(
            "Sign-off",
            list(by_id),
            format_func=lambda one: _label(by_id[str(one)], page),
            key="signed_chosen",
            label_visibility="collapsed",
        )
        _show(page, by_id[str(chosen)])


def _signed(page: Page) -> list[SignOff]:
    runtime, name = page.runtime, page.service.name
    found = fetch(runtime, ("sign_offs", name), lambda: runtime.desk.records.sign_offs.newest(name))
    return (found.value or [])[:MOST_SHOWN]


def _label(one: SignOff, page: Page) -> str:
    word = "go" if one.go else "no-go"
    commit = f" · commit {one.commit[:12]}" if one.commit else ""
    return raw(f"{moment(one.at, page.zone)} · {word} · {one.by}{commit}", 160)


def _show(page: Page, signed: SignOff) -> None:
    runtime, name = page.runtime, page.service.name
    key = ("signed", name, signed.id)
    found = fetch(runtime, key, lambda: _read(runtime, name, signed), fresh_for=30.0)
    if found.value is None:
        st.caption("The frozen list cannot be read now.")
        return
    frozen, logged = found.value
    problem = tampered(signed, frozen, logged)
    told = read_frozen(frozen.text) if frozen else None
    if problem or told is None or frozen is None:
        alert(Standing.FAIL, plain(problem or "The frozen list cannot be read."))
        return
    standing = Standing.PASS if signed.go else Standing.FAIL
    alert(standing, f"{plain(signed.verdict)} It is as it was signed (activity log, entry "
          f"{signed.entry:,}; SHA-256 {signed.digest[:12]}…).")  # fmt: skip
    if signed.note:
        st.caption(f"Note of {plain(signed.by, 80)}: {plain(signed.note)}")
    items = cast("list[dict[str, Any]]", told.get("items", []))
    rows(
        {
            "status": [mark_of(str(one.get("status"))).pill for one in items],
            "question": [raw(one.get("question", ""), 200) for one in items],
            "answer": [raw(one.get("answer", ""), 400) for one in items],
            "observed": [
                raw(f"{one.get('observed', '')} {one.get('unit', '')}".strip() or NOTHING, 80)
                for one in items
            ],
            "read": [_read_at(one) for one in items],
        },
        {
            "status": text_column("Status"),
            "question": text_column("Question"),
            "answer": text_column("Answer"),
            "observed": text_column("Observed"),
            "read": text_column("Read (UTC)"),
        },
        key="signed_table",
        alt="Every question with its answer as it was signed",
    )
    with st.container(horizontal=True, gap="small"):
        st.download_button("JSON", frozen.text, f"sign-off-{signed.id}.json", "application/json",
                           key="signed_json", on_click="ignore",
                           icon=":material/data_object:")  # fmt: skip
        st.download_button("Markdown", markdown(signed, told, page.zone),
                           f"sign-off-{signed.id}.md", "text/markdown", key="signed_md",
                           on_click="ignore", icon=":material/download:")  # fmt: skip


def _read_at(item: dict[str, Any]) -> str:
    """`2026-11-24 23:34:24` of the frozen `2026-11-24T23:34:24Z`, which is in UTC."""
    return raw(item.get("observed_at") or NOTHING, 40).replace("T", " ").removesuffix("Z")


def _read(runtime: Runtime, service: str, signed: SignOff) -> tuple[Frozen | None, str]:
    """The frozen list, and what the activity log says of it."""
    frozen = runtime.desk.records.frozen.find(service, signed.id)
    entries = runtime.desk.journal.newest(1, before=signed.entry + 1) if signed.entry else []
    return frozen, entries[0].evidence if entries else ""

"""The Activity page: is the log whole, and what happened, by whom and why."""

import json
import time
from collections.abc import Sequence
from dataclasses import asdict

import streamlit as st

from console.activity.chain import Entry, Head, Verified, verify, verify_export
from console.activity.lines import Line, as_csv, as_json_lines, chosen, lines
from console.activity.view.table import counts, table
from console.health.summary import Standing
from console.ui.format import plain
from console.ui.header import NO_CHECKS, store_notice
from console.ui.header import Head as PageHead
from console.ui.live import live
from console.ui.page import Page, read
from console.ui.reading import fetch
from console.ui.status import alert
from console.ui.window import Window, window_picker
from console.words import moment

MOST_ENTRIES, MOST_EVENTS = 20_000, 2_000  # that a page looks at
VERIFY_SECONDS = 60.0  # a verified chain is looked at again after this
HEAD_LIMIT = 2000  # characters of an exported head


def activity(page: Page) -> None:
    """Draw the page."""
    head = PageHead(page, "Activity")
    window = window_picker(read(page).now, page.zone)
    live(lambda: head.refresh(read(page), verdict=False))
    if not page.service.checks:
        st.info(NO_CHECKS, icon=":material/playlist_add:")
    journal = page.runtime.desk.journal
    found = fetch(page.runtime, ("journal",), journal.whole, fresh_for=VERIFY_SECONDS)
    store_notice(page, found)
    if found.value is None:
        return
    entries, tail, end = found.value
    fresh = fetch(page.runtime, ("journal-newest",), lambda: journal.newest(MOST_ENTRIES))
    _verdict(verify(entries, tail, end), end, page, found.at)
    known = {entry.sequence: entry for entry in entries if entry is not None}
    known |= {entry.sequence: entry for entry in fresh.value or []}
    _table(page, window, [known[number] for number in sorted(known)])
    _proof(entries, tail, end)


def _verdict(verified: Verified, end: Head, page: Page, at: float) -> None:
    when = moment(at, page.zone)
    if verified.problem:
        alert(
            Standing.FAIL,
            f"{plain(verified.problem)} Compare with an exported head, and look at who can write "
            "to the store.",
            title="The log was tampered with, or damaged",
        )
    elif not verified.entries:
        st.info("No action was logged yet.", icon=":material/history:")
    else:
        entries = "entry" if verified.entries == 1 else "entries"
        alert(
            Standing.PASS,
            f"The log is whole: {verified.entries:,} {entries}, "
            f"the last is number {end.sequence:,} ({end.hash[:12]}…). Looked at {when}.",
        )


def _table(page: Page, window: Window, entries: Sequence[Entry]) -> None:
    store, name, now = page.runtime.store, page.service.name, time.time()
    since, until = window.since, window.until
    key = ("activity-events", name, window.name or (since, until))
    events = fetch(page.runtime, key, lambda: store.events(name, since, until, MOST_EVENTS))
    every = [
        line
        for line in lines(entries, events.value or [], name, now)
        if since <= line.at <= max(until, now)
    ]
    every = chosen(every, [], service=name)
    found = _filtered(every)
    st.caption(counts(every, found))
    table(found, now, page.zone)
    with st.container(horizontal=True, gap="small"):
        st.download_button(
            "CSV", as_csv(found, page.zone), "activity.csv", "text/csv", icon=":material/table:"
        )
        st.download_button(
            "JSON lines",
            as_json_lines(found, page.zone),
            "activity.ndjson",
            icon=":material/data_object:",
        )


def _filtered(every: Sequence[Line]) -> list[Line]:
    kinds = sorted({line.kind for line in every})
    people = sorted({line.who for line in every if line.who})
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        asked = st.multiselect(
            "Kinds",
            kinds,
            key="activity_kinds",
            placeholder="all kinds",
            format_func=lambda kind: kind.replace("_", " "),
            width=300,
        )
        who = st.selectbox(
            "Who", people, index=None, key="activity_who", placeholder="everybody", width=200
        )
        text = st.text_input("Text", key="activity_text", placeholder="words", width=240)
    return chosen(every, asked, who or "", text=text)


def _proof(entries: Sequence[Entry | None], tail: Head, end: Head) -> None:
    with st.expander("Prove that nothing was rewritten", icon=":material/verified:"):
        st.caption(
            "Export the head now and then and keep it elsewhere: who rewrites the whole log cannot "
            "rewrite that. Paste an exported head to compare it."
        )
        st.download_button(
            "Export the head",
            json.dumps({**asdict(end), "exported_at": round(time.time(), 3)}),
            f"activity-head-{end.sequence}.json",
            "application/json",
            icon=":material/anchor:",
        )
        text = st.text_area("An exported head", key="activity_head", max_chars=HEAD_LIMIT)
        if text.strip():
            given = _head_of(text)
            told = (
                "This is no exported head."
                if given is None
                else verify_export(given, entries, tail)
            )
            st.markdown(plain(told))


def _head_of(text: str) -> Head | None:
    try:
        told = json.loads(text)
        return Head(int(told["sequence"]), str(told["hash"]), float(told["at"]))
    except (ValueError, TypeError, KeyError):
        return None

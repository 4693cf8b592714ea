"""The deployments before, newest first: who, what, why, how long, and how it ended.

Lines that wrap, because a table cuts what is longer than its cell and is wider than a phone. The
table to sort and search is below them.
"""

from collections.abc import Sequence

import streamlit as st

from console.activity.chain import Entry
from console.deployments.deeds import KINDS, told_by
from console.deployments.history import Snapshot
from console.deployments.model import Pace, Record, Verdict, stage_compared
from console.deployments.verdict import name_of
from console.deployments.view.stages import short
from console.deployments.view.table import WATCHING_WORD, is_watched, standing, table, why_of
from console.platforms.model import DeploymentState, StageName, StageState, Trigger
from console.ui.format import plain
from console.ui.page import Page
from console.ui.reading import fetch
from console.ui.status import MARKS
from console.words import clock

UNBROKEN = "\u00a0"  # between a number and its unit, where lines wrap
LINES = 8  # deployments that are told in lines
ENTRIES = 300  # of the activity log, in which who acted is looked for
_BLUE = ":blue-badge[:material/progress_activity: {}]"
_WORDS = {
    Verdict.VERIFIED: "Verified",
    Verdict.DEGRADED: "Degraded",
    Verdict.FAILED: "Failed",
    Verdict.NOT_KNOWN: "Not known",
}


def history(snapshot: Snapshot, page: Page, now: float) -> None:
    """Draw it."""
    st.subheader("History", anchor=False)
    shown = snapshot.records[:LINES]
    acted = any(one.deployment.trigger in KINDS for one in shown)
    entries = _entries(page) if acted else ()
    with st.container(border=True):
        for one in shown:
            by = told_by(one, page.service.name, entries, snapshot.automatic)
            st.markdown(_lines(one, by, snapshot, page, now))
    count = len(snapshot.records)
    more = f"All {count} as a table" if count > LINES else "As a table"
    with st.expander(f"{more}, to sort and search", icon=":material/table_rows:"):
        table(snapshot, page, now)


def _entries(page: Page) -> Sequence[Entry]:
    journal = page.runtime.desk.journal
    key = ("deployments_deeds",)
    return fetch(page.runtime, key, lambda: journal.newest(ENTRIES)).value or ()


def _lines(record: Record, by: str, snapshot: Snapshot, page: Page, now: float) -> str:
    one = record.deployment
    facts = [
        plain(one.author, 60),
        clock(one.created_at, now, page.zone),
        plain(by, 300),
        *_times(record, snapshot, now),
    ]
    message = plain(one.message.partition("\n")[0], 120)
    told = [
        f"{_badge(record)} **{plain(name_of(one))}** {message}",
        f":small[:gray[{' · '.join(fact for fact in facts if fact)}]]",
    ]
    if why := plain(why_of(record), 300):
        told.append(f":small[{why}]")
    return "  \n".join(told)


def _badge(record: Record) -> str:
    """How it ended, in a word: the console's verdict where there is one."""
    state, found = record.deployment.state, record.verification
    if is_watched(record):
        return _BLUE.format(WATCHING_WORD)
    if state is DeploymentState.RUNNING:
        return _BLUE.format("Under way")
    mark, word = MARKS[standing(record)], str(state).capitalize()
    if state in (DeploymentState.LIVE, DeploymentState.REPLACED):
        word = _WORDS.get(found.verdict, word) if found else "Not verified"
    return f":{mark.colour}-badge[:material/{mark.icon}: {word}]"


def _times(record: Record, snapshot: Snapshot, now: float) -> list[str]:
    """`build 0.4 s`, `deploy 12 s, slower than usual (2.6 s)`, for the stages that were timed."""
    told: list[str] = []
    for name in (StageName.BUILD, StageName.DEPLOY):
        stage = record.deployment.stage(name)
        seconds = stage.seconds(now)
        rebuilt = name is StageName.BUILD and record.deployment.trigger is Trigger.ROLLBACK
        if seconds is None or rebuilt:
            continue
        text = f"{name} {short(seconds)}".replace(" ", UNBROKEN)
        found = stage_compared(name, record, snapshot.records, now)
        if stage.state is StageState.DONE and found.pace in (Pace.SLOWER, Pace.FASTER):
            text += f", {found.pace} ({short(found.usual or 0.0)})"
        told.append(text)
    return told

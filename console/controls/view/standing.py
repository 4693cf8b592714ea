"""How the mode stands, by whom and why, and what proves it."""

import streamlit as st

from console.controls.model import acknowledged, evidence, present, proven, standing
from console.health.summary import Standing
from console.instances.model import Snapshot
from console.ui.format import plain, raw
from console.ui.page import Page
from console.ui.reading import fetch
from console.ui.status import MARKS, alert
from console.ui.tables import rows, text_column
from console.words import age, moment


def state(page: Page, snapshot: Snapshot | None, now: float) -> None:
    """How the mode stands, by whom and why, and what the counters say."""
    found, sentence = standing(snapshot, now)
    alert(found, plain(sentence))
    mode = present(snapshot)
    if snapshot is None or mode is None:
        return
    if snapshot.switch is not None:
        st.markdown(_switched(snapshot, page, now))
        proof, text = proven(evidence(snapshot), mode)
        st.markdown(f"{MARKS[proof].badge} {plain(text)}")
        seen = acknowledged(snapshot, mode, snapshot.epoch)
        mark = MARKS[Standing.PASS if seen.complete else Standing.FAIL]
        who = f"{seen.confirmed} of {seen.instances} instances have seen epoch {snapshot.epoch}."
        st.markdown(f"{mark.badge} {who}")


def _switched(snapshot: Snapshot, page: Page, now: float) -> str:
    switch = snapshot.switch
    assert switch is not None  # noqa: S101  the caller has looked
    by = plain(switch.set_by or "somebody", 80)
    when = "" if switch.set_at is None else f" {age(now - switch.set_at)}"
    reason = f": {plain(switch.reason, 300)}" if switch.reason else ""
    text = f"Set by **{by}**{when}{reason}."
    if switch.expires_at is not None:
        after = switch.on_expiry.replace("_", " ")
        until = moment(switch.expires_at, page.zone)
        text += f" Ends {until} by itself, then {plain(after or 'paused')}."
    return text


def unverified(page: Page, snapshot: Snapshot) -> None:
    """The writes of which nobody knows whether they were allowed; nothing where there are none."""
    since = (snapshot.switch.set_at if snapshot.switch else None) or 0.0
    if not evidence(snapshot).unverified:
        return
    desk, service = page.runtime.desk, page.service
    key = ("unverified", service.name)
    found = fetch(page.runtime, key, lambda: desk.unverified(service, since), fresh_for=10.0)
    with st.expander(f"Writes made without Redis ({evidence(snapshot).unverified:,})"):
        st.caption(
            "An instance that loses its Redis goes on in the mode it knew for at most 30 s. Look "
            "at each: was it to be sent? Those that still wait on an instance are not listed yet."
        )
        if not found.value:
            return
        rows(
            {
                "at": [moment(one.at, page.zone) for one in found.value],
                "instance": [raw(one.instance) for one in found.value],
                "what": [raw(one.what) for one in found.value],
            },
            {
                "at": text_column("When"),
                "instance": text_column("Instance"),
                "what": text_column("Write"),
            },
            key="unverified_writes",
            alt="Writes that instances made while they could not reach Redis",
        )

"""What fires now, grouped by cause, and what may fire soon."""

from collections.abc import Sequence

import streamlit as st

from console.alerts.book import by_cause
from console.alerts.load import Found
from console.alerts.model import Phase
from console.alerts.record import Record
from console.alerts.view.acknowledge import take_button
from console.health.model import Status
from console.health.summary import Standing
from console.ui.format import plain
from console.ui.page import PAGES, SERVICE, Page, Reading
from console.ui.status import MARKS
from console.words import clock, counted, duration, listed

NAME_LIMIT, SUMMARY_LIMIT = 120, 400  # characters of outside text
MOST_CARDS, NAMES = 20, 5


def firing(page: Page, reading: Reading, found: Found) -> None:
    """One card for each cause: those that nobody has first, then the longest."""
    groups = by_cause([one for one in found.records.values() if one.alert.active])
    groups.sort(key=lambda group: group[0].alert.phase is Phase.ACKNOWLEDGED)
    st.subheader("Firing now", anchor=False)
    if groups:
        alerts, causes = sum(1 + len(others) for _, others in groups), len(groups)
        st.caption(
            f"{counted(alerts, 'alert')}, {counted(causes, 'cause')}: one card for each cause."
        )
    else:
        st.caption("Nothing. What fires stands here, grouped by its cause.")
    for root, others in groups[:MOST_CARDS]:
        _card(page, reading, root, others, found)
    if len(groups) > MOST_CARDS:
        st.caption(f"and {len(groups) - MOST_CARDS:,} more causes")


def _card(
    page: Page, reading: Reading, root: Record, others: Sequence[Record], found: Found
) -> None:
    taken = root.alert.acknowledgement
    with st.container(border=True):
        st.markdown("  \n".join(_lines(page, reading, root, others)))
        asked = found.requests.get(root.key)
        if asked is not None:
            st.caption(
                f":material/hourglass: {plain(asked.by, 80)} takes it; the collector notes it with "
                "its next look."
            )
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            if asked is None:
                take_button(page, root.key, root.title, again=taken is not None)
            _link(page, root)


def _lines(page: Page, reading: Reading, root: Record, others: Sequence[Record]) -> list[str]:
    since = root.fired_at or reading.now
    mark = MARKS[Standing.FAIL if root.status is Status.FAIL else Standing.WARN]
    badges = [mark.badge]
    if root.alert.acknowledgement is not None:
        badges.append(":blue-badge[:material/front_hand: Acknowledged]")
    if root.flapping:
        badges.append(":orange-badge[:material/swap_vert: Unsteady]")
    if root.planned:
        badges.append(":violet-badge[:material/construction: Under maintenance]")
    if not root.known:
        badges.append(":gray-badge[:material/help: Not known now]")
    lasts = duration(reading.now - since)
    head = f"{' '.join(badges)} **{plain(root.title, NAME_LIMIT)}**"
    lines = [
        f"{head} since {clock(since, reading.now, page.zone)} ({lasts})",
        plain(root.summary, SUMMARY_LIMIT),
    ]
    for label, members in (
        ("Together with it", [one for one in others if not one.explained_by]),
        ("Because of it", [one for one in others if one.explained_by]),
    ):
        if members:
            names = listed([plain(one.title, NAME_LIMIT) for one in members], NAMES)
            lines.append(f":gray[{label}:] {names}")
    if root.flapping:
        lines.append(":gray[It changes again and again: nothing more is told until it is steady.]")
    taken = root.alert.acknowledgement
    if taken is not None:
        until = ""
        if taken.until is not None:
            until = f", until {clock(taken.until, reading.now, page.zone)}"
        when = clock(taken.at, reading.now, page.zone)
        by, why = plain(taken.by, 80), plain(taken.why, 300)
        lines.append(f":gray[Taken by] {by} :gray[at {when}{until}:] {why}")
    return lines


def _link(page: Page, record: Record) -> None:
    script = PAGES / f"{record.page}.py"
    if not script.is_file():
        return
    query = {SERVICE: page.service.name}
    kind, _, name = record.key.partition(":")
    if kind in ("check", "certificate"):
        query["check"] = name
    st.page_link(script, label="Evidence", icon=":material/search:", query_params=query)


def pending(page: Page, reading: Reading, found: Found) -> None:
    """What is bad, but not yet often enough in a row. Draws nothing where there is none."""
    waiting = [one for one in found.records.values() if one.alert.phase is Phase.PENDING]
    if not waiting:
        return
    lines = [":gray-badge[:material/pending: Pending]"]
    lines += [
        f"- {plain(one.title, NAME_LIMIT)}: {plain(one.summary, 160)}" for one in waiting[:NAMES]
    ]
    if len(waiting) > NAMES:
        lines.append(f"- and {len(waiting) - NAMES} more")
    st.markdown("\n".join(lines))
    st.caption("Bad once; it fires when the next reading says the same.")
